/** Work shorter than this (milliseconds) is not worth a line. */
const quiet = 700;

/** Does some work; if it takes its time, one line says what it is and, at the end, how long it took. */
export async function progress(what, work) {
  const started = performance.now();
  let shown = false;
  // On stderr: what the command itself prints may be read by a program.
  const timer = setTimeout(() => {
    shown = true;
    process.stderr.write(`${what} … `);
  }, quiet);
  const end = (word) => {
    clearTimeout(timer);
    if (shown) process.stderr.write(`${word}${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  };
  try {
    const result = await work();
    end("");
    return result;
  } catch (error) {
    end("failed after ");
    throw error;
  }
}
