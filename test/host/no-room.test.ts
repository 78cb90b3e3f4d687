import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { Step } from "../../provider/host/host.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { askScript } from "./script-session.ts";

let lab: Lab;
test.after.always(() => lab?.down());

const inside = async (script: string): Promise<string> => {
  const { status, stdout, stderr } = await lab.exec("hv1", ["sh", "-ec", script]);
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout.trim();
};

const folder = "/etc/pulumi-kvm-network";
const ofBridge = { path: `${folder}/links/br9/30-bridge`, text: "set\nrequest 1\nend\n" };
const ofNic = { path: `${folder}/links/eth1/10-uplink`, text: "set\nrequest 1\nend\n" };
const guard: Step = { verb: "guard", seconds: 10, links: ["eth1"], made: [] };
const keep = (file: typeof ofNic): Promise<string> =>
  askScript(lab, "hv1", { steps: [guard, { verb: "keep", ...file }] });

/** Every file of ours, and what is in it. */
const files = () =>
  inside("find /etc -path '*kvm-network*' ! -name full ! -type d | sort | while read -r f; do echo $f; cat $f; done");

/** Keeps it with room for no page, then for one more each time, until it is kept. Tells how often there was no room. */
const withMoreAndMoreRoom = async (file: typeof ofNic, differs: (now: string) => void): Promise<number> => {
  for (let pages = 0; ; pages += 1) {
    await inside(`cd ${folder}; rm -f full; dd if=/dev/zero of=full bs=4k 2>/dev/null || :
      truncate -s -$((${pages} * 4096)) full`);
    const answer = await keep(file);
    await inside(`rm ${folder}/full`);
    if (answer.includes("kept")) return pages;
    differs(await files());
  }
};

labTest("a disk that fills up at any moment leaves a kept file, and what guards it, as they were", async (t) => {
  lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 1, libvirt: false });
  await inside(`mkdir -p /run/systemd/system ${folder}; mount -t tmpfs -o size=512k tmpfs ${folder}
    ip addr add 198.19.210.10/24 dev eth1; ip link set eth1 up`);
  // The script that does it at boot alone takes some; then what is guarded, which is listed, and the file itself.
  t.true((await withMoreAndMoreRoom(ofNic, (now) => t.is(now, ""))) > 10);
  t.regex(await files(), /guard\/armed\n(.*\n)*.*guard\/paths\n.*10-uplink/);
  const [kept, changed] = [await files(), { ...ofNic, text: `${ofNic.text}\n` }];
  t.true((await withMoreAndMoreRoom(ofBridge, (now) => t.is(now, kept))) > 1);
  const both = await files();
  t.true((await withMoreAndMoreRoom(changed, (now) => t.is(now, both))) >= 1);
  await askScript(lab, "hv1", { steps: [ofNic, ofBridge].map(({ path }) => ({ verb: "forget", path })) });
  t.is(await files(), "");
});
