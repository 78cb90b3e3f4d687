import test from "ava";
import { openGuest } from "../../lab/guest.ts";
import { attachInterface } from "../../provider/libvirt/attach-interface.ts";
import { detachInterface } from "../../provider/libvirt/detach-interface.ts";
import { domainRead, readDomainResults, wholeScope } from "../../provider/libvirt/domain-steps.ts";
import { findInterface, presence } from "../../provider/libvirt/find-interface.ts";
import { interfaceDrift } from "../../provider/libvirt/interface-drift.ts";
import type { InterfaceSpec } from "../../provider/libvirt/interface-xml.ts";
import { updateInterface } from "../../provider/libvirt/update-interface.ts";
import { virshProblem } from "../../provider/libvirt/virsh.ts";
import { type Hypervisor, startHypervisor } from "./hypervisor.ts";
import { labRuns, labTest } from "./lab-test.ts";

let hypervisor: Hypervisor;

if (labRuns) {
  test.before(async () => {
    hypervisor = await startHypervisor("test-libvirt");
  });
  test.after.always(() => hypervisor?.close());
}

const both = { live: true, config: true };
const bridge = (number: number) =>
  ({ kind: "bridge", bridge: "br0", mac: `52:54:00:00:00:0${number}`, alias: `ua-test-${number}` }) as const;

labTest("a running guest gets an interface, has it changed, and lets go of it", async (t) => {
  const { change, define, byHand, gone, lab } = hypervisor;
  const uuid = await define("running");
  await byHand(["virsh", "start", uuid]);
  const guest = await openGuest(lab, "hv1", "running");
  t.teardown(() => guest.close());

  const spec = { ...bridge(1), target: "web1-br0", mtu: 1400, linkState: "up" } as const;
  const attached = domainRead(await change(attachInterface(uuid, spec, both)));
  t.is(attached.uuid, uuid);
  t.deepEqual(wholeScope(attached), both);
  t.is(presence(attached, spec), "complete");
  const found = findInterface(attached, spec);
  for (const side of [found.live, found.config]) {
    t.is(side?.whose, "ours");
    t.deepEqual(side && interfaceDrift(spec, side.interface), []);
  }
  const nic = await guest.nic(spec.mac);
  t.is((await guest.run(`cat /sys/class/net/${nic}/mtu`)).stdout.trim(), "1400");
  t.is((await guest.run(`cat /sys/class/net/${nic}/carrier`)).stdout.trim(), "1");

  const changed: InterfaceSpec = {
    ...spec,
    bridge: "br1",
    linkState: "down",
    isolated: true,
    filter: "no-mac-spoofing",
  };
  const updated = domainRead(await change(updateInterface(uuid, changed, found)));
  const after = findInterface(updated, spec);
  for (const side of [after.live, after.config]) t.deepEqual(side && interfaceDrift(changed, side.interface), []);
  t.is((await guest.run(`cat /sys/class/net/${nic}/carrier`)).stdout.trim(), "0");
  t.regex(await byHand(["ip", "-d", "link", "show", "web1-br0"]), /master br1.* isolated on /s);

  const [detached] = await change(detachInterface(uuid, after));
  t.is(detached?.status, 0);
  await gone(uuid, spec);
  t.is(presence(await hypervisor.domain(uuid), spec), "absent");
  t.is((await guest.run(`ls /sys/class/net/${nic}`)).status, 1);
});

labTest("a domain that is shut off has its definition changed, and nothing else", async (t) => {
  const { change, define } = hypervisor;
  const uuid = await define("off");
  const config = { live: false, config: true };
  const spec = {
    kind: "direct",
    uplink: "eth1",
    mode: "vepa",
    mac: "52:54:00:00:00:02",
    alias: "ua-off",
  } as const;
  const attached = domainRead(await change(attachInterface(uuid, spec, config)));
  t.like(attached, { running: false, persistent: true, live: [] });
  t.is(presence(attached, spec), "complete");

  const changed: InterfaceSpec = { ...spec, mode: "private", queues: 2, trustGuestRxFilters: true };
  const found = findInterface(attached, spec);
  const updated = domainRead(await change(updateInterface(uuid, changed, found)));
  const [interfaceThere] = updated.config;
  t.deepEqual(interfaceThere && interfaceDrift(changed, interfaceThere), []);

  const detached = domainRead(await change(detachInterface(uuid, findInterface(updated, spec))));
  t.is(presence(detached, spec), "absent");
});

labTest("an update leaves the NIC in its slot, where libvirt left alone would move it", async (t) => {
  const { change, define, domain, byHand } = hypervisor;
  const uuid = await define("slots");
  const config = { live: false, config: true };
  const first = domainRead(await change(attachInterface(uuid, bridge(1), config)));
  await change(attachInterface(uuid, bridge(2), config));
  const alone = domainRead(await change(detachInterface(uuid, findInterface(first, bridge(1)))));
  const before = findInterface(alone, bridge(2));
  const slot = before.config?.interface.address;
  t.truthy(slot?.bus);

  const down = { ...bridge(2), linkState: "down" } as const;
  await change(updateInterface(uuid, down, before));
  t.deepEqual(findInterface(await domain(uuid), down).config?.interface.address, slot);

  const without = `<interface type="bridge"><mac address="${down.mac}"/><source bridge="br0"/><model type="virtio"/><alias name="${down.alias}"/></interface>`;
  await byHand(["virsh", "update-device", uuid, "/dev/stdin", "--config"], without);
  t.notDeepEqual(findInterface(await domain(uuid), down).config?.interface.address, slot);
});

