import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { encodeRequest } from "../../provider/host/encode-request.ts";
import type { Request } from "../../provider/host/host.ts";
import { hostScript } from "../../provider/host/script/host-script.ts";

/** Where the host's owner has told networkd of his NIC. */
const owners = mkdtempSync(join(tmpdir(), "judge-networkd-"));
test.after.always(() => rmSync(owners, { recursive: true }));
mkdirSync(join(owners, "10-lan.network.d"));
const ownersText = `[Match]
Driver=igb

[Network]
  Address = 192.0.2.2/24
DNS=192.0.2.1#dns.example.net
Domains=~example.net "a b"
LLDP=yes
`;
writeFileSync(join(owners, "10-lan.network"), ownersText);
writeFileSync(join(owners, "theirs"), "[DHCPv4]\nUserClass=$(id) `id` \\x\n");
symlinkSync(join(owners, "theirs"), join(owners, "10-lan.network.d/10-dhcp.conf"));
writeFileSync(join(owners, "20-secret.netdev"), "[WireGuard]\nPrivateKey=secret\n");

/** And NetworkManager. */
const profiles = mkdtempSync(join(tmpdir(), "judge-profiles-"));
test.after.always(() => rmSync(profiles, { recursive: true }));
writeFileSync(
  join(profiles, "Wired connection 1.nmconnection"),
  `[connection]
id=lan
zone=trusted
permissions=user:root:;

[ethernet]
wake-on-lan-password=secret
auto-negotiate=true

[ethtool]
feature-gro=false

[802-1x]
password=secret

[ipv4]
address1=192.0.2.2/24,192.0.2.1
route1=198.51.100.0/24,192.0.2.9
route1_options=mtu=1400
 dns = 192.0.2.1;$(id);
method=manual

[vpn-secrets]
address7=secret

 [ipv4]\t
dns-search=example.net
[ipv4]\r
may-fail=false
`,
);

/** And ifupdown. */
const interfaces = join(owners, "interfaces");
writeFileSync(
  interfaces,
  `auto eth1
iface eth1 inet static
\taddress 192.0.2.2/24
  up ip route add 198.51.100.0/24 via 192.0.2.9
  pre-up echo a \\
  dns-nameservers\t192.0.2.1
  wpa-psk secret
  mtu 1400
  # up reboot
`,
);

/** The script as it is, but for what it does with a step that it lets through; a VF is whatever could be one. */
export const judging = hostScript
  .replace(/\nserve\n$/, '\ndo_step() { :; }\njudge_vf() { judge_pci "$1"; }\nserve\n')
  .replace(/^networkd_folders=.*$/m, `networkd_folders='/none ${owners}'`)
  .replace(/^interfaces_files\(\) .*$/m, `interfaces_files() { echo '${interfaces}'; }`)
  .replace(/^profile_folders=.*$/m, `profile_folders='/none ${profiles}'`);

/** The same as a transaction's change. */
export const judgingGuarded = judging.replace("guard= ", "guard=/ ");

/** What is said of each request: nothing, or which step is refused. */
export const refusals = (
  sh: string,
  requests: readonly Request["steps"][],
  script = judging,
): (string | undefined)[] => {
  const [program = "", ...options] = sh.split(" ");
  const input = `nonce\n${requests.map((steps, index) => encodeRequest("hv1", index + 1, { steps })).join("")}`;
  const { stdout } = spawnSync(program, [...options, "-c", script, "sh", ""], {
    input,
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  const answers = stdout.split(/^nonce \d+ ?(.*)\n/m).slice(0, -1);
  const said = requests.map((_, index) =>
    answers[2 * index + 1] === "refused" ? answers[2 * index]?.replace(/^nonce hello .*\n/, "") : undefined,
  );
  return answers.length === 2 * requests.length ? said : requests.map(() => `no answer: ${stdout.slice(-200)}`);
};

export const shells = ["dash", "bash --posix", "busybox sh"] as const;
