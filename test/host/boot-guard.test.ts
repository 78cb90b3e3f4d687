import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { addNeighbour } from "../../lab/neighbour.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { Request, Step } from "../../provider/host/host.ts";
import type { KeptFile } from "../../provider/persistence/kept-file.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { questionFirst } from "../lab/own-question.ts";
import { askScript } from "./script-session.ts";

const gateway = "198.19.210.1";

let lab: Lab;
let near: string;
test.after.always(() => lab?.down());
test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 3, uplinks: 1, libvirt: false });
  near = await addNeighbour(lab, 1);
  await lab.exec("switch", ["ip", "addr", "add", `${gateway}/24`, "dev", near]);
});

/** Debian's busybox prefers commands of its own: its `ip` knows no neighbours. */
const shells: readonly (readonly [string, string, string])[] = [
  ["hv1", "dash", ""],
  ["hv2", "bash", ""],
  ["hv3", "busybox sh", 'ip() { /sbin/ip "$@"; }\\n'],
];

const links = "/etc/pulumi-kvm-network/links";
const ofBridge = { path: `${links}/br9/30-bridge`, text: "set\nrequest 1\nend\n" };
const ofNic = { path: `${links}/eth1/10-uplink`, text: "set\nrequest 1\nend\n" };
const forNetworkd = { path: "/etc/systemd/network/04-pulumi-kvm-network-eth1.network", text: "[Match]\nName=eth1\n" };
const all = [ofBridge, ofNic, forNetworkd];

