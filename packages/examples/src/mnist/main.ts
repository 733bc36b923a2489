/**
 * The main job: the gradients of the textbook's two-layer network verified numerically, then its training on all of MNIST.
 *
 * 본 작업: 교재에 나오는 2층 신경망의 기울기를 수치 미분으로 확인한 다음, MNIST 전체로 학습합니다.
 * 本題: 教材の 2 層ニューラルネットワークの勾配を数値微分で確かめ、それから MNIST 全体で学習する。
 *
 * 784-50-10: scores = relu(x W1 + b1) W2 + b2, loss = -1/N sum of log softmax(scores) at the labels, and for each parameter
 * W <- W - lr dloss/dW. Writes a report, the curves, the graph of a small step and the weights. `--help` says the rest.
 */
import { join } from "node:path";
import { ChainruleError, CompileError, compileSupport, configureKernels, Random } from "@chainrule/core";
import {
  accuracy,
  DataError,
  DivergenceError,
  type History,
  SGD,
  softmaxWithLoss,
  Trainer,
  type TrainerCallback,
} from "@chainrule/nn";
import { CheckpointFile, formatDuration, showProgress } from "@chainrule/nn/node";
import { keepFile } from "../support/file.js";
import {
  type Checkpoint,
  checkpointFile,
  checkpointStore,
  earlierFile,
  loadCheckpoint,
  resumedOptions,
} from "./checkpoint.js";
import { classes, type Digits, fingerprint, readDigits } from "./data.js";
import { lockFolder } from "./folder-lock.js";
import { Interrupt } from "./interrupt.js";
import { type NetworkSizes, TwoLayerNet } from "./network.js";
import { commandOf, defaults, type Options, readCommandLine } from "./options.js";
import { prepareFolder, resultFiles } from "./out-folder.js";
import { accuracyTable, epochLine, gradientTable, verdict } from "./report.js";
import { reasonOf, Stop } from "./stop.js";
import { verifyGradients } from "./verify.js";

/** Images that the gradients are verified on. */
const verifiedImages = [0, 1, 2];

async function main(args: readonly string[]): Promise<void> {
  const commandLine = readCommandLine(args);
  if (commandLine === null) return;
  const checkpoint = commandLine.options.resume ? loadCheckpoint(commandLine.options.out) : null;
  const options = checkpoint === null ? commandLine.options : resumedOptions(commandLine, checkpoint);
  if (options.wide) packVectors();
  const data = readDigits(options.data, options.dtype);
  const print = checkAgainstData(options, data, checkpoint);
  const sizes = { inputs: data.imageShape[0] * data.imageShape[1], hidden: options.hidden, classes };
  const network = new TwoLayerNet(sizes, options.seed, options.dtype);
  const interrupt = new Interrupt();
  try {
    // Loaded late: the libraries of pictures take their time, and bad input should not have to wait for them.
    const { recorderOf } = await import("./training-report.js");
    const { report: recorder, live } = await recorderOf(data, options);
    const trainer = trainerOf(network, data, print, options, interrupt, recorder.callback);
    if (checkpoint !== null) restore(trainer, checkpoint, options.out);
    const results = Object.values(resultFiles).map((name) => join(options.out, name));
    prepareFolder(options.out, [checkpointFile(options.out), earlierFile(options.out), ...results]);
    const unlock = lockFolder(options.out);
    try {
      console.log(describeData(data));
      if (live !== null) console.log(`Live report: ${live.url}`);
      if (checkpoint === null) await verify(sizes, options, data, interrupt);
      console.log(describeTraining(sizes, options, trainer.iteration));
      const history = await train(trainer, options);
      await report(network, data, options, history);
    } finally {
      unlock();
    }
  } finally {
    interrupt.close();
  }
}

/** The textbook's training: batches drawn with replacement, accuracy on all images before the first step and after each epoch. */
function trainerOf(
  network: TwoLayerNet,
  { train, test }: Digits,
  print: string,
  options: Options,
  { signal }: Interrupt,
  recorded: TrainerCallback,
) {
  const { batch, eager, iterations, lr, seed } = options;
  return new Trainer({
    network,
    optimizer: new SGD(network, { lr }),
    data: train,
    predict: ({ images }) => network.forward(images),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    metrics: { accuracy: (scores, { labels }) => accuracy(scores, labels) },
    evaluations: { train, test },
    evaluateFirst: true,
    batchSize: batch,
    replace: true,
    random: new Random(seed),
    iterations,
    callbacks: [showProgress({ line: epochLine }), recorded],
    checkpoint: checkpointStore(options, print),
    signal,
    step: eager ? { compiled: false } : {},
  });
}

