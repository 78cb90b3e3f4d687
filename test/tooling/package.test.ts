import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { npm } from "../../tools/setup/npm.mjs";
import { tsconfig } from "./pulumi-new-typescript.ts";

const run = promisify(execFile);
const project = mkdtempSync(join(tmpdir(), "kvm-network-project-"));
test.after.always(() => rmSync(project, { recursive: true, force: true }));

/** npm, without scripts: packing would compile again, and nobody's native parts are needed to compile a program. */
async function runNpm(cwd: string, ...args: string[]) {
  const [command = "npm", ...first] = npm();
  await run(command, [...first, ...args, "--ignore-scripts", "--loglevel=error"], { cwd });
}

/** The version that this repository uses, so that npm has it in its cache. */
function ours(name: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8"));
  return `${name}@${manifest.version}`;
}

const program = `import * as kvm from "pulumi-kvm-network";
import * as planning from "pulumi-kvm-network/planning";
import { handle } from "pulumi-kvm-network/provider";

export async function program() {
  const host = await kvm.getHost({ host: "hv1.example.net", user: "kvm", hostKey: "ssh-ed25519 AAAA" });
  const uplink = new kvm.Uplink("hv1-eth1", { host, nic: "eth1", mtu: 9000 });
  const fabric = new kvm.HostBridge("hv1-fabric", { uplink, type: "ethernet" });
  const web = new kvm.VmInterface("web-1", { bridge: fabric, domain: "web-1", mode: "vepa" });
  // @ts-expect-error: a NIC is named by a string
  new kvm.Uplink("hv1-eth2", { host, nic: 2 });
  // @ts-expect-error: no such mode
  new kvm.VmInterface("web-2", { bridge: fabric, domain: "web-2", mode: "veap" });
  new kvm.HostBridge("hv1-switch", { uplink, type: "embedded", mode: ["vepa"] });
  // @ts-expect-error: the NIC's own switch is no Linux bridge
  new kvm.HostBridge("hv1-stp", { uplink, type: "embedded", stp: true });
  // @ts-expect-error: nor is there a libvirt network of its VFs yet
  new kvm.HostBridge("hv1-network", { uplink, type: "embedded", network: "vfs" });
  return web.interfaceXml;
}
const entries = [kvm, planning].map((entry) => Object.keys(entry).length);
const provider: "function" = typeof handle as "function";
console.log(JSON.stringify({ entries, provider }));
`;

test("a project that `pulumi new typescript` made compiles against the package and runs", async (t) => {
  t.timeout(300_000);
  await runNpm(process.cwd(), "pack", "--pack-destination", project);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
  t.truthy(tarball);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "program", main: "index.ts", private: true }));
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(tsconfig));
  writeFileSync(join(project, "index.ts"), program);
  const packages = ["@pulumi/pulumi", "typescript", "@types/node"].map(ours);
  await runNpm(project, "install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`, ...packages);

  const tsc = join("node_modules", "typescript", "bin", "tsc");
  const compiled = await run(process.execPath, [tsc, "--pretty", "false"], { cwd: project }).catch(
    (error: { stdout: string }) => error,
  );
  t.is(compiled.stdout, "");
  const ran = await run(process.execPath, ["bin/index.js"], { cwd: project });
  const printed: { entries: number[]; provider: string } = JSON.parse(ran.stdout);
  t.is(printed.provider, "function");
  t.true(
    printed.entries.every((exports) => exports > 0),
    ran.stdout,
  );
  await t.notThrowsAsync(run(process.execPath, ["-e", "require('pulumi-kvm-network')"], { cwd: project }));

  // The command serves where there is no Pulumi.
  rmSync(join(project, "node_modules", "@pulumi"), { recursive: true });
  const command = join(project, "node_modules", ".bin", "pulumi-kvm-network");
  t.regex((await run(command, ["explain", "--capabilities"], { cwd: project })).stdout, /^vm-to-vm .*yes/m);
  await t.throwsAsync(run(command, ["explain", "root@127.0.0.1", "--port", "9"], { cwd: project }), {
    message: /no SSH at 127\.0\.0\.1:9/,
  });
});
