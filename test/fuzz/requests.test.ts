import test from "ava";
import fc from "fast-check";
import type { Request } from "../../provider/host/host.ts";
import { named } from "../host/sshd.ts";
import { shells, useShells } from "../host/sshd-of-shell.ts";
import { hold } from "./hold.ts";
import { hostileText } from "./hostile.ts";

const { hostOf } = useShells(test);

/** Pieces of the frame that a value could be taken for, and of the shell. */
const framing = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\n",
        "\n",
        "=",
        "+",
        "<",
        ">",
        "step must",
        "end",
        "request 2",
        "END",
        "refused",
        "\\",
        "'",
        '"',
      ),
      fc.constantFrom("$(id)", "`id`", "$HOME", "%s", "*", "~", " ", "\t", "\r", "\u0001", "\u007f", "é", "🖧"),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(""));
const value = fc.oneof({ weight: 4, arbitrary: framing }, { weight: 1, arbitrary: hostileText });

/** As it leaves: half a surrogate pair has no UTF-8. */
const sent = (text: string): string => Buffer.from(text).toString();

for (const sh of shells) {
  test(`${sh}: each value of a request arrives byte for byte where it belongs, and one with a NUL character not at all`, async (t) => {
    const host = hostOf(sh);
    const requests = fc.record({ words: fc.array(value, { minLength: 1, maxLength: 6 }), input: value, equals: value });
    await hold(t, `requests ${sh}`, requests, async ({ words, input, equals }) => {
      const names = words.filter((word) => word !== "");
      const steps: Request["steps"] = [
        ...names.map(named),
        { verb: "read", path: "/sys/class/net/lo/mtu", equals, mayFail: true },
      ];
      // No line of it is one that a bridge's batch has: nothing of the request is done, whatever it could be taken for.
      const withInput = { steps: [...steps, { verb: "run", argv: ["bridge", "-batch", "-"], input } as const] };
      if ([...words, input, equals].some((text) => text.includes("\0"))) {
        await t.throwsAsync(host.request(withInput), { code: "script-refused", message: /NUL/ });
        return;
      }
      if (input !== "")
        await t.throwsAsync(host.request(withInput), { code: "script-refused", message: /refused line/ });
      const { results, failed } = await host.request({ steps });
      t.is(failed, undefined);
      t.deepEqual(
        results.slice(0, -1).map(({ stdout }) => stdout),
        names.map(sent),
      );
      const { status, stderr } = results.at(-1) ?? {};
      t.is(status, equals === "65536" ? 0 : 1);
      t.is(stderr, equals === "65536" ? "" : "/sys/class/net/lo/mtu: not as expected\n");
    });
  });
}
