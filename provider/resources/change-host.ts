import { commandFailed } from "../host/command-failed.ts";
import type { Answer, Host, Request } from "../host/host.ts";
import { nameOfMark } from "./identity.ts";

export type Steps = Request["steps"];

/** One round trip that may change the host, announced as `Kind/name: what`; its answer as it is. */
export const tryChange = (
  host: Host,
  inputs: { mark: string },
  kind: string,
  what: string,
  steps: Steps,
  options: Pick<Request, "mayGather" | "deadlineSeconds"> = {},
): Promise<Answer> => host.request({ ...options, steps, change: `${kind}/${nameOfMark(inputs.mark)}: ${what}` });

/** The same where a failed step is an error. */
export const changeHost = async (
  ...[host, inputs, kind, what, steps, options]: Parameters<typeof tryChange>
): Promise<Answer> => {
  const answer = await tryChange(host, inputs, kind, what, steps, options);
  if (answer.failed !== undefined) throw commandFailed(host, steps, answer);
  return answer;
};
