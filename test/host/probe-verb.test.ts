import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { encodeRequest } from "../../provider/host/encode-request.ts";
import { hostScript } from "../../provider/host/script/host-script.ts";
import { labName, labTest } from "../lab/lab-test.ts";

let lab: Lab;
test.after.always(() => lab?.down());
test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 1, libvirt: false });
});

/** Debian's busybox prefers an `ip` of its own, which makes no macvtap. */
const shells: readonly (readonly [string, string])[] = [
  ["dash", ""],
  ["bash", ""],
  ["busybox sh", 'ip() { /sbin/ip "$@"; }\n'],
];

/** The script of one session, started by hand: what it answers to one step. */
const ask = async (sh: string, before: string, values: readonly string[]): Promise<string> => {
  const [nic = "", nonce = "", ...rest] = values;
  const seconds = Number(rest[0]);
  const asked = encodeRequest("hv1", 1, { steps: [{ verb: "probe", nic, nonce, seconds }] });
  const argv = [...sh.split(" "), "-c", before + hostScript, "sh", ""];
  const { stdout, stderr } = await lab.exec("hv1", argv, { input: `nonce\n${asked}` });
  return stdout.replace(/^nonce hello 1 \d+ \d+ [0-9a-f-]+\n/, "") + stderr.replace("nonce\nnonce 1 0\n", "");
};

for (const [sh, before] of shells) {
  labTest(`${sh}: a probe sees the switch reflect, and not`, async (t) => {
    for (const [reflects, says] of [
      [true, "active"],
      [false, "absent"],
    ] as const) {
      await lab.hairpin("hv1", "eth1", reflects);
      t.is(await ask(sh, before, ["eth1", "0123456789", "1"]), `${says}\nnonce 1 0 0\nnonce 1 \n`);
    }
  });

  labTest(`${sh}: a probe of what is no interface, nonce or time is refused`, async (t) => {
    for (const values of [
      ["../eth1", "0123456789", "1"],
      ["-eth1", "0123456789", "1"],
      ["", "0123456789", "1"],
      ["sixteen-letters-", "0123456789", "1"],
      ["eth1", "0123456789;", "1"],
      ["eth1", "%s%s%s%s%s", "1"],
      ["eth1", "012345678", "1"],
      ["eth1", "0123456789", "0"],
      ["eth1", "0123456789", "10"],
    ]) {
      t.regex(await ask(sh, before, values), /nonce 1 refused/, values.join(" "));
    }
  });
}
