export type Section = readonly [string, readonly (readonly [string, string | number | undefined] | string)[]];

const head = "# Made by pulumi-kvm-network, and removed with what it is for.\n";

/** Settings that are undefined, and sections without any, are left out; whole lines are an owner's words. */
export const ini = (...sections: readonly Section[]): string =>
  head +
  sections
    .flatMap(([name, settings]) => {
      const lines = settings.flatMap((each) => {
        if (typeof each === "string") return [`${each}\n`];
        const [key, value] = each;
        return value === undefined ? [] : [`${key}=${value}\n`];
      });
      return lines.length === 0 ? [] : [`\n[${name}]\n${lines.join("")}`];
    })
    .join("");
