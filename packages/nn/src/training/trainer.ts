import {
  ChainruleError,
  checkNoMore,
  compile,
  compileSupport,
  noGrad,
  type Random,
  type Tensor,
} from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { loadParameters } from "../data/parameters.js";
import type { TensorFile } from "../data/safetensors.js";
import type { Layer } from "../layers/layer.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Accumulation } from "./accumulation.js";
import { firstBadValue } from "./bad-value.js";
import { DivergenceError } from "./divergence-error.js";
import { type BatchOf, type DataLike, feed, once, rowsIn, samplerOf, type TrainingData } from "./feed.js";
import type { Evaluation, History } from "./history.js";
import { type Best, Monitor, valueIn } from "./monitor.js";
import { restoreFrom, type Settings, type Stateful, snapshotOf, type Trained } from "./snapshot.js";
import { trainSteps } from "./train-step.js";
import { checkTrainerOptions, type Predictions, type TrainerCallback, type TrainerOptions } from "./trainer-options.js";

/** How long a run goes on before timers and events are served, in milliseconds. */
const slice = 40;

/**
 * Trains a network: steps over batches, evaluations, snapshots, an end. Step i depends on the network, the optimizer, i and
 * `random` alone, so that a run that is resumed gives the numbers of one that was not interrupted.
 *
 * @example
 * const random = new Random(1);
 * const network = new Sequential([new Affine(2, 8, { random }), new ReLU(), new Affine(8, 2, { random })]);
 * const data = { x: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), labels: tensor([0, 1, 1, 0], { dtype: "int32" }) };
 * const trainer = new Trainer({
 *   network,
 *   optimizer: new SGD(network, { lr: 0.5 }),
 *   data,
 *   predict: ({ x }, options) => network.forward(x, options),
 *   loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
 *   metrics: { accuracy: (scores, { labels }) => accuracy(scores, labels) },
 *   evaluations: { train: data },
 *   batchSize: 4,
 *   epochs: 500,
 *   evaluateEvery: 250,
 *   random,
 * });
 * const { evaluations } = await trainer.run();
 * evaluations.map(({ iteration, values }) => [iteration, values["train.accuracy"]]); // [[250, 1], [500, 1]]
 *
 * @throws ChainruleError for options that are unknown or impossible
 */
export class Trainer<D extends TrainingData = TrainingData, Output = unknown> {
  readonly network: Layer;
  readonly optimizer: Optimizer;
  /** Training steps of an epoch of rows; `null` for batches that a function gives. */
  readonly iterationsPerEpoch: number | null;
  private readonly options: TrainerOptions<D, Output>;
  private readonly monitor: Monitor | null;
  private readonly trained: (call: number, batch: BatchOf<D>, random: Random) => number;
  private readonly sums: Accumulation | undefined;
  private readonly evaluated: (batch: BatchOf<D>) => { readonly output: Output; readonly loss: Tensor };
  /** The learning rate that the run began with. */
  private readonly baseRate: number;
  private losses: number[] = [];
  private evaluations: Evaluation[] = [];
  private spent = 0;
  /** Since when the time is that of training steps. */
  private since = 0;
  private epoch = 0;
  /** Steps since the last whole epoch. */
  private steps = 0;
  /** Whether an evaluation is to come before the next step. */
  private due: boolean;
  private stopped = false;
  private ended: History["ended"] | null = null;
  private running = false;
  private served = performance.now();

  constructor(options: TrainerOptions<D, Output>, ...none: []) {
    checkNoMore("Trainer", none);
    checkTrainerOptions(options);
    const { network, optimizer, predict, loss, monitor, step = {} } = options;
    this.options = options;
    this.network = network;
    this.optimizer = optimizer;
    this.baseRate = optimizer.lr;
    this.due = options.evaluateFirst ?? false;
    this.iterationsPerEpoch =
      typeof options.data === "function" ? null : samplerOf(options.data, this.feedOptions).iterationsPerEpoch;
    this.monitor = monitor === undefined ? null : new Monitor(monitor);
    const lossOf = (batch: BatchOf<D>, random: Random): Tensor =>
      loss(predict(batch, { training: true, random }), batch);
    const { step: trained, sums } = trainSteps(lossOf, optimizer, step);
    this.trained = trained;
    this.sums = sums;
    const evaluate = (batch: BatchOf<D>) => this.forward(batch);
    const { compiled = compileSupport().missing === null } = step;
    // What `predict` gives is the user's: `compile` finds out when it runs whether it is made of tensors.
    this.evaluated = compiled
      ? (compile(evaluate as never) as unknown as typeof evaluate)
      : (batch) => noGrad(() => evaluate(batch));
  }

