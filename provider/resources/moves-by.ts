import type { AddressManager } from "../schema/network-manager.ts";
import { ifupdownMoves } from "./ifupdown-moves.ts";
import type { ManagedMoves } from "./managed-moves.ts";
import { networkManagerMoves } from "./network-manager-moves.ts";
import { networkdMoves } from "./networkd-moves.ts";

/** How each network manager moves the host's addresses. */
export const movesBy: Readonly<Record<AddressManager, ManagedMoves>> = {
  "systemd-networkd": networkdMoves,
  NetworkManager: networkManagerMoves,
  ifupdown: ifupdownMoves,
};
