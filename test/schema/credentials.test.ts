import test from "ava";
import { hasCredentials, withoutCredentials } from "../../provider/schema/credentials.ts";

const address = { host: "hv1", port: 22, user: "kvm", hostKey: "ssh-ed25519 AAAA" };
const fields = ["password", "privateKey", "privateKeyPassword", "agentSocketPath"];

test("what authenticates is left out at every hop, and the address of each stays", (t) => {
  for (const field of fields) {
    t.deepEqual(withoutCredentials({ ...address, [field]: "secret" }), address, field);
    const behind = { ...address, [field]: "secret", proxy: { ...address, [field]: "secret" } };
    t.deepEqual(withoutCredentials({ ...address, proxy: behind }), {
      ...address,
      proxy: { ...address, proxy: address },
    });
  }
  t.deepEqual(withoutCredentials({ ...address, other: { password: "no hop" } }), {
    ...address,
    other: { password: "no hop" },
  });
  for (const none of [undefined, null, "hv1", 7]) t.is(withoutCredentials(none), none);
});

test("a connection holds something that must not be shown when one of its hops does", (t) => {
  for (const field of fields) {
    t.true(hasCredentials({ ...address, [field]: "secret" }), field);
    t.true(hasCredentials({ ...address, proxy: { ...address, proxy: { [field]: "secret" } } }), field);
    t.false(hasCredentials({ ...address, [field]: undefined }), field);
  }
  t.false(hasCredentials({ ...address, proxy: address }));
  t.false(hasCredentials({ ...address, other: { password: "no hop" } }));
  for (const none of [undefined, null, "password", 7]) t.false(hasCredentials(none));
});
