import test from "ava";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { OutsideProject, programHead } from "./outside-project.ts";

/** See README.md beside it. */
const oldest = "test/package/oldest/pulumi-kvm-network-0.1.0.tgz";

const project = new OutsideProject("oldest");
test.after.always(() => project.remove());

interface Edit {
  readonly mtu: number;
  readonly ageing: number;
  readonly endpointUp: boolean;
  readonly link: "up" | "down";
}

/** One of each kind that a namespace can show, with what is remembered for their end. */
const program = ({ mtu, ageing, endpointUp, link }: Edit) => `${programHead}
export = async () => {
  const host = await kvm.getHost(lab.hypervisors[0].connection);
  const eth1 = new kvm.Uplink("eth1", { host, nic: "eth1", mtu: ${mtu} });
  const eth2 = new kvm.Uplink("eth2", { host, nic: "eth2" });
  const fabric = new kvm.HostBridge("fabric", { uplink: eth1, type: "ethernet", network: "fabric" });
  const lan = new kvm.HostBridge("lan", { uplink: eth2, ageingSeconds: ${ageing} });
  const endpoint = new kvm.MacvtapEndpoint("endpoint", { uplink: eth1, mode: "bridge", up: ${endpointUp} });
  const web = new kvm.VmInterface("web", { bridge: fabric, domain: "web-1", mode: "vepa", linkState: "${link}" });
  const isolated = new kvm.VmInterface("isolated", { bridge: fabric, domain: "web-1", mode: "pepa" });
  const onBridge = new kvm.VmInterface("on-bridge", { bridge: lan, domain: "web-1" });
  return { macs: [web.mac, isolated.mac, onBridge.mac], device: endpoint.device };
};
`;

const first: Edit = { mtu: 1450, ageing: 300, endpointUp: true, link: "up" };

const install = async (): Promise<void> => {
  project.write("index.ts", program(first));
  await project.install(oldest);
};

test("a stack of the oldest version kept here is refreshed, changed and destroyed by this one", async (t) => {
  t.timeout(600_000);
  const [hosts, newest] = await Promise.all([
    project.labUp("--hypervisors", "1", "--uplinks", "2"),
    project.pack(),
    install(),
  ]);
  await project.lab("guest", "hv1/web-1", "--off");
  // libvirt makes these with its first network, and leaves them.
  await hosts.exec("hv1", ["mkdir", "-p", "/etc/libvirt/qemu/networks/autostart"]);
  const before = await snapshotOf(hosts, "hv1");
  const pulumi = (...args: string[]) => project.pulumi(...args);

  await pulumi("stack", "init", "dev");
  t.regex(await pulumi("up", "--yes", "--skip-preview"), /\+ 9 created/);
  const made = JSON.parse(await pulumi("stack", "output", "--json"));

  await project.install(newest);
  const refreshed = await pulumi("refresh", "--yes", "--skip-preview", "--diff");
  t.regex(refreshed, /9 unchanged/);
  t.notRegex(refreshed, /updated/);
  const same = await pulumi("up", "--yes", "--skip-preview", "--diff");
  t.regex(same, /9 unchanged/);
  t.notRegex(same, /updated|replaced|created/);

  project.write("index.ts", program({ mtu: 1400, ageing: 600, endpointUp: false, link: "down" }));
  const changed = await pulumi("up", "--yes", "--skip-preview", "--diff");
  t.regex(changed, /~ mtu *: 1450 => 1400/);
  t.regex(changed, /~ ageingSeconds *: 300 => 600/);
  t.regex(changed, /~ linkState *: "up" => "down"/);
  t.notRegex(changed, /replaced|created|deleted/);
  t.deepEqual(JSON.parse(await pulumi("stack", "output", "--json")), made, "who they are stays");
  t.regex((await hosts.exec("hv1", ["ip", "link", "show", "dev", "eth1"])).stdout, /mtu 1400/);
  t.regex(await pulumi("refresh", "--yes", "--skip-preview"), /9 unchanged/);

  t.regex(await pulumi("destroy", "--yes", "--skip-preview"), /- 9 deleted/);
  t.deepEqual(changesBetween(before, await snapshotOf(hosts, "hv1")), []);
});
