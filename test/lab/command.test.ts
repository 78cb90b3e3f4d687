import test from "ava";
import { attempt } from "../../lab/command.ts";

test("a command that takes too long is over then, whatever it has started and that lives on", async (t) => {
  // The child has the command's pipes, says so, and outlives it by seconds.
  const { status, stdout, stderr } = await attempt(["sh", "-c", "(echo begun; sleep 5; echo late) & wait"], {
    timeout: 1000,
  });
  t.deepEqual({ status, stdout, stderr }, { status: 137, stdout: "begun\n", stderr: "sh: killed by SIGKILL\n" });
});
