import { helperPath } from "../../provider/host/script/helper-path.ts";
import { labTest } from "../lab/lab-test.ts";
import { changesBetween } from "../resources/host-snapshot.ts";
import { type Escape, fileEscapes, libvirtEscapes, linkEscapes } from "./escapes.ts";
import { useOrdinaryUser } from "./ordinary-user.ts";

const on = useOrdinaryUser();
let before: string;

labTest("the account may ask of the host what the provider asks", async (t) => {
  before = await on().snapshot();
  const { results } = await on().host.request({
    steps: [{ verb: "run", argv: ["ip", "-d", "-j", "-batch", "-"], input: "addr show dev eth1\n" }, { verb: "facts" }],
  });
  t.deepEqual(
    results.map(({ status }) => status),
    [0, 0],
  );
  const { host } = on().connection;
  t.regex(results[1]?.stdout ?? "", new RegExp(`^session:\\S+ \\d+ ${host.replaceAll(".", "\\.")} 22$`, "m"));
  t.regex(results[1]?.stdout ?? "", /<name>victim<\/name>/, "as root: the account itself sees no domain");
});

const refused = ([title, step]: Escape): void =>
  labTest(`refused: ${title}`, async (t) => {
    const error = await t.throwsAsync(on().host.request({ steps: [step] }), { code: "script-refused" });
    t.regex(error?.message ?? "", /nothing was done/);
    t.false(on().escaped());
  });

for (const each of [...linkEscapes, ...libvirtEscapes, ...fileEscapes]) refused(each);

const helper = `sudo -n ${helperPath}`;
const session = "198.18.0.1 1 198.18.0.2 22";

/** Command lines of the account's own: sudo refuses each. */
const commands: readonly (readonly [string, string])[] = [
  ["a command of its own", "sudo -n id"],
  ["a shell", "sudo -n /bin/sh -c id"],
  ["a shell with the script", `sudo -n /bin/sh ${helperPath} x`],
  ["a file of its own", "printf '#!/bin/sh\\nid\\n' >x; chmod 755 x; sudo -n ./x"],
  ["a link of its own to the script", `ln -s ${helperPath} y; sudo -n ./y ::1`],
  ["the script without an argument", helper],
  ["the script's way to run records", `${helper} --replay /sys/class/net/eth1`],
  ["a variable on sudo's command line", `sudo -n IP_LIB_DIR=/tmp ${helperPath} ::1`],
  ["its environment kept", `IP_LIB_DIR=/tmp sudo -n -E ${helperPath} ::1`],
  ["one variable kept", `IP_LIB_DIR=/tmp sudo -n --preserve-env=IP_LIB_DIR ${helperPath} ::1`],
  ["another user", `sudo -n -u operator ${helperPath} ::1`],
  ["another group", `sudo -n -g 0 ${helperPath} ::1`],
  ["an open file handed on", `sudo -n -C 9 ${helperPath} ::1`],
  ["another folder", `sudo -n -D /root ${helperPath} ::1`],
  ["another root", `sudo -n -R /tmp ${helperPath} ::1`],
  ["an editor", "SUDO_EDITOR=id sudo -n -e /etc/shadow"],
  ["a login shell", "sudo -n -i"],
  ["libvirt without sudo", "virsh -c qemu:///system undefine victim"],
  ["the script overwritten", `echo id >${helperPath}`],
  ["sudoers read", "cat /etc/sudoers.d/operator"],
];

for (const [title, command] of commands) {
  labTest(`denied: ${title}`, async (t) => {
    const { status, stdout, stderr } = await on().sh(`${command} && echo done`, "nonce\nrequest 1\nend\n");
    t.not(status, 0);
    t.notRegex(stdout, /done|uid=|hello/);
    t.not(stderr, "");
  });
}

const request = (...steps: string[]): string => `nonce\nrequest 1\n${steps.join("")}end\n`;
const step = (...values: string[]): string => `step must\n${values.map((value) => `=${value}\n`).join("")}`;

/** Bytes on the script's standard input that no provider sends. */
const inputs: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ["a command that is none of ours", request(step("run", "touch", "/root/escaped")), /refused/],
  ["a command by its path", request(step("run", "/sbin/ip", "netns", "exec", "x", "id")), /refused/],
  ["a function of the script as a verb", request(step("say_now")), /refused/],
  ["a verb with a command behind it", request(step("run; touch /root/escaped")), /refused/],
  ["a verb by a pattern", request(step("*")), /refused/],
  ["no verb", request("step must\n"), /refused/],
  ["no command", request(step("run")), /refused/],
  ["no path", request(step("read")), /refused/],
  ["an allowed step behind one that is not", request(step("read", "/proc/uptime"), step("run", "id")), /refused/],
  [
    "a step that is cut off",
    `nonce\nrequest 1\n${step("run", "ip", "link", "del", "dev", "br0")}`,
    /^nonce hello 1 [\da-f -]+\n$/,
  ],
  ["a line that is none", "nonce\nid\n", /^nonce hello 1 [\da-f -]+\n$/],
  [
    "a line in a step that is none",
    `nonce\nrequest 1\n${step("read", "/proc/uptime")}id\nend\n`,
    /^nonce hello 1 [\da-f -]+\n$/,
  ],
  ["input where none belongs", request(`${step("read", "/proc/uptime")}<id\n`), /refused/],
  ["input before its command", "nonce\nrequest 1\nstep must\n<id\n=run\nend\n", /^nonce hello 1 [\da-f -]+\n$/],
  ["an empty line of input", request(`${step("run", "ip", "-d", "-j", "-batch", "-")}<\n`), /refused/],
  [
    "a nonce that is a format",
    `%s%n$(id)\nrequest 1\n${step("run", "id")}end\n`,
    /^%s%n\$\(id\) hello 1 [\da-f -]+\n.*refused/s,
  ],
  [
    "a number of a request that is a command",
    `nonce\nrequest $(id)\n${step("run", "id")}end\n`,
    /nonce \$\(id\) refused/,
  ],
  ["words that only together are what is allowed", request(step("run", "ip", "link del", "dev", "br0")), /refused/],
  ["NUL characters", Buffer.from(request(step("run", "ip\0x", "netns", "exec", "x", "id"))), /refused/],
  ["characters beyond ASCII", request(step("run", "ip", "link", "del", "dev", "br\u00e40")), /refused/],
  [
    "more than a megabyte to keep",
    request(`${step("keep", "/etc/pulumi-kvm-network/links/eth1/x")}${`<${"x".repeat(99_999)}\n`.repeat(11)}`),
    /refused/,
  ],
];

for (const [title, input, says] of inputs) {
  labTest(`nothing is done: ${title}`, async (t) => {
    const { stdout } = await on().sh(`${helper} "${session}"`, input);
    t.regex(stdout, says);
    t.notRegex(stdout, /uid=/);
    t.false(on().escaped());
  });
}

labTest("a session's address that is none is left out", async (t) => {
  for (const address of ["1.2.3.4 5 $(id) 22", "1.2.3.4\nmanager:ovs", "1/../../x"]) {
    const { stdout } = await on().sh(`${helper} '${address}'`, request(step("facts")));
    t.regex(stdout, /^session:$/m);
    t.notRegex(stdout, /uid=|manager:ovs/);
  }
});

labTest("after all of this the host is as before", async (t) => {
  t.deepEqual(changesBetween(before, await on().snapshot()), []);
});
