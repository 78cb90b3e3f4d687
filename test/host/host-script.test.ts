import { existsSync } from "node:fs";
import test from "ava";
import { named, probe } from "./sshd.ts";
import { one, shells, useShells } from "./sshd-of-shell.ts";

const { hostOf } = useShells(test);

const oddValues = [
  "",
  " ",
  " both ends ",
  "'",
  '"',
  "$(id)",
  "`id`",
  "$HOME",
  "\\",
  "\\n",
  "%s%b",
  "*",
  "~",
  "-n",
  "!!",
  "a\nb",
  "\n",
  "\n\nend\n",
  "=",
  "+x",
  "step must",
  "end",
  "request 9",
  "\t\r",
  "\u0001\u001b[31m\u007f",
  "\u0081\u0088\u00e9 漢字 🖧",
  "x".repeat(20_000),
];

for (const sh of shells) {
  test(`${sh}: a command gets its arguments as they are`, async (t) => {
    const values = oddValues.filter((value) => value !== "");
    const { results } = await hostOf(sh).request({ steps: values.map(named) });
    t.deepEqual(
      results.map(({ stdout }) => stdout),
      values,
    );
  });

  test(`${sh}: a command gets its input as it is`, async (t) => {
    const line = (vid: number) => `vlan add dev eth0 vid ${vid}`;
    const lines = Array.from({ length: 1000 }, (_, index) => `${line(index + 1)}\n`).join("");
    const texts = ["", line(1), `${line(1)}\n`, `${line(1)}\n${line(2)} pvid untagged`, lines, lines.trimEnd()];
    const answer = await hostOf(sh).request({
      steps: texts.map((input) => ({ verb: "run", argv: ["bridge", "-batch", "-"], input })),
    });
    t.deepEqual(
      answer.results.map(({ stdout }) => stdout),
      texts,
    );
  });

  test(`${sh}: output of 5 MB arrives whole`, async (t) => {
    const result = await one(hostOf(sh), probe("flood-5000000"));
    t.is(result?.stdout, "x".repeat(5_000_000));
  });

  test(`${sh}: the first step that fails ends the request, unless it may`, async (t) => {
    const answer = await hostOf(sh).request({
      steps: [{ ...probe("status-3"), mayFail: true }, probe("status-0"), probe("status-5"), probe("status-0")],
    });
    t.deepEqual(answer, {
      results: [3, 0, 5].map((status) => ({ status, stdout: "out\n", stderr: "err\n" })),
      failed: 2,
    });
  });

  test(`${sh}: a command that is not installed ends with 127`, async (t) => {
    const installed = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) => existsSync(`${folder}/nft`));
    const result = await one(hostOf(sh), {
      verb: "run",
      argv: ["nft", "-f", "-"],
      input: "delete table netdev pulumi-kvm-network-none\n",
    });
    t.is(result?.status, installed ? 1 : 127);
  });

  test(`${sh}: what metacharacters say is not done`, async (t) => {
    const result = await one(hostOf(sh), {
      verb: "run",
      argv: ["ip", "link", "set", "dev", "none", "alias", "$(id);`id`|id>&2\nlink"],
    });
    t.not(result?.status, 0);
    t.notRegex(`${result?.stdout}${result?.stderr}`, /uid=/);
  });
}

test("a value with a NUL character does not leave", async (t) => {
  await t.throwsAsync(hostOf("dash").request({ steps: [named("a\0b")] }), { code: "script-refused", message: /NUL/ });
});
