import { waitUntil } from "../../lab/wait-until.ts";
import { machineTests } from "./machine.ts";

const machineTest = machineTests("out-of-band");

const noNic = "for nic in mgmt plain1 plain2 enp1s0 enp2s0; do ip link set $nic down; done; systemctl stop ssh";

machineTest(
  "a script runs on a machine that no network reaches, with its lines as they are, its output and its status",
  async (t, { lab }) => {
    const run = (script: string) => lab.outOfBand("m1", script);
    t.is((await run(noNic)).status, 0);
    const odd = `printf '%s\\n' 'a \\n "b"' "it's"\nword=kept\necho "\${word}" >&2\nexit 3`;
    t.deepEqual(await run(odd), { status: 3, stdout: `a \\n "b"\nit's\nkept\n` });
    await t.throwsAsync(lab.outOfBand("m1", "sleep 5", 1), { message: /m1 did not end "sleep 5" within 1 s/ });
    t.is((await run("ip link set mgmt up; systemctl start ssh")).status, 0);
  },
);

machineTest("scripts run side by side, and none's output is among another's, however long", async (t, { lab }) => {
  const lines = Array.from({ length: 8 }, (_, line) => `${line}`.repeat(5000));
  const results = await Promise.all(
    lines.map((line) => lab.outOfBand("m1", `for each in 1 2 3 4; do echo ${line}; sleep 0.1; done`)),
  );
  t.deepEqual(
    results,
    lines.map((line) => ({ status: 0, stdout: `${line}\n`.repeat(4) })),
  );
});

machineTest(
  "what a machine was at when a snapshot was taken is answered no more; what is asked then is",
  async (t, { lab }) => {
    await lab.snapshot("m1", "idle");
    const unanswered = lab.outOfBand("m1", "echo begun >/run/begun; sleep 100", 20).catch(() => "nothing");
    await waitUntil("its beginning", 30, async () =>
      (await lab.outOfBand("m1", "cat /run/begun")).status === 0 ? true : undefined,
    );
    await lab.restore("m1", "idle");
    t.is((await lab.outOfBand("m1", "cat /run/begun")).status, 1);
    t.is(await unanswered, "nothing");
  },
);

machineTest("for what runs on it, no time has gone by between a snapshot and its restore", async (t, machine) => {
  const uptime = async () => Number((await machine.sh("cat /proc/uptime")).split(" ")[0]);
  await machine.lab.snapshot("m1", "earlier");
  const before = await uptime();
  await machine.sh("sleep 40");
  await machine.lab.restore("m1", "earlier");
  t.true((await uptime()) < before + 35);
  // But what o'clock it is, it knows.
  t.true(Math.abs(Number(await machine.sh("date +%s")) - Date.now() / 1000) < 50);
});
