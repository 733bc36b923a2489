import { noGrad, Random, type Tensor } from "@chainrule/core";
import { accuracy, BatchSampler, batches, SGD, takeRows, trainStep } from "@chainrule/nn";
import type { IdxFolder } from "@chainrule/nn/node";
import { firstBadValue } from "./bad-value.js";
import type { Interrupt } from "./interrupt.js";
import type { TwoLayerNet } from "./network.js";
import type { Options } from "./options.js";
import type { Progress } from "./progress.js";
import { Stop } from "./stop.js";

export interface AccuracyPoint {
  /** Training steps done before. */
  readonly iteration: number;
  /** Share of all training images, from 0 to 1. */
  readonly train: number;
  /** Share of all test images, from 0 to 1. */
  readonly test: number;
}

/** What a run has come to: with the network's parameters, all that it takes to go on. */
export interface History {
  /** The loss of each training step so far. */
  readonly losses: number[];
  /** One for each epoch so far, the first before training. */
  readonly accuracies: AccuracyPoint[];
  /** Time of the training steps, in seconds. */
  seconds: number;
}

/** Rows evaluated at once. */
const evaluationRows = 1000;

export function iterationsPerEpoch(data: IdxFolder, options: Options): number {
  return samplerOf(data, options).iterationsPerEpoch;
}

function samplerOf({ train }: IdxFolder, { seed, batch }: Options): BatchSampler {
  return new BatchSampler(train.labels.size, batch, { random: new Random(seed) });
}

export interface Surroundings {
  readonly interrupt: Interrupt;
  readonly progress: Progress;
  /** Called at the end of each epoch, of the run, and when interrupted. */
  readonly save: () => void;
}

/**
 * Takes the training steps that are missing, and evaluates at the end of each epoch (and before the first step). Step i
 * draws its batch from a stream of its own, so that nothing but the parameters and i decides how the run goes on.
 *
 * @returns false if interrupted
 * @throws Stop (1) when the loss or a parameter is no longer finite
 */
export async function train(
  network: TwoLayerNet,
  data: IdxFolder,
  options: Options,
  history: History,
  { interrupt, progress, save }: Surroundings,
): Promise<boolean> {
  const { iterations } = options;
  const { losses, accuracies } = history;
  const sampler = samplerOf(data, options);
  const perEpoch = sampler.iterationsPerEpoch;
  const lossOf = (images: Tensor<[number, number]>, labels: Tensor<[number]>): Tensor => network.loss(images, labels);
  const step = trainStep(lossOf, new SGD(network, { lr: options.lr }), options.eager ? { compiled: false } : {});
  for (;;) {
    const done = losses.length;
    if (done % perEpoch === 0 && accuracies.at(-1)?.iteration !== done) {
      const point = await progress.pause(() => evaluate(network, data, done, interrupt));
      if (point !== null) {
        accuracies.push(point);
        progress.log(epochLine(history, perEpoch));
        if (done > 0 && done < iterations) save();
      }
    }
    if (done === iterations || (await interrupt.requested())) {
      checkParameters(network, done);
      save();
      return done === iterations;
    }
    const started = performance.now();
    const { images, labels } = takeRows(data.train, sampler.rows(done));
    const loss = step(images, labels);
    // Such a step has changed nothing, so that the loss can be looked into.
    if (!Number.isFinite(loss)) throw diverged(done + 1, `the loss is ${loss}`, firstBadValue(lossOf(images, labels)));
    losses.push(loss);
    history.seconds += (performance.now() - started) / 1000;
    progress.update(done + 1, `, loss ${loss.toFixed(4)}`);
  }
}

/** The last update is followed by no loss that would show what it did. */
function checkParameters(network: TwoLayerNet, done: number): void {
  for (const parameter of Object.values(network.parameters())) {
    const bad = firstBadValue(parameter);
    if (bad !== null) throw diverged(done, "its update made a parameter bad", bad);
  }
}

function diverged(number: number, what: string, bad: string | null): Stop {
  const first = bad === null ? "" : `the first bad value is ${bad}; `;
  return new Stop(1, `training stopped at step ${number}: ${what}; ${first}try a smaller --lr`);
}

/** The accuracies on all images; `null` if interrupted. */
export async function evaluate(
  network: TwoLayerNet,
  data: IdxFolder,
  iteration: number,
  interrupt: Interrupt,
): Promise<AccuracyPoint | null> {
  const shares: number[] = [];
  for (const set of [data.train, data.test]) {
    let right = 0;
    for (const { images, labels } of batches(set, evaluationRows)) {
      if (await interrupt.requested()) return null;
      right += Math.round(noGrad(() => accuracy(network.forward(images), labels)) * labels.size);
    }
    shares.push(right / set.labels.size);
  }
  const [train = Number.NaN, test = Number.NaN] = shares;
  return { iteration, train, test };
}

function epochLine({ losses, accuracies }: History, perEpoch: number): string {
  const { iteration, train, test } = accuracies.at(-1) as AccuracyPoint;
  const recent = losses.slice(-perEpoch);
  const mean = recent.reduce((sum, loss) => sum + loss, 0) / recent.length;
  const columns = [
    `epoch ${String(iteration / perEpoch).padStart(2)}`,
    `iteration ${String(iteration).padStart(5)}`,
    `train ${train.toFixed(4)}`,
    `test ${test.toFixed(4)}`,
    ...(recent.length > 0 ? [`mean loss ${mean.toFixed(4)}`] : []),
  ];
  return `  ${columns.join("   ")}`;
}
