import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName, labTest } from "./lab-test.ts";

let lab: Lab;
test.after.always(() => lab?.down());

labTest("every uplink hears the switch, and only the switch, offer reflective relay by EVB", async (t) => {
  lab = await createLab({ name: labName(), libvirt: false, lldp: true });
  for (const { name, uplinks } of lab.hypervisors)
    for (const uplink of uplinks) {
      const heard = await waitUntil(`the EVB TLV on ${name}/${uplink}`, 40, async () => {
        const { stdout } = await lab.exec(name, ["lldptool", "-t", "-n", "-i", uplink, "-g", "ncb"]);
        return stdout.includes("EVB Configuration TLV") ? stdout : undefined;
      });
      t.regex(heard, /bridge:rrcap/);
      t.regex(heard, /mode:bridge/);
    }
});
