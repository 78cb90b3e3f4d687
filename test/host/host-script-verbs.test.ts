import { join } from "node:path";
import test from "ava";
import type { Request, Step } from "../../provider/host/host.ts";
import { asking, lookAtEvb, setEvb } from "../../provider/links/evb.ts";
import {
  lookAtNicMode,
  nicModes,
  setEmbeddedSwitch,
  setEswitchMode,
  setSourcePruning,
} from "../../provider/links/nic-modes.ts";
import { probe } from "./sshd.ts";
import { one, shells, useShells } from "./sshd-of-shell.ts";

const { running, hostOf } = useShells(test);

for (const sh of shells) {
  test(`${sh}: a file is read whole, or is not there, or is not as expected`, async (t) => {
    const read = (path: string, equals?: string): Request["steps"][number] => ({
      verb: "read",
      path,
      ...(equals !== undefined && { equals }),
      mayFail: true,
    });
    const address = "/sys/class/net/lo/address";
    const { results } = await hostOf(sh).request({
      steps: [
        read(address),
        read(address, "00:00:00:00:00:00"),
        read(address, "00:00:00:00:00:0"),
        read("/sys/class/net/none/address"),
        read("/sys/class/net/lo/ifalias", ""),
        read("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "0"),
        read("/sys/class/net/lo/uevent", "INTERFACE=lo\nIFINDEX=1"),
      ],
    });
    t.is(results[0]?.stdout, "00:00:00:00:00:00\n");
    t.deepEqual(
      results.map(({ status }) => status),
      [0, 0, 1, 1, 0, 0, 0],
    );
    t.regex(results[3]?.stderr ?? "", /not there/);
  });

  test(`${sh}: what is not listed is refused, and nothing of the request is done`, async (t) => {
    const host = hostOf(sh);
    const file = join(running.get(sh)?.folder ?? "", "done");
    const batch = (input: string): Step => ({ verb: "run", argv: ["ip", "-d", "-j", "-batch", "-"], input });
    const virsh = (...values: string[]): Step => ({ verb: "run", argv: ["virsh", ...values] });
    const ip = (...values: string[]): Step => ({ verb: "run", argv: ["ip", ...values] });
    const lldptool = (...values: string[]): Step => ({ verb: "run", argv: ["lldptool", ...values] });
    const read = (path: string): Step => ({ verb: "read", path });
    const set = (path: string): Step => ({ verb: "set", path, value: "1" });
    const refused: Step[] = [
      ip("netns", "exec", "x", "touch", file),
      ip("-n", "x", "link"),
      ip("-batch", "/etc/shadow"),
      ip("-d", "-batch", "-", "x"),
      ip("vrf", "exec", "x", "id"),
      ip("link", "set", "lo", "xdp", "obj", "/tmp/x"),
      ip(""),
      ip("link addr"),
      ip("-a", "netns", "exec", "id"),
      batch("addr show dev lo\nnetns exec x id\n"),
      batch("addr show dev \\\nlo\n"),
      batch(" netns exec x id\n"),
      batch("link set lo xdp obj x\n"),
      batch('link set lo "xdp" obj x\n'),
      batch("link set lo xdpgeneric obj x\n"),
      batch("link\tset lo\txdp\tobj x\n"),
      batch("netns exec x id"),
      { verb: "run", argv: ["bridge", "-batch", "-"], input: "monitor all\n" },
      { verb: "run", argv: ["bridge", "-batch", "/etc/shadow"] },
      { verb: "run", argv: ["bridge", "monitor"] },
      virsh("edit", "x"),
      virsh("console", "x"),
      virsh("list; cd /"),
      virsh("-c", "qemu+ext:///system?command=/bin/id", "list"),
      virsh("-cqemu+ext:///system", "list"),
      virsh("attach-device", "x", "/etc/shadow"),
      virsh("attach-device", "x", "--file=/etc/shadow", "/dev/stdin"),
      virsh("net-define", "/etc/shadow"),
      virsh("net-update", "default", "add", "ip-dhcp-host", "/etc/shadow"),
      virsh("qemu-monitor-command", "x", "quit"),
      virsh("define", "/dev/stdin"),
      virsh(),
      { verb: "run", argv: ["nft", "-f", "/etc/shadow"] },
      { verb: "run", argv: ["nft", "-f", "-"], input: 'include "/etc/shadow"\n' },
      { verb: "run", argv: ["nft", "-f", "-"], input: "flush ruleset\n" },
      { verb: "run", argv: ["nft", "flush", "ruleset"] },
      { verb: "run", argv: ["nft", "-i"] },
      { verb: "run", argv: ["ethtool", "-f", "eth0", "x"] },
      { verb: "run", argv: ["ethtool", "-E", "eth0"] },
      ...[
        "-k",
        "-t -n -i eth0 -g ncb",
        "-t -i eth0 -g nb -V evb -c evbmode evbrrreq enableTx",
        "-t -i eth0 -g ncb -V evb -c",
        "-t -i -x -g ncb -V evb -c evbmode evbrrreq enableTx",
        "-l -i eth0 -g ncb adminStatus adminStatus",
        "-L -i eth0 -g ncb adminStatus=on",
        "-L -i eth0 -g ncb",
        "-T -i eth0 -g ncb -V evb evbrrcap=yes",
        "-T -i eth0 -g ncb -V evb enableTx=yes evbmode=bridge",
        "-T -i eth0 -g ncb -V sysName enableTx=yes",
        "-T -i ../../x -g ncb -V evb enableTx=yes",
      ].map((words) => lldptool(...words.split(" "))),
      lldptool("-T", "-i", "eth0", "-g", "ncb", "-V evb enableTx=yes"),
      lldptool("-T", "-i", "eth0\n", "-g", "ncb", "-V", "evb", "enableTx=yes"),
      read("/etc/shadow"),
      read("/sys/../etc/shadow"),
      read("/sys/class/net/.."),
      read("/proc/1/environ"),
      read("sys/class"),
      read("/sys/x\n/etc/shadow"),
      read(""),
      set("/etc/passwd"),
      set("/proc/sys/kernel/core_pattern"),
      set("/sys/class/net/lo/../../../kernel/x"),
      set("/sys/class/net/eth0/device/remove"),
      set("/sys/class/net/eth0/subsystem/x"),
      set("/sys/devices/system/cpu/cpu1/online"),
      // Not a VF, whatever it is.
      set("/sys/bus/pci/drivers_probe"),
      { verb: "set", path: "/sys/bus/pci/drivers_probe", value: "0000:00:00.0" },
      { verb: "set", path: "/sys/bus/pci/devices/0000:00:00.0/driver/unbind", value: "0000:00:00.0" },
      { verb: "set", path: "/sys/bus/pci/devices/0000:00:00.0/driver_override", value: "vfio-pci" },
      set("/sys/bus/pci/drivers/nvme/unbind"),
      set("/sys/bus/pci/drivers/vfio-pci/new_id"),
      ...[
        "dev eswitch set pci/0000:01:00.0 mode switchdev x",
        "dev eswitch set pci/0000:01:00.0 mode other",
        "dev eswitch set netdevsim/netdevsim1 mode legacy",
        "dev eswitch set pci/../x mode legacy",
        "dev reload pci/0000:01:00.0",
        "dev eswitch show pci/0000:01:00.0",
        "-b - dev eswitch show pci/0000:01:00.0",
        "dev flash pci/0000:01:00.0 file x",
      ].map((words): Step => ({ verb: "run", argv: ["devlink", ...words.split(" ")] })),
      { verb: "run", argv: ["modprobe", "-r", "vfio-pci"] },
      { verb: "run", argv: ["modprobe", "vfio"] },
      { verb: "run", argv: ["modprobe", "vfio-pci", "enable_sriov=1"] },
      ...[
        "--set-priv-flags eth0 legacy-rx on",
        "--set-priv-flags eth0 disable-source-pruning off legacy-rx on",
        "--set-priv-flags eth0 disable-source-pruning maybe",
        "--set-priv-flags -x disable-source-pruning on",
        "--show-priv-flags ../../x",
        "eth0",
        "-i eth0",
        "-s eth0 speed 10",
      ].map((words): Step => ({ verb: "run", argv: ["ethtool", ...words.split(" ")] })),
      { verb: "supersede", pid: "-1", began: "1" },
      { verb: "supersede", pid: "1", began: "1 2" },
    ];
    for (const step of refused) {
      const request: Request = { steps: [probe("hang-done"), step, probe("hang-done")], deadlineSeconds: 5 };
      const error = await t.throwsAsync(host.request(request), { code: "script-refused" }, JSON.stringify(step));
      t.regex(error?.message ?? "", /nothing was done/);
    }
    // A path that is not listed as a command at all never type-checks; the script refuses it all the same.
    const other: unknown = { verb: "run", argv: ["touch", file] };
    const isStep = (value: unknown): value is Step => typeof value === "object" && value !== null && "verb" in value;
    if (isStep(other)) await t.throwsAsync(host.request({ steps: [other] }), { code: "script-refused" });
    t.is((await one(host, probe("say-alive")))?.stdout, "alive\0");
  });

  test(`${sh}: all that is asked of lldpad is let through`, async (t) => {
    const found = { adminStatus: "disabled", evbmode: "bridge", evbrrreq: "no", enableTx: "no" };
    const steps = [...lookAtEvb("eth0"), ...setEvb("eth0", found, asking), ...setEvb("eth0", asking, found)];
    const answer = await hostOf(sh).request({ steps });
    t.is(answer.failed, undefined);
    t.is(answer.results.length, 10);
  });

  test(`${sh}: what is asked of a NIC's own switch is let through`, async (t) => {
    const nic = { name: "eth0", pci: "0000:01:00.0" };
    const steps = [
      ...nicModes.map((mode) => lookAtNicMode(nic, mode)),
      setEmbeddedSwitch(nic, "vepa"),
      setEswitchMode(nic, "switchdev"),
      setSourcePruning(nic, false),
    ];
    const answer = await hostOf(sh).request({ steps: steps.map((step) => ({ ...step, mayFail: true })) });
    t.is(answer.results.length, 6);
  });

  test(`${sh}: a kernel attribute is set, and what the kernel has against it is said`, async (t) => {
    const host = hostOf(sh);
    const path = "/sys/class/net/lo/flags";
    const value = (await one(host, { verb: "read", path }))?.stdout.trim() ?? "";
    t.is((await one(host, { verb: "set", path, value }))?.status, 0);
    const wrong = await one(host, { verb: "set", path, value: `0x${"f".repeat(20)}` });
    t.is(wrong?.status, 1);
    t.regex(wrong?.stderr ?? "", sh === "busybox" ? /I\/O error/ : /Numerical result out of range/);
    const missing = await one(host, { verb: "set", path: "/sys/class/net/none/flags", value: "0x1" });
    t.regex(missing?.stderr ?? "", /No such file or directory|nonexistent directory/);
  });

  test(`${sh}: a name that only looks like what is refused is not`, async (t) => {
    const result = await one(hostOf(sh), {
      verb: "run",
      argv: ["ip", "-d", "-j", "-batch", "-"],
      input: "addr show dev lo\naddr show dev xdp0\n",
    });
    // Debian's busybox prefers an `ip` of its own, which knows no batch: it was called, that is enough.
    t.regex(result?.stderr ?? "", sh === "busybox" ? /Usage: ip/ : /xdp0/);
  });

  test(`${sh}: facts come with the address that the session came in on`, async (t) => {
    const sshd = running.get(sh);
    const result = await one(hostOf(sh), { verb: "facts" });
    t.is(result?.status, 0);
    t.regex(result?.stdout ?? "", new RegExp(`^session:127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${sshd?.port}$`, "m"));
  });
}
