import test from "ava";
import { defineGuest, openGuest, startGuest } from "../../lab/guest.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName, labTest } from "./lab-test.ts";

let lab: Lab;
test.before(async () => {
  lab = await createLab({ name: labName() });
});
test.after.always(() => lab?.down());

const nic = (mac: string) =>
  `<interface type="direct"><mac address="${mac}"/><source dev="eth1" mode="bridge"/><model type="virtio"/></interface>`;

async function virsh(hypervisor: string, verb: string, domain: string, xml: string) {
  const script = 'cat >/tmp/device.xml && virsh "$1" "$2" /tmp/device.xml --live';
  return await lab.exec(hypervisor, ["sh", "-c", script, "sh", verb, domain], { input: xml });
}

labTest("guests boot, take a NIC while they run, reach each other by it, and let go of it", async (t) => {
  const guests = await Promise.all([startGuest(lab, "hv1", "one"), startGuest(lab, "hv2", "two")]);
  const addresses = ["10.0.0.1", "10.0.0.2"];
  const macs = ["52:54:00:00:00:01", "52:54:00:00:00:02"];
  for (const [index, guest] of guests.entries()) {
    const mac = macs[index] ?? "";
    const attached = await virsh(guest.hypervisor, "attach-device", guest.name, nic(mac));
    t.is(attached.status, 0, attached.stderr);
    await guest.addressOn(mac, `${addresses[index]}/24`);
  }
  const [one, two] = guests;
  t.true(await one.ping("10.0.0.2"));
  t.true(await two.ping("10.0.0.1", { from: "52:54:00:00:00:02" }));
  t.false(await one.ping("10.0.0.3"));

  t.is((await virsh("hv2", "detach-device", "two", nic("52:54:00:00:00:02"))).status, 0);
  await waitUntil("the end of the NIC in libvirt's view", 10, async () =>
    (await lab.exec("hv2", ["virsh", "domiflist", "two"])).stdout.includes("52:54:00") ? undefined : true,
  );
  t.false((await two.run("ip -o link")).stdout.includes("52:54:00"));
  t.false(await one.ping("10.0.0.2"));
});

labTest("a guest answers many requests in a row and side by side, with status and output", async (t) => {
  const one = await openGuest(lab, "hv1", "one");
  for (let request = 0; request < 30; request += 1) t.is((await one.run("true")).status, 0);
  const results = await Promise.all([1, 2, 3].map((number) => one.run(`echo ${number}; echo more; exit ${number}`)));
  t.deepEqual(
    results,
    [1, 2, 3].map((number) => ({ status: number, stdout: `${number}\nmore\n` })),
  );
  one.close();
});

labTest("a defined guest is persistent, shut off, and has the NICs it was given", async (t) => {
  await defineGuest(lab, "hv1", "off", { interfacesXml: nic("52:54:00:00:00:09") });
  t.regex((await lab.exec("hv1", ["virsh", "domstate", "off"])).stdout, /shut off/);
  t.regex((await lab.exec("hv1", ["virsh", "domiflist", "off"])).stdout, /52:54:00:00:00:09/);
});
