import { ipBatch } from "../links/batch.ts";
import { giveToGuestsAtBoot, guestDriver } from "../links/vf-driver.ts";
import { changeVf } from "../links/virtual-function.ts";
import { recordOf } from "../persistence/kept-file.ts";
import type { SriovVirtualFunctionInputs } from "../schema/sriov-virtual-function.ts";
import type { Outlasting } from "./resource-kind.ts";
import { setAddress } from "./sriov-virtual-function-driver.ts";
import { managedSettings } from "./sriov-virtual-function-settings.ts";

interface Made {
  readonly vfIndex: number;
  readonly pciAddress: string;
  readonly device?: string;
  readonly original: { readonly driver?: { readonly driver: string | null } };
}

/** A VF is new at each boot, once its Uplink has made it: what is set of it comes behind that. */
export const lastingVf = (inputs: SriovVirtualFunctionInputs, made: Made): Outlasting => {
  const { uplink, mac, vlan, qos, vlanProtocol, spoofCheck, trust, linkState, driver } = inputs;
  const { vfIndex: index, pciAddress: pci, device, original } = made;
  const name = `20-vf${index}`;
  const set = changeVf(uplink.nic, index, {}, managedSettings(inputs)).map(({ step }) => step);
  const given =
    driver === guestDriver
      ? [...giveToGuestsAtBoot(pci, original.driver?.driver ?? null), ...setAddress(uplink.nic, index, mac)]
      : [];
  // Its own driver may have taken it before it got its address, and some drivers (igbvf) don't take another one then.
  const align = { ...ipBatch([["link", "set", "dev", device ?? "", "address", mac]]), mayFail: true };
  const aligned = device === undefined ? [] : [recordOf({ link: device, name }, [align])];
  return {
    records: [recordOf({ link: uplink.nic, name }, [...set, ...given]), ...aligned],
    lasting: [{ what: "vf", nic: uplink.nic, index, mac, vlan, qos, vlanProtocol, spoofCheck, trust, linkState }],
    manager: uplink.networkManager,
  };
};
