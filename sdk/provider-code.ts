/**
 * The code that Pulumi keeps in the state with each resource, and runs at refresh and destroy years later. It is frozen: a
 * changed letter shows as an update of every resource of every user. test/sdk/provider-code.test.ts holds it.
 */
export const providerCode = (kind: string): string =>
  `exports.handler = () => {
  const call = (op) => async (...args) => (await import("pulumi-kvm-network/provider")).handle("${kind}", op, args);
  return {
    configure: call("configure"),
    check: call("check"),
    diff: call("diff"),
    create: call("create"),
    update: call("update"),
    read: call("read"),
    delete: call("delete"),
  };
};
`;
