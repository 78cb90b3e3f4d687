import test from "ava";
import { parseNetdevTables } from "../../provider/discovery/parse-netdev-tables.ts";

const section = (text: string, status = 0) => ({ name: "netdev", subject: [], status, text, parts: [] });

test("our tables are read with their chains, others are left out", (t) => {
  const text = `table netdev somebody {
	chain in {
		type filter hook ingress device "eth9" priority filter; policy drop;
	}
}
table netdev pulumi-kvm-network-eth1 {
	comment "pulumi-kvm-network"
	set here {
		type ether_addr
		elements = { 52:54:00:00:00:01 }
	}

	chain from-vm {
		comment "pulumi-kvm-network:acme/prod:vm@abcdef"
		type filter hook egress device "vm" priority filter; policy accept;
		ether saddr != 52:54:00:00:00:02 drop
	}

	chain in {
	}
}
`;
  t.deepEqual(parseNetdevTables(section(text)), {
    "pulumi-kvm-network-eth1": {
      "from-vm": [
        'type filter hook egress device "vm" priority filter; policy accept;',
        "ether saddr != 52:54:00:00:00:02 drop",
      ],
      in: [],
    },
  });
});

test("not asked and not told are not the same as none", (t) => {
  t.deepEqual(parseNetdevTables(section("")), {});
  t.is(parseNetdevTables(section("", 1)), undefined);
  t.is(parseNetdevTables(undefined), undefined);
});
