import test from "ava";
import { attachInterface } from "../../provider/libvirt/attach-interface.ts";
import { detachInterface } from "../../provider/libvirt/detach-interface.ts";
import { domainRead } from "../../provider/libvirt/domain-steps.ts";
import { findInterface } from "../../provider/libvirt/find-interface.ts";
import { interfaceDrift } from "../../provider/libvirt/interface-drift.ts";
import type { InterfaceSpec } from "../../provider/libvirt/interface-xml.ts";
import {
  compareVersions,
  interfaceFeatureProblem,
  interfaceFeatures,
  interfaceKinds,
} from "../../provider/schema/libvirt-features.ts";
import { type Hypervisor, startHypervisor } from "./hypervisor.ts";
import { labRuns, labTest } from "./lab-test.ts";

let hypervisor: Hypervisor;
let uuid: string;

if (labRuns) {
  test.before(async () => {
    hypervisor = await startHypervisor("test-features");
    uuid = await hypervisor.define("features");
    // A boot order of a device excludes one of the domain's.
    const xml = await hypervisor.byHand(["virsh", "dumpxml", "--inactive", uuid]);
    await hypervisor.byHand(["virsh", "define", "/dev/stdin"], xml.replace("<boot dev='hd'/>", ""));
  });
  test.after.always(() => hypervisor?.close());
}

/** The kinds that the provider makes, each with the features that a test asks for. */
const asked = {
  driver: { driver: "qemu" },
  queues: { queues: 2 },
  rxQueueSize: { rxQueueSize: 512 },
  txQueueSize: { txQueueSize: 512 },
  mtu: { mtu: 1400 },
  linkState: { linkState: "down" },
  trustGuestRxFilters: { trustGuestRxFilters: true },
  filter: { filter: "clean-traffic" },
  bandwidth: { bandwidth: { inbound: { averageMbps: 8, burstKiB: 64 }, outbound: { averageMbps: 0.4 } } },
} as const;

let count = 0;
const made = interfaceKinds.filter((kind) => kind !== "hostdev");
function specs(options: (typeof asked)[keyof typeof asked] | Record<string, never>): InterfaceSpec[] {
  return made.map((kind) => {
    count += 1;
    const id = { mac: `52:54:00:00:01:${count.toString(16).padStart(2, "0")}`, alias: `ua-feature-${count}` };
    const place = {
      bridge: { kind: "bridge", bridge: "br0" },
      direct: { kind: "direct", uplink: "eth1", mode: "vepa" },
      ethernet: { kind: "ethernet", target: `ep${count}` },
    } as const;
    return { ...id, ...options, ...place[kind] };
  });
}

for (const [feature, options] of Object.entries(asked)) {
  labTest(`${feature}: libvirt does with each kind what the table says`, async (t) => {
    for (const spec of specs(options)) {
      const { results, failed } = await hypervisor.attempt(attachInterface(uuid, spec, { live: false, config: true }));
      const support = interfaceFeatures[feature as keyof typeof asked][spec.kind];
      const context = `${feature} of ${spec.kind}: ${results[0]?.stderr}`;
      if ("never" in support && /refuses/.test(support.never)) {
        t.is(failed, 0, context);
        continue;
      }
      t.is(failed, undefined, context);
      const identity = { alias: spec.alias ?? "", mac: spec.mac };
      const there = findInterface(domainRead(results), identity).config;
      const dropped = "never" in support && /drops/.test(support.never) ? [feature] : [];
      t.deepEqual(there && interfaceDrift(spec, there.interface).map(({ property }) => property), dropped, context);
    }
  });
}

/** What a VF in the guest is asked for, in libvirt's words. The VF need not be there: nothing is started. */
const ofHostdev = {
  driver: `<driver name="vhost"/>`,
  queues: `<driver queues="2"/>`,
  rxQueueSize: `<driver rx_queue_size="512"/>`,
  txQueueSize: `<driver tx_queue_size="512"/>`,
  mtu: `<mtu size="1400"/>`,
  isolated: `<port isolated="yes"/>`,
  filter: `<filterref filter="clean-traffic"/>`,
} as const;

