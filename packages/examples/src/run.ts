/**
 * Runs an example by its name; without one, lists them all. `npm run example` ends up here.
 */
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ChainruleError } from "@chainrule/core";
import { Stop } from "./mnist/stop.js";

export interface Example {
  readonly name: string;
  /** The compiled file, as an absolute path; it can be run on its own, too. */
  readonly file: string;
  /** The arguments of a short run, whose checks are real all the same. */
  readonly short: readonly string[];
  /** Whether it reads the command line at all. */
  readonly hasOptions: boolean;
}

const example = (name: string, short: readonly string[] = [], module = name, hasOptions = true): Example => ({
  name,
  file: fileURLToPath(new URL(`./${module}.js`, import.meta.url)),
  short,
  hasOptions,
});

const withoutOptions = (name: string): Example => example(name, [], name, false);

/** All examples, in the order of the textbook. */
export const examples: readonly Example[] = [
  withoutOptions("apple"),
  withoutOptions("apple-orange"),
  example("square-of-sum"),
  example("numerical-differentiation"),
  example("gradient-descent"),
  example("numerical-training", ["--batch", "1"]),
  example("gradient-check"),
  example("train-mnist", ["--iterations", "600", "--out", "out/short"], "mnist/main"),
  example("short-training", ["--iterations", "240"]),
  example("functional-style", ["--iterations", "240"]),
  example("deep-sigmoid"),
  example("curves", ["--iterations", "600", "--out", "out/short"]),
  withoutOptions("shapes-and-labels"),
  example("slips", ["--iterations", "240"]),
  withoutOptions("where-nan"),
  withoutOptions("gradcheck-wrong-backward"),
  withoutOptions("gradcheck-kink"),
  withoutOptions("gradcheck-dropout"),
  withoutOptions("gradcheck-float32"),
  withoutOptions("rosenbrock-newton"),
  withoutOptions("taylor-sine"),
  withoutOptions("pendulum"),
  withoutOptions("compiled-step"),
];

/** The first line of the comment that a file begins with. */
function describe({ file }: Example): string {
  return /^\/\*\*\s*(?:\*\s*)?(.*)/.exec(readFileSync(file, "utf8"))?.[1]?.trim() ?? "";
}

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) {
    const width = Math.max(...examples.map((each) => each.name.length));
    for (const each of examples) console.log(`${each.name.padEnd(width)}  ${describe(each)}`);
    return;
  }
  if (name === "--list-json") {
    console.log(
      JSON.stringify(
        examples.map((each) => ({ ...each, description: describe(each) })),
        null,
        2,
      ),
    );
    return;
  }
  const chosen = examples.find((each) => each.name === name);
  if (chosen === undefined) {
    console.error(`There is no example "${name}"; there are ${examples.map((each) => each.name).join(", ")}`);
    process.exitCode = 2;
    return;
  }
  if (!chosen.hasOptions && args.length > 0) {
    console.error(`The example ${name} takes no options, got ${args.join(" ")}`);
    process.exitCode = 2;
    return;
  }
  process.argv = [process.execPath, chosen.file, ...args];
  try {
    await import(pathToFileURL(chosen.file).href);
  } catch (error) {
    // Data that is missing or corrupt, a folder that cannot be written; anything else is a bug and shows its stack.
    const isExpected =
      error instanceof Stop || error instanceof ChainruleError || (error instanceof Error && "syscall" in error);
    if (!isExpected) throw error;
    console.error(error.message.replaceAll(/\s*\n\s*/g, " "));
    process.exitCode = 2;
  }
}

const script = process.argv[1];
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
