import test from "ava";
import { defineGuest } from "../../../lab/guest.ts";
import { createLab, type Lab, type LabConnection, type LabOptions } from "../../../lab/lab.ts";
import { closeHosts } from "../../../provider/host/open-host.ts";
import { labName } from "../../lab/lab-test.ts";
import { changesBetween, snapshotOf } from "../host-snapshot.ts";
import { reached } from "./given.ts";

export const foreignMac = "52:54:00:00:00:44";
export const domainMacs = ["52:54:00:00:00:11", "52:54:00:00:00:12"] as const;

export interface BusyHost {
  readonly lab: Lab;
  readonly connection: LabConnection;
  /** Runs a shell script there. */
  readonly run: (script: string) => Promise<string>;
}

const furnish = async (lab: Lab, run: BusyHost["run"]): Promise<void> => {
  const interfacesXml = domainMacs
    .map(
      (mac) => `<interface type="direct"><mac address="${mac}"/><source dev="eth4" mode="bridge"/>
        <model type="virtio"/></interface>`,
    )
    .join("");
  await Promise.all([defineGuest(lab, "hv1", "web-1", { interfacesXml }), defineGuest(lab, "hv1", "off-1")]);
  await run(`
    ip link add br0 type bridge
    ip link set eth3 master br0
    ip link add link eth4 name by-hand address ${foreignMac} type macvtap mode bridge
    ip addr add 198.18.200.1/24 dev eth5
    virsh start web-1`);
};

/**
 * A host that other things live on, and that every test leaves as it was: eth1 and eth2 are free, eth3 is in somebody's bridge
 * br0 beside a domain's tap, eth4 carries a macvtap of the domain web-1 and one made by hand, eth5 carries an address, `mgmt`
 * the SSH session.
 */
export const useBusyHost = (options: Pick<LabOptions, "ordinaryUser"> = {}): (() => BusyHost) => {
  let host: BusyHost | undefined;
  let untouched: string;
  const there = (): BusyHost => {
    if (host === undefined) throw new Error("the host is not up yet");
    return host;
  };
  test.before(async () => {
    const lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 5, ...options });
    const connection = lab.hypervisors[0]?.connection;
    if (connection === undefined) throw new Error("a lab without hypervisors");
    const run = async (script: string): Promise<string> => {
      const { status, stdout, stderr } = await lab.exec("hv1", ["sh", "-euc", script]);
      if (status !== 0) throw new Error(`${script}: ${stderr}`);
      return stdout;
    };
    host = { lab, connection, run };
    reached.connection = connection;
    await furnish(lab, run);
    untouched = await snapshotOf(lab, "hv1");
  });
  test.afterEach("the host is untouched", async (t) => {
    t.deepEqual(changesBetween(untouched, await snapshotOf(there().lab, "hv1")), []);
  });
  test.after.always(async () => {
    closeHosts();
    await host?.lab.down();
  });
  return there;
};
