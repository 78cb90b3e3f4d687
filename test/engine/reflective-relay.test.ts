import test from "ava";
import { useEngineLab } from "./engine-lab.ts";

const lab = useEngineLab(test, "relay", 2);

const program = `
const hv1 = await getHost(connection);
const eth1 = new Uplink("eth1", { host: hv1, nic: "eth1", reflectiveRelay: "probe" });
const fabric = new HostBridge("fabric", { uplink: eth1, type: "ethernet" });
new VmInterface("web", { bridge: fabric, needs: ["switch-visible", "multicast"], mac: "02:00:00:00:00:03" });
`;
const demanding = program.replace('"multicast"', '"vm-to-vm"');

const probed = /probe whether the switch reflects on eth1/;

test.serial("what a probe finds is known from the first update on, and drifts with the switch", async (t) => {
  const stack = await lab().stack("relay", demanding);
  await lab().lab.hairpin("hv1", "eth1", true);

  // Not known yet is not taken for no: the first preview refuses nothing, and does not probe.
  const first = await stack.stack.must(["preview", "--diff"]);
  t.notRegex(first, probed);
  t.notRegex(first, /macvtap-(vepa|bridge)/);

  t.regex(await stack.up(), probed);
  t.like(await stack.state("eth1"), { relay: { state: "active", evidence: "probe" } });
  t.like((await stack.state("web")).realization, { kind: "macvtap-vepa" });
  t.deepEqual(await stack.preview(), []);
  t.notRegex(await stack.up(), probed, "a second update does not probe");
  await stack.mustBeUnchanged();

  // What an update of the uplink leaves open in a preview is as it was; what it changes is shown with all that depends on it.
  const planned = async () => (await stack.preview()).map(({ op, name }) => `${op} ${name}`).sort();
  await stack.edit(demanding.replace("{ host: hv1,", "{ host: hv1, mtu: 1400,"));
  t.deepEqual(await planned(), ["update eth1", "update fabric", "update web"]);
  await stack.edit(demanding.replace('nic: "eth1"', 'nic: "eth2"'));
  t.deepEqual(await planned(), ["replace eth1", "replace fabric", "replace web"]);
  await stack.edit(demanding);

  await lab().lab.hairpin("hv1", "eth1", false);
  t.regex(await stack.refresh(), /~ probed *: "as recorded" => "absent \(it was active\)"/);
  const { status, stdout } = await stack.stack.pulumi(["preview"]);
  t.not(status, 0);
  t.regex(stdout, /VmInterface resource 'web'.*: [\s\S]*the adjacent switch reflects .*which is not so/);

  // What does not need it stays as it is: only the bridge learns of the switch.
  await stack.edit(program);
  t.deepEqual(await planned(), ["update fabric", "update web"]);
  await stack.up();
  t.like((await stack.state("web")).realization, { kind: "macvtap-vepa" });
  await stack.mustBeUnchanged();
  await stack.destroy();
  t.notRegex(await lab().sh("ls /sys/class/net"), /kvmp/);
});
