/** What a host's network is, part by part, as text: a link with its addresses and routes, a domain's NIC, a file. */
export type Picture = ReadonlyMap<string, string>;

/** What a transaction that is over has left: it goes with the next one. */
export const transactionPart = "transaction";

/** What a boot has proven is guarded no more, and what is kept behind it is by what is so then. */
export const isOfGuard = (part: string): boolean =>
  /^file (\/etc\/pulumi-kvm-network\/guard\/|.*\/pulumi-kvm-network-guard\.service$)/.test(part);

const domains = ["off-1", "foreign-1"] as const;

/** Prints it, in few processes: it is looked at often. A definition is libvirt's own file: to ask for it takes longer than all the rest. */
export const pictureScript = `
  section() { echo; echo "= $*"; }
  section links; ip -d -j addr show
  section routes; ip -j route show table all type unicast; ip -6 -j route show table all type unicast
  section ipv6; grep . /proc/sys/net/ipv6/conf/*/disable_ipv6
  section nft; nft -t list ruleset
  section files
  find /run/pulumi-kvm-network /etc/pulumi-kvm-network /etc/network/interfaces.d /etc/systemd /etc/udev/rules.d -type f \
    -path '*pulumi-kvm-network*' ! -path '*/txn/*' -exec sha256sum {} + 2>/dev/null || :
  section ${transactionPart}; ls /run/pulumi-kvm-network/txn 2>/dev/null || :
  ${domains.map((name) => `section domain ${name}; cat /etc/libvirt/qemu/${name}.xml`).join("\n  ")}
`;

/** What the kernel counts, times or numbers, and what follows from the rest. */
const isVolatile =
  /^(ifindex|link_index|link_netnsid|operstate|qdisc|promiscuity|gc_timer|(hello|tcn|hold|message_age|forward_delay|topology_change)_timer|topology_change.*|state|.*life_time|dynamic|tentative|cache|protocol)$|^(num_|gso_|gro_|tso_)/;

const settled = (value: unknown): string =>
  JSON.stringify(value, (key, inner: unknown) => {
    if (isVolatile.test(key)) return undefined;
    // Of a link's flags, whether it is up: carrier comes and goes. Of a route's: whether the kernel sees a carrier.
    return key === "flags" && Array.isArray(inner) ? inner.filter((flag) => flag === "UP" || flag === "onlink") : inner;
  });

interface Shown extends Record<string, unknown> {
  readonly ifname?: string;
  readonly dev?: string;
  readonly addr_info?: readonly { readonly local: string }[];
}

const isLinkLocal = (text: string): boolean => text.startsWith("fe80:") || text.startsWith("ff00:");

/** Reads what {@link pictureScript} printed. */
export const readPicture = (text: string): Picture => {
  const sections = new Map(
    text
      .split(/^= /m)
      .slice(1)
      .map((each) => [each.slice(0, each.indexOf("\n")), each.slice(each.indexOf("\n") + 1).trim()]),
  );
  const section = (name: string): string => sections.get(name) ?? "";
  const jsonLines = (name: string): Shown[] =>
    section(name)
      .split("\n")
      .flatMap((line) => (line === "" ? [] : JSON.parse(line)));
  const ipv6 = section("ipv6").split("\n");
  const routes = jsonLines("routes");
  const picture = new Map<string, string>();
  for (const { addr_info: addresses = [], ...link } of jsonLines("links")) {
    const { ifname = "" } = link;
    const parts = [
      link,
      ...addresses.filter(({ local }) => !isLinkLocal(local)),
      ...routes.filter(({ dev, dst }) => dev === ifname && !isLinkLocal(String(dst))),
    ];
    const disabled = ipv6.find((line) => line.includes(`/conf/${ifname}/`));
    picture.set(ifname, [...parts.map(settled), disabled].join("\n"));
  }
  for (const name of domains)
    for (const [nic, mac] of section(`domain ${name}`).matchAll(
      /<interface type=[^>]*>\s*<mac address='([^']*)'\/>.*?<\/interface>/gs,
    ))
      picture.set(`NIC ${mac}`, `of ${name}: ${nic.replaceAll(/\s*<address [^>]*>/g, "").replaceAll(/\s+</g, "<")}`);
  for (const line of section("files").split("\n")) {
    const [digest = "", path] = line.split(/ +/);
    if (path !== undefined) picture.set(`file ${path}`, digest);
  }
  for (const name of ["nft", transactionPart]) if (section(name) !== "") picture.set(name, section(name));
  return picture;
};

/** Where two pictures differ, part by part. */
export const differences = (before: Picture, after: Picture): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((part) => before.get(part) !== after.get(part));
