/**
 * What the layers above know of a hypervisor: requests of steps, answered one round trip later.
 * How the steps get there (ssh2, one shell, framing) is this folder's secret.
 */

/** Commands the host script runs; anything else it refuses. */
export type Command = "ip" | "bridge" | "virsh" | "lldptool" | "nft" | "ethtool" | "devlink" | "modprobe";

/** One thing the host script does. A value never becomes part of a shell line. */
export type Step =
  /** Run an allow-listed command; `input` is its standard input. */
  | { readonly verb: "run"; readonly argv: readonly [Command, ...string[]]; readonly input?: string }
  /**
   * Read a small file below /sys, /proc or the places that are ours; its text is `stdout`. Status 1 when it is not there, or
   * when its text (without the last newline) is not `equals`: the guard before a change to something that must be ours.
   */
  | { readonly verb: "read"; readonly path: string; readonly equals?: string }
  /** Write a kernel attribute below /proc/sys/net, /sys/class/net or /sys/devices. */
  | { readonly verb: "set"; readonly path: string; readonly value: string }
  /**
   * Observe everything: `stdout` is the text that `discovery/` parses. With a `link`'s name (`verb_facts NAME`): only what the
   * kernel keeps in files about that link, which starts no process. With `of: "network"`: who gives it its addresses, and that one's files.
   */
  | { readonly verb: "facts"; readonly link?: string; readonly of?: "network" }
  /**
   * Find out whether the adjacent switch sends frames back out of the port of this NIC; takes as long as `seconds` (1 to 9) when
   * it does not. `nonce`: ten digits of hexadecimal that no other probe has.
   */
  | { readonly verb: "probe"; readonly nic: string; readonly nonce: string; readonly seconds: number }
  /**
   * Write a file of ours that outlasts a reboot (host/script/keep-verb.ts says which); `stdout` is `kept`, or `nothing` where the
   * host has no way to use it.
   */
  | { readonly verb: "keep"; readonly path: string; readonly text: string }
  /** Remove it, and with the last one all that goes with them; gone already is fine. */
  | { readonly verb: "forget"; readonly path: string }
  /**
   * Before `keep` and `forget` of one request, and for them alone: what they change is put in place again by the next boot, unless the
   * `links` have their carrier and addresses by then, and their gateways answer, within so many `seconds` (10 to 999). `made`: those that
   * the files make (host/script/boot-guard.ts). Nothing is guarded where none of them has an address.
   */
  | {
      readonly verb: "guard";
      readonly seconds: number;
      readonly links: readonly string[];
      readonly made: readonly string[];
    }
  /** In a transaction alone: write a file of ours that a network manager reads, until the next reboot or until it is kept. */
  | { readonly verb: "stage"; readonly path: string; readonly text: string }
  /** In a transaction alone: put one where no manager reads it; it goes with the commit. Not there is fine. */
  | { readonly verb: "aside"; readonly path: string }
  /** Wait for the carrier of a link that is up, `seconds` (1 to 9) at most. Status 1 where there is none by then. */
  | { readonly verb: "carrier"; readonly link: string; readonly seconds: number }
  /** Have that one read its files, and wait for the `link` that it makes of them. */
  | { readonly verb: "reload"; readonly manager: "systemd-networkd" | "NetworkManager"; readonly link?: string }
  /**
   * In a transaction alone: have NetworkManager give the link this profile, by its UUID, and wait until it is the port of `bridge`. `metrics`: by
   * which its routes go until it is activated again.
   */
  | {
      readonly verb: "activate";
      readonly link: string;
      readonly profile: string;
      readonly bridge?: string;
      readonly metrics?: { readonly inet: number | undefined; readonly inet6: number | undefined };
    }
  /** Write down what was there before a change, under 32 digits of hexadecimal, until it reboots; without a `text` forget it. */
  | { readonly verb: "remember"; readonly key: string; readonly text?: string }
  /** `stdout` is what was written down; nothing where nothing was. */
  | { readonly verb: "recall"; readonly key: string }
  /**
   * In a transaction alone: have ifupdown bring a link up as this logical interface, by the stanza that is staged where there is one. `as`:
   * the NIC that servers of leases are to take it for.
   */
  | { readonly verb: "ifup"; readonly link: string; readonly logical: string; readonly as?: string }
  /** In a transaction alone: have it take a link down, without a word to servers of leases. */
  | { readonly verb: "ifdown"; readonly link: string }
  /** Find out whether the host's disk takes what `keep` writes: it fails where that is full or read-only. Leaves nothing. */
  | { readonly verb: "room" }
  /** Have an earlier session of the host script begin nothing more. Status 1 while it is at its last command. */
  | { readonly verb: "supersede"; readonly pid: string; readonly began: string }
  /** Remove the notes of a transaction of this owner's that is over, for nobody asks any more how it ended. None is fine. */
  | { readonly verb: "clear"; readonly owner: string }
  /** A change with a dead man's switch (host/script/transaction-verb.ts). `nonce`: 32 digits of hexadecimal, one's own. */
  | TransactionStep;

export type TransactionStep = { readonly verb: "transaction"; readonly nonce: string } & (
  | {
      readonly act: "begin";
      /** 10 to 999, from now until the host takes it back. */
      readonly seconds: number;
      /** Who asks: the resource's mark. */
      readonly owner: string;
      /** The links that are brought back to what they are now. */
      readonly links: readonly string[];
      /** The links that it makes. */
      readonly made: readonly string[];
      /** The request that is to be made, as encodeRequest gives it. */
      readonly request: string;
    }
  | { readonly act: "proceed" | "outcome" | "commit" | "revert" | "close" }
);

export interface StepResult {
  /** Exit status; 127 when the command is not installed. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Request {
  /** Done in order; the first step that ends non-zero ends the request, unless it `mayFail`. */
  readonly steps: readonly (Step & { readonly mayFail?: boolean })[];
  /**
   * Present when the request may change the host: who asks and what for, in one line
   * (`VmInterface/web-1: attach 52:54:… to web-1`). The line is written to standard output before the request leaves;
   * a failed write (the engine is gone) refuses it. It also makes the shared observation old.
   */
  readonly change?: string;
  /** The nonce of the transaction that the change belongs to: every other change waits until that is over. */
  readonly transaction?: string;
  /**
   * It changes nothing, and looks at what a transaction may yet take back: it is answered when none is under way. Default false: one's own
   * transaction is looked at from within.
   */
  readonly settled?: boolean;
  /**
   * Others like it tend to follow, and it may wait some hundredths of a second for them, to share their round trip: the making
   * of small things that fleets have hundreds of. Default false.
   */
  readonly mayGather?: boolean;
  /** Seconds until the channel is given up and the outcome is unknown. Default 30. */
  readonly deadlineSeconds?: number;
}

export interface Answer {
  /** One result a step done; shorter than `steps` when one failed. */
  readonly results: readonly StepResult[];
  /** The index of the step that ended the request, if one did. */
  readonly failed?: number;
}

export interface Host {
  /** The name the program gave (`hv1.example.net`), for messages and marks; never a credential. */
  readonly name: string;
  /** Grows with every request that may change the host, before it leaves and after its answer: an observation of an older generation is stale. */
  readonly generation: number;
  /** One round trip. Concurrent requests queue in the host's lane, leave together and are answered on their own. */
  request(request: Request): Promise<Answer>;
  /** The next request travels over a connection that is made for it. */
  reconnect(): void;
}
