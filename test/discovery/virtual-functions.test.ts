import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { parseAttributes } from "../../provider/discovery/attributes.ts";
import { ipLinks } from "../../provider/discovery/ip-link.ts";
import { parseNic } from "../../provider/discovery/parse-nic.ts";
import { factsLinks } from "../../provider/host/script/facts-links.ts";
import { factsSection } from "../../provider/host/script/facts-section.ts";

/** The files that a NIC with three VFs has in /sys: one for a guest, one without a driver, one of the host's. */
const filesOf = (folder: string): string => {
  const device = (address: string, driver?: string) => {
    const path = join(folder, "devices/pci0000:3a", address);
    mkdirSync(path, { recursive: true });
    if (driver === undefined) return path;
    const drivers = join(folder, "bus/pci/drivers", driver);
    mkdirSync(drivers, { recursive: true });
    symlinkSync(drivers, join(path, "driver"));
    return path;
  };
  const pf = device("0000:3b:00.0", "igb");
  writeFileSync(join(pf, "sriov_totalvfs"), "7\n");
  writeFileSync(join(pf, "sriov_numvfs"), "3\n");
  for (const [index, driver] of ["vfio-pci", undefined, "igbvf"].entries()) {
    symlinkSync(device(`0000:3b:10.${index * 2}`, driver), join(pf, `virtfn${index}`));
  }
  writeFileSync(join(pf, "virtfn0/driver_override"), "vfio-pci\n");
  writeFileSync(join(pf, "virtfn2/driver_override"), "(null)\n");
  const group = join(folder, "kernel/iommu_groups/17");
  mkdirSync(group, { recursive: true });
  symlinkSync(group, join(pf, "virtfn0/iommu_group"));
  const net = join(folder, "class/net/eth1");
  mkdirSync(net, { recursive: true });
  symlinkSync(pf, join(net, "device"));
  return net;
};

for (const sh of [["dash"], ["bash"], ["busybox", "sh"]] as const) {
  test(`${sh.join(" ")}: the VFs of a NIC are told with their PCI addresses and who drives them`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "kvm-network-vfs-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const net = filesOf(folder);
    const script = `newline='\n'; say() { printf %s "$1"; }; ${factsSection}${factsLinks}
      set -f; facts_device "$1"; for each in sriov_totalvfs sriov_numvfs; do facts_attribute "$1/device/$each"; done`;
    const [command, ...first] = sh;
    const text = execFileSync(command, [...first, "-c", script, "sh", net], { encoding: "utf8" });
    const attributes = parseAttributes(text.replaceAll(net, "/sys/class/net/eth1"));
    const [nic] = ipLinks.parse([{ ifindex: 2, ifname: "eth1", link_type: "ether", flags: [], mtu: 1500 }]);
    if (!nic) return t.fail();
    t.like(parseNic(nic, attributes), {
      driver: "igb",
      pci: "0000:3b:00.0",
      sriov: {
        totalVfs: 7,
        vfs: 3,
        functions: [
          { index: 0, pci: "0000:3b:10.0", driver: "vfio-pci", driverOverride: "vfio-pci", iommuGroup: 17 },
          { index: 1, pci: "0000:3b:10.2", driver: null, driverOverride: null, iommuGroup: null },
          { index: 2, pci: "0000:3b:10.4", driver: "igbvf", driverOverride: null, iommuGroup: null },
        ],
      },
    });
  });
}

test("what the PF tells of a VF is told, and nothing is made up of what it does not", (t) => {
  const path = "/sys/class/net/eth1/device";
  const attributes = parseAttributes(
    [
      `${path}/sriov_totalvfs:7`,
      `${path}/sriov_numvfs:3`,
      ...[0, 1, 2].map((n) => `${path}/virtfn${n}:/sys/0000:3b:10.${n}`),
    ]
      .map((line) => `${line}\n`)
      .join(""),
  );
  const rate = { max_tx: 100, min_tx: 0 };
  const vfs = [
    {
      vf: 0,
      address: "52:54:00:00:00:01",
      vlan_list: [{ vlan: 5, qos: 3, protocol: "802.1ad" }],
      rate,
      spoofchk: true,
      link_state: "auto",
      trust: false,
    },
    { vf: 2, mac: "52:54:00:00:00:02", vlan_list: [{}], link_state: "of tomorrow" },
  ];
  const given = { ifindex: 2, ifname: "eth1", link_type: "ether", flags: [], mtu: 1500, vfinfo_list: vfs };
  const [nic] = ipLinks.parse([given]);
  if (!nic) return t.fail();
  const unbound = { driver: null, driverOverride: null, iommuGroup: null };
  t.deepEqual(parseNic(nic, attributes)?.sriov?.functions, [
    {
      index: 0,
      pci: "0000:3b:10.0",
      ...unbound,
      mac: "52:54:00:00:00:01",
      vlan: 5,
      qos: 3,
      vlanProtocol: "802.1ad",
      spoofCheck: true,
      trust: false,
      minTxRateMbps: 0,
      maxTxRateMbps: 100,
      linkState: "auto",
    },
    { index: 1, pci: "0000:3b:10.1", ...unbound },
    { index: 2, pci: "0000:3b:10.2", ...unbound, mac: "52:54:00:00:00:02", vlan: 0, qos: 0, vlanProtocol: "802.1Q" },
  ]);
});

test("a number of VFs that no NIC can have is not counted up to", (t) => {
  const path = "/sys/class/net/eth1/device";
  const numbers = `${path}/sriov_totalvfs:7\n${path}/sriov_numvfs:99999999999999999999\n`;
  const attributes = parseAttributes(`${numbers}${path}/virtfn3:/sys/0000:3b:10.3\n`);
  const [nic] = ipLinks.parse([{ ifindex: 2, ifname: "eth1", link_type: "ether", flags: [], mtu: 1500 }]);
  t.deepEqual(nic && parseNic(nic, attributes)?.sriov?.functions?.map(({ index }) => index), [3]);
});
