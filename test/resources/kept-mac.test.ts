import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { ethernet, news, uplink } from "./bad-input/given.ts";

const elsewhere = "52:54:00:00:00:99";

const given: readonly (readonly [string, Properties])[] = [
  ["MacvtapEndpoint", { uplink: uplink("eth1"), mode: "vepa" }],
  ["VmInterface", { bridge: ethernet("eth1") }],
  ["SriovVirtualFunction", { uplink: uplink("eth3", { numVfs: 2 }) }],
];

for (const [kind, inputs] of given) {
  test(`${kind}: a derived address that was changed by hand is mended, and not taken for the wanted one`, (t) => {
    const check = (olds: Properties) => lifecycle(kind).check(olds, news(`mac-of-${kind}`, inputs)).inputs;
    const made = check({});
    const found = { ...made, mac: elsewhere };
    const mended = check(found);
    t.is(mended.mac, made.mac);
    t.is(lifecycle(kind).diff(found, mended).changes, undefined);
    // The engine asks once more, as if it were new, before it replaces one.
    t.is(check({}).mac, made.mac);
  });
}
