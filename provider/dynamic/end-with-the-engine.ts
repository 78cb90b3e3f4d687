import { connect } from "node:net";

const lookSeconds = 5;

/** Whether something listens there; what is not known is taken for yes. */
const listens = ({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on("connect", () => socket.destroy());
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
    socket.on("close", () => resolve(true));
    socket.setTimeout(lookSeconds * 1000, () => socket.destroy());
    socket.unref();
  });

/** Where the engine listens, as it tells each provider by its first argument. */
const engineOf = ([, , address = ""]: readonly string[]) => {
  const [, host, port] = /^([\w.-]+):(\d+)$/.exec(address) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
};

let isWatching = false;

/**
 * A provider lives on when its engine is killed, with its connections to the hosts, and nobody is left to end it. So it looks every few
 * seconds whether the engine still listens, as Pulumi's providers in Go do.
 *
 * Nor does a gone engine take any output: printing something fails then, and Pulumi's handler of uncaught errors would print that, which
 * fails, for ever, with all of a processor and more memory each time.
 */
export const endWithTheEngine = (): void => {
  if (isWatching) return;
  isWatching = true;
  const end = () => process.exit(1);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  const engine = engineOf(process.argv);
  if (engine === undefined) return;
  setInterval(() => {
    void listens(engine).then((isThere) => isThere || end());
  }, lookSeconds * 1000).unref();
};
