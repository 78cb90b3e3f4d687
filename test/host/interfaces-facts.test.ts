import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { parseInterfaces } from "../../provider/discovery/interfaces.ts";
import { encodeRequest } from "../../provider/host/encode-request.ts";
import { hostScript } from "../../provider/host/script/host-script.ts";

const folder = mkdtempSync(join(tmpdir(), "interfaces-facts-"));
test.after.always(() => rmSync(folder, { recursive: true }));
const file = join(folder, "my interfaces");
mkdirSync(join(folder, "interfaces.d"));
writeFileSync(join(folder, "interfaces.d/pulumi-kvm-network-br0"), "auto br0");
writeFileSync(join(folder, "ifstate"), "lo=home\n");
writeFileSync(join(folder, "ifstate.lo"), "home\n");
writeFileSync(
  file,
  String.raw`# secret
iface lo inet static
	address 192.0.2.2/24
  wpa-psk secret
  mtu 1400 \
secret
  wpa-psk \
    secret \
  secret
  up ip route add 198.51.100.0/24 via 192.0.2.9 || true
  post-up	/usr/bin/curl -u user:secret https://192.0.2.9
  # secret \
  gateway 192.0.2.1`,
);

/** What ifupdown is asked is answered by itself on machines alone. */
const script = hostScript
  .replaceAll("/run/network/", `${folder}/`)
  .replace(
    /^interfaces_read\(\) .*$/m,
    `interfaces_read() { printf '%s\\n' 'ifquery: parsing file ${file}' 'ifquery: x:1: misplaced option'; }`,
  )
  .replace("echo /etc/network/interfaces;", ":;");

for (const sh of ["dash", "bash --posix", "busybox sh"]) {
  test(`${sh}: of ifupdown's files those words alone are told that hold no secret`, (t) => {
    const [program = "", ...options] = sh.split(" ");
    const request = encodeRequest("hv1", 1, { steps: [{ verb: "facts", link: "lo", of: "network" }] });
    const { stdout } = spawnSync(program, [...options, "-c", script, "sh", ""], {
      input: `nonce\n${request}`,
      encoding: "utf8",
    });
    const printed = stdout.slice(stdout.indexOf("kvmnet-facts"), stdout.indexOf("\nnonce 1") + 1);
    const found = parseInterfaces("hv1", printed);
    t.is(found.logical, "home");
    t.is(found.complaints, "ifquery: x:1: misplaced option");
    t.deepEqual(
      found.files.map(({ path, text }) => [path, text.trim().split("\n")]),
      [
        [join(folder, "interfaces.d/pulumi-kvm-network-br0"), ["auto br0"]],
        [
          file,
          [
            ...[
              "#",
              "iface lo inet static",
              "\taddress 192.0.2.2/24",
              "wpa-psk",
              "  mtu 1400 \\",
              "(more)",
              "wpa-psk\\",
            ],
            ...["(more)\\", "(more)", "  up ip route add 198.51.100.0/24 via 192.0.2.9 || true"],
            ...["post-up (another program)", "#", "  gateway 192.0.2.1"],
          ],
        ],
      ],
    );
    t.false(stdout.includes("secret"));
  });
}
