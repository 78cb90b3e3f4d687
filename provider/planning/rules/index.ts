import type { Rule } from "../rule.ts";
import { bridgeTypeRule, modeAllowedRule, modeAskedRule } from "./intent.ts";
import { interfaceOptionsRule } from "./interface-options.ts";
import { madeRule } from "./made.ts";
import { needServedRule } from "./need-served.ts";
import { passthroughAloneRule, passthroughHostAddressRule } from "./passthrough.ts";
import { pepaFilterRule, pepaHoldsAddressRule } from "./pepa.ts";
import {
  linkThereRule,
  mtuChainRule,
  noBridgeOnReflectingPortRule,
  uplinkBridgeableRule,
  uplinkFreeRule,
} from "./uplink.ts";
import { vfEnabledRule, vfFreeRule, vfIommuRule, vfSriovRule } from "./vf.ts";
import { vfEmbeddedModeRule } from "./vf-embedded-mode.ts";
import { vfVlanRule } from "./vf-vlan.ts";
import { vlanBridgeFiltersRule, vlanCarriedRule, vlanLinkRule, vlanNeededRule, vlanTrunkRule } from "./vlan.ts";
import { vsiLldpadRule, vsiVlanRule } from "./vsi.ts";

/** All constraints, in the order their rejections are told. */
export const rules: readonly Rule[] = [
  modeAskedRule,
  bridgeTypeRule,
  modeAllowedRule,
  needServedRule,
  pepaFilterRule,
  pepaHoldsAddressRule,
  noBridgeOnReflectingPortRule,
  linkThereRule,
  uplinkFreeRule,
  uplinkBridgeableRule,
  passthroughAloneRule,
  passthroughHostAddressRule,
  vfSriovRule,
  vfEnabledRule,
  vfFreeRule,
  vfIommuRule,
  vfEmbeddedModeRule,
  vfVlanRule,
  mtuChainRule,
  vlanBridgeFiltersRule,
  vlanCarriedRule,
  vlanNeededRule,
  vlanTrunkRule,
  vlanLinkRule,
  interfaceOptionsRule,
  madeRule,
  vsiVlanRule,
  vsiLldpadRule,
];
