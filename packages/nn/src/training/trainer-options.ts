import { ChainruleError, checkOptions, type Random, show, type Tensor } from "@chainrule/core";
import { checkRandom, checkSetting, isRecord } from "../checks.js";
import type { TensorFile } from "../data/safetensors.js";
import { type ForwardOptions, Layer } from "../layers/layer.js";
import { LBFGS } from "../optimizers/lbfgs.js";
import { Optimizer } from "../optimizers/optimizer.js";
import { ReduceOnPlateau } from "../schedules/reduce-on-plateau.js";
import type { BatchOf, DataLike, TrainingData } from "./feed.js";
import type { Evaluation } from "./history.js";
import type { MonitorOptions } from "./monitor.js";
import type { Settings } from "./snapshot.js";
import type { TrainStepOptions } from "./train-step.js";
import type { Trainer } from "./trainer.js";

/** What the network made of a batch of an evaluation. */
export interface Predictions {
  /** The name of the evaluation, as in the option `evaluations`. */
  readonly evaluation: string;
  readonly batch: unknown;
  /** What `predict` gave for it. */
  readonly output: unknown;
}

/** Is told how a run goes; `trainer.stop()` ends it after the step. */
export interface TrainerCallback {
  readonly onStart?: (trainer: Trainer) => void | Promise<void>;
  /** After each training step, with its loss. */
  readonly onStep?: (trainer: Trainer, loss: number) => void | Promise<void>;
  /** After each batch of an evaluation, before `onEvaluation`, which does not come where the run is ended in between. */
  readonly onPredictions?: (trainer: Trainer, predictions: Predictions) => void | Promise<void>;
  readonly onEvaluation?: (trainer: Trainer, evaluation: Evaluation) => void | Promise<void>;
  /** When the run is over, however it ended; with the error, if one did. */
  readonly onEnd?: (trainer: Trainer, error?: unknown) => void | Promise<void>;
}

/** Where snapshots go, such as a file (`CheckpointFile` of `@chainrule/nn/node`). */
export interface CheckpointStore {
  readonly save: (snapshot: TensorFile) => void | Promise<void>;
  /** The last one that was saved; `null` if there is none. */
  readonly load: () => TensorFile | null | Promise<TensorFile | null>;
}

export interface TrainerOptions<D extends TrainingData, Output> {
  /** What is trained, and kept in snapshots. */
  readonly network: Layer;
  /** What changes its parameters. */
  readonly optimizer: Optimizer;
  /** Rows in memory, by name, such as `{ images, labels }`; or a function that gives the batches of an epoch. */
  readonly data: D;
  /** What the network makes of a batch, such as scores; a tensor, or several. It is told whether it is called to train. */
  readonly predict: (batch: BatchOf<D>, options: ForwardOptions) => Output;
  /** The loss of that, a scalar: the mean over the rows of the batch. */
  readonly loss: (output: NoInfer<Output>, batch: BatchOf<D>) => Tensor;
  /** Numbers by name, means over the rows of a batch, that evaluations tell besides the loss. */
  readonly metrics?: Readonly<Record<string, (output: NoInfer<Output>, batch: BatchOf<D>) => number>> | undefined;
  /** The data of evaluations, by name, such as `{ train, test }`. */
  readonly evaluations?: Readonly<Record<string, DataLike<NoInfer<D>>>> | undefined;
  /** How often they are evaluated: after each epoch, or after so many steps; at the end always. Default "epoch". */
  readonly evaluateEvery?: "epoch" | number | undefined;
  /** Whether they are evaluated before the first step, too. Default false. */
  readonly evaluateFirst?: boolean | undefined;
  /** Rows of a batch; of data that a function gives, each batch is what it is. Default 100. */
  readonly batchSize?: number | undefined;
  /** Rows evaluated at once. Default 1000. */
  readonly evaluationBatchSize?: number | undefined;
  /** Whether a row may come again before all have come, as the textbook draws. Default false: each epoch is a shuffle of all rows. */
  readonly replace?: boolean | undefined;
  /** Draws the batches, and what layers draw in training: step i from streams of its own. */
  readonly random: Random;
  /** How long training goes on in all, in epochs; or `iterations`. */
  readonly epochs?: number | undefined;
  /** The same in steps. */
  readonly iterations?: number | undefined;
  /** What the learning rates are multiplied by at each step, counted from 0: the optimizer's `lrFactor`. */
  readonly schedule?: ((step: number) => number) | undefined;
  /** Lowers the learning rates when a value of the evaluations, named as for the monitor, gets no better; in the place of `schedule`. */
  readonly plateau?: { readonly schedule: ReduceOnPlateau; readonly value: string } | undefined;
  /** Keeps the best network, and can end the run. */
  readonly monitor?: MonitorOptions | undefined;
  /** What hears of steps and evaluations, in this order. */
  readonly callbacks?: readonly TrainerCallback[] | undefined;
  /** Where a snapshot goes after each evaluation, and when the run is over. */
  readonly checkpoint?: CheckpointStore | undefined;
  /** More that decides the numbers of the run, such as the sizes of its network: a snapshot is resumed with the same only. */
  readonly settings?: Settings | undefined;
  /** Ends the run between two steps; it can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /** Of each training step; evaluations are compiled where it is. */
  readonly step?: TrainStepOptions | undefined;
}

