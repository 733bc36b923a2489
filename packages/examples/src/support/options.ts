import { parseArgs } from "node:util";

type Defaults = Readonly<Record<string, number | string | boolean>>;

type Read<D extends Defaults> = {
  readonly [K in keyof D]: D[K] extends number ? number : D[K] extends boolean ? boolean : string;
};

/**
 * The options of an example, as in `--iterations 240 --out pictures --full-axis`. The defaults say what there is: a number stands
 * for whole numbers from 1, a string for any text, `false` for a flag. Anything else on the command line ends in one clear line
 * and exit code 2.
 */
export function readOptions<const D extends Defaults>(defaults: D): Read<D> {
  const known = Object.keys(defaults);
  const read: Record<string, number | string | boolean> = { ...defaults };
  const isFlag = (name: string) => typeof defaults[name] === "boolean";
  const list = known.map((name) => (isFlag(name) ? `--${name}` : `--${name} (default ${defaults[name]})`)).join(", ");
  try {
    const types = Object.fromEntries(
      known.map((name) => [name, { type: isFlag(name) ? ("boolean" as const) : ("string" as const) }]),
    );
    const { help, ...given } = parseArgs({ options: { ...types, help: { type: "boolean" } } }).values;
    if (help === true) {
      console.log(`options: ${list}`);
      process.exit();
    }
    for (const [name, text] of Object.entries(given)) {
      const isCount = typeof defaults[name] === "number";
      if (isCount && !/^[1-9]\d{0,8}$/.test(String(text)))
        throw new Error(`--${name} takes a whole number of at least 1, got "${text}"`);
      read[name] = isCount ? Number(text) : (text as string | boolean);
    }
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split(/[.\n]/)[0];
    console.error(`${reason}; options here: ${list === "" ? "none" : list}`);
    process.exit(2);
  }
  return read as Read<D>;
}
