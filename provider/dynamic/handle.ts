import { HostError } from "../host/host-error.ts";
import { lifecycle } from "../resources/lifecycle.ts";
import { PartlyMade } from "../resources/partly-made.ts";
import type { Properties } from "../resources/resource-kind.ts";
import { KvmNetworkError } from "../schema/error.ts";
import { configure } from "./configure.ts";
import { endWithTheEngine } from "./end-with-the-engine.ts";
import { fromEngine, toEngine } from "./translate-unknown.ts";

/**
 * What every stored provider string calls, today's and those of years ago: its name, its arguments and what it answers are
 * frozen. `op` is the dynamic provider's method.
 */
export const handle = async (kind: string, op: string, args: readonly unknown[]): Promise<unknown> => {
  endWithTheEngine();
  try {
    return await operate(kind, op, args);
  } catch (error) {
    // Nobody is left to answer to, or to end this process: it would wait for ever.
    if (isEngineGone(error)) process.exit(1);
    throw presentable(error);
  }
};

const isEngineGone = (error: unknown): boolean =>
  error instanceof Error && ((error instanceof HostError && error.code === "engine-gone") || isEngineGone(error.cause));

const providerKey = "__provider";

const properties = (value: unknown): Properties => {
  const { [providerKey]: _code, ...rest } = fromEngine(value);
  return rest;
};

const operate = async (kind: string, op: string, args: readonly unknown[]): Promise<unknown> => {
  if (op === "configure") return configure(args[0]);
  const of = lifecycle(kind);
  switch (op) {
    case "check": {
      const { inputs, failures } = of.check(properties(args[0]), properties(args[1]));
      return { inputs: toEngine(inputs), failures };
    }
    case "diff": {
      const { changes, replaces } = of.diff(properties(args[1]), properties(args[2]));
      // One NIC of a VM, one name of a link: the old one must go before the new one can come.
      return { changes, replaces, deleteBeforeReplace: true };
    }
    case "create": {
      const { id, state } = await of.create(properties(args[0]));
      return { id, outs: toEngine(state) };
    }
    case "update":
      return { outs: toEngine(await of.update(properties(args[1]), properties(args[2]))) };
    case "read": {
      const found = await of.read(properties(args[1]));
      // An empty id means gone.
      if (found === undefined) return { id: "", props: {} };
      return { id: String(args[0]), props: toEngine(found.state), inputs: toEngine(found.inputs) };
    }
    case "delete":
      return await of.delete(properties(args[1]));
    default:
      throw new KvmNetworkError(
        "unknown-operation",
        `pulumi-kvm-network of this version has no operation ${op}: install a newer one`,
      );
  }
};

/** The engine prints the stack of what read and delete throw: nobody is helped by it. */
const presentable = (error: unknown): Error => {
  const shown = error instanceof Error ? error : new Error(String(error));
  if (shown instanceof PartlyMade) {
    shown.keep(shown.id, toEngine(shown.properties));
  }
  shown.stack = "";
  return shown;
};
