// Stands for ava where mutants are tried: the same tests, kept in the process that imports them. ava starts one a file, which takes
// longer than a hundred tests of pure functions.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

/** What the files of tests have said. @type {{ title: string, run: (t: object) => unknown }[]} */
export const tests = [];

const isObject = (value) => typeof value === "object" && value !== null;

const isLike = (value, wanted) =>
  isObject(wanted) && isObject(value)
    ? Object.keys(wanted).every((key) => isLike(value[key], wanted[key]))
    : isDeepStrictEqual(value, wanted);

const meets = (error, { code, message, instanceOf } = {}) => {
  assert.ok(error instanceof Error);
  if (code !== undefined) assert.equal(error.code, code);
  if (instanceOf !== undefined) assert.ok(error instanceof instanceOf);
  if (message instanceof RegExp) assert.match(error.message, message);
  else if (message !== undefined) assert.equal(error.message, message);
  return error;
};

/** The assertions that these tests make. */
export const execution = () => ({
  pass: () => {},
  fail: (message) => assert.fail(message),
  is: (actual, wanted) => assert.ok(Object.is(actual, wanted)),
  not: (actual, other) => assert.ok(!Object.is(actual, other)),
  true: (value) => assert.equal(value, true),
  false: (value) => assert.equal(value, false),
  truthy: (value) => assert.ok(value),
  deepEqual: (actual, wanted) => assert.ok(isDeepStrictEqual(actual, wanted)),
  like: (actual, wanted) => assert.ok(isLike(actual, wanted)),
  regex: (text, pattern) => assert.match(text, pattern),
  notRegex: (text, pattern) => assert.doesNotMatch(text, pattern),
  notThrows: (run) => run(),
  throws: (run, expectation) => {
    try {
      run();
    } catch (error) {
      return meets(error, expectation);
    }
    return assert.fail("nothing was thrown");
  },
  throwsAsync: async (run, expectation) => {
    try {
      await (typeof run === "function" ? run() : run);
    } catch (error) {
      return meets(error, expectation);
    }
    return assert.fail("nothing was thrown");
  },
  log: () => {},
  timeout: () => {},
});

const test = (title, run) => tests.push({ title, run });
export default Object.assign(test, { serial: test });
