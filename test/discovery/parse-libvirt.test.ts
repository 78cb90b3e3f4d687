import test from "ava";
import { FactsUnreadableError } from "../../provider/discovery/error.ts";
import { parseLibvirt } from "../../provider/discovery/parse-libvirt.ts";
import type { Section } from "../../provider/discovery/sections.ts";

const web = "00000000-0000-4000-8000-000000000001";
const db = "00000000-0000-4000-8000-000000000002";

const list: Section = {
  name: "libvirt",
  subject: [],
  status: 0,
  text: `Running against daemon: 10.0.0\n${web}\n${db}\n\ntransient\n\nend`,
  parts: [],
};

/** What the second process said: the definitions of `defined`, and at its end the list of those still `there`. */
function dump(defined: readonly string[], there: readonly string[], hostname = "hv1"): Section {
  const xml = (uuid: string) => (defined.includes(uuid) ? `<domain><name>vm</name><uuid>${uuid}</uuid></domain>` : "");
  const parts = [web, db].flatMap((uuid) => [
    { heading: `live ${uuid}`, text: xml(uuid) },
    { heading: `config ${uuid}`, text: xml(uuid) },
  ]);
  const end = { heading: "still there", text: [...there, "", hostname, ""].join("\n") };
  return { name: "domains", subject: [], status: 1, text: "", parts: [...parts, end, { heading: "end", text: "" }] };
}

test("a domain that vanished between the list and its XML is left out", (t) => {
  const { libvirt, domains } = parseLibvirt("hv1", [list, dump([web], [web])]);
  t.deepEqual(libvirt, { version: "10.0.0", running: true, problem: null });
  t.deepEqual(
    domains.map(({ uuid }) => uuid),
    [web],
  );
});

test("a domain that is there but gave no XML is a problem of libvirt's, and so is a daemon that went away", (t) => {
  const whole = dump([web], [web]);
  const without = (of: string) => ({ ...whole, parts: whole.parts.filter(({ heading }) => heading !== of) });
  for (const asked of [
    dump([web], [web, db]),
    dump([web], [web], ""),
    dump([], [], ""),
    without("end"),
    without(`live ${web}`),
  ]) {
    const { libvirt, domains } = parseLibvirt("hv1", [list, asked]);
    t.like(libvirt, { running: false, problem: "the daemon went away while it was asked" });
    t.deepEqual(domains, []);
  }
});

test("XML that can't be read names the host and the domain", (t) => {
  const asked = dump([web], [web]);
  const parts = asked.parts.map((part) => (part.text.startsWith("<") ? { ...part, text: "<domain>" } : part));
  t.throws(() => parseLibvirt("hv1", [list, { ...asked, parts }]), {
    instanceOf: FactsUnreadableError,
    message: new RegExp(`hv1.*${web}`),
  });
});

test("a list that is cut off is not one of fewer machines, nor of machines that all are defined", (t) => {
  for (let length = 0; length < list.text.length; length += 1) {
    const cut = { ...list, text: list.text.slice(0, length) };
    const { libvirt, domains } = parseLibvirt("hv1", [cut, dump([web], [web])]);
    t.like(libvirt, { running: false, problem: "virsh's answer is cut off" });
    t.deepEqual(domains, []);
  }
});

test("no virsh is no libvirt", (t) => {
  t.deepEqual(parseLibvirt("hv1", []), { libvirt: null, domains: [] });
});
