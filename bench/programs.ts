import type { LabHypervisor } from "../lab/lab.ts";

/** What every measured program makes: uplinks, and on each the same number of endpoints. */
export interface Fleet {
  readonly hosts: readonly LabHypervisor[];
  readonly endpointsPerHost: number;
}

/** The file beside each program that tells it the fleet. Plain connections: the only one to a host is then the provider's. */
export const fleetFile = ({ hosts, endpointsPerHost }: Fleet): string =>
  JSON.stringify({ hosts: hosts.map(({ name, connection }) => ({ name, connection })), endpointsPerHost });

/** The fleet with this provider. */
export const kvmProgram = `import { readFileSync } from "node:fs";
import { MacvtapEndpoint, Uplink } from "pulumi-kvm-network";

const { hosts, endpointsPerHost } = JSON.parse(readFileSync("fleet.json", "utf8"));
for (const { name, connection } of hosts) {
  const uplink = new Uplink(\`\${name}-eth1\`, { host: connection, nic: "eth1" });
  for (let index = 1; index <= endpointsPerHost; index += 1)
    new MacvtapEndpoint(\`\${name}-vm-\${index}\`, { uplink, mode: index % 2 === 0 ? "vepa" : "bridge" });
}
`;

/**
 * The same fleet of plain custom resources, whose provider's code is the text in \`provider-code.js\`: the same inputs given,
 * the same outputs declared, the same things secret, the same dependencies.
 */
export const plainProgram = `import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

const { hosts, endpointsPerHost } = JSON.parse(readFileSync("fleet.json", "utf8"));
const __provider = readFileSync("provider-code.js", "utf8");
const outputs = {
  Uplink: ["ref", "device", "facts", "supportedModes", "evidence", "original"],
  MacvtapEndpoint: ["ref", "mac", "device", "tapDevice", "tapMajor", "tapMinor", "interfaceXml", "qemuArgs", "qemuRedirect"],
};

class Plain extends pulumi.CustomResource {
  constructor(kind, name, inputs) {
    const type = \`pulumi-nodejs:dynamic/kvm-bench:\${kind}\`;
    const declared = Object.fromEntries(outputs[kind].map((output) => [output, undefined]));
    super(type, name, { ...declared, ...inputs, __provider, seed: name });
  }
}

for (const { name, connection } of hosts) {
  const { host } = connection;
  const secret = pulumi.secret(connection);
  const uplink = new Plain("Uplink", \`\${name}-eth1\`, { nic: "eth1", host, connection: secret });
  for (let index = 1; index <= endpointsPerHost; index += 1)
    new Plain("MacvtapEndpoint", \`\${name}-vm-\${index}\`, {
      uplink: uplink.ref,
      mode: index % 2 === 0 ? "vepa" : "bridge",
      host,
      connection: secret,
      connectionFrom: \`\${name}-eth1\`,
    });
}
`;
