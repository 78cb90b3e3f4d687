import type { Lab } from "../../lab/lab.ts";
import { encodeRequest } from "../../provider/host/encode-request.ts";
import type { Request } from "../../provider/host/host.ts";
import { encodedHostScript } from "../../provider/host/script/host-script.ts";

/** One session of the host script, started as sshd starts it, in a shell that may be told something before: what it answers. */
export const askScript = async (lab: Lab, hv: string, request: Request, sh = "sh", before = ""): Promise<string> => {
  const start = [...sh.split(" "), "-c", 'IFS= read -r s && eval "$(printf %b "$s")"', "sh", ""];
  const input = `${before}${encodedHostScript}\nnonce\n${encodeRequest(hv, 1, request)}`;
  const { stdout } = await lab.exec(hv, start, { input });
  return stdout.replace(/^nonce hello 1 \d+ \d+ [0-9a-f-]+\n/, "");
};
