import test from "ava";
import { changeNic, readNic } from "../../provider/links/nic.ts";
import { refusal, useLabHost } from "./lab-host.ts";

const labHost = useLabHost(test, "links-nic", { uplinks: 3 });

test("MTU and state are changed, and put back from what was there before", async (t) => {
  const on = labHost();
  const before = await on.observe(on.takeUplink());
  const changed = readNic(await on.change(changeNic(before, { mtu: 1400, up: false })), on.host.name);
  t.like(changed, { mtu: 1400, up: false, carrier: false });
  t.deepEqual(changeNic(changed, { mtu: 1400, up: false }), []);

  const restored = readNic(await on.change(changeNic(changed, before)), on.host.name);
  t.like(restored, { mtu: before.mtu, up: before.up, mac: before.mac, nic: before.nic });
  t.deepEqual(changeNic(restored, before), []);
});

test("what is left out stays as it is", async (t) => {
  const on = labHost();
  const before = await on.observe(on.takeUplink());
  t.deepEqual(changeNic(before, {}), []);
});

test("an MTU that the NIC does not take is refused by the kernel", async (t) => {
  const on = labHost();
  const before = await on.observe(on.takeUplink());
  const answer = await on.change(changeNic(before, { mtu: 67 }));
  t.regex(refusal(answer), /mtu less than device minimum|Invalid argument/);
  t.is((await on.observe(before.name)).mtu, before.mtu);
});
