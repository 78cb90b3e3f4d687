import { observeAnew } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { changeVfCount } from "../links/vf-count.ts";
import { hasEmbeddedSwitch, vfHolders, withEmbeddedSwitch } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { UplinkInputs } from "../schema/uplink.ts";
import { changeNetwork } from "./change-carrier.ts";
import type { Steps } from "./change-host.ts";
import type { Failure } from "./resource-kind.ts";
import { settledVfs } from "./settled-vfs.ts";

const property = "numVfs";

export const vfCount = ({ nic }: LinkFacts): number => nic?.sriov?.vfs ?? 0;

/** Those who hold a VF of the NIC, for who is about to take all of them away; undefined when nobody is seen to. */
export const vfsHeld = (facts: HostFacts, nic: LinkFacts): string | undefined => {
  const holders = vfHolders(facts, nic);
  return holders.length === 0
    ? undefined
    : `VFs of ${nic.name} of ${facts.hostname} are held (${holders.join("; ")}): release them first`;
};

/** A NIC has other queues with other VFs, and the kernel then drops what classes of traffic had of them (netif_set_real_num_tx_queues). */
const classesLost = ({ hostname }: HostFacts, { name, classes }: LinkFacts): string | undefined =>
  classes === undefined
    ? undefined
    : `${name} of ${hostname} has the qdisc ${classes}, whose classes would go with another number of VFs: ` +
      `replace it first (tc qdisc replace dev ${name} root fq_codel there)`;

/** What facts tell against this number of VFs. */
export const vfCountObjections = (facts: HostFacts, nic: LinkFacts, wanted: number | undefined): Failure[] => {
  if (wanted === undefined || wanted === vfCount(nic)) return [];
  const where = `${nic.name} of ${facts.hostname}`;
  if (!hasEmbeddedSwitch(nic)) {
    return [{ property, reason: `${where} has no SR-IOV, and so no VFs; ${withEmbeddedSwitch(facts.links)}` }];
  }
  const total = nic.nic?.sriov?.totalVfs ?? 0;
  if (wanted > total) return [{ property, reason: `${where} can have ${total} VFs, not ${wanted}` }];
  const classes = classesLost(facts, nic);
  if (classes !== undefined) return [{ property, reason: `${classes}, or leave numVfs out` }];
  const held = vfsHeld(facts, nic);
  // From one number to another by way of none: all VFs go.
  return held === undefined ? [] : [{ property, reason: `the number goes by way of none, but ${held}` }];
};

/** mlx5 takes a minute for a hundred. */
const countDeadlineSeconds = 120;
/** Writes the number and waits for what comes of it. `between`: steps while there is no VF. */
export const setVfCount = async (
  inputs: UplinkInputs,
  host: Host,
  nic: string,
  count: number,
  between: Steps = [],
): Promise<void> => {
  const facts = await observeAnew(host);
  const found = facts.links.find(({ name }) => name === nic);
  if (found === undefined) throw new KvmNetworkError("nic-not-found", `there is no ${nic} on ${host.name} any more`);
  const from = vfCount(found);
  if (from === count && between.length === 0) return;
  // The write waits for a domain that holds one, without end (docs/sriov.md): never begin it.
  const held = vfsHeld(facts, found);
  if (held !== undefined) throw new KvmNetworkError("vfs-held", held);
  const classes = classesLost(facts, found);
  if (classes !== undefined) throw new KvmNetworkError("uplink-refused", `${property}: ${classes}`);
  const steps = [...changeVfCount(nic, from, 0), ...between, ...changeVfCount(nic, 0, count)];
  const what = `make ${count} VFs on ${nic} (there were ${from})`;
  // Some drivers reset the NIC.
  const change = { facts, nic: found, steps };
  await changeNetwork(host, inputs, "Uplink", what, change, { deadlineSeconds: countDeadlineSeconds });
  const made = await settledVfs(host, nic, count);
  if (made === count) return;
  const reason = `${nic} of ${host.name} was to have ${count} VFs and has ${made}: see the kernel's log there (dmesg)`;
  throw new KvmNetworkError("vfs-missing", reason);
};
