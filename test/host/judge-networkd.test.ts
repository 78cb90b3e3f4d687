import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { judging, judgingGuarded, refusals, shells } from "./judging.ts";

for (const sh of shells) {
  test(`${sh}: networkd is told of the host's addresses what its owner has said, and nothing else`, (t) => {
    const path = "/run/systemd/network/04-pulumi-kvm-network-br-lan.network";
    const stage = (text: string, at = path): Request["steps"] => [{ verb: "stage", path: at, text }];
    const keepAt = (text: string): Request["steps"] => [{ verb: "keep", path: path.replace("/run/", "/etc/"), text }];
    const lines = [
      ...["DNS=192.0.2.1", "DNS=192.0.2.1#dns.example.net ", "Address = 192.0.2.2/24", "[DHCPServer]", "Driver="],
      ...["PrivateKey=secret", ".*", "", "IAID=x", "# Made by hand", "Address=192.0.2.2/24"],
    ].filter((line) => line !== "");
    for (const judge of [judgingGuarded, judging]) {
      const asked = lines.map((line) => (judge === judging ? keepAt(line) : stage(line)));
      for (const [index, said] of refusals(sh, asked, judge).entries())
        t.regex(said ?? "", /refused line: /, lines[index]);
    }
    const elsewhere = [
      "/run/systemd/network/10-theirs.network",
      "/run/systemd/network/04-pulumi-kvm-network-x.network.d/x.sh",
      "/run/systemd/network/04-pulumi-kvm-network-x/../../../x",
      "/run/systemd/system/04-pulumi-kvm-network-x.service",
      "/etc/pulumi-kvm-network/links/eth1/x",
      "/etc/NetworkManager/conf.d/50-pulumi-kvm-network-x.conf",
      "/usr/lib/systemd/network/04-pulumi-kvm-network-x.network",
    ];
    const asides = elsewhere.map((at): Request["steps"] => [{ verb: "aside", path: at }]);
    for (const asked of [elsewhere.map((at) => stage("", at)), asides])
      for (const [index, said] of refusals(sh, asked, judgingGuarded).entries())
        t.regex(said ?? "", /^(stage|aside) /, elsewhere[index]);
    // A word of the owner's is for a .network file alone.
    const netdev = "/run/systemd/network/50-pulumi-kvm-network-br-lan.netdev";
    t.regex(refusals(sh, [stage("DNS=192.0.2.1#dns.example.net", netdev)], judgingGuarded)[0] ?? "", /refused line/);
    const said: Request["steps"][] = [
      [{ verb: "run", argv: ["networkctl" as "ip", "reload"] }],
      [{ verb: "reload", manager: "systemd-networkd", link: "../x" }],
      [{ verb: "facts", link: "../x", of: "network" }],
      [{ verb: "facts", link: "eth1", of: "netdev" as "network" }],
    ];
    for (const [index, each] of refusals(sh, said).entries())
      t.regex(each ?? "", /^(networkctl|reload|facts) /, String(index));
  });
}
