import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustNotBeShown } from "../../lab/leaks.ts";
import type { Step } from "../../provider/host/host.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { helperPath } from "../../provider/host/script/helper-path.ts";
import type { Connection } from "../../provider/schema/connection.ts";

/** An OpenSSH server on a loopback port, with a home, users, sudoers and /bin/sh of its own in a mount namespace. */
export interface Sshd {
  readonly port: number;
  readonly folder: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  readonly privateKey: string;
  /** Root, by key, with the host key pinned. */
  readonly connection: Connection;
  /** An account without rights of its own. */
  readonly user: string;
  log(): string;
  /** The processes that serve connections. */
  sessions(): number[];
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** What /bin/sh is. */
  readonly sh?: "dash" | "bash" | "busybox";
  /** Lines of the accounts' ~/.bashrc. */
  readonly bashrc?: string;
  /** Lines of sudoers, instead of none. */
  readonly sudoers?: string;
  /** The host script as it is installed, or something else in its place. Default: none is. */
  readonly helper?: string;
  readonly sshdConfig?: string;
}

const user = "kvm-operator";

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });

const keyPair = (path: string, ...options: string[]): string => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", ...options, "-f", path]);
  return readFileSync(`${path}.pub`, "utf8").trim();
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("data", () => resolve(true) ?? socket.destroy());
    socket.once("error", () => resolve(false));
  });

export const waitUntil = async (condition: () => Promise<boolean> | boolean, what: string): Promise<void> => {
  const until = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`${what}: not within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });

/**
 * Stands in for commands of the host: what a command sees, and commands that misbehave, each asked for by what the host script lets
 * through as the name of a link or domain. Files are those of the server's folder.
 */
const standIn = (folder: string): string => `#!/usr/bin/bash
case \${0##*/} in
  bridge) exec cat ;;
  lldptool) exit 0 ;;
  virsh) [ "$4" = dominfo ] && printf %s "\${5#--domain=}"; exit ;;
esac
argument=\${2#*-}
case $2 in
  say-*) printf '%s\\0' "$argument" ;;
  status-*) echo out; echo err >&2; exit "$argument" ;;
  flood-*) head -c "$argument" /dev/zero | tr '\\0' x ;;
  hang-*) echo "$$" >>"${folder}/$argument"; exec sleep 60 ;;
  whoami) id -u ;;
  environment) env ;;
  once-*) [ -e "${folder}/$argument" ] || { : >"${folder}/$argument"; kill -9 $(ps -o ppid= $PPID); exec sleep 1; }; echo again ;;
esac
`;

/** A command that prints a value as it came, which may be any text but none: a domain's name. */
export const named = (name: string): Step => ({
  verb: "run",
  argv: ["virsh", "-q", "-c", "qemu:///system", "dominfo", `--domain=${name}`],
});

/** A command of the host that does as it is asked. */
export const probe = (what: string): Extract<Step, { verb: "run" }> => ({
  verb: "run",
  argv: ["ethtool", "--show-priv-flags", what],
});

/** Everything that a login reads is the test's own, laid over the machine's in a namespace that ends with the server. */
const prepare = (folder: string, port: number, options: SshdOptions): string => {
  const file = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(join(folder, name), text, { mode });
    return join(folder, name);
  };
  mkdirSync(join(folder, "home/.ssh"), { recursive: true, mode: 0o755 });
  const authorized = keyPair(join(folder, "client"));
  file("home/.ssh/authorized_keys", `${authorized}\n`, 0o644);
  file("home/.bashrc", options.bashrc ?? "", 0o644);
  keyPair(join(folder, "host"));
  const account = (line: string): string =>
    `${readFileSync(`/etc/${line.split(":").length > 7 ? "shadow" : "passwd"}`, "utf8")}${line}\n`;
  file("passwd", account(`${user}:x:65533:65534::/root:/bin/bash`), 0o644);
  file("shadow", account(`${user}:*:19000:0:99999:7:::`), 0o640);
  file("sudoers", `Defaults !lecture\nroot ALL=(ALL:ALL) ALL\n${options.sudoers ?? ""}\n`, 0o440);
  file(
    "sshd_config",
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder}/host`,
      `AuthorizedKeysFile ${folder}/home/.ssh/authorized_keys`,
      "PidFile none",
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "StrictModes no",
      "UseDNS no",
      "UsePAM no",
      "LogLevel VERBOSE",
      options.sshdConfig ?? "",
      "",
    ].join("\n"),
  );
  const sh = {
    dash: "",
    bash: "mount --bind /usr/bin/bash /usr/bin/dash",
    busybox: "mount --bind /usr/bin/busybox /usr/bin/dash",
  };
  return [
    "set -e",
    "mount -t tmpfs tmpfs /run",
    "mkdir -p /run/sshd",
    `mount --bind ${folder}/home /root`,
    ...["passwd", "shadow", "sudoers"].map((name) => `mount --bind ${folder}/${name} /etc/${name}`),
    "mount -t tmpfs tmpfs /usr/local/sbin",
    ...["ethtool", "lldptool", "bridge", "virsh"].map(
      (command) => `cp ${file("stand-in", standIn(folder), 0o755)} /usr/local/sbin/${command}`,
    ),
    ...(options.helper === undefined ? [] : [`install -m 0755 ${file("helper", options.helper)} ${helperPath}`]),
    sh[options.sh ?? "dash"],
    `exec /usr/sbin/sshd -D -E ${folder}/log -f ${folder}/sshd_config`,
  ].join("\n");
};

export const startSshd = async (options: SshdOptions = {}): Promise<Sshd> => {
  const folder = mkdtempSync(join(tmpdir(), "kvmnet-sshd-"));
  execFileSync("chmod", ["755", folder]);
  const port = await freePort();
  const script = prepare(folder, port, options);
  // Ends with this process, however that ends.
  const child = spawn("setpriv", ["--pdeathsig", "TERM", "unshare", "--mount", "/usr/bin/bash", "-c", script], {
    stdio: "inherit",
  });
  await waitUntil(() => answers(port), "sshd");
  const privateKey = mustNotBeShown(readFileSync(join(folder, "client"), "utf8"));
  const hostKey = readFileSync(join(folder, "host.pub"), "utf8").trim();
  return {
    port,
    folder,
    hostKey,
    privateKey,
    user,
    connection: { host: "127.0.0.1", port, user: "root", privateKey, hostKey, dialErrorLimit: 1, perDialTimeout: 5 },
    sessions: () =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    log: () => readFileSync(join(folder, "log"), "utf8"),
    stop: async () => {
      child.kill();
      await ended(child);
      rmSync(folder, { recursive: true });
    },
  };
};

/** Runs `body` against a server made for it. */
export const withSshd = async (options: SshdOptions, body: (sshd: Sshd) => Promise<void>): Promise<void> => {
  const sshd = await startSshd(options);
  try {
    await body(sshd);
  } finally {
    closeHosts();
    await sshd.stop();
  }
};
