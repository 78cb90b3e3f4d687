import { makeOrdinaryUser } from "./account.ts";
import { claim } from "./claim.ts";
import { attempt, type CommandOptions, type CommandResult } from "./command.ts";
import type { ChannelResult } from "./command-channel.ts";
import { takeDown } from "./down.ts";
import { labFolder } from "./folder.ts";
import { LabError } from "./lab-error.ts";
import type { LabOptions } from "./lab-options.ts";
import { startLibvirtDaemon } from "./libvirt-daemon.ts";
import {
  addressManagementLink,
  cabled,
  makeManagementLink,
  makeSwitch,
  portName,
  raiseInterfaceIndices,
  setHairpin,
} from "./links.ts";
import { startLldpDaemon } from "./lldp-daemon.ts";
import { runOnMachine } from "./machine/channel.ts";
import { machineImage } from "./machine/image.ts";
import type { Machine } from "./machine/machine-ready.ts";
import { cutPowerOfMachine, rebootMachine } from "./machine/restart-machine.ts";
import { restoreMachine, snapshotMachine } from "./machine/snapshot-machine.ts";
import { commandOnMachine } from "./machine/ssh.ts";
import { startMachine } from "./machine/start-machine.ts";
import { enter, findNamespace, type Namespace, startNamespace } from "./namespace.ts";
import { type LabRecord, readRecord, writeRecord } from "./record.ts";
import { type LabParts, requireLab } from "./requirements.ts";
import { locked, slotOf } from "./slot.ts";
import { makeClientKey, readClientKey, startSshDaemon } from "./ssh-daemon.ts";

export type { LabOptions } from "./lab-options.ts";

/** What a program needs to reach a hypervisor: names as in \@pulumi/command's `remote.Connection`. */
export interface LabConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The key itself. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
}

export interface LabHypervisor {
  readonly name: string;
  readonly connection: LabConnection;
  readonly uplinks: readonly string[];
  /** A machine's NICs without SR-IOV, at the first uplinks' switch. Of a namespace: none. */
  readonly nics: readonly string[];
}

