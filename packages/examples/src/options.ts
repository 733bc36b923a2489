import { parseArgs } from "node:util";

/**
 * The options of an example, as in `--iterations 240 --out pictures`. The defaults say what there is: a number stands for
 * whole numbers from 1, a string for any text. Anything else on the command line ends in one clear line and exit code 2.
 */
export function readOptions<const D extends Readonly<Record<string, number | string>>>(
  defaults: D,
): { readonly [K in keyof D]: D[K] extends number ? number : string } {
  const known = Object.keys(defaults);
  const read: Record<string, number | string> = { ...defaults };
  const list = known.map((name) => `--${name} (default ${defaults[name]})`).join(", ");
  try {
    const strings = Object.fromEntries(known.map((name) => [name, { type: "string" as const }]));
    const { help, ...given } = parseArgs({ options: { ...strings, help: { type: "boolean" } } }).values;
    if (help === true) {
      console.log(`options: ${list}`);
      process.exit();
    }
    for (const [name, text] of Object.entries(given)) {
      if (typeof text !== "string") continue;
      const isCount = typeof defaults[name] === "number";
      if (isCount && !/^[1-9]\d{0,8}$/.test(text))
        throw new Error(`--${name} takes a whole number of at least 1, got "${text}"`);
      read[name] = isCount ? Number(text) : text;
    }
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split(/[.\n]/)[0];
    console.error(`${reason}; options here: ${list === "" ? "none" : list}`);
    process.exit(2);
  }
  return read as { readonly [K in keyof D]: D[K] extends number ? number : string };
}