labTest("a foreign interface with the same MAC is told, and stays", async (t) => {
  const { change, define, domain, byHand } = hypervisor;
  const uuid = await define("foreign");
  const ours = bridge(3);
  const config = { live: false, config: true };
  const foreign = (source: string) =>
    `<interface type="bridge"><mac address="${ours.mac}"/><source bridge="${source}"/><model type="virtio"/></interface>`;
  await byHand(["virsh", "attach-device", uuid, "/dev/stdin", "--config"], foreign("br1"));

  const found = findInterface(await domain(uuid), ours);
  t.is(found.config?.whose, "foreign");
  t.is(presence(await domain(uuid), ours), "absent");
  t.is(detachInterface(uuid, found).length, readDomainResults, "nothing but reading");
  t.is(updateInterface(uuid, ours, found).length, readDomainResults, "nothing but reading");

  await change(attachInterface(uuid, ours, config));
  await byHand(["virsh", "attach-device", uuid, "/dev/stdin", "--config"], foreign("foreign0"));
  const between = await domain(uuid);
  t.is(between.config.length, 3);
  const changed = { ...ours, linkState: "down" } as const;
  const updated = domainRead(await change(updateInterface(uuid, changed, findInterface(between, ours))));
  const left = domainRead(await change(detachInterface(uuid, findInterface(updated, ours))));
  t.deepEqual(
    left.config.map(({ source, linkState }) => ({ source, linkState })),
    [
      { source: "br1", linkState: "up" },
      { source: "foreign0", linkState: "up" },
    ],
  );
});

labTest("ours that is gone already is not mistaken for the foreign one left behind", async (t) => {
  const { attempt, change, define, domain, byHand } = hypervisor;
  const uuid = await define("gone");
  const ours = bridge(3);
  const config = { live: false, config: true };
  const found = findInterface(domainRead(await change(attachInterface(uuid, ours, config))), ours);
  const foreign = `<interface type="bridge"><mac address="${ours.mac}"/><source bridge="br1"/><model type="virtio"/></interface>`;
  await byHand(["virsh", "attach-device", uuid, "/dev/stdin", "--config"], foreign);
  await change(detachInterface(uuid, found));

  const { results, failed } = await attempt(detachInterface(uuid, found));
  t.is(failed, 0);
  t.is(results[0] && virshProblem(results[0]), "no-device");
  t.is((await domain(uuid)).config.length, 1);
});

labTest("a domain with a name of metacharacters is found by that name and by UUID", async (t) => {
  const { change, define, domain } = hypervisor;
  const name = `--live "a & b" 'c' <$(id)> é`;
  const uuid = await define(name);
  const config = { live: false, config: true };
  const byName = domainRead(await change(attachInterface(name, bridge(4), config)));
  t.is(byName.name, name);
  t.is(byName.uuid, uuid);
  t.is(presence(await domain(uuid), bridge(4)), "complete");
});

labTest("a transient domain has only its machine", async (t) => {
  const { change, define, byHand, domain } = hypervisor;
  const uuid = await define("transient");
  await byHand(["virsh", "start", uuid]);
  await byHand(["virsh", "undefine", uuid]);
  t.teardown(() => byHand(["virsh", "destroy", uuid]));
  const there = await domain(uuid);
  t.like(there, { running: true, persistent: false });
  const attached = domainRead(await change(attachInterface(uuid, bridge(5), wholeScope(there))));
  t.is(presence(attached, bridge(5)), "complete");
  t.deepEqual(attached.config, []);
});

labTest("half an attachment is told, and only the missing half is mended", async (t) => {
  const { change, define, byHand, domain } = hypervisor;
  const uuid = await define("half");
  await byHand(["virsh", "start", uuid]);
  t.teardown(() => byHand(["virsh", "destroy", uuid]));
  t.is(
    presence(domainRead(await change(attachInterface(uuid, bridge(6), { live: true, config: false }))), bridge(6)),
    "live-only",
  );
  t.is(
    presence(domainRead(await change(attachInterface(uuid, bridge(6), { live: false, config: true }))), bridge(6)),
    "complete",
  );
  const { config } = findInterface(await domain(uuid), bridge(6));
  await change(detachInterface(uuid, { live: null, config }));
  t.is(presence(await domain(uuid), bridge(6)), "live-only");
});

labTest("an endpoint of our own is there before the domain, and after", async (t) => {
  const { change, define, byHand, gone, lab } = hypervisor;
  const uuid = await define("endpoint");
  await byHand(["virsh", "start", uuid]);
  const guest = await openGuest(lab, "hv1", "endpoint");
  t.teardown(() => guest.close());
  const spec = { kind: "ethernet", target: "ep0", mac: "52:54:00:00:00:07", alias: "ua-endpoint" } as const;
  await byHand([
    "ip",
    "link",
    "add",
    "link",
    "eth1",
    "name",
    spec.target,
    "address",
    spec.mac,
    "up",
    "type",
    "macvtap",
    "mode",
    "vepa",
  ]);
  const attached = domainRead(await change(attachInterface(uuid, spec, both)));
  const { live } = findInterface(attached, spec);
  t.deepEqual(live && interfaceDrift(spec, live.interface), []);
  await guest.nic(spec.mac);
  await change(detachInterface(uuid, findInterface(attached, spec)));
  await gone(uuid, spec);
  t.regex(await byHand(["ip", "link", "show", spec.target]), /ep0@eth1/);
});

labTest("a domain that does not exist is told as such", async (t) => {
  const { results } = await hypervisor.attempt(attachInterface("nope", bridge(8), both));
  t.is(results[0] && virshProblem(results[0]), "no-domain");
});
