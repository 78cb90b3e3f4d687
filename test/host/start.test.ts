import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { helperPath } from "../../provider/host/script/helper-path.ts";
import { helperDigest, installedHelper, sudoersFor } from "../../provider/host/script/installed-helper.ts";
import type { Connection } from "../../provider/schema/connection.ts";
import { probe, type Sshd, withSshd } from "./sshd.ts";

test.afterEach.always(() => closeHosts());

const whoami = async (connection: Connection): Promise<string | undefined> => {
  const { results } = await openHost(connection).request({ steps: [probe("whoami")] });
  return results[0]?.stdout;
};

const operator = (sshd: Sshd): Connection => ({ ...sshd.connection, user: sshd.user });

test("shell banner on stdout: what a login shell prints does not get into an answer", async (t) => {
  const bashrc = "touch ~/noisy; echo hello from bashrc; echo and from here >&2; printf 'no newline'";
  await withSshd({ bashrc, sshdConfig: "Banner /etc/os-release" }, async (sshd) => {
    t.is(await whoami(sshd.connection), "0\n");
    t.true(existsSync(join(sshd.folder, "home/noisy")));
  });
});

for (const defaults of ["", "Defaults use_pty"]) {
  test(`an account that is not root goes through sudo ${defaults}`, async (t) => {
    await withSshd({ sudoers: `${defaults}\nkvm-operator ALL=(root) NOPASSWD: /bin/sh` }, async (sshd) => {
      t.is(await whoami(operator(sshd)), "0\n");
      t.is(await whoami({ ...operator(sshd), sudo: false }), "65533\n");
    });
  });
}

test("sudo denied or asking: a password is refused in one error that names the command and says what to allow", async (t) => {
  await withSshd({ sudoers: "kvm-operator ALL=(root) /bin/sh" }, async (sshd) => {
    const error = await t.throwsAsync(whoami(operator(sshd)), { code: "sudo-refused" });
    t.regex(
      error?.message ?? "",
      /sudo -n \/bin\/sh.*password is required.*kvm-operator ALL=\(root\) NOPASSWD: \/bin\/sh/s,
    );
  });
});

test("sudo denied or asking: an account without sudo is refused", async (t) => {
  await withSshd({}, async (sshd) => {
    await t.throwsAsync(whoami(operator(sshd)), { code: "sudo-refused", message: /kvm-operator may not run/ });
  });
});

test("requiretty: sudo that wants a terminal is refused", async (t) => {
  const sudoers = "Defaults requiretty\nkvm-operator ALL=(root) NOPASSWD: /bin/sh";
  await withSshd({ sudoers }, async (sshd) => {
    await t.throwsAsync(whoami(operator(sshd)), { code: "sudo-refused", message: /tty.*!requiretty/s });
  });
});

for (const defaults of ["", "Defaults use_pty", "Defaults requiretty"]) {
  test(`an account that sudo allows the installed helper alone goes through it ${defaults}`, async (t) => {
    const sudoers = `${defaults}\n${sudoersFor("kvm-operator")}`;
    await withSshd({ sudoers, helper: installedHelper }, async (sshd) => {
      t.is(await whoami(operator(sshd)), "0\n");
    });
  });
}

test("nothing of the account's environment reaches a command, also where sudo lets it through", async (t) => {
  const own = "export IP_LIB_DIR=/tmp LIBVIRT_LOG_OUTPUTS=1:file:/x s=id word=x IFS=x A='1\nexport B=2' ENV=/x";
  for (const sudoers of [
    sudoersFor("kvm-operator"),
    `Defaults !env_reset\nkvm-operator ALL=(root) NOPASSWD: SETENV: ${helperPath}`,
    'Defaults env_keep += "*"\nkvm-operator ALL=(root) NOPASSWD: /bin/sh',
  ])
    await withSshd({ bashrc: own, sudoers, helper: installedHelper }, async (sshd) => {
      const { results } = await openHost(operator(sshd)).request({ steps: [probe("environment")] });
      const names = results[0]?.stdout.match(/^\w+(?==)/gm)?.sort() ?? [];
      t.deepEqual(
        names.filter((name) => !["OLDPWD", "PWD", "SHLVL", "_"].includes(name)),
        ["LC_ALL", "PATH"],
        sudoers,
      );
    });
});

test("an installed helper of another version is told with both digests, and what to do", async (t) => {
  const helper = `${installedHelper}# changed\n`;
  const digest = createHash("sha256").update(helper).digest("hex");
  const sudoers = sudoersFor("kvm-operator").replace(helperDigest, digest);
  await withSshd({ sudoers, helper }, async (sshd) => {
    const error = await t.throwsAsync(whoami(operator(sshd)), { code: "helper-differs" });
    for (const part of [digest, helperDigest, "helper --script", "helper --sudoers kvm-operator"])
      t.true(error?.message.includes(part), error?.message);
  });
});

test("an installed helper of another version does not keep an account with a root shell from its work", async (t) => {
  const helper = `${installedHelper}# changed\n`;
  const sudoers = "kvm-operator ALL=(root) NOPASSWD: ALL";
  await withSshd({ sudoers, helper }, async (sshd) => {
    t.is(await whoami(operator(sshd)), "0\n");
  });
});

test("an installed helper that sudo does not allow is told, and which lines allow it", async (t) => {
  await withSshd({ helper: installedHelper }, async (sshd) => {
    await t.throwsAsync(whoami(operator(sshd)), {
      code: "sudo-refused",
      message: /is the helper that this version needs.*helper --sudoers kvm-operator/s,
    });
  });
});

test("an account that may have a root shell gets one beside an installed helper that it may not run", async (t) => {
  const sudoers = "kvm-operator ALL=(root) NOPASSWD: /bin/sh";
  await withSshd({ sudoers, helper: installedHelper }, async (sshd) => {
    t.is(await whoami(operator(sshd)), "0\n");
  });
});

test("who has neither helper nor root shell is told of both", async (t) => {
  await withSshd({}, async (sshd) => {
    await t.throwsAsync(whoami(operator(sshd)), {
      code: "sudo-refused",
      message: /is not installed there.*`npx pulumi-kvm-network helper`.*NOPASSWD: \/bin\/sh/s,
    });
  });
});

test("an account without a shell is named", async (t) => {
  await withSshd({ sshdConfig: "ForceCommand /usr/sbin/nologin" }, async (sshd) => {
    await t.throwsAsync(whoami(sshd.connection), { code: "host-unreachable", message: /did not run \/bin\/sh/ });
  });
});