  /** Training steps done. */
  get iteration(): number {
    return this.losses.length;
  }

  /** Training steps in all, where that is known: batches that a function gives are not counted beforehand. */
  get iterations(): number | null {
    const { iterations, epochs = 0 } = this.options;
    const perEpoch = this.iterationsPerEpoch;
    return iterations ?? (perEpoch === null ? null : epochs * perEpoch);
  }

  /** Time of the training steps so far, in seconds: that of evaluations and callbacks is left out. */
  get seconds(): number {
    return this.spent;
  }

  /** What decides the numbers of the run: name and rate of the optimizer, how batches are drawn, the option `settings`. */
  get settings(): Settings {
    const { batchSize, replace, random } = this.feedOptions;
    return {
      optimizer: this.optimizer.name,
      lr: this.baseRate,
      batchSize,
      replace,
      random: JSON.stringify(random.state()),
      ...this.options.settings,
    };
  }

  /** The losses and evaluations so far. */
  get history(): History {
    const { losses, evaluations, seconds, ended } = this;
    return { losses: [...losses], evaluations: [...evaluations], seconds, ended };
  }

  /** The best evaluation so far, as the monitor has it, and the network's state then; `null` without a monitor or before one. */
  get best(): Best | null {
    return this.monitor?.best ?? null;
  }

  /** Ends the run after the step, or the evaluation, that it is at. */
  stop(...none: []): void {
    checkNoMore("Trainer.stop", none);
    this.stopped = true;
  }

  /**
   * Takes the training steps that are missing.
   *
   * @throws DivergenceError when the loss or a parameter is no longer finite, with the first bad value; the step has then changed
   * neither parameters nor the optimizer. Whatever data, callbacks and the store throw.
   */
  run(...none: []): Promise<History> {
    checkNoMore("Trainer.run", none);
    return this.runOnce();
  }

