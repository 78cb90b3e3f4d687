import type { TestFn } from "ava";
import { createLab, type Lab, type LabHypervisor } from "../../lab/lab.ts";
import { sshSessions } from "../../lab/ssh-daemon.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { observeAnew } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { labName } from "../lab/lab-test.ts";

/** A hypervisor that is reached by the link which the tests change: `mgmt`, with a default route by this machine's end of it. */
export class Carrier {
  readonly lab: Lab;
  readonly hypervisor: LabHypervisor;
  readonly address: string;
  readonly gateway: string;

  constructor(lab: Lab) {
    const [hypervisor] = lab.hypervisors;
    if (hypervisor === undefined) throw new Error("a lab without hypervisors");
    this.lab = lab;
    this.hypervisor = hypervisor;
    this.address = hypervisor.connection.host;
    const octets = this.address.split(".").map(Number);
    this.gateway = [...octets.slice(0, 3), (octets[3] ?? 0) - 1].join(".");
  }

  /** What a test itself does on the host: not over SSH. */
  async sh(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.lab.exec("hv1", ["sh", "-euc", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  /** Room of its own for commands in front of the real ones. */
  async ownCommands(): Promise<void> {
    await this.sh(`
      cp -a /usr/local/sbin /run/sbin
      mount -t tmpfs -o mode=755 tmpfs /usr/local/sbin
      cp -a /run/sbin/. /usr/local/sbin`);
  }

  /**
   * Once, when a batch of `ip` that says \`when\` is about to be done on the host, this is done first: by a command of that name before
   * the real one in the path of the host script.
   */
  async faultBefore(when: string, script: string): Promise<void> {
    await this.write("/usr/local/sbin/fault", `#!/bin/sh\nrm /usr/local/sbin/fault\n${script}\n`);
    await this.write(
      "/usr/local/sbin/ip",
      `#!/bin/sh
case "$*" in
  *-batch*)
    input=$(cat; echo .)
    case $input in *"${when}"*) [ ! -e /usr/local/sbin/fault ] || /usr/local/sbin/fault >/run/fault.log 2>&1 ;; esac
    printf '%s' "\${input%.}" | /sbin/ip "$@"
    ;;
  *) exec /sbin/ip "$@" ;;
esac
`,
    );
  }

  async write(path: string, text: string): Promise<void> {
    const { status, stderr } = await this.lab.exec("hv1", ["sh", "-c", `cat >${path} && chmod 755 ${path}`], {
      input: text,
    });
    if (status !== 0) throw new Error(stderr);
  }

  async until(condition: string): Promise<void> {
    await waitUntil(`${condition} on hv1`, 60, async () =>
      (await this.lab.exec("hv1", ["sh", "-c", condition])).status === 0 ? true : undefined,
    );
  }

  async healed(): Promise<void> {
    await this.sh(
      "cd /usr/local/sbin; rm -f ip fault setsid; for of in inet arp; do nft delete table $of cut 2>/dev/null || :; done",
    );
  }

  /** The processes that serve SSH sessions of this host. */
  async sessions(): Promise<string[]> {
    return (await this.sh(sshSessions)).split("\n").filter((each) => each !== "");
  }

  /** What runs of a transaction: its change and watchdog, and what they wait for. */
  async processes(): Promise<string> {
    return await this.sh("pgrep -af 'txn/scrip[t]|^sleep [1-9]' || :");
  }

  /** All that a change of `mgmt` may change, as text. */
  async picture(): Promise<string> {
    const text = await this.sh(`
      ip -d -o link show | sed 's/ promiscuity .*//; s/ state [A-Z]*//'
      ip -o addr show | sed 's/ *valid_lft.*//; s/ tentative//'
      ip route show table all type unicast
      grep -H . /proc/sys/net/ipv4/conf/mgmt/* /proc/sys/net/ipv6/conf/mgmt/* 2>/dev/null || :
      ls /run/pulumi-kvm-network 2>/dev/null | grep -v "^originals$" || :`);
    return text.replaceAll(/ expires \d+sec| linkdown/g, "").trim();
  }

  async check(kind: string, name: string, inputs: Properties, olds: Properties = {}) {
    const { connection } = this.hypervisor;
    const seed = `acme/urn:pulumi:dev::carrier::${kind}::${name}`;
    const hostFacts = await observeAnew(openHost(connection));
    return lifecycle(kind).check(olds, { host: connection.host, connection, seed, hostFacts, ...inputs });
  }

  /** An Uplink of another stack: it reaches the host by a lane of its own. */
  async ensureElsewhere(name: string, inputs: Properties): Promise<Properties> {
    const connection = { ...this.hypervisor.connection, sudo: true };
    const seed = `acme/urn:pulumi:other::carrier::Uplink::${name}`;
    const { inputs: checked } = lifecycle("Uplink").check({}, { host: connection.host, connection, seed, ...inputs });
    return (await lifecycle("Uplink").create(checked)).state;
  }

  /** Checks and makes it; `olds` for an update. What check refuses is an error. */
  async ensure(kind: string, name: string, inputs: Properties, olds?: Properties): Promise<Properties> {
    const { inputs: checked, failures } = await this.check(kind, name, inputs, olds);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const of = lifecycle(kind);
    return olds === undefined ? (await of.create(checked)).state : await of.update(olds, checked);
  }
}

/** One hypervisor for the tests of a file; the test's own default route is there, and a second network beside it. */
export const useCarrier = (test: TestFn): (() => Carrier) => {
  let carrier: Carrier | undefined;
  test.before(async () => {
    carrier = new Carrier(await createLab({ name: labName(), hypervisors: 1, libvirt: false, uplinks: 1 }));
    await carrier.ownCommands();
    await carrier.sh(`
      ip addr add 198.19.200.2/24 dev mgmt
      ip -6 addr add 2001:db8:200::2/64 dev mgmt nodad
      ip route add default via ${carrier.gateway} dev mgmt metric 50
      ip route add 198.51.100.0/24 via 198.19.200.9 dev mgmt table 77 mtu 1400
      ip -6 route add 2001:db8:201::/48 via 2001:db8:200::9 dev mgmt`);
  });
  test.after.always(async () => {
    closeHosts();
    await carrier?.lab.down();
  });
  return () => {
    if (carrier === undefined) throw new Error("the lab did not start");
    return carrier;
  };
};
