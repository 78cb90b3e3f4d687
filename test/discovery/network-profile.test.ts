import test from "ava";
import { parseNetworkProfile } from "../../provider/discovery/network-profile.ts";

const nonce = "00000000-0000-4000-8000-000000000000";
const section = (words: string, text: string, status = 0) =>
  `\n${nonce} begin network ${words}\n${text}\n${nonce} end ${status}\n`;
const parse = (...sections: string[]) =>
  parseNetworkProfile("hv1", `kvmnet-facts 1 ${nonce}\n${sections.join("")}\n${nonce} complete\n`);

/** As NetworkManager 1.52 has written it. */
const device = `[device]
managed=true
connection-uuid=023239ec-4a61-443f-b82d-acc63a0f78cb
nm-owned=false
route-metric-default-effective=102
route-metric-default-aspired=100

[dhcp4]
dhcp4.dhcp_client_identifier=01:ce:a2:5e:36:c7:e5
dhcp4.ip_address=198.19.202.122

[dhcp6]
dhcp6.dhcp6_client_id=00:04:d7:66:30:88
dhcp6.iaid=2b:50:67:35
`;

test("a link's profile, how far it is, by what it has its lease, and its metrics", (t) => {
  const path = "/run/NetworkManager/system-connections/Wired connection 1.nmconnection";
  const found = parse(
    section("device /run/NetworkManager/devices/2", device),
    section("general", "100 (connected)\n"),
    section("checkpoints", "ao 0\n"),
    section("metrics", "inet=100\ninet6=\n"),
    section(`profile ${path}`, "[connection]\nid=Wired connection 1\n"),
  );
  t.deepEqual(found, {
    state: 100,
    profile: { path, text: "[connection]\nid=Wired connection 1\n" },
    clientId: "01:ce:a2:5e:36:c7:e5",
    duid: "00:04:d7:66:30:88",
    iaid6: "2b:50:67:35",
    metrics: { inet: 100, inet6: undefined },
    hasCheckpoint: false,
  });
});

test("what NetworkManager does not answer is not known; what it has no part in is nothing", (t) => {
  const silent = parse(
    section("device /run/NetworkManager/devices/2", "[device]\nmanaged=true\n"),
    section("general", "", 124),
    section("checkpoints", 'ao 1 "/org/freedesktop/NetworkManager/Checkpoint/1"\n'),
    section("metrics", "inet=\ninet6=\n"),
  );
  t.is(silent?.state, undefined);
  t.is(silent?.profile, undefined);
  t.is(silent?.clientId, undefined);
  t.true(silent?.hasCheckpoint);
  t.is(parse(section("state", "NETWORK_FILE=/etc/systemd/network/10-lan.network\n")), undefined);
});
