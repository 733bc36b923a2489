import { ChainruleError, checkNoMore, show, tensorsIn } from "@chainrule/core";
import type { Evaluation } from "../training/history.js";
import type { Settings } from "../training/snapshot.js";
import type { Trainer } from "../training/trainer.js";
import type { Predictions, TrainerCallback } from "../training/trainer-options.js";
import { version } from "../version.js";
import { curveOf } from "./curve.js";
import { layersOf } from "./layers.js";
import { distributionsOf, Looks, unitsOf } from "./looks.js";
import { type ClassificationOptions, Collected, scoresOf } from "./predictions.js";
import { look, probed } from "./probe.js";
import { checkRecorderOptions, type RecorderOptions, type ReportEvent } from "./recorder-options.js";
import { type ReportData, type ReportLayer, rounded } from "./report-data.js";
import { surroundings } from "./surroundings.js";

/**
 * Records what a report of a `Trainer`'s run shows: losses, evaluations, how parameters, gradients and
 * activations are distributed at each evaluation, dead units, wrong predictions, settings. The training has the same numbers with
 * and without it, to the bit. It looks at evaluations alone: between them it costs nothing.
 *
 * @example
 * const random = new Random(1);
 * const network = new Sequential([new Affine(2, 8, { random }), new ReLU(), new Affine(8, 2, { random })]);
 * const data = { x: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), labels: tensor([0, 1, 1, 0], { dtype: "int32" }) };
 * const report = new ReportRecorder({
 *   probe: data,
 *   classification: { evaluation: "train", labels: ({ labels }) => labels, show: ({ x }, row) => String(x.slice([row]).toArray()) },
 *   seed: 1,
 * });
 * const trainer = new Trainer({
 *   network,
 *   optimizer: new SGD(network, { lr: 0.5 }),
 *   data,
 *   predict: ({ x }, options) => network.forward(x, options),
 *   loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
 *   evaluations: { train: data },
 *   batchSize: 4,
 *   epochs: 500,
 *   evaluateEvery: 250,
 *   callbacks: [report.callback],
 *   random,
 * });
 * await trainer.run();
 * const { looks, predictions, units } = report.data();
 * looks; // [250, 500]
 * predictions?.confusion[1]; // [2, 0, 0, 2]
 * units.map(({ name, count }) => [name, count]); // [["1: ReLU", 8]]
 *
 * @throws ChainruleError for options that are unknown or impossible; later, for scores and labels that do not belong together, or a
 * row that cannot be shown
 */
export class ReportRecorder<B = unknown> {
  /** What a trainer is given among its `callbacks`. */
  readonly callback: TrainerCallback;
  private readonly options: RecorderOptions<B>;
  private trainer: Trainer | null = null;
  private state: ReportData["state"] = "waiting";
  private readonly looks: Looks;
  private layers: readonly ReportLayer[] = [];
  private collected: Collected | null = null;
  /** Of the last evaluation that came to its end. */
  private predicted: Collected | null = null;
  private reason: string | null = null;
  private resumedAt = 0;
  /** Where the run that was recorded last has ended. */
  private reached = 0;
  private started = 0;
  private wall = 0;

  constructor(options: RecorderOptions<B> = {}, ...none: []) {
    checkNoMore("ReportRecorder", none);
    checkRecorderOptions(options as RecorderOptions);
    this.options = options;
    this.looks = new Looks(options.looks ?? 60);
    this.callback = {
      onStart: (trainer) => this.start(trainer),
      ...(options.targets && { onStep: () => this.tell("step") }),
      onPredictions: (_, predictions) => this.collect(predictions),
      onEvaluation: (trainer, evaluation) => this.look(trainer, evaluation),
      onEnd: (trainer, error) => this.end(trainer, error),
    };
  }

