import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { nonce } from "./judged.ts";
import { refusals, shells } from "./judging.ts";

for (const sh of shells) {
  test(`${sh}: of a transaction's notes the script alone is read, and a carrier is waited for a few seconds`, (t) => {
    const asked: Request["steps"][] = [
      { verb: "read", path: "/run/pulumi-kvm-network/txn/owner" } as const,
      { verb: "read", path: "/run/pulumi-kvm-network/txn/../txn/script" } as const,
      ...["../x", "", "all conf"].map((link) => ({ verb: "carrier", link, seconds: 1 }) as const),
      ...[0, 10, -1, 1.5].map((seconds) => ({ verb: "carrier", link: "eth1", seconds }) as const),
    ].map((step) => [step]);
    for (const [index, said] of refusals(sh, asked).entries()) t.regex(said ?? "", /^(read|carrier) /, String(index));
  });

  test(`${sh}: what was there before is a line of JSON below a name of digits`, (t) => {
    const texts = ["x", "{}\n{}", "{\u0007}", "{\u00e9}", `{${"x".repeat(2000)}}`];
    const asked: Request["steps"][] = [
      ...["", "../../etc/shadow", nonce.slice(1), `${nonce}0`, nonce.toUpperCase().replace("0", "G")].flatMap((key) => [
        { verb: "recall", key } as const,
        { verb: "remember", key, text: "{}" } as const,
        { verb: "remember", key } as const,
      ]),
      ...texts.map((text) => ({ verb: "remember", key: nonce, text }) as const),
    ].map((step) => [step]);
    for (const [index, said] of refusals(sh, asked).entries())
      t.regex(said ?? "", /^(recall|remember) /, String(index));
  });
}
