export {
  type Attachment,
  type Fabric,
  type FabricUplink,
  type FrameKind,
  frameKinds,
  type Station,
  type Switching,
  uplinkOf,
} from "./fabric.ts";
export { fabricOf, hostItself, type PlannedInterface, type SegmentOf } from "./fabric-of.ts";
export { type PairReach, reachability, talk } from "./matrix.ts";
export { matrixSvg, matrixText, mermaid } from "./picture.ts";
export { type Question, type Reach, reach } from "./reach.ts";
