// The layers of the package: who may import whom. A lower layer never imports an upper one.

/** Each layer of provider/ and the other layers it may import. */
const layers = {
  schema: [],
  planning: ["schema"],
  host: ["schema"],
  xml: ["schema"],
  discovery: ["xml", "host", "schema"],
  links: ["discovery", "host", "schema"],
  libvirt: ["xml", "discovery", "host", "schema"],
  persistence: ["host", "schema"],
  resources: ["planning", "links", "libvirt", "persistence", "discovery", "host", "schema"],
  dynamic: ["resources", "planning", "links", "libvirt", "discovery", "host", "schema"],
};

/** What a program imports sees the host only through these. */
const seenBySdk = ["schema", "planning", "discovery", "host", "dynamic"];

const published = "^(provider|sdk|cli)/";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(layers).map(([layer, below]) => ({
      name: `layer-${layer}`,
      comment: `provider/${layer} may import only ${[layer, ...below].join(", ")}.`,
      severity: "error",
      from: { path: `^provider/${layer}/` },
      to: { path: "^(provider|sdk|cli)/", pathNot: `^provider/(${[layer, ...below].join("|")})/` },
    })),
    {
      name: "layers-are-known",
      comment: "A new folder of provider/ gets its place among the layers in this file.",
      severity: "error",
      from: {},
      to: { path: "^provider/[^/]+/", pathNot: `^provider/(${Object.keys(layers).join("|")})/` },
    },
    {
      name: "provider-below-sdk",
      comment: "The provider runs without the classes that a program uses.",
      severity: "error",
      from: { path: "^provider/" },
      to: { path: "^(sdk|cli)/" },
    },
    {
      name: "sdk-is-thin",
      severity: "error",
      from: { path: "^sdk/" },
      to: { path: "^(provider|cli)/", pathNot: `^provider/(${seenBySdk.join("|")})/` },
    },
    {
      name: "published-alone",
      comment: "What is published must not need what is not.",
      severity: "error",
      from: { path: published },
      to: { path: "^(lab|test|bench|prove|nemesis|tools|demo|examples)/" },
    },
    {
      name: "published-dependencies",
      comment: "What is published imports dependencies and peer dependencies, not devDependencies.",
      severity: "error",
      from: { path: published },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["npm", "npm-peer"] },
    },
    {
      name: "pulumi-only-in-adapter",
      comment: "The core does not know that Pulumi's dynamic provider calls it: another adapter can stand beside it.",
      severity: "error",
      from: { path: "^(provider|cli)/", pathNot: "^provider/dynamic/" },
      to: { path: "node_modules/@pulumi/" },
    },
    {
      name: "cli-without-pulumi",
      comment: "`npx pulumi-kvm-network` serves where there is no Pulumi.",
      severity: "error",
      from: { path: "^cli/" },
      to: { path: "node_modules/@pulumi/", reachable: true },
    },
    {
      name: "planning-is-pure",
      comment: "The planner runs while a preview is made: it must not reach outside.",
      severity: "error",
      from: { path: "^provider/(planning|schema)/" },
      to: {
        path: "^(fs|fs/promises|net|tls|http|https|http2|dgram|dns|dns/promises|child_process|worker_threads)$|node_modules/ssh2/",
      },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules|(^|/)dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
