/** The examples, by chapter. A new one is a file in its chapter's folder and a row here; a test finds a file without a row. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Example {
  /** Chapter and file, as in `ch05/apple`. */
  readonly name: string;
  /** The compiled file, as an absolute path; it can be run on its own, too. */
  readonly file: string;
  /** The arguments of a short run, whose checks are real all the same. */
  readonly short: readonly string[];
  /** Whether the short run takes more than about 3 seconds: it is then left to `npm test -- --all`. */
  readonly isHeavy: boolean;
  /** Whether it needs a process of its own: it takes signals, or ends the process itself. */
  readonly isAlone: boolean;
}

export interface Chapter {
  readonly folder: string;
  readonly title: string;
  readonly examples: readonly Example[];
}

interface Row {
  readonly short?: readonly string[];
  readonly isHeavy?: boolean;
  readonly isAlone?: boolean;
  /** Where the file is, if not in the chapter's folder under its name. */
  readonly module?: string;
}

const chapter = (folder: string, title: string, rows: Readonly<Record<string, Row>>): Chapter => ({
  folder,
  title,
  examples: Object.entries(rows).map(([name, row]) => {
    const { short = [], isHeavy = false, isAlone = false, module = `${folder}/${name}` } = row;
    const file = fileURLToPath(new URL(`./${module}.js`, import.meta.url));
    return { name: `${folder}/${name}`, file, short, isHeavy, isAlone };
  }),
});

export const chapters: readonly Chapter[] = [
  chapter("ch04", "Chapters 3 and 4: functions of a network, and what it learns from", {
    activations: {},
    losses: {},
    "numerical-differentiation": {},
    "gradient-descent": {},
    "simple-net": {},
    "numerical-training": { short: ["--batch", "1", "--hidden", "5"] },
  }),
  chapter("ch05", "Chapter 5: backpropagation", {
    apple: {},
    "apple-orange": {},
    "square-of-sum": {},
    "layer-graphs": {},
    steppers: {},
    "shapes-and-labels": {},
    "gradient-check": { short: ["--hidden", "5"] },
    "train-mnist": { short: ["--iterations", "300", "--out", "out/short"], module: "mnist/main", isAlone: true },
    "short-training": { short: ["--iterations", "240"] },
    "functional-style": { short: ["--iterations", "240"] },
    "deep-sigmoid": {},
    curves: { short: ["--iterations", "300", "--out", "out/short"], isHeavy: true },
  }),
  chapter("ch06", "Chapter 6: how to train", {
    "optimizer-paths": {},
    optimizers: { short: ["--iterations", "200", "--out", "out/short"], isHeavy: true },
    "activation-histograms": { short: ["--samples", "200", "--out", "out/short"] },
    "weight-init-comparison": { short: ["--iterations", "200", "--out", "out/short"], isHeavy: true },
    "batch-norm-test": {
      short: ["--scales", "2", "--samples", "500", "--epochs", "8", "--out", "out/short"],
      isHeavy: true,
    },
    "weight-decay": { short: ["--epochs", "20", "--tests", "500", "--out", "out/short"], isHeavy: true },
    dropout: { short: ["--epochs", "20", "--tests", "500", "--out", "out/short"], isHeavy: true },
    "random-search": {
      short: ["--trials", "3", "--epochs", "20", "--seed", "10", "--out", "out/short"],
      isHeavy: true,
    },
  }),
  chapter("ch07", "Chapter 7: convolutional networks", {
    im2col: {},
    "simple-conv-net": {
      short: ["--images", "20", "--batch", "5", "--epochs", "4", "--out", "out/short"],
      isHeavy: true,
    },
    filters: { short: ["--steps", "4", "--batch", "2", "--out", "out/short"], isHeavy: true },
  }),
  chapter("ch08", "Chapter 8: deep networks", {
    "deep-conv-net": {
      short: ["--images", "20", "--batch", "5", "--epochs", "4", "--out", "out/short"],
      isHeavy: true,
      isAlone: true,
    },
    misclassified: {
      short: ["--images", "20", "--steps", "2", "--batch", "2", "--out", "out/short"],
      isHeavy: true,
    },
    "half-float": { short: ["--images", "20", "--steps", "2", "--batch", "2", "--out", "out/short"], isHeavy: true },
  }),
  chapter("traps", "Traps: what goes wrong, why, and what the engine says", {
    slips: { short: ["--iterations", "240"] },
    "relu-in-place": {},
    "batch-norm-of-one": {},
    "log-epsilon": {},
    "integer-arrays": {},
    "skipped-evaluation": {},
    "where-nan": {},
    "gradcheck-wrong-backward": {},
    "gradcheck-kink": {},
    "gradcheck-dropout": {},
    "gradcheck-float32": {},
  }),
  chapter("engine", "An autodiff engine in 200 lines, in ten steps", {
    step01: {},
    step02: {},
    step03: {},
    step04: {},
    step05: {},
    step06: {},
    step07: {},
    step08: { short: ["--steps", "300", "--out", "out/short"] },
    step09: {},
    step10: {},
  }),
  chapter("after", "After the book", {
    "character-lstm": { short: ["--steps", "100", "--out", "out/short"], isHeavy: true },
    transformer: { short: ["--steps", "150", "--out", "out/short"], isHeavy: true },
    diffusion: { short: ["--steps", "1000", "--out", "out/short"], isHeavy: true },
    vae: { short: ["--epochs", "1", "--images", "5000", "--out", "out/short"], isHeavy: true },
    "pendulum-fit": { isHeavy: true },
    "cart-pole": { short: ["--episodes", "150", "--out", "out/short"], isHeavy: true },
  }),
  chapter("loops", "Loops and maps in the graph", {
    kepler: {},
    "hamiltonian-monte-carlo": { short: ["--draws", "4000", "--out", "out/short"] },
    "black-scholes": {},
    cloth: { short: ["--side", "12", "--out", "out/short"], isHeavy: true },
    "neural-ode": { short: ["--steps", "300", "--rounds", "2", "--out", "out/short"], isHeavy: true },
    "long-memory": { short: ["--length", "40", "--steps", "200", "--out", "out/short"], isHeavy: true },
  }),
  chapter("custom", "Functions of one's own", {
    "rosenbrock-newton": {},
    "taylor-sine": {},
    pendulum: {},
    "compiled-step": {},
    "inside-a-step": {},
  }),
];

export const examples: readonly Example[] = chapters.flatMap((chapter) => chapter.examples);

/** The comment that a file begins with, a line each. */
export function introduction({ file }: Example): readonly string[] {
  const comment = /^\/\*\*\s*([\s\S]*?)\s*\*\//.exec(readFileSync(file, "utf8"))?.[1] ?? "";
  return comment.split("\n").map((line) => line.replace(/^\s*\* ?/, ""));
}

/** The languages that each example's first lines are written in, in the order in which they stand there. */
export const languages = ["en", "ko", "ja"] as const;

export type Language = (typeof languages)[number];

/** The line that says what an example shows. */
export function opening(example: Example, language: Language): string {
  const lines = introduction(example).filter((line) => line !== "");
  return lines[languages.indexOf(language)] ?? "";
}

/** Whether an example reads the command line at all. */
export function takesOptions({ file }: Example): boolean {
  return /^import .* from "[^"]*\/options\.js";$/m.test(readFileSync(file, "utf8"));
}
