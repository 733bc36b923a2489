/**
 * The main job: verifies the gradients of the textbook's two-layer network numerically (A7), then trains it on MNIST (A8)
 * and writes curves, the graph of a small step and the weights. `--help` says the rest.
 */
import { join } from "node:path";
import { compileSupport } from "@chainrule/core";
import { DataError } from "@chainrule/nn";
import {
  type Checkpoint,
  checkpointFile,
  earlierFile,
  keepEarlier,
  loadCheckpoint,
  restore,
  resumedOptions,
  saveCheckpoint,
} from "./checkpoint.js";
import { classes, type Digits, fingerprint, readDigits } from "./data.js";
import { lockFolder } from "./folder-lock.js";
import { Interrupt } from "./interrupt.js";
import { type NetworkSizes, TwoLayerNet } from "./network.js";
import { commandOf, defaults, type Options, readCommandLine } from "./options.js";
import { prepareFolder, resultFiles } from "./out-folder.js";
import { Progress, time } from "./progress.js";
import { accuracyTable, gradientTable, verdict } from "./report.js";
import { reasonOf, Stop } from "./stop.js";
import { type AccuracyPoint, evaluate, type History, iterationsPerEpoch, train } from "./train.js";
import { verifyGradients } from "./verify.js";

/** Images that the gradients are verified on. */
const verifiedImages = [0, 1, 2];

async function main(args: readonly string[]): Promise<void> {
  const commandLine = readCommandLine(args);
  if (commandLine === null) return;
  const checkpoint = commandLine.options.resume ? loadCheckpoint(commandLine.options.out) : null;
  const options = checkpoint === null ? commandLine.options : resumedOptions(commandLine, checkpoint);
  const data = readDigits(options.data, options.dtype);
  const dataFingerprint = fingerprint(data);
  checkAgainstData(options, data, checkpoint, dataFingerprint);
  const sizes = { inputs: data.imageShape[0] * data.imageShape[1], hidden: options.hidden, classes };
  const network = new TwoLayerNet(sizes, options.seed, options.dtype);
  if (checkpoint !== null) restore(network, checkpoint, options.out);
  const files = [
    checkpointFile(options.out),
    earlierFile(options.out),
    ...Object.values(resultFiles).map((name) => join(options.out, name)),
  ];
  prepareFolder(options.out, files);
  const unlock = lockFolder(options.out);

  const interrupt = new Interrupt();
  try {
    console.log(describeData(data));
    if (checkpoint === null) await verify(sizes, options, data, interrupt);
    const history: History = checkpoint?.history ?? { losses: [], accuracies: [], seconds: 0 };
    console.log(describeTraining(sizes, options, history));
    const points = await runTraining(network, data, options, history, dataFingerprint, interrupt);
    await report(network, data, options, history, points);
  } finally {
    interrupt.close();
    unlock();
  }
}

/** What an option may be depends on the data, too; and a run goes on with the data that it began with. */
function checkAgainstData(
  { batch, out }: Options,
  data: Digits,
  checkpoint: Checkpoint | null,
  fingerprint: string,
): void {
  const size = data.train.labels.size;
  if (batch > size) throw new Stop(2, `--batch ${batch} is more than the ${size} training images`);
  if (checkpoint !== null && checkpoint.data !== fingerprint) {
    throw new Stop(2, `${data.folder}: these are not the data of the checkpoint in ${out}; give the same --data`);
  }
}

/** @throws Stop (1) where a gradient is wrong */
async function verify(sizes: NetworkSizes, { seed }: Options, data: Digits, interrupt: Interrupt): Promise<void> {
  const { images, labels } = data.train;
  const rows = verifiedImages.slice(0, labels.size);
  const network = new TwoLayerNet(sizes, seed, "float64");
  console.log(
    `\nGradients: backpropagation against central differences, first ${rows.length} training images, float64`,
  );
  const checks = await verifyGradients(network, images.take(rows).cast("float64"), labels.take(rows), interrupt);
  if (checks === null) throw new Stop(130, "interrupted before training: there is nothing to save");
  console.log(gradientTable(checks, { isSourcesNetwork: data.isMnist && sizes.hidden === defaults.hidden }));
  const wrong = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  if (wrong.length > 0) throw new Stop(1, `the gradient of ${wrong.join(", ")} is not verified; nothing was trained`);
}