  /** All that was recorded so far. */
  data(...none: []): ReportData {
    checkNoMore("ReportRecorder.data", none);
    const { options, trainer, state, reason, resumedAt, layers, predicted, wall, started } = this;
    const looks = this.looks.kept;
    const { losses, evaluations, seconds } = trainer?.history ?? { losses: [], evaluations: [], seconds: 0 };
    const wallSeconds = (wall + (state === "running" ? performance.now() - started : 0)) / 1000;
    return {
      format: "chainrule training report",
      version: 1,
      title: options.title ?? "Training",
      state,
      reason,
      resumedAt,
      iteration: losses.length,
      iterations: trainer?.iterations ?? null,
      iterationsPerEpoch: trainer?.iterationsPerEpoch ?? null,
      seconds: rounded(seconds) ?? 0,
      wallSeconds: rounded(wallSeconds) ?? 0,
      losses: curveOf(losses),
      evaluations: evaluations.map(({ iteration, epoch, values }) => ({
        iteration,
        epoch: rounded(epoch) ?? 0,
        values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)])),
      })),
      looks: looks.map(({ iteration }) => iteration),
      probeRows: tensorsIn(options.probe ?? [])[0]?.shape[0] ?? 0,
      layers,
      distributions: distributionsOf(looks),
      units: unitsOf(looks),
      predictions: predicted && { ...predicted.predictions(), confusion: looks.map(({ confusion }) => confusion) },
      graph: options.graph ?? null,
      settings: settingsOf(trainer, options as RecorderOptions),
      seed: options.seed === undefined ? null : String(options.seed),
      versions: { "@chainrule/nn": version, ...surroundings(), ...options.versions },
      command: options.command ?? null,
    };
  }

  private async start(trainer: Trainer): Promise<void> {
    const { iteration } = trainer;
    if (trainer !== this.trainer || iteration !== this.reached) this.beginAt(iteration);
    this.trainer = trainer;
    this.state = "running";
    this.reason = null;
    this.started = performance.now();
    this.collected = null;
    if (this.layers.length === 0) this.layers = layersOf(trainer, null);
    await this.tell("start");
  }

  /** A run that begins anew, or goes on from an earlier place, does not go on with what was seen behind that. */
  private beginAt(iteration: number): void {
    if (this.looks.rewind(iteration)) this.predicted = null;
    if (this.looks.kept.length > 0) return;
    this.resumedAt = iteration;
    this.layers = [];
    this.wall = 0;
  }

  private collect(predictions: Predictions): void {
    const { classification } = this.options;
    if (classification?.evaluation !== predictions.evaluation) return;
    const options = classification as ClassificationOptions<unknown>;
    const { scores, labels } = scoresOf(predictions, options);
    this.collected ??= new Collected(scores.shape[1] as number, options);
    this.collected.add(scores, labels, predictions.batch);
  }

  private async look(trainer: Trainer, { iteration, values }: Evaluation): Promise<void> {
    const { probe, classification } = this.options;
    const { collected } = this;
    if (collected === null && classification !== undefined) {
      const known = Object.keys(values).flatMap((name) => /^(.*)\.loss$/.exec(name)?.[1] ?? []);
      throw new ChainruleError(
        `ReportRecorder: classification: no evaluation is called ${show(classification.evaluation)}; there are ${known.join(", ")}`,
      );
    }
    const found = probe === undefined ? null : probed(trainer, probe);
    if (found !== null) this.layers = layersOf(trainer, found);
    const parameters = Object.entries(trainer.optimizer.parameters);
    this.looks.add({
      iteration,
      weights: new Map(parameters.map(([name, tensor]) => [name, look(tensor)])),
      probed: found,
      confusion: collected?.counts ?? null,
    });
    // What cannot be shown is to be told at the first evaluation, and not when all is done.
    if (this.predicted === null) collected?.predictions();
    this.predicted = collected;
    this.collected = null;
    await this.tell("evaluation");
  }

  private async end(trainer: Trainer, error: unknown): Promise<void> {
    this.wall += performance.now() - this.started;
    this.reached = trainer.iteration;
    this.state = trainer.history.ended ?? "failed";
    this.reason = error === undefined ? null : error instanceof Error ? error.message : String(error);
    await this.tell("end");
  }

  private async tell(event: ReportEvent): Promise<void> {
    for (const target of this.options.targets ?? []) {
      const told = target.update(this as ReportRecorder, event);
      if (told !== undefined) await told;
    }
  }
}

/** Where there is a seed, the state of the source that it gave says no more. */
function settingsOf(trainer: Trainer | null, { seed, settings }: RecorderOptions): Settings {
  const { random = null, ...rest } = trainer?.settings ?? {};
  return { ...rest, ...(seed === undefined && { random }), ...settings };
}
