import test from "ava";
import { capabilities } from "../../provider/schema/capability.ts";
import { command } from "./command.ts";

const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["nothing", [], /say what to do: explain, review, helper/],
  ["a verb that is none", ["explode"], /there is no verb explode, but explain/],
  ["no host", ["explain"], /which host\?/],
  ["two hosts", ["explain", "hv1", "hv2"], /one host at a time.*hv2/],
  ["an option that is none", ["explain", "hv1", "--prot", "22"], /'--prot'/],
  ["a port that is none", ["explain", "hv1", "--port", "ssh"], /--port ssh: a number from 1 to 65535/],
  ["a port behind the host", ["explain", "root@hv1:22"], /give the port with --port/],
  [
    "a key file that is not there",
    ["explain", "hv1", "--identity", "/nowhere/key"],
    /--identity \/nowhere\/key: ENOENT/,
  ],
  ["a preview that is not there", ["review", "/nowhere/preview.json"], /the preview can't be read: ENOENT/],
  ["an empty user", ["explain", "@hv1"], /not a host's name/],
  ["two of helper's options", ["helper", "--script", "--digest"], /one of --script, --digest and --sudoers at a time/],
  ["a name for sudoers that says more", ["helper", "--sudoers", "x ALL=(ALL) ALL\n#"], /the name of a user, or % and/],
  ["an empty name for sudoers", ["helper", "--sudoers", ""], /the name of a user, or % and/],
  ["a word behind helper", ["helper", "kvm"], /Unexpected argument 'kvm'/],
];
for (const [title, args, says] of wrong) {
  test(`${title} is told in one line, with status 2`, async (t) => {
    const { status, stdout, stderr } = await command(args);
    t.is(status, 2);
    t.is(stdout, "");
    t.regex(stderr, says);
    t.is(stderr.trim().split("\n").length, 1, stderr);
  });
}

test("a host that nobody answers at is told at once, in the host layer's words, with status 1 and no stack", async (t) => {
  const { status, stdout, stderr } = await command(["explain", "root@127.0.0.1", "--port", "9"]);
  t.is(status, 1);
  t.is(stdout, "");
  t.regex(stderr, /no SSH at 127\.0\.0\.1:9 after 1 attempt: .*ECONNREFUSED/);
  t.false(/^\s+at /m.test(stderr), stderr);
});

test("--help tells of the options, of each verb and of the verbs", async (t) => {
  t.regex((await command(["--help"])).stdout, /explain \[USER@\]HOST.*review \[FILE\].*helper/s);
  t.regex((await command(["review", "--help"])).stdout, /--protect ONE,OTHER/);
  const { status, stdout } = await command(["explain", "--help"]);
  t.is(status, 0);
  for (const option of ["--port", "--identity", "--host-key", "--sudo", "--json", "--capabilities"]) {
    t.true(stdout.includes(option), option);
  }
  t.true(stdout.split("\n").every((line) => line.length <= 80));
});

test("--capabilities prints every need, in 80 columns, and what its conditions are", async (t) => {
  const { status, stdout } = await command(["explain", "--capabilities"]);
  t.is(status, 0);
  for (const need of capabilities) t.regex(stdout, new RegExp(`^${need} .*(yes|no|only if)`, "m"));
  t.regex(stdout, /\(1\) +the adjacent switch reflects/);
  t.true(stdout.split("\n").every((line) => line.length <= 80));
});
