import * as pulumi from "@pulumi/pulumi";
import { fabricOf, matrixSvg, matrixText, mermaid, type PairReach, reachability } from "../provider/planning/index.ts";
import type { VmInterface } from "./vm-interface.ts";

export interface ReachabilityArgs {
  /** The interfaces of a fleet, of any hosts. */
  interfaces: readonly VmInterface[];
  /**
   * The layer-2 network behind each uplink, by `host/nic`. Uplinks of one name reach each other by their switches, those of
   * different names do not; where it is left out nobody knows, and what depends on it is unknown.
   */
  networks?: Readonly<Record<string, string>>;
  /** With the hosts' own stacks, on each uplink or bridge that carries an interface. Default true. */
  hosts?: boolean;
}

/** Who of a fleet reaches whom, foreseen from what is planned: known in the preview already. */
export class Reachability extends pulumi.ComponentResource {
  /** Every ordered pair: whether unicast, broadcast and multicast pass, what hands them on, and why not. */
  declare readonly pairs: pulumi.Output<PairReach[]>;
  /** The same as a table of text, a line each: of a longer text a preview shows three lines only. */
  declare readonly matrix: pulumi.Output<string[]>;
  /** The fleet as a Mermaid flowchart. */
  declare readonly mermaid: pulumi.Output<string>;
  /** The table as an SVG. */
  declare readonly svg: pulumi.Output<string>;

  constructor(
    name: string,
    { interfaces, networks = {}, hosts = true }: ReachabilityArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kvm-network:index:Reachability", name, { networks }, options);
    const planned = pulumi.all(interfaces.map((each) => each.planned()));
    const foreseen = planned.apply((all) => {
      const { fabric } = fabricOf(all, ({ host, nic }) => networks[`${host}/${nic}`], { hosts });
      return { fabric, pairs: reachability(fabric) };
    });
    this.pairs = foreseen.apply(({ pairs }) => pairs);
    this.matrix = foreseen.apply(({ pairs }) => matrixText(pairs).split("\n"));
    this.mermaid = foreseen.apply(({ fabric }) => mermaid(fabric));
    this.svg = foreseen.apply(({ pairs }) => matrixSvg(pairs));
    this.registerOutputs({ matrix: this.matrix });
  }
}
