import test from "ava";
import { attachInterface } from "../../provider/libvirt/attach-interface.ts";
import { interfaceGone } from "../../provider/libvirt/detach-interface.ts";
import { DomainInfoError, domainRead } from "../../provider/libvirt/domain-steps.ts";
import { virshProblem } from "../../provider/libvirt/virsh.ts";

test("a domain's name is one word with its option, and its interface goes to standard input", (t) => {
  const steps = attachInterface(
    "--live $(id)",
    { kind: "bridge", bridge: "br0", mac: "52:54:00:00:00:01" },
    { live: false, config: true },
  );
  t.like(steps[0], {
    argv: [
      "virsh",
      "-q",
      "-c",
      "qemu:///system",
      "attach-device",
      "--domain=--live $(id)",
      "--config",
      "--file",
      "/dev/stdin",
    ],
  });
});

test("a name that virsh would take for an ID is refused", (t) => {
  t.like(
    t.throws(() =>
      attachInterface("7", { kind: "bridge", bridge: "br0", mac: "52:54:00:00:00:01" }, { live: true, config: true }),
    ),
    { code: "domain-ambiguous" },
  );
});

test("libvirt's failures are told apart", (t) => {
  for (const [stderr, problem] of [
    ["error: failed to get domain 'nope'\n", "no-domain"],
    ["error: failed to get network 'nope'\n", "no-network"],
    [
      "error: device not found: no device found at address '(<null>)' matching MAC address '52:…' and alias 'ua-x'",
      "no-device",
    ],
    [
      "error: internal error: unable to execute QEMU command 'device_del': Device ua-x is already in the process of unplug",
      "unplugging",
    ],
    [
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/libvirt/libvirt-sock'",
      "no-daemon",
    ],
    ["error: something else", null],
  ] as const) {
    t.is(virshProblem({ status: 1, stderr }), problem);
  }
  t.is(virshProblem({ status: 0, stderr: "error: failed to get domain" }), null);
});

test("a look that failed does not tell that an interface is gone", (t) => {
  const look = (stderr: string) => interfaceGone({ status: 1, stdout: "", stderr }, { alias: "ua-x" });
  t.true(look("error: failed to get domain 'web-1'"));
  t.false(look("error: failed to connect to the hypervisor"));
});

test("a domain is not without a definition because what tells of it is cut off", (t) => {
  const xml = "<domain><name>web-1</name><devices/></domain>";
  const info = "Name:           web-1\nPersistent:     yes\n";
  const read = (text: string) => domainRead([xml, xml, text].map((stdout) => ({ status: 0, stdout, stderr: "" })));
  t.true(read(info).persistent);
  t.false(read(info.replace("yes", "no")).persistent);
  for (let length = 0; length < info.length - 1; length += 1) {
    t.throws(() => read(info.slice(0, length)), { instanceOf: DomainInfoError, message: /virsh dominfo web-1/ });
  }
});
