import { announceChange } from "../host/announce-change.ts";
import { KvmNetworkError } from "../schema/error.ts";
import { nameOfMark } from "./identity.ts";
import type { CommonInputs } from "./resource-kind.ts";

let forgotten: ReadonlySet<string> = new Set();

/** Hosts that are gone for good, by the names that connections give them: whoever has resources there is done with them. */
export const forgetHosts = (hosts: readonly string[]): void => {
  forgotten = new Set(hosts);
};

export const isForgotten = ({ host }: CommonInputs): boolean => forgotten.has(host);

/** Says so where others say what they change. */
export const sayForgotten = ({ host, mark }: CommonInputs, kind: string, consequence: string): void =>
  announceChange(
    host,
    `warning: ${kind}/${nameOfMark(mark)}: ${consequence}, for forgetHosts says that this host is gone for good`,
  );

export const mustNotBeForgotten = (inputs: CommonInputs): void => {
  if (!isForgotten(inputs)) return;
  throw new KvmNetworkError(
    "host-forgotten",
    `${inputs.host}: nothing is made or changed there, for forgetHosts says that this host is gone for good. Is it back? Then take ` +
      "it out of kvm-network:forgetHosts and PULUMI_KVM_NETWORK_FORGET_HOSTS; else take its resources out of the program",
  );
};
