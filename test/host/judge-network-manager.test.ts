import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { managedProfile } from "./judged.ts";
import { judging, judgingGuarded, refusals, shells } from "./judging.ts";

for (const sh of shells) {
  test(`${sh}: NetworkManager is told of the host's addresses what its owner has said, and nothing else`, (t) => {
    const path = "/run/NetworkManager/system-connections/pulumi-kvm-network-br-lan.nmconnection";
    const stage = (text: string, at = path): Request["steps"] => [{ verb: "stage", path: at, text }];
    const keepAt = (text: string): Request["steps"] => [{ verb: "keep", path: path.replace("/run/", "/etc/"), text }];
    const lines = [
      // What root has said, elsewhere or in part.
      ...[
        "[ipv4]\npassword=secret",
        "[802-1x]\npassword=secret",
        "[vpn-secrets]\naddress7=secret",
        "[ipv6]\naddress7=secret",
        "[ipv4]\naddress7=secret",
      ],
      ...[
        "[ethernet]\nwake-on-lan-password=secret",
        "[connection]\npermissions=user:root:;",
        "[ipv4]\naddress1=192.0.2.2/24",
      ],
      ...["[ipv6]\nzone=trusted", "[ipv4]\nmethod=auto", "[ipv4]\ndns = 192.0.2.1;", "[bridge]\nfeature-gro=false"],
      // What is ours to say, otherwise.
      ...["[connection]\nuuid=023239ec-4a61-443f-b82d-acc63a0f78cb", "[connection]\nuuid=6b766d6e-6574-8/../x"],
      ...[
        "[connection]\nmaster=br0",
        "[connection]\ntype=vpn",
        "[connection]\ninterface-name=*",
        "[connection]\nid=lan",
      ],
      ...[
        "[connection]\nautoconnect-priority=1000",
        "[connection]\nsecondaries=x",
        "[connection]\npermissions=user:me:;",
      ],
      ...[
        "[ipv4]\ndhcp-client-id=x",
        "[ipv4]\ndhcp-client-id=01:$(id)",
        "[ipv6]\ntoken=::1%eth0",
        "[ipv4]\ndhcp-timeout=30",
      ],
      ...["[ipv4]\nroute-metric=-1", "[ipv6]\naddr-gen-mode=default", "[bridge]\nmac-address=52:54:00:00:00:01"],
      ...["[bridge]\nstp=yes", "[bridge]\npriority=x", "[bridge-port]\nvlans=1;2", "[bridge-port]\npath-cost=1"],
      ...[
        "[ethernet]\nmtu=9000x",
        "[ethernet]\ncloned-mac-address=random",
        "[user]\nx.y=z",
        "[user]\npulumi-kvm-network.owner=x",
      ],
      // And what is nobody's.
      ...[
        "[vpn]",
        "[wifi-security]",
        "[proxy]",
        "[.nmmeta]",
        "[ipv4",
        "stp=true",
        "# Made by hand",
        "[ipv4]\n.*",
        "[ipv4]\n=",
      ],
      ...["[ethtool]\n=", "[connection]\n*", "[ipv4]\n\\x", "[hostname]\nmode=full"],
    ];
    for (const judge of [judgingGuarded, judging]) {
      const asked = lines.map((line) => (judge === judging ? keepAt(line) : stage(line)));
      for (const [index, said] of refusals(sh, asked, judge).entries())
        t.regex(said ?? "", /refused line: /, lines[index]);
    }
    const folder = "NetworkManager/system-connections";
    const elsewhere = [
      ...[
        `/run/${folder}/lan.nmconnection`,
        `/etc/${folder}/lan.nmconnection`,
        `/usr/lib/${folder}/pulumi-kvm-network-x.nmconnection`,
      ],
      ...[`/run/${folder}/pulumi-kvm-network-x`, `/run/${folder}/pulumi-kvm-network-x/../lan.nmconnection`],
      ...[
        `/run/${folder}/pulumi-kvm-network-x.d/x.nmconnection`,
        "/run/NetworkManager/conf.d/50-pulumi-kvm-network-x.conf",
      ],
      ...[
        "/etc/NetworkManager/dispatcher.d/pulumi-kvm-network-x",
        "/etc/NetworkManager/conf.d/50-pulumi-kvm-network-x.conf",
      ],
    ];
    const asides = elsewhere.map((at): Request["steps"] => [{ verb: "aside", path: at }]);
    for (const asked of [elsewhere.map((at) => stage("", at)), asides])
      for (const [index, said] of refusals(sh, asked, judgingGuarded).entries())
        t.regex(said ?? "", /^(stage|aside) /, elsewhere[index]);
    const { profile } = managedProfile.owners;
    const activated: Request["steps"][] = [
      [{ verb: "activate", link: "../x", profile }],
      [{ verb: "activate", link: "eth1", profile: "lan" }],
      [{ verb: "activate", link: "eth1", profile: `${profile}x` }],
      [{ verb: "activate", link: "eth1", profile, bridge: "x y" }],
      [{ verb: "activate", link: "eth1", profile, metrics: { inet: "1 ipv4.dns" as never, inet6: undefined } }],
      [{ verb: "reload", manager: "ifupdown" as "NetworkManager" }],
      [{ verb: "run", argv: ["nmcli" as "ip", "connection", "reload"] }],
    ];
    for (const [index, each] of refusals(sh, activated, judgingGuarded).entries())
      t.regex(each ?? "", /^(activate|reload|nmcli) /, String(index));
  });
}