for (const [index, [hv, sh, before]] of shells.entries()) {
  const address = `198.19.210.1${index}/24`;
  const attempt = (script: string) => lab.exec(hv, ["sh", "-ec", script]);
  const inside = async (script: string): Promise<string> => {
    const { status, stdout, stderr } = await attempt(script);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  };
  const send = (request: Request): Promise<string> => askScript(lab, hv, request, sh, before);
  const guard = (over = ["eth1", "br9"], made = ["br9"]): Step => ({ verb: "guard", seconds: 10, links: over, made });
  const keep = (files: readonly KeptFile[], guards: readonly Step[] = [guard()]) =>
    send({ steps: [...guards, ...files.map((file) => ({ verb: "keep" as const, ...file }))] });
  const forget = (...files: KeptFile[]) => send({ steps: files.map(({ path }) => ({ verb: "forget", path })) });
  const boot = () => lab.exec(hv, [...sh.split(" "), "/etc/pulumi-kvm-network/replay", "--guard"]);
  /** As if it had been armed in the boot before, and waited for a second. */
  const rebooted = (seconds = 1) =>
    inside(`sed -i '1s/.*/another-boot/; 2s/.*/${seconds}/' /etc/pulumi-kvm-network/guard/armed`);
  const text = async (...files: KeptFile[]) =>
    (await Promise.all(files.map(({ path }) => inside(`cat ${path} 2>/dev/null || echo gone`)))).join("|");
  const left = () => inside("find /etc -name '*kvm-network*' -o -path '/etc/pulumi-kvm-network/*'");
  const units = () => inside("ls /etc/systemd/system /etc/systemd/system/multi-user.target.wants | grep guard || :");
  /** The host as it is reached: eth1 in a bridge of ours, or by itself. */
  const reached = (by: "br9" | "eth1") =>
    inside(`
    mkdir -p /run/systemd/system
    [ -e /sys/class/net/br9 ] || ip link add br9 alias pulumi-kvm-network:x type bridge forward_delay 0
    ip addr flush dev br9; ip addr flush dev eth1
    ip link set br9 up; ip link set eth1 ${by === "br9" ? "master br9" : "nomaster"} up
    ip addr add ${address} dev ${by}; ip route add 198.51.100.0/24 via ${gateway}`);
  const clean = async () => {
    await forget(...all);
    await inside("rm -f /run/pulumi-kvm-network.step; ip link del br9 2>/dev/null || :; ip addr flush dev eth1");
  };

  labTest(`${sh}: what is kept is guarded by what is so now, unless the host is not reached by it`, async (t) => {
    await reached("br9");
    await inside(`ip addr add 192.0.2.${index}/32 dev br9 valid_lft 1000 preferred_lft 1000
      ip route add 198.51.101.0/24 via ${gateway} dev br9 proto dhcp; ip route add 198.51.102.0/24 via 198.19.210.77 dev br9`);
    await keep([ofNic], [guard(["eth1"])]);
    t.is(await units(), "", "eth1 has no address");
    await keep([ofNic]);
    t.is(await units(), "", "nothing changes");
    t.regex(await keep(all), /^nonce 1 0 0\nkept\nnonce 1 1 0\nkept\nnonce 1 2 0\nkept\nnonce 1 3 0\nnonce 1 \n$/);
    const armed = (await inside("cat /etc/pulumi-kvm-network/guard/armed")).split("\n");
    t.deepEqual(armed.slice(1), [
      ...["10", "eth1 br9", "br9", "eth1 has carrier", "br9 has carrier", `br9 has ${address}`],
      "br9 has an address that it was given (inet)",
      `the gateway ${gateway} answers on br9`,
      "the gateway that it was told of (IPv4) answers on br9",
    ]);
    t.is(await inside("cat /etc/pulumi-kvm-network/guard/paths"), `${ofBridge.path}\n${forNetworkd.path}`);
    t.is(await units(), "pulumi-kvm-network-guard.service\npulumi-kvm-network-guard.service");
    // The boot that it was armed in proves nothing.
    t.like(await boot(), { status: 0, stdout: "", stderr: "" });
    t.is((await inside("cat /etc/pulumi-kvm-network/guard/armed")).split("\n")[0], armed[0]);
    await forget(ofBridge, forNetworkd);
    t.is(await units(), "", "with what it is for it goes");
    await clean();
    t.is(await left(), "");
  });

  labTest(
    `${sh}: what is kept of links that the host is not reached by, and goes again, is nothing to the guard of others`,
    async (t) => {
      const others = { path: `${links}/eth9/10-uplink`, text: "set\nrequest 1\nend\n" };
      const armed = () => inside("cat /etc/pulumi-kvm-network/guard/armed /etc/pulumi-kvm-network/guard/paths");
      await reached("br9");
      await keep(all);
      const was = await armed();
      await keep([others], [guard(["eth9"])]);
      t.is(await armed(), was);
      // Another resource has taken the addresses meanwhile.
      await reached("eth1");
      await inside("ip addr flush dev eth1");
      await forget(others);
      t.is(await armed(), was);
      await clean();
      t.is(await left(), "");
    },
  );

  labTest(`${sh}: a gateway whose own question comes before its answer is guarded by all the same`, async (t) => {
    await reached("br9");
    const [host = ""] = address.split("/");
    const outside = (script: string) => lab.exec("switch", ["sh", "-c", script]);
    await questionFirst({ inside, outside, gateway, near, host, link: "br9" }, () => keep(all));
    t.regex(
      await inside("cat /etc/pulumi-kvm-network/guard/armed"),
      new RegExp(`the gateway ${gateway} answers on br9`),
    );
    await clean();
  });

  labTest(`${sh}: a boot that the host is reached behind ends the guard`, async (t) => {
    await reached("br9");
    await keep(all);
    await rebooted();
    const { status, stdout, stderr } = await boot();
    t.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    t.regex(stdout, /proven/);
    t.is(await units(), "");
    t.is(await inside("ls /etc/pulumi-kvm-network"), "links\nreplay");
    t.is(await text(...all), all.map((file) => file.text.trim()).join("|"));
    await clean();
  });

  labTest(`${sh}: of a bridge that is not kept the NIC has the addresses at boot: it is reached`, async (t) => {
    await reached("br9");
    await keep([ofNic], [guard(["eth1", "br9"], [])]);
    await rebooted();
    await inside(`ip link del br9; ip addr add ${address} dev eth1; ip route add 198.51.100.0/24 via ${gateway}`);
    const { status, stdout, stderr } = await boot();
    t.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    t.regex(stdout, /proven/);
    t.is(await text(ofNic), ofNic.text.trim());
    await clean();
  });

  labTest(`${sh}: by the address of a NIC that is under a bridge it is not reached`, async (t) => {
    await reached("br9");
    await inside("ip route del 198.51.100.0/24");
    await keep(all);
    await rebooted();
    await inside(`ip addr flush dev br9; ip addr add ${address} dev eth1`);
    const { status, stderr } = await boot();
    t.is(status, 1);
    t.regex(stderr, new RegExp(`was not so: br9 has ${address}\\.`));
    await keep([ofBridge], []);
    await forget(ofBridge);
    await clean();
    t.is(await left(), "");
  });

  labTest(`${sh}: one that it is not reached behind has the files of before again, and says so`, async (t) => {
    await reached("eth1");
    await keep([ofNic], []);
    await reached("br9");
    const changed = { ...ofNic, text: `${ofNic.text}\n` };
    await keep([changed, ofBridge, forNetworkd]);
    await keep([{ ...changed, text: "set\n" }]);
    await inside("ip route del 198.51.100.0/24");
    await rebooted();
    const { status, stderr } = await boot();
    t.is(status, 1);
    const why = `within 1 s of the start, this was not so: the gateway ${gateway} answers on br9`;
    t.true(stderr.includes(`<3>pulumi-kvm-network: `) && stderr.includes(why), stderr);
    t.is(await text(...all), `gone|${ofNic.text.trim()}|gone`);
    t.is(await inside("ls /sys/class/net | grep br9 || :"), "", "it is made by nothing that is kept");
    t.is(await inside("readlink /sys/class/net/eth1/master || :"), "");
    t.is(await units(), "");
    const said = () => inside("cat /etc/pulumi-kvm-network/guard/said");
    t.regex(await said(), new RegExp(`^20\\d\\d-[^ ]+Z, ${why}\n`));
    t.deepEqual((await said()).split("\n").slice(1), [ofNic.path, ofBridge.path, forNetworkd.path]);
    t.regex(await send({ steps: [{ verb: "facts" }] }), / begin guard\n20\d\d-/);

    // Until they are kept again, or wanted no longer.
    await keep([ofBridge], []);
    t.deepEqual((await said()).split("\n").slice(1), [ofNic.path, forNetworkd.path]);
    await forget(ofNic, forNetworkd);
    t.is(await inside("ls /etc/pulumi-kvm-network"), "links\nreplay");
    await clean();
    t.is(await left(), "");
  });

  labTest(`${sh}: what was cut off in the middle the next boot finishes, without waiting`, async (t) => {
    await reached("br9");
    await keep(all);
    await inside("ip addr flush dev br9");
    await rebooted();
    await inside(`printf '#!/bin/sh\\n[ "$3" != ${ofNic.path} ] || kill -9 $PPID\\n' >/run/pulumi-kvm-network.step
      chmod 755 /run/pulumi-kvm-network.step`);
    const killed = await boot();
    t.not(killed.status, 0, `${killed.stdout}${killed.stderr}`);
    t.is(await text(forNetworkd, ofNic, ofBridge), `gone|${ofNic.text.trim()}|${ofBridge.text.trim()}`);
    await inside("rm /run/pulumi-kvm-network.step");
    // However the host is reached by then.
    await reached("br9");
    const { status, stderr } = await boot();
    t.is(status, 1);
    t.regex(stderr, new RegExp(`br9 has ${address}.*The files of before are in place again`));
    t.is(await left(), "/etc/pulumi-kvm-network\n/etc/pulumi-kvm-network/guard\n/etc/pulumi-kvm-network/guard/said");
    await keep([ofBridge], []);
    await forget(ofBridge);
    t.is(await left(), "", "what it said goes with the last file");
    await clean();
  });

  labTest(`${sh}: what the guard can't read it takes for not so, and what it can't put back it tells`, async (t) => {
    for (const lines of [0, 2, 4]) {
      await reached("br9");
      await keep(all);
      await rebooted(10);
      await inside(`sed -i '${lines + 1},$d' /etc/pulumi-kvm-network/guard/armed`);
      const { status, stderr } = await boot();
      t.is(status, 1);
      t.regex(stderr, /what has to be so at the start could not be read\. The files of before are in place again/);
      t.is(await text(...all), "gone|gone|gone", `${lines} lines`);
    }
    await reached("br9");
    await keep(all);
    await rebooted(10);
    await inside("sed -i '2,$d' /etc/pulumi-kvm-network/guard/armed; : >/etc/pulumi-kvm-network/guard/paths");
    t.regex((await boot()).stderr, /could not be read\. NOT ALL FILES OF BEFORE COULD BE PUT IN PLACE/);
    await clean();
    t.is(await left(), "");
  });

  labTest(`${sh}: what it has told nobody hears of for longer than thirty days`, async (t) => {
    const tellsOf = async (days: number) => {
      await inside(`mkdir -p /etc/pulumi-kvm-network/guard; cd /etc/pulumi-kvm-network/guard
        printf 'why\n${ofBridge.path}\n' >said; touch -d '${days} days ago' said`);
      return (await send({ steps: [{ verb: "facts" }], settled: true })).includes("why");
    };
    t.true(await tellsOf(29));
    t.false(await tellsOf(31));
    t.is(await left(), "");
  });

  labTest(`${sh}: until a boot is judged nobody changes the host, or looks at it`, async (t) => {
    await reached("br9");
    await keep(all);
    const [change, look] = [{ change: "x" }, { settled: true }].map((how) => () => {
      return send({ steps: [{ verb: "read", path: "/proc/version" }], ...how });
    });
    const isBusy =
      /^its boot guard waits until it is reached as before its start, for at most \d+ s more\n?nonce 1 busy\n$/;
    for (const ask of [change, look]) t.regex((await ask?.()) ?? "", /nonce 1 \n$/);
    await rebooted(99_999_999);
    for (const ask of [change, look]) t.regex((await ask?.()) ?? "", isBusy);
    // Nobody judges it, it seems.
    await rebooted(1);
    for (const ask of [change, look]) t.regex((await ask?.()) ?? "", /nonce 1 \n$/);
    await clean();
  });

  labTest(`${sh}: without systemd it begins with the records`, async (t) => {
    await reached("br9");
    await inside("rmdir /run/systemd/system; mkdir -p /run/network; echo eth1=eth1 >/run/network/ifstate");
    await keep(all);
    t.is(await units(), "");
    await rebooted();
    await lab.exec(hv, [...sh.split(" "), "/etc/pulumi-kvm-network/replay", "--replay", "/sys/class/net/eth1"]);
    await waitUntil("the guard's end", 20, async () => {
      return (await attempt("[ ! -e /etc/pulumi-kvm-network/guard ]")).status === 0 || undefined;
    });
    t.is(await text(...all), all.map((file) => file.text.trim()).join("|"));
    await inside("rm /run/network/ifstate");
    await clean();
    t.is(await left(), "");
  });
}
