import { attempt } from "../command.ts";
import { LabError } from "../lab-error.ts";

/** The mirror of Debian in this machine's own apt sources. */
export async function debianMirror(): Promise<string> {
  // apt tells a source's origin only after it has fetched its lists once.
  const mirror =
    (await look()) ?? ((await attempt(["apt-get", "update", "-qq"], { timeout: 300_000 })) && (await look()));
  if (mirror === undefined)
    throw new LabError(
      "lab_machine",
      "no mirror for the machines' Debian: this machine's apt has no source of Debian's",
    );
  return mirror;
}

async function look(): Promise<string | undefined> {
  const format = "$(ORIGIN) $(LABEL) $(REPO_URI)";
  const { stdout } = await attempt(["apt-get", "indextargets", "--format", format]);
  return /^Debian Debian (\S+)$/m.exec(stdout)?.[1];
}
