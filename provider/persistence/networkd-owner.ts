/*
 * What the owner's files say of a NIC to systemd-networkd, and what of it goes to the bridge that takes the NIC's place: systemd.network(5)
 * of systemd 257. What is not listed is refused by name: it may mean something else on a bridge, or nothing any more on the NIC.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** By section, the settings that go with the host's addresses. */
const moving: Readonly<Record<string, readonly string[]>> = {
  Link: words("RequiredForOnline RequiredFamilyForOnline"),
  Network:
    words(`Description DHCP LinkLocalAddressing IPv6LinkLocalAddressGenerationMode IPv4LLRoute DefaultRouteOnDevice LLMNR
    MulticastDNS DNSOverTLS DNSSEC DNSSECNegativeTrustAnchors Address Gateway DNS DNSDefaultRoute UseDomains Domains NTP IPForward
    IPv4Forwarding IPv6Forwarding IPv6PrivacyExtensions IPv6AcceptRA IPv6DuplicateAddressDetection IPv6HopLimit
    IPv4ReversePathFilter IPv4AcceptLocal IPv4RouteLocalnet IPv6MTUBytes IgnoreCarrierLoss`),
  Address: words(`Address Peer Broadcast PreferredLifetime Scope RouteMetric HomeAddress DuplicateAddressDetection
    ManageTemporaryAddress AddPrefixRoute AutoJoin`),
  Route: words(`Gateway GatewayOnLink Destination Source Metric IPv6Preference Scope PreferredSource Table Protocol Type
    InitialCongestionWindow InitialAdvertisedReceiveWindow QuickAck FastOpenNoCookie MTUBytes TCPAdvertisedMaximumSegmentSize HopLimit`),
  RoutingPolicyRule:
    words(`TypeOfService From To FirewallMark Table Priority SourcePort DestinationPort IPProtocol InvertRule Family
    SuppressPrefixLength Type`),
  DHCPv4:
    words(`ClientIdentifier VendorClassIdentifier UserClass DUIDType DUIDRawData IAID RapidCommit Anonymize RequestOptions
    SendHostname Hostname UseDNS RoutesToDNS UseNTP RoutesToNTP UseSIP UseCaptivePortal UseMTU UseHostname UseDomains UseRoutes
    UseGateway UseTimezone RouteMetric RouteTable RouteMTUBytes QuickAck InitialCongestionWindow InitialAdvertisedReceiveWindow
    FallbackLeaseLifetimeSec RequestBroadcast MaxAttempts ListenPort SendRelease SendDecline DenyList AllowList IPServiceType
    SocketPriority SendOption`),
  DHCPv6:
    words(`IAID DUIDType DUIDRawData RequestOptions UserClass VendorClass RapidCommit SendHostname Hostname UseAddress
    UseCaptivePortal UseDNS UseNTP UseHostname UseDomains WithoutRA SendRelease`),
  IPv6AcceptRA: words(`UseDNS UseDomains RouteTable RouteMetric QuickAck UseMTU UseHopLimit UseICMP6RateLimit UseGateway
    UseRoutePrefix UseCaptivePortal UsePREF64 UseAutonomousPrefix UseOnLinkPrefix DHCPv6Client RouterDenyList RouterAllowList
    PrefixDenyList PrefixAllowList RouteDenyList RouteAllowList Token`),
  // Before systemd 248 one section for both.
  DHCP: words(`ClientIdentifier VendorClassIdentifier UserClass DUIDType DUIDRawData IAID RapidCommit RequestOptions SendHostname Hostname
    UseDNS RoutesToDNS UseNTP RoutesToNTP UseMTU UseHostname UseDomains UseRoutes UseGateway UseTimezone RouteMetric RouteTable
    SendRelease`),
};

/** Those that are the NIC's: they stay where they are. */
const staying: Readonly<Record<string, readonly string[]>> = {
  Link: words("MTUBytes MACAddress"),
  Network: words("LLDP EmitLLDP"),
};

