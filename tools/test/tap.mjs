/**
 * Follows ava's TAP line by line: gives each test's line and a failure's details to `print`, counts. With `strict`, what was
 * skipped or is still to be written has failed. `failures`: the lines of each failed test again, for the end of a long run.
 */
export function tapFollower(print, strict) {
  const counts = { passed: 0, failed: 0, skipped: 0, ended: false };
  const failures = [];
  let inDetails = false;
  let ofFailure = false;
  const failed = (text) => {
    counts.failed += 1;
    ofFailure = true;
    failures.push(text);
    print(text);
  };
  const line = (text) => {
    const result = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO))?$/.exec(text);
    if (result !== null) {
      ofFailure = false;
      const [, not, title, directive] = result;
      if (directive !== undefined && !strict) {
        counts.skipped += 1;
        print(`skipped ${title}`);
      } else if (directive !== undefined || not !== undefined) {
        failed(`FAILED  ${title}${directive === undefined ? "" : " (skipped, which nothing may be here)"}`);
      } else {
        counts.passed += 1;
        print(`ok      ${title}`);
      }
    } else if (text === "  ---") inDetails = true;
    else if (text === "  ...") inDetails = false;
    else if (/^\d+\.\.\d+$/.test(text)) counts.ended = true;
    // What a test logged, and how many tests a broken hook or a crash kept from running.
    else if (inDetails || /^# {2}|^# \d+ tests? remaining/.test(text)) {
      const detail = `        ${text.replace(/^# {3}|^ {2}/, "")}`;
      if (ofFailure && inDetails) failures.push(detail);
      print(detail);
    }
  };
  return { counts, failures, failed, line };
}
