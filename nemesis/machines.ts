import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createStack, type Stack } from "../lab/stack.ts";
import { kill, processesOf } from "../lab/stack-processes.ts";
import { faults, restarts } from "./faults.ts";
import { NemesisHost } from "./host.ts";
import type { Kind } from "./kind.ts";
import type { Ground, LabKind } from "./labs.ts";
import { type Chain, hostsFile } from "./program.ts";
import { record } from "./record.ts";
import type { Operation } from "./round.ts";

const unit = `[Unit]
Description=What the nemesis has of this host
DefaultDependencies=no
Requires=sys-subsystem-net-devices-enp1s0.device
After=lab-setup.service sys-subsystem-net-devices-enp1s0.device
Wants=network-pre.target
Before=network-pre.target pulumi-kvm-network.service ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -eu /usr/local/sbin/nemesis

[Install]
WantedBy=multi-user.target
`;

/** What takes an emulated processor a second of each login or each boot, or a process of each look at the host. */
const trim = `
echo 'UsePAM no' >/etc/ssh/sshd_config.d/nemesis.conf
systemctl reload ssh
systemctl --quiet disable --now lldpad.socket lldpad
systemctl --quiet mask dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \\
  sys-fs-fuse-connections.mount sys-kernel-config.mount`;

/** The NIC with VFs carries the host, too. */
const kind: Kind = {
  rollbackSeconds: 30,
  startSshd: "systemctl reset-failed ssh; systemctl start ssh",
  startLibvirtd: "systemctl reset-failed libvirtd; systemctl start libvirtd",
  filled: ["/run/pulumi-kvm-network", "/var/tmp"],
  furnish: `
ip link set enp1s0 up
ip addr add 198.19.201.2/24 dev enp1s0`,
  install: (script) => `
cat >/usr/local/sbin/nemesis <<'NEMESIS'
${script}
NEMESIS
${trim}
cat >/etc/systemd/system/nemesis.service <<'NEMESIS'
${unit}NEMESIS
systemctl --quiet enable nemesis
sh -eu /usr/local/sbin/nemesis`,
  log: "journalctl --no-pager -n 40; cat /etc/pulumi-kvm-network/guard/said; systemctl list-units --all --no-legend 'pulumi-kvm-network*'",
};

const chains = ["carrier", "vf"] as const satisfies Chain[];

/** What an operation starts at: the snapshot and the state that the one before has left. */
const startOf = { create: "begin", update: "create", destroy: "update" } as const satisfies Record<Operation, string>;

const backendOf = (stack: Stack) => join(stack.folder, "backend");
const keptOf = (stack: Stack, state: string) => join(stack.folder, `backend-${state}`);

const keepStack = (stack: Stack, state: string): Promise<void> =>
  cp(backendOf(stack), keptOf(stack, state), { recursive: true });

/** Whatever runs for it by now is of the case before. */
const putStackBack = async (stack: Stack, state: string): Promise<void> => {
  kill(processesOf(stack.folder));
  await rm(backendOf(stack), { recursive: true });
  await cp(keptOf(stack, state), backendOf(stack), { recursive: true });
};

/** Recorded from the snapshot `begin` on. */
const groundOf = async (host: NemesisHost, stack: Stack): Promise<Ground> => {
  const { lab, chain, rival } = host;
  const nemesis = { hosts: [host], stack };
  await keepStack(stack, "begin");
  await keepStack(rival, "begin");
  await lab.restore(host.name, "begin");
  const course = await record(nemesis, async (operation) => {
    if (operation === "destroy") return;
    await lab.snapshot(host.name, `${chain}-${operation}`);
    await keepStack(stack, operation);
  });
  const putTo = async (operation: Operation): Promise<void> => {
    const state = startOf[operation];
    await putStackBack(stack, state);
    await putStackBack(rival, "begin");
    await lab.restore(host.name, state === "begin" ? state : `${chain}-${state}`);
  };
  return { nemesis, course, putTo };
};

/** A machine a lab, for each of the chains with a stack of its own: snapshots of the machine bring it to where a case begins. */
export const machines = (only?: string): LabKind => ({
  faults: (chain) => (chain === "carrier" ? [...faults, ...restarts] : faults),
  everyStep: false,
  lab: { hypervisors: 0, machines: 1, uplinks: 1 },
  grounds: (lab, goes) => {
    let furnished: Promise<void> | undefined;
    return chains
      .filter((chain) => only === undefined || chain === only)
      .map((chain) => async () => {
        const [hypervisor] = lab.hypervisors;
        if (hypervisor === undefined) throw new Error("a lab without a machine");
        const host = await NemesisHost.of(lab, hypervisor, kind, chain);
        goes(host.rival);
        furnished ??= host.furnish().then(() => lab.snapshot(host.name, "begin"));
        await furnished;
        const stack = await createStack({
          project: "nemesis",
          program: "",
          files: { "hosts.json": hostsFile([host]) },
        });
        goes(stack);
        return await groundOf(host, stack);
      });
  },
});
