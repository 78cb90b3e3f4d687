import type { TestFn } from "ava";
import { observe } from "../../provider/discovery/observe.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import { useLabHost } from "../links/lab-host.ts";

/** A hypervisor with two uplinks for the tests of a daemon that speaks LLDP; with `lldp`, lldpad runs there and in the switch. */
export const useLldpHost = (test: TestFn, name: string, { lldp }: { readonly lldp: boolean }) => {
  const labHost = useLabHost(test, name, { uplinks: 2, libvirt: false, lldp });
  return {
    /** Facts of this moment: what daemons hear makes no observation old. */
    look: async (): Promise<HostFacts> => {
      await labHost().change([{ verb: "read", path: "/proc/version" }]);
      return observe(labHost().host);
    },
    run: async (where: string, script: string): Promise<void> => {
      const { status, stderr } = await labHost().lab.exec(where, ["sh", "-euc", script]);
      if (status !== 0) throw new Error(`${script}: ${stderr}`);
    },
  };
};
