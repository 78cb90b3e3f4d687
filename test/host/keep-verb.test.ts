import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { Request } from "../../provider/host/host.ts";
import { ipBatch } from "../../provider/links/batch.ts";
import { createMacvtap } from "../../provider/links/macvtap.ts";
import { recordOf } from "../../provider/persistence/kept-file.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { askScript } from "./script-session.ts";

let lab: Lab;
test.after.always(() => lab?.down());
test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 3, uplinks: 1, libvirt: false });
});

/** Debian's busybox prefers an `ip` of its own, which makes no macvtap. */
const shells: readonly (readonly [string, string, string])[] = [
  ["hv1", "dash", ""],
  ["hv2", "bash", ""],
  ["hv3", "busybox sh", 'ip() { /sbin/ip "$@"; }\\n'],
];

const everything =
  "find /etc/pulumi-kvm-network /etc/systemd /etc/udev /etc/network /etc/NetworkManager -name '*pulumi-kvm-network*' | sort";

for (const [hv, sh, before] of shells) {
  const inside = async (script: string): Promise<string> => {
    const { status, stdout, stderr } = await lab.exec(hv, ["sh", "-ec", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  };
  const ask = (steps: Request["steps"]): Promise<string> => askScript(lab, hv, { steps }, sh, before);
  const replay = (path = "") => lab.exec(hv, [...sh.split(" "), "/etc/pulumi-kvm-network/replay", "--replay", path]);

  const wanted = {
    name: "kept0",
    lower: "eth1",
    mode: "vepa",
    mac: "02:00:00:00:00:01",
    alias: "ours",
    up: true,
    allMulticast: true,
  } as const;
  const made = recordOf({ link: "eth1", name: "50-kept0", makes: "kept0" }, createMacvtap(wanted));
  const after = recordOf({ link: "kept0", name: "50-mtu" }, [
    ipBatch([["link", "set", "dev", "kept0", "mtu", "1400"]]),
  ]);
  const refused = recordOf({ link: "eth1", name: "60-refused" }, [{ verb: "read", path: "/etc/shadow" }]);
  const keep = (...files: { path: string; text: string }[]) => ask(files.map((file) => ({ verb: "keep", ...file })));
  const forget = (...files: { path: string }[]) => ask(files.map(({ path }) => ({ verb: "forget", path })));

  labTest(
    `${sh}: what is kept is done again, once, where something does that; and all of it goes with the last`,
    async (t) => {
      t.is(await keep(made), "nothing\nnonce 1 0 0\nnonce 1 \n");
      t.is(await inside("ls -d /etc/pulumi-kvm-network || :"), "");
      await inside("mkdir -p /run/systemd/system");
      t.is(await keep(made, after), "kept\nnonce 1 0 0\nkept\nnonce 1 1 0\nnonce 1 \n");
      t.is(await keep(made, after), "kept\nnonce 1 0 0\nkept\nnonce 1 1 0\nnonce 1 \n");
      t.is(await inside(`cat ${made.path}; echo .`), `${made.text}.`);
      t.is(
        await inside(everything),
        [
          "/etc/pulumi-kvm-network",
          "/etc/systemd/system/multi-user.target.wants/pulumi-kvm-network.service",
          "/etc/systemd/system/pulumi-kvm-network.service",
          "/etc/systemd/system/pulumi-kvm-network@.service",
          "/etc/udev/rules.d/90-pulumi-kvm-network.rules",
        ].join("\n"),
      );
      const link = () => inside("ip -d link show dev kept0");
      for (const path of ["", "", "/sys/devices/virtual/net/eth1"]) {
        const { status, stderr } = await replay(path);
        t.deepEqual({ status, stderr }, { status: 0, stderr: "" });
        const shown = await link();
        t.regex(shown, /mtu 1400 .*macvtap mode vepa.*alias ours/s);
        t.regex(shown, /LOWER_UP/);
      }
      await inside("ip link del kept0");
      t.is((await replay("/sys/devices/virtual/net/none")).status, 0);
      t.is((await replay("eth1")).status, 0);
      t.regex(await link(), /mtu 1500/);
      t.is((await replay("kept0")).status, 0);
      t.regex(await link(), /mtu 1400/);

      await forget(after);
      t.is(await inside("ls /etc/pulumi-kvm-network/links"), "eth1");
      // A record does no more than a request may, and one that was cut off nothing.
      const cut = { path: "/etc/pulumi-kvm-network/links/eth1/70-cut", text: after.text.slice(0, -5) };
      await keep(refused, cut);
      await inside("ip link del kept0");
      const { status, stderr } = await replay();
      t.is(status, 1);
      t.regex(stderr, /60-refused: not done/);
      t.regex(stderr, /70-cut: not done/);
      await forget(refused, cut);

      // What networkd reads it can read, and a file goes with its last drop-in, not before.
      const base = { path: "/etc/systemd/network/05-pulumi-kvm-network-eth1.network", text: "[Match]\n" };
      const dropIn = { path: `${base.path}.d/30-br.conf`, text: "[Network]\n" };
      await keep(base, dropIn);
      t.is(await inside(`stat -c %a ${base.path} ${base.path}.d ${dropIn.path}`), "644\n755\n644");
      await forget(base);
      t.is(await inside(`cat ${base.path}`), "[Match]");
      await forget(dropIn);
      t.is(await inside(`ls -d ${base.path}* 2>/dev/null || :`), "");

      await forget(made, made);
      t.is(await inside(everything.replace("/etc/pulumi-kvm-network ", "")), "");
      t.is(await inside("ls -d /etc/pulumi-kvm-network || :"), "");
    },
  );

  labTest(`${sh}: a record is kept as it is, whatever is in it, and keeps nothing itself`, async (t) => {
    await inside("mkdir -p /run/systemd/system");
    const oddText = [
      "set",
      "",
      " both ends ",
      "'\"$(id)`id`$HOME\\\\n%s%b",
      "step must",
      "end",
      "=",
      "<x",
      "\t\r\u0001",
      "é 漢字",
      "x".repeat(20_000),
    ];
    const odd = { path: "/etc/pulumi-kvm-network/links/eth1/90-odd", text: oddText.join("\n") };
    const path = "/etc/pulumi-kvm-network/links/eth1/99-kept";
    const keeps = recordOf({ link: "eth1", name: "80-keeps" }, [{ verb: "keep", path, text: "set\n" }]);
    t.regex(await keep(odd, keeps), /^kept\nnonce 1 0 0\nkept\nnonce 1 1 0\n/);
    t.is(await inside(`cat ${odd.path}; echo .`), `${odd.text}.`);
    t.regex((await replay("eth1")).stderr, /80-keeps: not done/);
    t.is(await inside("ls /etc/pulumi-kvm-network/links/eth1"), "80-keeps\n90-odd");
    await forget(odd, keeps);
  });

  labTest(`${sh}: only files of ours are written and removed`, async (t) => {
    for (const path of [
      "/etc/passwd",
      "/etc/pulumi-kvm-network/replay",
      "/etc/pulumi-kvm-network/links/../replay",
      "/etc/pulumi-kvm-network/links/eth1/a/b",
      "/etc/systemd/network/50-theirs.network",
      "/etc/systemd/network/10-theirs.network.d/50-pulumi-kvm-network-x.conf",
      "/etc/systemd/network/50-pulumi-kvm-network-x.network.d/../../x.conf",
      "/etc/systemd/network/50-pulumi-kvm-network-x.network.d/x.sh",
      "/etc/systemd/system/50-pulumi-kvm-network-x.service",
      "/etc/network/interfaces.d/pulumi-kvm-network-x/../../if-up.d/x",
      "/etc/network/interfaces.d/br0",
      "/etc/NetworkManager/dispatcher.d/50-pulumi-kvm-network-x.conf",
      "/etc/NetworkManager/conf.d/50-pulumi-kvm-network-x\n.conf",
    ]) {
      t.regex(await ask([{ verb: "keep", path, text: "x" }]), /refused\n$/, path);
      t.regex(await ask([{ verb: "forget", path }]), /refused\n$/, path);
    }
  });
}
