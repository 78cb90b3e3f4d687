import { waitUntil } from "../../lab/wait-until.ts";
import { HostError } from "../../provider/host/host-error.ts";
import { atStep, bridgeOver, managedNic as nic, picture, settles } from "../machines/moved-addresses.ts";
import { owned } from "../machines/network-manager.ts";
import { routedMachineTests } from "../machines/router.ts";

const { machineTest, theRouter } = routedMachineTests("network-manager-silent");

for (const [who, stop, go] of [
  ["NetworkManager", "pkill -STOP -x NetworkManager", ":"],
  ["D-Bus", "pkill -STOP -x dbus-daemon", "pkill -CONT -x dbus-daemon"],
] as const) {
  machineTest(
    `${who} that does not answer any more: the host takes it back by itself, and NetworkManager goes on with its profile`,
    async (t, machine) => {
      const leases = await theRouter(machine);
      await owned(machine, "", 2);
      const { inputs, bridge } = await bridgeOver(t, machine);
      const before = await picture(machine, nic);
      await leases.stopLeasing();
      // What the host is by itself is noted before D-Bus goes on: nobody logs in meanwhile. It is no process of the change's, which ends.
      await machine.sh(`cat >/run/note <<'END'
while [ -e /run/pulumi-kvm-network/txn/armed ] || [ -e /run/pulumi-kvm-network/txn/reverting ]; do sleep 1; done
ip -o addr show dev ${nic} scope global | awk '{ print $4 }' | sort >/run/noting
ls -d /sys/class/net/br0 >>/run/noting 2>&1
${go}
mv /run/noting /run/noted
END`);
      await atStep(machine, "'behind activate '*", `systemd-run --quiet sh /run/note; ${stop}`);
      const error = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), { instanceOf: HostError });
      leases.lease();
      t.is(error?.code, "taken-back", error?.message);
      const noted = await waitUntil(
        "the note",
        120,
        async () => (await machine.sh("cat /run/noted 2>/dev/null || :")) || undefined,
      );
      t.regex(noted, /^198\.19\.202\.\d+\/24\n2001:db8:202:.*\/64\nls: .*No such file/);
      await machine.sh("rm /run/pulumi-kvm-network.step /run/note /run/noted");
      await settles(machine, before);
      t.is(await picture(machine, nic), before);
    },
  );
}
