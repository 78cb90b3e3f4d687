import { createStack } from "../lab/stack.ts";
import { faults } from "./faults.ts";
import { NemesisHost } from "./host.ts";
import type { Kind } from "./kind.ts";
import type { LabKind } from "./labs.ts";
import { type Chain, hostsFile } from "./program.ts";
import { record } from "./record.ts";

/** Neither systemd nor a boot. */
const kind: Kind = {
  rollbackSeconds: 15,
  firstMtu: 1450,
  startSshd: `"$(command -v sshd)" -f /etc/ssh/lab-sshd-config -E /run/sshd.log`,
  startLibvirtd: "libvirtd --daemon",
  filled: ["/run/pulumi-kvm-network", "/etc/pulumi-kvm-network"],
  furnish: `
mkdir -p /run/network /etc/pulumi-kvm-network
echo lo=lo >/run/network/ifstate
mount -t tmpfs -o size=1m,mode=700 tmpfs /etc/pulumi-kvm-network`,
  install: (script) => script,
  log: "tail -n 20 /run/sshd.log",
};

/** Who has which: by how many steps each has. */
const chains = ["carrier", "macvtap", "bridge", "carrier", "macvtap", "carrier", "bridge"] as const satisfies Chain[];

/** One stack of all hosts, each with a chain of its own: many hosts with little each are tried faster than few with much. */
export const namespaces = (hosts: number): LabKind => ({
  faults: () => faults,
  everyStep: true,
  lab: { hypervisors: hosts, uplinks: 3 },
  grounds: (lab, goes) => [
    async () => {
      const made = lab.hypervisors.map(async (each, index) => {
        const host = await NemesisHost.of(lab, each, kind, chains[index % chains.length] ?? "carrier");
        goes(host.rival);
        await host.furnish();
        return host;
      });
      const all = await Promise.all(made);
      const files = { "hosts.json": hostsFile(all) };
      const nemesis = { hosts: all, stack: await createStack({ project: "nemesis", program: "", files }) };
      goes(nemesis.stack);
      return { nemesis, course: await record(nemesis) };
    },
  ],
});
