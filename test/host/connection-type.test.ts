import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import commandInputs, { type remote } from "@pulumi/command/types/input.js";
import test from "ava";
import { resolveHop } from "../../provider/host/resolve-hop.ts";
import { type Connection, connectionSchema, type ProxyConnection } from "../../provider/schema/connection.ts";

/** As a program writes it: fields are left out, not undefined. */
type Written<T> = { [Field in keyof T]: Exclude<T[Field], undefined> };

// One object serves both packages; these lines stop compiling when it no longer does. Only `sudo` is ours alone, and only
// our `proxy` takes another one.
const asTheirs = (connection: Written<Omit<Connection, "sudo" | "proxy">>): remote.ConnectionArgs => connection;
const asTheirBastion = (bastion: Written<Omit<ProxyConnection, "proxy">>): remote.ProxyConnectionArgs => bastion;
const everyField: Record<keyof Required<remote.ConnectionArgs>, true> &
  Record<Exclude<keyof Connection, "sudo">, true> = {
  host: true,
  port: true,
  user: true,
  password: true,
  privateKey: true,
  privateKeyPassword: true,
  agentSocketPath: true,
  hostKey: true,
  dialErrorLimit: true,
  perDialTimeout: true,
  proxy: true,
};

test("a connection has the fields of @pulumi/command's, and sudo", (t) => {
  t.deepEqual(Object.keys(connectionSchema.shape).sort(), [...Object.keys(everyField), "sudo"].sort());
  t.is(asTheirs({ host: "hv1", port: 22 }).host, asTheirBastion({ host: "hv1" }).host);
});

test("the defaults are those of @pulumi/command", (t) => {
  const home = mkdtempSync(join(tmpdir(), "kvmnet-home-"));
  process.env.HOME = home;
  const { port, user, dialErrorLimit, perDialTimeoutSeconds } = resolveHop({ host: "hv1" });
  rmdirSync(home);
  t.deepEqual(
    { host: "hv1", port, user, dialErrorLimit, perDialTimeout: perDialTimeoutSeconds, proxy: undefined },
    commandInputs.remote.connectionArgsProvideDefaults({ host: "hv1" }),
  );
});
