import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { ethernet, news, only } from "./bad-input/given.ts";

const check = (title: string, inputs: Properties) => lifecycle("VmInterface").check({}, news(title, inputs));

test("what a bridge needs its interfaces need, unless they say it themselves", (t) => {
  const bridge = ethernet("eth1", { needs: ["switch-visible"] });
  t.like(check("default", { bridge }).inputs.realization, { kind: "macvtap-vepa" });
  t.like(check("own", { bridge, needs: ["vm-to-vm"] }).inputs.realization, { kind: "macvtap-bridge" });
  t.like(check("none", { bridge, needs: [] }).inputs.realization, { kind: "macvtap-bridge" });
});

test("a default that nothing serves is refused on the interface", (t) => {
  const bridge = ethernet("eth1", { needs: ["host-filtering"] });
  only(t, check("refused", { bridge }).failures, "needs", /does not give host-filtering/);
});

test("a need that there is not is refused on the bridge", (t) => {
  const { failures } = lifecycle("HostBridge").check(
    {},
    news("bridge", { type: "existing", bridge: "br0", needs: ["speed"] }),
  );
  only(t, failures, "needs.0", /unknown capability "speed": one of vm-to-vm/);
});
