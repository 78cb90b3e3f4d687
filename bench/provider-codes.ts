/**
 * Providers to compare with, as the literal code that each resource carries. They repeat what this provider kept of the
 * resources of the same names (`KVM_BENCH_RECORDS`: see records.ts), so that the engine handles, keeps and compares as much.
 */

const repeating = (create: string) => `exports.handler = () => {
  const records = JSON.parse(require("node:fs").readFileSync(process.env.KVM_BENCH_RECORDS, "utf8"));
  const byMark = new Map(Object.values(records).map((record) => [record.inputs.mark, record]));
  const { create } = ${create};
  return {
    check: async (olds, { seed }) => ({ inputs: { ...records[seed].inputs } }),
    diff: async () => ({ changes: false }),
    create: async ({ mark }) => {
      const record = byMark.get(mark);
      await create(record);
      return { id: record.id, outs: { ...record.outputs } };
    },
    read: async (id, { mark }) => {
      const { inputs, outputs } = byMark.get(mark);
      return { id, props: { ...outputs }, inputs: { ...inputs } };
    },
    delete: async () => {},
  };
};
`;

/** Does nothing: what the engine and Pulumi's dynamic provider cost by themselves. */
export const noOpCode = repeating("{ create: async () => {} }");

/**
 * A connection for each command, as \@pulumi/command's `remote.Command` makes one: connect, authenticate, one exec, close. The
 * command makes an endpoint as this provider does, without its checks.
 */
export const connectionPerCommandCode = repeating(`{
    create: async ({ inputs: { connection, uplink, name, mac, mode, mark } }) => {
      if (uplink === undefined) return;
      const { host, port, user: username, privateKey } = connection;
      const command = [
        \`ip link add link \${uplink.nic} name \${name} address \${mac} allmulticast on type macvtap mode \${mode}\`,
        \`ip link set dev \${name} alias '\${mark}'\`,
        \`echo 1 >/proc/sys/net/ipv6/conf/\${name}/disable_ipv6\`,
        \`ip link set dev \${name} up\`,
        \`ip -d -j addr show dev \${name}\`,
      ].join(" && ");
      const { Client } = require(process.env.KVM_BENCH_SSH2);
      const client = new Client();
      await new Promise((resolve, reject) => {
        client.on("error", reject);
        client.on("ready", () =>
          client.exec(command, (error, channel) => {
            if (error) return reject(error);
            channel.resume().stderr.resume();
            channel.on("close", (status) => (status === 0 ? resolve() : reject(new Error(name + ": ended with " + status))));
          }),
        );
        // Without Nagle's algorithm, which would add 40 ms to each step of the handshake.
        const sock = require("node:net").connect({ host, port, noDelay: true });
        client.connect({ sock, username, privateKey });
      });
      client.end();
    },
  }`);
