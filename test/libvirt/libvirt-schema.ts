import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import test from "ava";

const schemas = "/usr/share/libvirt/schemas";

/** A test that needs libvirt's schemas and xmllint: skipped where libvirt is not installed, never in CI. */
export const schemaTest = existsSync(schemas) || process.env.CI ? test : test.skip;

/** What libvirt's own RELAX NG schema says against the XML; empty when it is valid. */
export function schemaErrors(schema: "domain" | "network", xml: string): string {
  const args = ["--noout", "--relaxng", `${schemas}/${schema}.rng`, "-"];
  const { status, stderr, error } = spawnSync("xmllint", args, { input: xml, encoding: "utf8" });
  if (error) throw error;
  return status === 0 ? "" : stderr;
}

/** The least domain that libvirt's schema accepts, with these devices. */
export function domainWith(devices: string, name = "web-1"): string {
  return `<domain type='qemu'>
  <name>${name}</name>
  <uuid>9d8f4c1e-5f1b-4d7c-9a4e-0d4d4e6b1a11</uuid>
  <memory unit='MiB'>128</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
${devices}
  </devices>
</domain>
`;
}
