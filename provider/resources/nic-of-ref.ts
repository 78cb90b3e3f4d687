/** The NIC that an uplink's `ref` names, in inputs of whatever version; undefined when it does not say. */
export const nicOfRef = (ref: unknown): unknown =>
  typeof ref === "object" && ref !== null && "nic" in ref ? ref.nic : undefined;
