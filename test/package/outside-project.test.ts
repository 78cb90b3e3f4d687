import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { openLab } from "../../lab/lab.ts";
import { npm } from "../../tools/setup/npm.mjs";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { tsconfig } from "../tooling/pulumi-new-typescript.ts";

const run = promisify(execFile);
const root = process.cwd();
const project = mkdtempSync(join(tmpdir(), "kvm-network-outside-"));
const labName = "outside";

/** A command that must succeed; what it printed. */
async function must(command: string, args: readonly string[], environment: Record<string, string> = {}) {
  const { stdout } = await run(command, [...args], {
    cwd: project,
    env: { ...process.env, ...environment },
    maxBuffer: 1 << 26,
  });
  return stdout;
}

const lab = (...args: string[]) => must(process.execPath, [join(root, "lab/main.ts"), ...args]);

const pulumi = (...args: string[]) =>
  must("pulumi", ["--non-interactive", "--color=never", ...args], {
    PULUMI_HOME: join(project, "home"),
    PULUMI_BACKEND_URL: `file://${project}`,
    PULUMI_CONFIG_PASSPHRASE: "outside",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  });

test.after.always(async () => {
  if (existsSync(join(project, "lab.json"))) await lab("down");
  rmSync(project, { recursive: true, force: true });
});

/** The version that this repository uses, so that npm has it in its cache. */
function ours(name: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8"));
  return manifest.version;
}

/** What `pulumi new typescript` writes: the language host compiles the program itself. */
const files = {
  "Pulumi.yaml": `name: outside
description: A minimal TypeScript Pulumi program
runtime:
  name: nodejs
  options:
    packagemanager: npm
`,
  "package.json": JSON.stringify({
    name: "outside",
    main: "index.ts",
    devDependencies: { "@types/node": ours("@types/node"), typescript: ours("typescript") },
    dependencies: { "@pulumi/pulumi": ours("@pulumi/pulumi") },
  }),
  "tsconfig.json": JSON.stringify(tsconfig),
};

const program = (mode: "veb" | "vepa") => `import { readFileSync } from "fs";
import * as kvm from "pulumi-kvm-network";

interface LabFile {
  hypervisors: { name: string; connection: kvm.ConnectionArgs; uplinks: string[] }[];
}
const lab: LabFile = JSON.parse(readFileSync("lab.json", "utf8"));

export = async () => {
  const macs: Record<string, unknown> = {};
  for (const { name, connection } of lab.hypervisors) {
    const host = await kvm.getHost(connection);
    const uplink = new kvm.Uplink(name + "-eth1", { host, nic: "eth1" });
    const fabric = new kvm.HostBridge(name + "-fabric", { uplink, type: "ethernet" });
    const vm = "vm-" + name;
    macs[vm] = new kvm.VmInterface(vm, { bridge: fabric, domain: vm, mode: "${mode}" }).mac;
  }
  return { macs };
};
`;

async function install(): Promise<void> {
  const [command = "npm", ...first] = npm();
  // Without scripts: packing would compile again, and nobody's native parts are needed here.
  const quiet = ["--ignore-scripts", "--loglevel=error"];
  await run(command, [...first, "pack", "--pack-destination", project, ...quiet]);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz")) ?? "";
  for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
  writeFileSync(join(project, "index.ts"), program("veb"));
  await must(command, [...first, "install", "--prefer-offline", `./${tarball}`, ...quiet]);
}

test("a project of its own that installs the package brings VMs up, changes them and leaves the hosts as they were", async (t) => {
  t.timeout(600_000);
  await Promise.all([install(), lab("up", "--name", labName, "--hypervisors", "2", "--uplinks", "1")]);
  await Promise.all([lab("guest", "hv1/vm-hv1"), lab("guest", "hv2/vm-hv2", "--off")]);
  const hosts = openLab(labName);
  const snapshots = () => Promise.all(["hv1", "hv2"].map((host) => snapshotOf(hosts, host)));
  const before = await snapshots();

  await pulumi("stack", "init", "dev");
  const preview = await pulumi("preview", "--diff");
  t.true(preview.includes("macvtap-bridge"), preview);
  t.regex(await pulumi("up", "--yes", "--skip-preview"), /\+ 7 created/);
  t.regex(await pulumi("up", "--yes", "--skip-preview"), /7 unchanged/);
  t.regex(await pulumi("refresh", "--yes", "--skip-preview"), /7 unchanged/);
  const { macs }: { macs: Record<string, string> } = JSON.parse(await pulumi("stack", "output", "--json"));

  // One runs and one is off: the running one has it now, both have it at their next start.
  const lists = async (host: string, domain: string) => (await hosts.exec(host, ["virsh", "domiflist", domain])).stdout;
  t.regex(await lists("hv1", "vm-hv1"), new RegExp(`direct +eth1 +virtio +${macs["vm-hv1"]}`));
  t.regex(await lists("hv2", "vm-hv2"), new RegExp(`direct +eth1 +virtio +${macs["vm-hv2"]}`));

  writeFileSync(join(project, "index.ts"), program("vepa"));
  const changed = await pulumi("up", "--yes", "--skip-preview", "--diff");
  t.regex(changed, /~ mode *: "veb" => "vepa"/);
  const definition = (await hosts.exec("hv1", ["virsh", "dumpxml", "vm-hv1"])).stdout;
  t.regex(definition, /<source dev='eth1' mode='vepa'\/>/);
  t.regex(await pulumi("up", "--yes", "--skip-preview"), /7 unchanged/);

  t.regex(await pulumi("destroy", "--yes", "--skip-preview"), /- 7 deleted/);
  const after = await snapshots();
  t.deepEqual(
    after.map((host, index) => changesBetween(before[index] ?? "", host)),
    [[], []],
  );
});
