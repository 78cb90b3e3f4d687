import test from "ava";
import {
  defineNetwork,
  lookAtNetwork,
  networkRead,
  redefineNetwork,
  removeNetwork,
} from "../../provider/libvirt/network-steps.ts";
import type { NetworkSpec } from "../../provider/libvirt/network-xml.ts";
import { type Hypervisor, startHypervisor } from "./hypervisor.ts";
import { labRuns, labTest } from "./lab-test.ts";

let hypervisor: Hypervisor;

if (labRuns) {
  test.before(async () => {
    hypervisor = await startHypervisor("test-network");
  });
  test.after.always(() => hypervisor?.close());
}

const read = async (steps: ReturnType<typeof lookAtNetwork>) => {
  const last = (await hypervisor.change(steps)).at(-1);
  return last && networkRead(last);
};

labTest("a network of ours is defined, running, started with the host, redefined and removed", async (t) => {
  const { byHand, change } = hypervisor;
  const spec: NetworkSpec = { kind: "bridge", name: `lan "1" & <2>`, mark: "pulumi-kvm-network:a&b", bridge: "br0" };
  const defined = await read(defineNetwork(spec));
  t.like(defined, { name: spec.name, mark: spec.mark, forward: "bridge", bridge: "br0", uplinks: [] });
  const uuid = defined?.uuid ?? "";
  const info = await byHand(["virsh", "net-info", uuid]);
  for (const line of [/^Active:\s+yes$/m, /^Persistent:\s+yes$/m, /^Autostart:\s+yes$/m]) t.regex(info, line);

  const direct = { kind: "direct", name: spec.name, mark: spec.mark, uuid, uplink: "eth1", mode: "vepa" } as const;
  const redefined = await read(redefineNetwork(direct));
  t.like(redefined, { uuid, mark: spec.mark, forward: "vepa", bridge: null, uplinks: ["eth1"] });

  await change(removeNetwork(uuid));
  t.is(await read(lookAtNetwork(uuid)), null);
  t.is(await read(removeNetwork(uuid)), null, "twice is fine");
});

labTest("a foreign network of that name is refused, and stays", async (t) => {
  const { byHand, attempt } = hypervisor;
  const foreign = "<network><name>theirs</name><forward mode='bridge'/><bridge name='br1'/></network>";
  await byHand(["virsh", "net-define", "/dev/stdin"], foreign);
  const { failed } = await attempt(defineNetwork({ kind: "bridge", name: "theirs", mark: "ours", bridge: "br0" }));
  t.is(failed, 0);
  t.like(await read(lookAtNetwork("theirs")), { mark: null, bridge: "br1" });
});
