import { readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { missingRequirements } from "../../lab/requirements.ts";
import { root, runDemo } from "./run-demo.ts";

/** What is to be seen of a picture, wherever it was drawn: a lab's addresses depend on what else runs on the machine. */
const seen = (svg: string): string =>
  svg.replaceAll(/198\.18\.\d+\.\d+/g, "198.18.0.0").replaceAll(/<title>.*?<\/title>\n?/g, "");

/** The folders of its Pulumi projects. */
const projects = (): string[] => readdirSync(tmpdir()).filter((name) => /^demo-\w{6}$/.test(name));

const problems = await missingRequirements({ libvirt: true, lldp: false });
const run = problems.length === 0 ? test.serial : test.serial.skip;

const headings = [
  "Two hypervisors, a switch, seven VMs",
  "The program",
  "The preview",
  "The update: NICs for running VMs",
  "The topology",
  "Who reaches whom, the switch not reflecting",
  "Who reaches whom, the switch reflecting",
  "An edit: app-2 from VEB to VEPA",
  "Drift: somebody changes things by hand",
  "Destroy, and nothing is left",
];

run("the demo shows every step, checks its claims, and leaves a picture", async (t) => {
  const picture = join(root, "demo-out/topology.svg");
  rmSync(picture, { force: true });
  const { status, output, left, ...said } = await runDemo();
  t.is(status, 0, said.lastWords);
  t.deepEqual(said.headings, headings);
  t.true(output.includes(readFileSync(join(root, "demo/program.ts"), "utf8").split("\n")[0] ?? "?"));
  t.regex(output, /realization: \{ because: \[ "mode-asked", "bridge-type-ethernet" \],\s+kind: "macvtap-vepa"/);
  t.regex(output, /~ linkState: "up" => "down"/);
  t.regex(output, /Every claim above was checked, in \d+ s/);
  t.false(output.includes("\u001b"), "no colours where there is no terminal");
  t.false(left, "the lab is gone");

  const svg = readFileSync(picture, "utf8");
  t.is(XMLValidator.validate(svg), true);
  const drawn = JSON.stringify(new XMLParser().parse(svg));
  for (const name of [
    "hv1",
    "hv2",
    "web-1",
    "app-1",
    "app-2",
    "web-2",
    "ci-1",
    "db-1",
    "db-2",
    "filter",
    "reflects",
    "Legend",
  ])
    t.true(drawn.includes(`"${name}"`), `${name} is in the picture`);
  const shownInDocs = readFileSync(join(root, "docs/demo.svg"), "utf8");
  t.true(
    seen(shownInDocs) === seen(svg),
    "docs/demo.svg is not what the demo draws: copy demo-out/topology.svg over it",
  );
});

run("a demo that is interrupted clears away what it made", async (t) => {
  const before = projects();
  let interrupted = false;
  const { status, output, left, lastWords } = await runDemo([], (soFar, running) => {
    if (interrupted || !soFar.includes("$ pulumi up")) return;
    interrupted = true;
    process.kill(running, "SIGINT");
  });
  t.is(status, 130, lastWords);
  t.regex(output, /Stopped by SIGINT/);
  t.deepEqual(projects(), before, "the engine has ended before its project was removed");
  t.false(left, "the lab is gone");
});
