export type { Capability } from "../provider/schema/capability.ts";
export { KvmNetworkError } from "../provider/schema/error.ts";
export type { HostFacts } from "../provider/schema/facts.ts";
export type { BridgingMode } from "../provider/schema/mode.ts";
export type { HostBridgeRef, MacvtapEndpointRef, SriovVirtualFunctionRef, UplinkRef } from "../provider/schema/ref.ts";
export { type GetHostOptions, getHost } from "./get-host.ts";
export { type ConnectionArgs, Host, type HostArg } from "./host.ts";
export {
  type EmbeddedBridgeArgs,
  type EthernetBridgeArgs,
  type ExistingBridgeArgs,
  HostBridge,
  type HostBridgeArgs,
  type HypervisorBridgeArgs,
} from "./host-bridge.ts";
export { MacvtapEndpoint, type MacvtapEndpointArgs } from "./macvtap-endpoint.ts";
export { Reachability, type ReachabilityArgs } from "./reachability.ts";
export { SriovVirtualFunction, type SriovVirtualFunctionArgs } from "./sriov-virtual-function.ts";
export { Uplink, type UplinkArgs } from "./uplink.ts";
export {
  type BridgedInterfaceArgs,
  type EndpointInterfaceArgs,
  type VfInterfaceArgs,
  VmInterface,
  type VmInterfaceArgs,
} from "./vm-interface.ts";
