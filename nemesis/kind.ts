/** What a hypervisor is, and what is done otherwise to one of another kind. Scripts are shell's. */
export interface Kind {
  /** Seconds until a transaction is taken back: more than it takes there, with a fault that ends. */
  readonly rollbackSeconds: number;
  /** Of the NIC that carries the host, when the stack is made. None: a transaction less. */
  readonly firstMtu?: number;
  readonly startSshd: string;
  readonly startLibvirtd: string;
  /** The folders of the file systems that are filled: where the provider's own are, or beside those. */
  readonly filled: readonly string[];
  /** What the host has beside what each has. */
  readonly furnish: string;
  /** Has a script done now, and again at each boot. */
  readonly install: (script: string) => string;
  /** Prints what tells why nobody gets in. */
  readonly log: string;
}