/** Values by which a link's name goes into an address, or into what the server knows it by. */
const isMadeOfName = (key: string, value: string): boolean =>
  (key === "Token" && /^prefixstable/.test(value)) ||
  (key === "IPv6LinkLocalAddressGenerationMode" && !["eui64", "none"].includes(value));

/** What networkd has of the NIC now. */
interface OwnersFiles {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly clientId?: string;
  readonly iaid6?: number;
}

export interface OwnersWords {
  /** Lines of the bridge's file, as the owner wrote them. */
  readonly bridge: readonly string[];
  /** Lines of the NIC's file, by section. */
  readonly nic: Readonly<Partial<Record<string, readonly string[]>>>;
  /** What can't be moved, in words. */
  readonly refused?: string;
}

/** Four octets behind the type 255 are the IAID (RFC 4361 6.1), which networkd makes of the link's name: the bridge is told it. */
const iaidOf = (clientId: string | undefined): number | undefined =>
  clientId !== undefined && /^ff[0-9a-f]{8}/.test(clientId) ? Number.parseInt(clientId.slice(2, 10), 16) : undefined;

const identity = ({ clientId, iaid6 }: OwnersFiles): string[] => {
  const iaid = iaidOf(clientId);
  return [
    ...(iaid === undefined ? [] : ["[DHCPv4]", `IAID=${iaid}`]),
    ...(iaid6 === undefined ? [] : ["[DHCPv6]", `IAID=${iaid6}`]),
  ];
};

/** Splits the owner's words about a NIC between the bridge and the NIC. */
export const ownersWords = (nic: string, found: OwnersFiles): OwnersWords => {
  const bridge: string[] = [];
  const kept: Partial<Record<string, string[]>> = {};
  const names = (value: string) => value.split(/[^A-Za-z0-9_.-]+/).includes(nic);
  for (const { path, text } of found.files) {
    let section = "";
    const refuse = (what: string): OwnersWords => ({ bridge: [], nic: {}, refused: `${what} of ${path}` });
    for (const line of text.split("\n")) {
      const said = line.trim();
      if (said === "" || said.startsWith("#") || said.startsWith(";")) continue;
      if (said.endsWith("\\")) return refuse(`the continued line ${said}`);
      const head = /^\[(.+)\]$/.exec(said)?.[1];
      if (head !== undefined) {
        section = head;
        if (section !== "Match" && !Object.hasOwn(moving, section)) return refuse(`the section [${section}]`);
        // Each [Address] and [Route] is one of its own.
        if (section !== "Match") bridge.push(line);
        continue;
      }
      if (section === "Match") continue;
      const [key = "", ...rest] = said.split("=");
      const value = rest.join("=").trim();
      if (staying[section]?.includes(key.trim())) {
        kept[section] = [...(kept[section] ?? []), line];
        continue;
      }
      const moves = moving[section]?.includes(key.trim()) === true;
      if (!moves || isMadeOfName(key.trim(), value) || names(value)) return refuse(`${said} in [${section}]`);
      bridge.push(line);
    }
  }
  return { bridge: [...bridge, ...identity(found)], nic: kept };
};

/** The same, found again in the files that were made of them. */
export const ownersWordsIn = (bridge: string, nic: string): Omit<OwnersWords, "refused"> => {
  const lines = bridge.split("\n");
  const begin = lines.findIndex((line) => /^\s*\[(?!Match\])/.test(line));
  const kept: Partial<Record<string, string[]>> = {};
  let section = "";
  for (const line of nic.split("\n")) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    if (staying[section]?.includes(line.split("=")[0]?.trim() ?? "")) kept[section] = [...(kept[section] ?? []), line];
  }
  return { bridge: begin < 0 ? [] : lines.slice(begin).filter((line) => line !== ""), nic: kept };
};