/** The accuracies of each epoch, and at the end. */
async function runTraining(
  network: TwoLayerNet,
  data: Digits,
  options: Options,
  history: History,
  dataFingerprint: string,
  interrupt: Interrupt,
): Promise<readonly AccuracyPoint[]> {
  const { iterations, out, eager } = options;
  const progress = new Progress("training", "iterations", iterations, history.losses.length);
  try {
    const save = () => saveCheckpoint(network, history, options, dataFingerprint);
    const isDone = await train(network, data, options, history, { interrupt, progress, save });
    const last = history.accuracies.at(-1);
    if (isDone && last?.iteration === iterations) return history.accuracies;
    const end = isDone ? await evaluate(network, data, iterations, interrupt) : null;
    if (end !== null) return [...history.accuracies, end];
  } finally {
    progress.stop();
  }
  const resume = commandOf({ ...defaults, out, resume: true, eager });
  throw new Stop(
    130,
    `interrupted at iteration ${history.losses.length}, saved in ${checkpointFile(out)}; to go on: ${resume}`,
  );
}

/** @throws Stop (1) when a default run has not learned what it has to */
async function report(
  network: TwoLayerNet,
  data: Digits,
  options: Options,
  history: History,
  points: readonly AccuracyPoint[],
): Promise<void> {
  const perEpoch = iterationsPerEpoch(data, options);
  // Loaded late: the chart library takes its time, and bad input should not have to wait for it.
  const { canDraw, writeResults } = await import("./results.js");
  const files = await writeResults(network, history, points, perEpoch, options);
  const { iterations } = options;
  const rate = iterations / history.seconds;
  console.log("\nSummary");
  console.log(accuracyTable(points.at(-1) as AccuracyPoint, data.isMnist));
  console.log(
    `  ${iterations} iterations in ${time(history.seconds)}, ${rate.toFixed(0)} iterations/s, evaluation not counted`,
  );
  console.log(`  written: ${files.join(", ")}`);
  if (!canDraw()) console.log("  The graph is not drawn, which takes WebAssembly; its DOT file is there.");
  if ((history.losses.at(-1) ?? 0) > Math.log(classes)) {
    console.log("  The last loss is above that of a guess, ln 10: if it does not fall, try a smaller --lr.");
  }
  if (!isDefaultRun(options)) {
    console.log("  The bounds on the accuracy are for the default options, so they are not applied here.");
    return;
  }
  const { ok, lines } = verdict(points, perEpoch);
  for (const line of lines) console.log(line);
  if (!ok) throw new Stop(1, "the accuracies are not what a default run has to reach");
}

function isDefaultRun(options: Options): boolean {
  const free: readonly string[] = ["out", "resume", "eager"] satisfies (keyof Options)[];
  return Object.entries(defaults).every(
    ([name, value]) => free.includes(name) || options[name as keyof Options] === value,
  );
}

function describeData({ isMnist, folder, train, test, imageShape }: Digits): string {
  const name = isMnist ? "MNIST (MD5 of all four files verified)" : folder;
  return `Data: ${name}: ${train.labels.size} training and ${test.labels.size} test images of ${imageShape.join(" x ")} pixels`;
}

function describeTraining({ inputs, hidden }: NetworkSizes, options: Options, { losses }: History): string {
  const { iterations, batch, lr, seed, dtype, out, eager } = options;
  const missing = compileSupport();
  const mode = eager || missing !== null ? "eager" : "compiled";
  const network = `${inputs}-${hidden}-${classes} network, batch ${batch}, learning rate ${lr}, ${dtype}, seed ${seed}, ${mode}`;
  const why = eager || missing === null ? "" : `\n  not compiled: ${missing}`;
  if (losses.length > 0) return `\nTraining, resumed at iteration ${losses.length} of ${iterations}: ${network}${why}`;
  const kept = keepEarlier(out);
  const earlier = kept === null ? "" : `\n  the checkpoint of an earlier run is kept as ${kept}`;
  return `\nTraining, ${iterations} iterations: ${network}${why}${earlier}`;
}

// Nobody reads on, as in `npm start -- --help | head -1`: that is no reason for a stack. Training hears of it through `Interrupt`.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
try {
  await main(process.argv.slice(2));
} catch (error) {
  const stop = error instanceof DataError ? new Stop(1, reasonOf(error)) : error;
  // Anything else is a bug, and its place in the code is wanted.
  if (!(stop instanceof Stop)) throw error;
  console.error(`${stop.exitCode === 130 ? "" : "error: "}${stop.message}`);
  process.exitCode = stop.exitCode;
}
