/**
 * npm as a command and its first arguments: the npm that runs this script, by the Node it came with. (Debian's npm finds its
 * parts only under Debian's Node, so `npm` on a PATH that begins with another Node won't do.)
 */
export function npm() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  return script && node && /\.c?js$/.test(script) ? [node, script] : ["npm"];
}
