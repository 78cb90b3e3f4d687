import test from "ava";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { hostStatistics } from "../../provider/host/statistics.ts";
import { type Sshd, startSshd } from "./sshd.ts";

let sshd: Sshd;
test.before(async () => {
  sshd = await startSshd();
});
test.after.always(async () => {
  closeHosts();
  await sshd.stop();
});

test.serial("a request runs commands and reads files in order", async (t) => {
  const host = openHost(sshd.connection);
  const answer = await host.request({
    steps: [
      { verb: "run", argv: ["ip", "-V"] },
      { verb: "read", path: "/proc/sys/kernel/ostype" },
    ],
  });
  t.regex(answer.results[0]?.stdout ?? "", /^ip utility/);
  t.is(answer.results[1]?.stdout, "Linux\n");
  t.is(answer.failed, undefined);
});