  /** Not in `run` itself, as with the others: an argument too many is refused at the call, and not by a promise. */
  private async runOnce(): Promise<History> {
    if (this.running) throw new ChainruleError("Trainer.run: this trainer is running already; wait for its promise");
    this.running = true;
    this.stopped = false;
    this.ended = null;
    let failure: unknown;
    try {
      await this.tell("onStart");
      await this.train();
      const { restoreBest = false } = this.options.monitor ?? {};
      if (this.ended !== "aborted" && restoreBest && this.best !== null) {
        loadParameters(this.network, this.best.state);
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.running = false;
      await this.tell("onEnd", failure);
    }
    return this.history;
  }

  /**
   * Goes on from the last snapshot of the `checkpoint` store: call `run` afterwards.
   *
   * @returns false if there is none, and the run begins at its beginning
   * @throws DataError for one that is not of such a run; then nothing has changed
   */
  resume(...none: []): Promise<boolean> {
    checkNoMore("Trainer.resume", none);
    return this.resumeOnce();
  }

  private async resumeOnce(): Promise<boolean> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) throw new ChainruleError("Trainer.resume: there is no checkpoint among the options");
    const snapshot = await checkpoint.load();
    if (snapshot !== null) this.restore(snapshot);
    return snapshot !== null;
  }

  /** All that it takes to go on: network, optimizer, history, and where the run stands. */
  snapshot(...none: []): TensorFile {
    checkNoMore("Trainer.snapshot", none);
    const { losses, evaluations, seconds, epoch, steps, due, best } = this;
    const progress = { losses, evaluations, seconds, epoch, steps, due, best, waited: this.monitor?.waited ?? 0 };
    return snapshotOf(this.all, progress, this.settings);
  }

  /**
   * Goes on from a `snapshot()`.
   *
   * @throws DataError for one that is not of such a run; then nothing has changed
   */
  restore(snapshot: TensorFile, ...none: []): void {
    checkNoMore("Trainer.restore", none);
    const progress = restoreFrom(snapshot, this.all, this.settings);
    this.losses = [...progress.losses];
    this.evaluations = [...progress.evaluations];
    this.spent = progress.seconds;
    this.epoch = progress.epoch;
    this.steps = progress.steps;
    this.due = progress.due;
    if (this.monitor !== null) {
      this.monitor.best = progress.best;
      this.monitor.waited = progress.waited;
    }
  }

  /**
   * What `predict` and `loss` make of a batch in the form of evaluation, op by op: a graph, whose values can be looked at and whose
   * `backward()` gives the gradients of the parameters. The run has the same numbers with and without.
   */
  forward(batch: BatchOf<D>, ...none: []): { readonly output: Output; readonly loss: Tensor } {
    checkNoMore("Trainer.forward", none);
    const { predict, loss } = this.options;
    const output = predict(batch, {});
    return { output, loss: loss(output, batch) };
  }

  /**
   * Loss and metrics of data, all of it once, in the form of evaluation.
   *
   * @returns `null` if the signal ended it
   * @throws ChainruleError for data without rows, or a metric that gives no number
   */
  evaluate(data: DataLike<D>, ...none: []): Promise<Readonly<Record<string, number>> | null> {
    checkNoMore("Trainer.evaluate", none);
    return this.evaluateOn(data);
  }

  /** @param evaluation its name, if it is one of the run's, which callbacks hear of */
  private async evaluateOn(data: DataLike<D>, evaluation?: string): Promise<Readonly<Record<string, number>> | null> {
    const { metrics = {}, evaluationBatchSize = 1000 } = this.options;
    const sums: Record<string, number> = {};
    let rows = 0;
    for await (const batch of once<BatchOf<D>>(data as TrainingData, evaluationBatchSize)) {
      if (await this.isAborted()) return null;
      const count = rowsIn(batch);
      const { output, loss } = this.evaluated(batch);
      const add = (name: string, value: number) => {
        sums[name] = (sums[name] ?? 0) + value * count;
      };
      add("loss", loss.item());
      for (const [name, metric] of Object.entries(metrics)) {
        const value = noGrad(() => metric(output, batch));
        checkSetting("Trainer", `metric ${name}`, value, () => true, "a number");
        add(name, value);
      }
      rows += count;
      if (evaluation !== undefined) await this.tell("onPredictions", { evaluation, batch, output });
    }
    if (rows === 0) {
      throw new ChainruleError(
        "Trainer: there are no rows to evaluate on; a source of batches gives them each time that it is called",
      );
    }
    return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / rows]));
  }

  private get all(): Trained {
    const { step: { average } = {}, plateau } = this.options;
    const { network, optimizer, sums } = this;
    const others: Readonly<Record<string, Stateful>> = {
      ...(average && { average }),
      ...(plateau && { plateau: plateau.schedule }),
      ...(sums && { sums }),
    };
    return { network, optimizer, others };
  }

  private get feedOptions() {
    const { batchSize = 100, replace = false, random } = this.options;
    return { batchSize, replace, random };
  }

  private async train(): Promise<void> {
    const { evaluateEvery = "epoch", iterations = Infinity, epochs = Infinity } = this.options;
    const isStopped = () => this.stopped || (this.monitor?.isOver ?? false);
    const isDone = () => isStopped() || this.iteration >= iterations || this.epoch >= epochs;
    if (this.due) await this.look();
    const from = { iteration: this.iteration, epoch: this.epoch, steps: this.steps };
    if (!isDone() && !(await this.isAborted())) {
      this.since = performance.now();
      for await (const batch of feed<BatchOf<D>>(this.options.data, this.feedOptions, from)) {
        if (batch === null) {
          this.epoch++;
          this.steps = 0;
          this.due = evaluateEvery === "epoch";
        } else {
          await this.step(batch);
        }
        if (this.due) await this.look();
        // Of rows, the end of an epoch is told next: it belongs to its last step.
        const isEnding = batch !== null && this.steps === this.iterationsPerEpoch;
        if ((!isEnding && isDone()) || (await this.isAborted())) break;
        this.since = performance.now();
      }
    }
    if (await this.isAborted()) {
      this.ended = "aborted";
      await this.save();
      return;
    }
    this.ended = isStopped() ? "stopped" : "done";
    if (this.evaluations.at(-1)?.iteration === this.iteration) return;
    // Where a longer run has no evaluation, it has none when it goes on from here.
    await this.save();
    await this.look({ isKept: false });
  }

  private async step(batch: BatchOf<D>): Promise<void> {
    const { iteration } = this;
    const { schedule, random, evaluateEvery = "epoch" } = this.options;
    if (schedule !== undefined) this.optimizer.lrFactor = schedule(iteration);
    const draws = () => random.fork(iteration).fork(0);
    const loss = this.trained(iteration, batch, draws());
    this.spent += (performance.now() - this.since) / 1000;
    if (!Number.isFinite(loss)) {
      // Such a step has changed nothing, so that the loss can be looked into.
      const { predict, loss: lossOf } = this.options;
      const bad = firstBadValue(lossOf(predict(batch, { training: true, random: draws() }), batch));
      throw diverged(iteration + 1, `the loss is ${loss}`, bad);
    }
    this.losses.push(loss);
    this.steps++;
    this.due = evaluateEvery !== "epoch" && this.iteration % evaluateEvery === 0;
    await this.tell("onStep", loss);
  }

  /** Evaluates, tells what was found, and keeps a snapshot; nothing of that if the signal ends it. */
  private async look({ isKept = true } = {}): Promise<void> {
    const { evaluations = {} } = this.options;
    const since = this.losses.slice(this.evaluations.at(-1)?.iteration ?? 0);
    const values: Record<string, number> = { loss: since.reduce((sum, loss) => sum + loss, 0) / since.length };
    for (const [name, data] of Object.entries(evaluations)) {
      const found = await this.evaluateOn(data, name);
      if (found === null) return;
      for (const [metric, value] of Object.entries(found)) values[`${name}.${metric}`] = value;
    }
    this.due = false;
    const { iteration, iterationsPerEpoch } = this;
    const epoch = iterationsPerEpoch === null ? this.epoch : iteration / iterationsPerEpoch;
    const evaluation: Evaluation = { iteration, epoch, values };
    this.evaluations.push(evaluation);
    this.adjust(evaluation);
    this.monitor?.look(evaluation, () => this.network.state());
    await this.tell("onEvaluation", evaluation);
    if (isKept && iteration > 0) await this.save();
  }

  private adjust(evaluation: Evaluation): void {
    const { plateau } = this.options;
    if (plateau !== undefined) {
      this.optimizer.lrFactor = plateau.schedule.step(valueIn(evaluation, "plateau", plateau.value));
    }
  }

  /** A bad parameter is told, and never saved: the last update is followed by no loss that would show what it did. */
  private async save(): Promise<void> {
    for (const parameter of Object.values(this.optimizer.parameters)) {
      const bad = firstBadValue(parameter);
      if (bad !== null) throw diverged(this.iteration, "its update made a parameter bad", bad);
    }
    await this.options.checkpoint?.save(this.snapshot());
  }

  /** Lets timers and events in, if it was long ago; then whether the signal was given. */
  private async isAborted(): Promise<boolean> {
    if (performance.now() - this.served > slice) {
      await breathe();
      this.served = performance.now();
    }
    return this.options.signal?.aborted ?? false;
  }

  private async tell(event: "onStart"): Promise<void>;
  private async tell(event: "onEnd", error: unknown): Promise<void>;
  private async tell(event: "onStep", loss: number): Promise<void>;
  private async tell(event: "onPredictions", predictions: Predictions): Promise<void>;
  private async tell(event: "onEvaluation", evaluation: Evaluation): Promise<void>;
  private async tell(event: keyof TrainerCallback, what?: unknown): Promise<void> {
    for (const callback of this.options.callbacks ?? []) {
      // Each gets what its event is about.
      const told = (callback[event] as ((trainer: unknown, what: unknown) => unknown) | undefined)?.(this, what);
      if (told !== undefined) await told;
    }
  }
}

function diverged(step: number, what: string, bad: string | null): DivergenceError {
  const first = bad === null ? "" : `the first bad value is ${bad}; `;
  return new DivergenceError(`Trainer: training stopped at step ${step}: ${what}; ${first}try a smaller learning rate`);
}

function breathe(): Promise<void> {
  // Where there is no such function, as in a browser, a timer does it.
  const { setImmediate: soon = setTimeout } = globalThis as { setImmediate?: (f: () => void) => unknown };
  return new Promise((done) => {
    soon(done);
  });
}
