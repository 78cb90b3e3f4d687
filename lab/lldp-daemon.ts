import { run } from "./command.ts";
import { enter, type Namespace } from "./namespace.ts";

/**
 * lldpad speaks for each of the links: a station that asks for reflective relay, or a bridge that says it can reflect (EVB TLV,
 * IEEE 802.1Qbg). The order of the settings matters: the agent of the nearest customer bridge must be on before its TLV is.
 */
const script = `
mkdir -p /var/lib/lldpad
lldpad -t -V 3 >/run/lldpad.log 2>&1 &
role=$1 offer=$2
shift 2
tries=0
until lldptool -L -i "$1" -g ncb adminStatus=rxtx || [ $tries -gt 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done >/dev/null 2>&1
for link; do
  lldptool -L -i "$link" -g ncb adminStatus=rxtx
  lldptool -T -i "$link" -g ncb -V evb evbmode="$role"
  lldptool -T -i "$link" -g ncb -V evb "$offer"=yes
  lldptool -T -i "$link" -g ncb -V evb enableTx=yes
done >>/run/lldpad.log 2>&1
`;

/** Starts lldpad and leaves it to get on: neighbours are heard after up to 30 seconds, when the next frame is due. */
export async function startLldpDaemon(
  namespace: Namespace,
  role: "station" | "bridge",
  links: readonly string[],
): Promise<void> {
  const offer = role === "bridge" ? "evbrrcap" : "evbrrreq";
  const argv = [
    "setsid",
    "--fork",
    "sh",
    "-c",
    `exec >/dev/null 2>&1 </dev/null; ${script}`,
    "sh",
    role,
    offer,
    ...links,
  ];
  await run(enter(namespace, argv));
}
