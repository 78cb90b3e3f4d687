import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { parseAttributes } from "../../provider/discovery/attributes.ts";
import { ipLinks } from "../../provider/discovery/ip-link.ts";
import { parseNic } from "../../provider/discovery/parse-nic.ts";
import { factsVerb } from "../../provider/host/script/facts-verb.ts";

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
    const script = `newline='\n'; say() { printf %s "$1"; }; ${factsVerb}
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
          { index: 0, pci: "0000:3b:10.0", driver: "vfio-pci" },
          { index: 1, pci: "0000:3b:10.2", driver: null },
          { index: 2, pci: "0000:3b:10.4", driver: "igbvf" },
        ],
      },
    });
  });
}
