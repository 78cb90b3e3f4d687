import test from "ava";
import { providerCode } from "../../sdk/provider-code.ts";

/**
 * Every state of every user holds these texts, and refresh and destroy run them: one letter more and each resource would show
 * as updated. They are written out here, so that no edit of the program can change them unseen. They do not change.
 */
const frozen = {
  Uplink:
    'exports.handler = () => {\n  const call = (op) => async (...args) => (await import("pulumi-kvm-network/provider")).handle("Uplink", op, args);\n  return {\n    configure: call("configure"),\n    check: call("check"),\n    diff: call("diff"),\n    create: call("create"),\n    update: call("update"),\n    read: call("read"),\n    delete: call("delete"),\n  };\n};\n',
  HostBridge:
    'exports.handler = () => {\n  const call = (op) => async (...args) => (await import("pulumi-kvm-network/provider")).handle("HostBridge", op, args);\n  return {\n    configure: call("configure"),\n    check: call("check"),\n    diff: call("diff"),\n    create: call("create"),\n    update: call("update"),\n    read: call("read"),\n    delete: call("delete"),\n  };\n};\n',
  MacvtapEndpoint:
    'exports.handler = () => {\n  const call = (op) => async (...args) => (await import("pulumi-kvm-network/provider")).handle("MacvtapEndpoint", op, args);\n  return {\n    configure: call("configure"),\n    check: call("check"),\n    diff: call("diff"),\n    create: call("create"),\n    update: call("update"),\n    read: call("read"),\n    delete: call("delete"),\n  };\n};\n',
  VmInterface:
    'exports.handler = () => {\n  const call = (op) => async (...args) => (await import("pulumi-kvm-network/provider")).handle("VmInterface", op, args);\n  return {\n    configure: call("configure"),\n    check: call("check"),\n    diff: call("diff"),\n    create: call("create"),\n    update: call("update"),\n    read: call("read"),\n    delete: call("delete"),\n  };\n};\n',
};

for (const [kind, code] of Object.entries(frozen)) {
  test(`the code that states hold for ${kind} is as it always was`, (t) => {
    t.is(providerCode(kind), code);
  });
}
