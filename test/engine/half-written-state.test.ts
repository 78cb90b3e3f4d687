import { readFile, truncate } from "node:fs/promises";
import test from "ava";
import { createStack, stateFiles } from "../../lab/stack.ts";
import { mendState } from "../../nemesis/stack-state.ts";

const program = (value: number) => `export const value = ${value};\n`;
const up = ["up", "--yes", "--skip-preview"];

test("a state that the engine was killed over is half written: the one beside it takes its place", async (t) => {
  const stack = await createStack({ project: "half-written", program: program(1) });
  try {
    await stack.must(up);
    await stack.write("index.ts", program(2));
    await stack.must(up);
    t.false(await mendState(stack), "it is whole");
    const [file = ""] = stateFiles(stack.backend);
    await truncate(file, Math.floor((await readFile(file)).length / 2));
    const { status, stdout, stderr } = await stack.pulumi(up);
    t.not(status, 0);
    t.regex(`${stdout}${stderr}`, /failed to load checkpoint/);
    t.true(await mendState(stack));
    await stack.must(up);
    t.deepEqual(await stack.outputs(), { value: 2 });
  } finally {
    await stack.remove();
  }
});
