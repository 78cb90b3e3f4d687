import { type OwnersFile, type OwnersWords, splitWords, type Vocabulary, wordsIn } from "./owners-words.ts";

/* What the owner's files say of a NIC to systemd-networkd, and what of it goes to the bridge: systemd.network(5) of systemd 257. */

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
const isMadeOfName = (_: string, key: string, value: string): boolean =>
  (key === "Token" && /^prefixstable/.test(value)) ||
  (key === "IPv6LinkLocalAddressGenerationMode" && !["eui64", "none"].includes(value));

const vocabulary: Vocabulary = { moving, staying, silent: { Match: undefined }, isOther: isMadeOfName };

/** What networkd has of the NIC now. */
interface OwnersFiles {
  readonly files: readonly OwnersFile[];
  readonly clientId?: string;
  readonly iaid6?: number;
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
export const networkdWords = (nic: string, found: OwnersFiles): OwnersWords =>
  splitWords(nic, found.files, vocabulary, identity(found));

/** The same, found again in the files that were made of them. */
export const networkdWordsIn = (bridge: string, nic: string): Pick<OwnersWords, "bridge" | "nic"> =>
  wordsIn(bridge, nic, vocabulary);