for (const [feature, inside] of Object.entries(ofHostdev)) {
  labTest(`${feature}: a VF in the guest can't have it, and libvirt refuses or drops it`, async (t) => {
    const { byHand } = hypervisor;
    const mac = `52:54:00:00:03:0${Object.keys(ofHostdev).indexOf(feature)}`;
    const xml = hostdev(mac, inside);
    const problem = interfaceFeatureProblem(feature as keyof typeof ofHostdev, "hostdev", null) ?? "";
    if (/refuses/.test(problem)) {
      await t.throwsAsync(byHand(["virsh", "attach-device", uuid, "/dev/stdin", "--config"], xml));
      return;
    }
    t.regex(problem, /drops/);
    t.false((await attached(mac, xml)).includes(inside.split(" ")[0] ?? ""));
  });
}

labTest("a VF in the guest keeps its VLAN, and a <bandwidth> is taken as well", async (t) => {
  const inside = `<vlan><tag id="42"/></vlan><bandwidth><inbound average="1000"/></bandwidth>`;
  const there = await attached("52:54:00:00:03:0e", hostdev("52:54:00:00:03:0e", inside));
  t.regex(there, /<tag id='42'\/>/);
  t.regex(there, /<inbound average='1000'\/>/);
});

const hostdev = (mac: string, inside: string): string =>
  `<interface type="hostdev" managed="yes"><mac address="${mac}"/><source><address type="pci" domain="0" bus="0x3b" slot="0x10"
    function="0"/></source>${inside}</interface>`;

/** Attached to the definition and detached again: what libvirt made of it. */
const attached = async (mac: string, xml: string): Promise<string> => {
  const { byHand } = hypervisor;
  await byHand(["virsh", "attach-device", uuid, "/dev/stdin", "--config"], xml);
  const all = await byHand(["virsh", "dumpxml", "--inactive", uuid]);
  await byHand(["virsh", "detach-device", uuid, "/dev/stdin", "--config"], xml);
  return (
    all
      .split("</interface>")
      .find((each) => each.includes(mac))
      ?.split("<interface")
      .at(-1) ?? ""
  );
};

labTest("isolated: libvirt refuses it where there is no port of a bridge", async (t) => {
  const { byHand } = hypervisor;
  for (const [type, place] of [
    ["direct", `<source dev="eth1" mode="vepa"/>`],
    ["ethernet", `<target dev="ep9" managed="no"/>`],
  ]) {
    const xml = `<interface type="${type}"><mac address="52:54:00:00:02:01"/>${place}<port isolated="yes"/></interface>`;
    await t.throwsAsync(byHand(["virsh", "attach-device", uuid, "/dev/stdin", "--config"], xml), {
      message: /isolated/,
    });
  }
});

labTest("vlan: libvirt takes it into any definition, and starts none that it can't give it", async (t) => {
  const { byHand, change, attempt } = hypervisor;
  const own = await hypervisor.define("vlans");
  const version = (await byHand(["virsh", "--version"])).trim();
  for (const spec of specs({}).map((each) => ({ ...each, vlan: 42 }))) {
    if (interfaceFeatureProblem("vlan", spec.kind, version) === null) continue;
    await change(attachInterface(own, spec, { live: false, config: true }));
    await t.throwsAsync(byHand(["virsh", "start", "--paused", own]), { message: /vlan tag not supported/ }, spec.kind);
    const found = findInterface(await hypervisor.domain(own), { alias: spec.alias ?? "", mac: spec.mac });
    t.is((await attempt(detachInterface(own, found))).failed, undefined);
  }
});

test("a feature is refused by what no libvirt can do, and by the version it takes", (t) => {
  t.is(interfaceFeatureProblem("mtu", "bridge", "9.0.0"), null);
  t.is(interfaceFeatureProblem("mtu", "bridge", "3.0.0"), "it takes libvirt 3.1.0, the host has 3.0.0");
  t.is(interfaceFeatureProblem("mtu", "bridge", null), null);
  t.regex(interfaceFeatureProblem("mtu", "direct", null) ?? "", /MTU of its uplink/);
});

test("versions are compared as numbers", (t) => {
  const versions = ["0.9.11", "1.0.6", "6.1.0", "9.0", "9.0.1", "9.10.0", "10.0.0"];
  t.deepEqual(versions.toReversed().toSorted(compareVersions), versions);
  t.is(compareVersions("9.0", "9.0.0"), 0);
});