export interface Lab {
  readonly name: string;
  readonly hypervisors: readonly LabHypervisor[];
  /** The adjacent switch: `ports` by `hv1/eth1`. */
  readonly switch: { readonly name: string; readonly ports: Readonly<Record<string, string>> };
  /** Runs a command as root on a hypervisor or on `switch`. */
  exec(name: string, argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /**
   * Runs a script as root on a hypervisor, which needs nothing of its network: on a machine by a serial port, served by a shell
   * that boots with it. Throws where it does not end within so many seconds (default 60).
   */
  outOfBand(name: string, script: string, seconds?: number): Promise<ChannelResult>;
  /** Turns reflective relay of an uplink's switch port on or off. */
  hairpin(hypervisor: string, uplink: string, on: boolean): Promise<void>;
  /** The command on this computer that runs one there. */
  command(name: string, argv: readonly string[]): string[];
  /** A hypervisor's or the switch's namespaces, for what the lab itself puts there. Of a machine: what surrounds it. */
  namespace(name: string): Namespace;
  /** Reboots a machine in an orderly way. Resolves when it is ready again, as after the start; what is on its disk stays. */
  reboot(machine: string): Promise<void>;
  /** The same as if its plug was pulled and put in again: what it has not written to its disk is lost. */
  powerCut(machine: string): Promise<void>;
  /** Keeps a running machine as it is, memory and disk, in place of an earlier snapshot of that name. Takes a second or two. */
  snapshot(machine: string, snapshot?: string): Promise<void>;
  /** Puts a machine back to a snapshot, in seconds and as often as wanted; its clock is set to now. */
  restore(machine: string, snapshot?: string): Promise<void>;
  /** Ends everything and removes it. Twice is fine. */
  down(): Promise<void>;
}

export const switchName = "switch";

type StartedParts = LabParts & { readonly iommu: boolean };

/** Starts a lab: resolves when SSH (and virsh) answer on every hypervisor. */
export async function createLab(options: LabOptions): Promise<Lab> {
  const { libvirt = true, lldp = false, iommu = true } = options;
  const parts = { libvirt, lldp, machines: (options.machines ?? 0) > 0 };
  if (!/^[a-z0-9-]{1,20}$/.test(options.name))
    throw new LabError("lab_name", `${options.name}: a lab's name is 1–20 of a–z, 0–9 and -`);
  if (parts.machines && options.ordinaryUser === true)
    throw new LabError("lab_user", "an ordinary user is there on hypervisors in namespaces, not on machines");
  await requireLab(parts);
  // Before anything of the lab is there: the first time takes minutes.
  if (parts.machines) await machineImage();
  const record = await locked(() => claim(options));
  try {
    return await start(record, { ...parts, iommu });
  } catch (error) {
    await takeDown(record.name);
    throw error;
  }
}

async function start(record: LabRecord, parts: StartedParts): Promise<Lab> {
  const publicKey = await makeClientKey(labFolder(record.name));
  const [switchNamespace, ...namespaces] = await Promise.all(
    [switchName, ...record.hypervisors.map(({ name }) => name)].map((name) => startNamespace(record.name, name)),
  );
  if (switchNamespace === undefined) throw new LabError("lab_namespace", "the switch did not start");
  const started = record.hypervisors.flatMap((hypervisor, index) => {
    const namespace = namespaces[index];
    return namespace === undefined ? [] : [{ ...hypervisor, namespace }];
  });
  await makeSwitch(switchNamespace, started);
  if (parts.lldp)
    await startLldpDaemon(
      switchNamespace,
      "bridge",
      started.flatMap(({ name, ...links }) => cabled(links).map((link) => portName(name, link))),
    );
  const hypervisors = await Promise.all(
    started.map(async ({ namespace, ...hypervisor }) => {
      await makeManagementLink(namespace, slotOf(hypervisor.slot));
      const startIt = hypervisor.machine ? startKernel : startDaemons;
      return { ...hypervisor, hostKey: await startIt(namespace, hypervisor, publicKey, parts) };
    }),
  );
  writeRecord({ ...record, hypervisors, ready: true });
  return openLab(record.name);
}

type Recorded = LabRecord["hypervisors"][number];

async function startKernel(namespace: Namespace, of: Recorded, clientPublicKey: string, { iommu }: StartedParts) {
  const { hypervisorAddress: address, firstIndex } = slotOf(of.slot);
  await raiseInterfaceIndices(namespace, firstIndex);
  return await startMachine(namespace, { ...of, address, clientPublicKey, iommu });
}

async function startDaemons(namespace: Namespace, of: Recorded, clientPublicKey: string, parts: StartedParts) {
  const { hypervisorAddress, firstIndex } = slotOf(of.slot);
  await addressManagementLink(namespace, slotOf(of.slot));
  if (of.user !== "root") await makeOrdinaryUser(namespace);
  const [hostKey] = await Promise.all([
    startSshDaemon(namespace, hypervisorAddress, clientPublicKey),
    startOtherDaemons(namespace, firstIndex, of.uplinks, parts),
  ]);
  return hostKey;
}

async function startOtherDaemons(
  hypervisor: Namespace,
  firstIndex: number,
  uplinks: readonly string[],
  parts: LabParts,
) {
  // First: the daemons would look at every link that only moves the counter.
  await raiseInterfaceIndices(hypervisor, firstIndex);
  if (parts.lldp) await startLldpDaemon(hypervisor, "station", uplinks);
  if (parts.libvirt) await startLibvirtDaemon(hypervisor);
}

/** A lab that is up, also from another process. */
export function openLab(name: string): Lab {
  const record = readRecord(name);
  if (record === undefined || !record.ready) throw new LabError("lab_not_up", `no lab named ${name} is up`);
  const namespace = (which: string) => findNamespace(name, which);
  const privateKey = readClientKey(labFolder(name));
  const machines = new Map(
    record.hypervisors.flatMap((each) =>
      each.machine ? [[each.name, { ...each, address: slotOf(each.slot).hypervisorAddress }]] : [],
    ),
  );
  const command = (which: string, argv: readonly string[]) => {
    const machine = machines.get(which);
    if (machine === undefined) return enter(namespace(which), argv);
    return commandOnMachine(namespace(which), machine.address, argv);
  };
  const onMachine = async (which: string, act: (namespace: Namespace, machine: Machine) => Promise<void>) => {
    const machine = machines.get(which);
    if (machine === undefined) {
      const names = [...machines.keys()].join(", ") || "none";
      throw new LabError("lab_machine", `${which} is no machine of the lab ${name}, whose machines are: ${names}`);
    }
    await act(namespace(which), machine);
  };
  return {
    name,
    namespace,
    hypervisors: record.hypervisors.map(({ name: hypervisor, slot, uplinks, nics, hostKey, user }) => ({
      name: hypervisor,
      connection: {
        host: slotOf(slot).hypervisorAddress,
        port: 22,
        user,
        privateKey,
        hostKey: hostKey ?? "",
      },
      uplinks,
      nics,
    })),
    switch: {
      name: switchName,
      ports: Object.fromEntries(
        record.hypervisors.flatMap(({ name: hypervisor, ...links }) =>
          cabled(links).map((link) => [`${hypervisor}/${link}`, portName(hypervisor, link)]),
        ),
      ),
    },
    exec: (which, argv, options) => attempt(command(which, argv), options),
    command,
    outOfBand: async (which, script, seconds = 60) => {
      if (machines.has(which)) return await runOnMachine(namespace(which), script, seconds);
      const inside = enter(namespace(which), ["sh", "-c", `exec 2>&1; ${script}`]);
      return await attempt(inside, { timeout: seconds * 1000 });
    },
    hairpin: (hypervisor, uplink, on) => setHairpin(namespace(switchName), portName(hypervisor, uplink), on),
    reboot: (which) => onMachine(which, rebootMachine),
    powerCut: (which) => onMachine(which, cutPowerOfMachine),
    snapshot: (which, tag = "lab") => onMachine(which, (at) => snapshotMachine(at, tag)),
    restore: (which, tag = "lab") => onMachine(which, (at, machine) => restoreMachine(at, machine, tag)),
    down: async () => {
      await takeDown(name);
    },
  };
}