const optionNames = [
  "network",
  "optimizer",
  "data",
  "predict",
  "loss",
  "metrics",
  "evaluations",
  "evaluateEvery",
  "evaluateFirst",
  "batchSize",
  "evaluationBatchSize",
  "replace",
  "random",
  "epochs",
  "iterations",
  "schedule",
  "plateau",
  "monitor",
  "callbacks",
  "checkpoint",
  "settings",
  "signal",
  "step",
] as const satisfies readonly (keyof TrainerOptions<TrainingData, unknown>)[];

/** Refuses what is unknown or impossible. */
export function checkTrainerOptions<D extends TrainingData, Output>(options: TrainerOptions<D, Output>): void {
  const op = "Trainer";
  checkOptions(op, options ?? null, optionNames, ["evaluateFirst", "replace"]);
  const { network, optimizer, data, predict, loss, random, schedule, plateau, callbacks = [] } = options;
  if (!(network instanceof Layer)) throw new ChainruleError(`${op}: network is a layer, got ${show(network)}`);
  // Of LBFGS the training step says why it is none.
  if (!(optimizer instanceof Optimizer || (optimizer as unknown) instanceof LBFGS))
    throw new ChainruleError(`${op}: optimizer is an Optimizer, got ${show(optimizer)}`);
  for (const [name, f] of Object.entries({ predict, loss, ...options.metrics })) {
    if (typeof f !== "function") throw new ChainruleError(`${op}: ${name} is a function, got ${show(f)}`);
  }
  if (schedule !== undefined && typeof schedule !== "function") {
    throw new ChainruleError(`${op}: schedule is a function of the step, got ${show(schedule)}`);
  }
  if (plateau !== undefined) checkPlateau(plateau, schedule);
  checkRandom(op, random);
  for (const [name, each] of Object.entries({ data, ...options.evaluations })) {
    // As an iterator is: spent after the first epoch.
    if (typeof each === "function" || (typeof each === "object" && each !== null && !(Symbol.iterator in each)))
      continue;
    const isSpent = isRecord(each) && !Array.isArray(each);
    const got = isSpent ? "an iterator, which is spent after the first one" : show(each);
    throw new ChainruleError(
      `${op}: ${name} is a record of tensors, or a function that gives the batches of an epoch, got ${got}`,
    );
  }
  checkHandles(options);
  if (!Array.isArray(callbacks)) throw new ChainruleError(`${op}: callbacks are a list, got ${show(callbacks)}`);
  for (const callback of callbacks)
    checkOptions(`${op}: a callback`, callback, ["onStart", "onStep", "onPredictions", "onEvaluation", "onEnd"]);
  const { epochs, iterations, evaluateEvery = "epoch", batchSize = 1, evaluationBatchSize = 1 } = options;
  const counts = { epochs: epochs ?? 1, iterations: iterations ?? 1, batchSize, evaluationBatchSize };
  for (const [name, count] of Object.entries({ ...counts, ...(evaluateEvery !== "epoch" && { evaluateEvery }) })) {
    checkSetting(op, name, count, () => Number.isSafeInteger(count) && count >= 1, "a whole number of at least 1");
  }
  if ((epochs === undefined) === (iterations === undefined)) {
    throw new ChainruleError(`${op}: takes epochs or iterations, got ${epochs === undefined ? "neither" : "both"}`);
  }
}

/** What is only called later, such as the store of the snapshots: after an epoch it would be late for an error. */
function checkHandles({
  checkpoint,
  signal,
}: Pick<TrainerOptions<TrainingData, unknown>, "checkpoint" | "signal">): void {
  if (checkpoint !== undefined && !(isRecord(checkpoint) && [checkpoint.save, checkpoint.load].every(isFunction))) {
    throw new ChainruleError(
      `Trainer: checkpoint is a store with save and load, such as new CheckpointFile("run.safetensors"), got ${show(checkpoint)}`,
    );
  }
  if (signal !== undefined && !(isRecord(signal) && typeof signal.aborted === "boolean")) {
    throw new ChainruleError(
      `Trainer: signal is an AbortSignal, as the signal of new AbortController(), got ${show(signal)}`,
    );
  }
}

const isFunction = (x: unknown): boolean => typeof x === "function";

function checkPlateau(plateau: NonNullable<TrainerOptions<TrainingData, unknown>["plateau"]>, schedule: unknown): void {
  const op = "Trainer: plateau";
  checkOptions(op, plateau, ["schedule", "value"]);
  if (!(plateau.schedule instanceof ReduceOnPlateau)) {
    throw new ChainruleError(`${op}: schedule is a ReduceOnPlateau, got ${show(plateau.schedule)}`);
  }
  if (typeof plateau.value !== "string") {
    throw new ChainruleError(`${op}: value is a name such as "test.loss", got ${show(plateau.value)}`);
  }
  if (schedule !== undefined) throw new ChainruleError(`${op}: there is a schedule besides; both set the same factor`);
}
