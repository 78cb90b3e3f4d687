import type { ExecutionContext } from "ava";
import type { Answer, Request } from "../../provider/host/host.ts";
import { HostError, type HostErrorCode } from "../../provider/host/host-error.ts";
import { type Transaction, transact } from "../../provider/host/transaction.ts";
import { inNoTime } from "./in-no-time.ts";
import { type Script, ScriptedHost } from "./scripted-host.ts";

export const steps = [{ verb: "run", argv: ["ip", "link", "set", "dev", "eth0", "mtu", "9000"] }] as const;
export const made = { status: 0, stdout: "made", stderr: "" };
export const silent = "the gateway 192.0.2.1 does not answer on br0";

export interface Tried {
  readonly host: ScriptedHost;
  /** When each question was asked what keeps it from being confirmed. */
  readonly probed: readonly number[];
  readonly seconds: number;
  readonly answer?: Answer;
  readonly error?: unknown;
}

/** A change by a transaction of a minute, with a host of that script; `problem` as it is at a moment. */
export const tried = (
  script: Script = {},
  problem: (seconds: number) => string | undefined = () => undefined,
  different: Partial<Transaction> = {},
): Promise<Tried> =>
  inNoTime(async () => {
    const host = new ScriptedHost(script);
    const probed: number[] = [];
    const transaction: Transaction = {
      owner: "pulumi-kvm-network:acme/shop/dev:br@abcdef",
      change: "HostBridge/br: create the bridge br0 on eth0",
      steps,
      links: ["eth0", "eth0.7"],
      made: ["br0"],
      rollbackSeconds: 60,
      problem: async () => {
        probed.push(host.seconds);
        return problem(host.seconds);
      },
      ...different,
    };
    const ended = await transact(host, transaction).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    return { host, probed, seconds: host.seconds, ...ended };
  });

export const isRefused = (
  t: ExecutionContext,
  { error }: Tried,
  code: HostErrorCode,
  says: string | RegExp,
): HostError => {
  if (!(error instanceof HostError)) throw new Error(`no error of the host's: ${error}`);
  t.is(error.code, code, error.message);
  t.is(error.host, "hv1");
  if (typeof says === "string") t.is(error.message, says);
  else t.regex(error.message, says);
  return error;
};

/** Each act once, whoever asked for the outcome as often as it took. */
export const actsOf = ({ host }: Tried): string[] => host.acts.filter((act, index, all) => act !== all[index - 1]);

export const actOf = ({ steps: [first] }: Request) => (first?.verb === "transaction" ? first.act : undefined);

export const takenBack = (why: string): string =>
  `hv1: HostBridge/br: create the bridge br0 on eth0: ${why}. The host has taken it back: its network is as before.`;
