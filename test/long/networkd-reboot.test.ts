import { owned } from "../machines/networkd.ts";
import { movedRebootTest } from "./moved-reboot.ts";

movedRebootTest("systemd-networkd", {
  name: "networkd-reboot",
  owned: (machine) => owned(machine, "[Network]\nDHCP=ipv4", 2),
  last: "'behind reload systemd-networkd '",
});
