/** The address that a guest's kernel makes up of a MAC (RFC 4291, appendix A), as it is written everywhere. */
export const linkLocal = (mac: string): string => {
  const [a = 0, ...rest] = mac.split(":").map((octet) => Number.parseInt(octet, 16));
  const octets = [a ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const hex = octets.map((octet) => octet.toString(16).padStart(2, "0")).join("");
  return new URL(`http://[fe80::${hex.match(/.{4}/g)?.join(":")}]`).hostname.slice(1, -1);
};
