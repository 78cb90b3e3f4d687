import test from "ava";
import { attachInterface } from "../../provider/libvirt/attach-interface.ts";
import { detachInterface } from "../../provider/libvirt/detach-interface.ts";
import { domainRead } from "../../provider/libvirt/domain-steps.ts";
import { findInterface } from "../../provider/libvirt/find-interface.ts";
import { interfaceDrift } from "../../provider/libvirt/interface-drift.ts";
import { buildInterfaceXml, type DirectInterfaceSpec } from "../../provider/libvirt/interface-xml.ts";
import { virshWithXml } from "../../provider/libvirt/virsh.ts";
import { type Hypervisor, startHypervisor } from "./hypervisor.ts";
import { labRuns } from "./lab-test.ts";

/*
 * A hypervisor without lldpad. What the switch answers where there is one is not shown here: a kernel of the lab's makes no
 * VLAN links.
 */

/** A veth can't be the NIC: libvirt follows it to its other end, which is in another namespace. This has none. */
const nic = "vx1";
const instanceId = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f";
const vsi = { managerId: 11, typeId: 1193047, typeIdVersion: 2, instanceId } as const;
const mac = "52:54:00:00:03:01";
const spec: DirectInterfaceSpec = { kind: "direct", uplink: nic, mode: "vepa", mac, alias: "ua-vsi", vsi };
const identity = { alias: "ua-vsi", mac };
const config = { live: false, config: true };

let hypervisor: Hypervisor;
let uuid: string;

if (labRuns) {
  test.before(async () => {
    hypervisor = await startHypervisor("test-vsi");
    const link = ["link", "add", nic, "up", "type", "vxlan", "id", "5", "remote", "198.18.250.2", "dstport", "4789"];
    await hypervisor.byHand(["ip", ...link]);
    uuid = await hypervisor.define("web");
  });
  test.after.always(() => hypervisor?.close());
}

/** One domain. */
const serialTest = labRuns ? test.serial : test.serial.skip;

const inDefinition = async () => findInterface(await hypervisor.domain(uuid), identity);
const detach = async () => hypervisor.change(detachInterface(uuid, await inDefinition()));

serialTest("libvirt takes the port as it is written, and a changed one shows", async (t) => {
  const results = await hypervisor.change(attachInterface(uuid, spec, config));
  const found = findInterface(domainRead(results), identity).config;
  t.deepEqual(found?.interface.vsi, vsi);
  t.deepEqual(found && interfaceDrift(spec, found.interface), []);

  const changed = { ...vsi, typeIdVersion: 3 };
  const xml = buildInterfaceXml({ ...spec, vsi: changed });
  await hypervisor.change([virshWithXml(xml, "update-device", `--domain=${uuid}`, "--config")]);
  const after = (await inDefinition()).config;
  t.deepEqual(after && interfaceDrift(spec, after.interface), [{ property: "vsi", wanted: vsi, observed: changed }]);
  await detach();
});

serialTest("without an instance ID libvirt makes one up, another one each time", async (t) => {
  const xml = buildInterfaceXml(spec).replace(` instanceid="${instanceId}"`, "");
  const made = async (): Promise<string | undefined> => {
    await hypervisor.change([virshWithXml(xml, "attach-device", `--domain=${uuid}`, "--config")]);
    const found = (await inDefinition()).config;
    await detach();
    return found?.interface.vsi?.instanceId;
  };
  const [first, second] = [await made(), await made()];
  t.regex(first ?? "", /^[0-9a-f-]{36}$/);
  t.not(first, second);
});

serialTest("libvirt refuses it on a macvtap that it does not make", async (t) => {
  const port = /<virtualport[\s\S]*<\/virtualport>/.exec(buildInterfaceXml(spec))?.[0] ?? "";
  const xml = `<interface type="ethernet"><mac address="${mac}"/>${port}<target dev="ep1" managed="no"/></interface>`;
  await t.throwsAsync(hypervisor.byHand(["virsh", "attach-device", uuid, "/dev/stdin", "--config"], xml), {
    message: /<virtualport> element unsupported/,
  });
});

serialTest("without lldpad the domain does not start", async (t) => {
  await hypervisor.change(attachInterface(uuid, spec, config));
  const { status, stderr } = await hypervisor.lab.exec("hv1", ["virsh", "start", uuid]);
  t.not(status, 0);
  t.regex(stderr, /PortProfileRequest failed|lldpad/);
  await detach();
});

serialTest("libvirt asks the uplink for the VLAN, and goes on without one where it is no VLAN link", async (t) => {
  await hypervisor.change(attachInterface(uuid, spec, config));
  await hypervisor.lab.exec("hv1", ["virsh", "start", uuid]);
  const log = await hypervisor.byHand(["cat", "/var/log/libvirt/libvirtd.log"]);
  t.regex(log, new RegExp(`Unable to get VLAN for interface ${nic}`));
  t.regex(log.slice(log.lastIndexOf("Unable to get VLAN")), /sending of PortProfileRequest/);
  await detach();
});
