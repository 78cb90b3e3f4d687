import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { judging, judgingGuarded, refusals, shells } from "./judging.ts";

for (const sh of shells) {
  test(`${sh}: ifupdown is told of the host's addresses what its owner has said, and nothing else`, (t) => {
    const path = "/run/network/interfaces.d/pulumi-kvm-network-br-lan";
    const stage = (text: string, at = path): Request["steps"] => [{ verb: "stage", path: at, text }];
    const keepAt = (text: string): Request["steps"] => [{ verb: "keep", path: path.replace("/run/", "/etc/"), text }];
    const lines = [
      // What root has said, elsewhere or in part.
      ...["    wpa-psk secret", "    address 192.0.2.2", "address 192.0.2.2/24", "    up reboot", "    # up reboot"],
      ...["    pre-up echo a \\", "    pre-up echo a", "    up ip route add 198.51.100.0/24 via 192.0.2.9; reboot"],
      ...[
        "auto eth1 eth2",
        "source /tmp/x",
        "iface eth1 inet ppp",
        "iface a/b inet static",
        "iface eth1 inet static x",
      ],
      ...["mapping eth1 eth2", "mapping *", "    script /tmp/x", "    map eth1", "    map pulumi-kvm-network-a b"],
      ...[
        "    pre-up ifup eth1; reboot || true",
        "    pre-up ifup eth1",
        "    pre-up ip link set dev eth1 master a;reboot",
      ],
      ...[
        "    pre-up [ -e /sys/class/net/a ] || ip link add name a;reboot address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || reboot; [ a ] || ip link add name a address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || ip link add name b address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || ip link add name a address x;reboot address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a;b ] || ip link add name a address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || ip link add name a address $(reboot) type bridge",
        "    pre-up /bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/a;reboot || true",
      ],
      ...[
        "    address",
        "    metric x",
        "    ",
        "    .*",
        "\taddress 192.0.2.2/24",
        "rename eth1=eth2",
        "no-scripts br-lan",
      ],
    ];
    for (const judge of [judgingGuarded, judging]) {
      const asked = lines.map((line) => (judge === judging ? keepAt(line) : stage(line)));
      for (const [index, said] of refusals(sh, asked, judge).entries())
        t.regex(said ?? "", /refused line: /, lines[index]);
    }
    const elsewhere = [
      "/run/network/interfaces.d/lan",
      "/run/network/ifstate",
      "/run/network/interfaces.d/pulumi-kvm-network-x/y",
      "/run/network/interfaces.d/pulumi-kvm-network-x/../y",
      "/etc/network/interfaces",
      "/etc/network/if-up.d/pulumi-kvm-network-x",
    ];
    const asides = elsewhere.map((at): Request["steps"] => [{ verb: "aside", path: at }]);
    for (const asked of [elsewhere.map((at) => stage("", at)), asides])
      for (const [index, said] of refusals(sh, asked, judgingGuarded).entries())
        t.regex(said ?? "", /^(stage|aside) /, elsewhere[index]);
    const brought: Request["steps"][] = [
      [{ verb: "ifup", link: "eth1", logical: "eth2" }],
      [{ verb: "ifup", link: "--all", logical: "--all" }],
      [{ verb: "ifup", link: "eth1", logical: "pulumi-kvm-network-eth2" }],
      [{ verb: "ifup", link: "br-lan", logical: "br-lan", as: "../x" }],
      [{ verb: "ifdown", link: "eth1=x" }],
      [{ verb: "run", argv: ["ifup" as "ip", "eth1"] }],
    ];
    for (const [index, each] of refusals(sh, brought, judgingGuarded).entries())
      t.regex(each ?? "", /^(ifup|ifdown) /, String(index));
  });
}