/** What an option may be depends on the data, too; and a run goes on with the data that it began with: their fingerprint. */
function checkAgainstData({ batch, out }: Options, data: Digits, checkpoint: Checkpoint | null): string {
  const size = data.train.labels.size;
  if (batch > size) throw new Stop(2, `--batch ${batch} is more than the ${size} training images`);
  const print = fingerprint(data);
  if (checkpoint !== null && checkpoint.data !== print) {
    throw new Stop(2, `${data.folder}: these are not the data of the checkpoint in ${out}; give the same --data`);
  }
  return print;
}

/** @throws Stop (2) for a checkpoint that does not fit */
function restore(trainer: Pick<Trainer, "restore">, { snapshot }: Checkpoint, out: string): void {
  try {
    trainer.restore(snapshot);
  } catch (error) {
    if (!(error instanceof ChainruleError)) throw error;
    throw new Stop(2, `--resume: ${checkpointFile(out)}: ${reasonOf(error)}`);
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

/** @throws Stop (1) when the loss or a parameter is no longer finite, (130) when interrupted */
async function train(trainer: Pick<Trainer, "run">, { out, eager }: Options): Promise<History> {
  const partOfReport = `  report of what there was: ${join(out, resultFiles.report)}`;
  let history: History;
  try {
    history = await trainer.run();
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    console.log(partOfReport);
    throw new Stop(1, reasonOf(error).replace("Trainer: ", "").replace("a smaller learning rate", "a smaller --lr"));
  }
  if (history.ended !== "aborted") return history;
  console.log(partOfReport);
  const resume = commandOf({ ...defaults, out, resume: true, eager });
  const file = checkpointFile(out);
  throw new Stop(130, `interrupted at iteration ${history.losses.length}, saved in ${file}; to go on: ${resume}`);
}

/** @throws Stop (1) when a default run has not learned what it has to */
async function report(network: TwoLayerNet, data: Digits, options: Options, history: History): Promise<void> {
  const { writeResults } = await import("./results.js");
  const files = writeResults(network, history, options);
  for (const file of files) keepFile(file);
  const { evaluations, losses, seconds } = history;
  console.log("\nSummary");
  console.log(accuracyTable(evaluations.at(-1), data.isMnist));
  console.log(
    `  ${losses.length} iterations in ${formatDuration(seconds)}, ${(losses.length / seconds).toFixed(0)} iterations/s, evaluation not counted`,
  );
  console.log(`  written: ${files.join(", ")}`);
  if ((losses.at(-1) ?? 0) > Math.log(classes)) {
    console.log("  The last loss is above that of a guess, ln 10: if it does not fall, try a smaller --lr.");
  }
  if (!isDefaultRun(options)) {
    console.log("  The bounds on the accuracy are for the default options, so they are not applied here.");
    return;
  }
  const { ok, lines } = verdict(evaluations);
  for (const line of lines) console.log(line);
  if (!ok) throw new Stop(1, "the accuracies are not what a default run has to reach");
}

function packVectors(): void {
  try {
    configureKernels({ wide: true });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new Stop(2, `--wide: ${error.message}`);
  }
}

function isDefaultRun(options: Options): boolean {
  const free: readonly string[] = ["out", "resume", "eager", "wide", "live", "livePort"] satisfies (keyof Options)[];
  return Object.entries(defaults).every(
    ([name, value]) => free.includes(name) || options[name as keyof Options] === value,
  );
}

function describeData({ isMnist, folder, train, test, imageShape }: Digits): string {
  const name = isMnist ? "MNIST (MD5 of all four files verified)" : folder;
  return `Data: ${name}: ${train.labels.size} training and ${test.labels.size} test images of ${imageShape.join(" x ")} pixels`;
}

function describeTraining({ inputs, hidden }: NetworkSizes, options: Options, done: number): string {
  const { iterations, batch, lr, seed, dtype, out, eager } = options;
  const { missing } = compileSupport();
  const mode = eager || missing !== null ? "eager" : "compiled";
  const network = `${inputs}-${hidden}-${classes} network, batch ${batch}, learning rate ${lr}, ${dtype}, seed ${seed}, ${mode}`;
  const why = eager || missing === null ? "" : `\n  not compiled: ${missing}`;
  if (done > 0) return `\nTraining, resumed at iteration ${done} of ${iterations}: ${network}${why}`;
  const isKept = new CheckpointFile(checkpointFile(out)).setAside(earlierFile(out));
  const earlier = isKept ? `\n  the checkpoint of an earlier run is kept as ${earlierFile(out)}` : "";
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
