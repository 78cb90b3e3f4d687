import type { Rule } from "../rule.ts";
import { bridgeTypeRule, modeAllowedRule, modeAskedRule } from "./intent.ts";
import { interfaceOptionsRule } from "./interface-options.ts";
import { needServedRule } from "./need-served.ts";
import { pepaFilterRule, pepaHoldsAddressRule } from "./pepa.ts";
import {
  linkThereRule,
  mtuChainRule,
  noBridgeOnReflectingPortRule,
  uplinkBridgeableRule,
  uplinkFreeRule,
} from "./uplink.ts";

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
  mtuChainRule,
  interfaceOptionsRule,
];
