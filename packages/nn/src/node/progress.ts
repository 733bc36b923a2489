import { checkNoMore, checkOptions } from "@chainrule/core";
import { SingleBar } from "cli-progress";
import { checkSetting } from "../checks.js";
import type { Evaluation } from "../training/history.js";
import type { Trainer } from "../training/trainer.js";
import type { TrainerCallback } from "../training/trainer-options.js";

/** After so long a silence a plain line tells of the progress where there is no terminal to draw a bar on. */
const secondsOfSilence = 5;

/**
 * How far a long piece of work has come: a live bar with rate and remaining time on a terminal, a plain line now and then
 * elsewhere. Lines printed with `log` stay above the bar.
 *
 * @example
 * const progress = new Progress("Reading", "files", 2);
 * progress.update(1);
 * progress.stop();
 */
export class Progress {
  private readonly title: string;
  private readonly unit: string;
  /** `null` where nobody knows. */
  private readonly total: number | null;
  private readonly first: number;
  private readonly bar: SingleBar | null;
  private done: number;
  private note = "";
  /** How long the work took so far, where it says so itself; else all the time since the start. */
  private seconds: number | null = null;
  private readonly started = performance.now();
  private lastLine = this.started;

  constructor(title: string, unit: string, total: number | null, first = 0, ...none: []) {
    checkNoMore("Progress", none);
    this.title = title;
    this.unit = unit;
    this.total = total;
    this.first = first;
    this.done = first;
    const share = total === null ? "{value} {unit}" : "[{bar}] {percentage}% | {value}/{total} {unit}";
    this.bar = process.stdout.isTTY
      ? new SingleBar({
          stream: process.stdout,
          format: `{title} ${share} | {rate}/s${total === null ? "" : " | {remaining} left"}{note}`,
          barsize: 24,
          clearOnComplete: true,
          // The program may have a handler of its own, which saves a checkpoint.
          gracefulExit: false,
        })
      : null;
    this.draw();
  }

  /** Units done per second. */
  get rate(): number {
    const seconds = this.seconds ?? (performance.now() - this.started) / 1000;
    return seconds === 0 ? 0 : (this.done - this.first) / seconds;
  }

  /** Seconds that the rest will take at the rate so far. */
  get remaining(): number {
    return this.rate === 0 || this.total === null ? Infinity : (this.total - this.done) / this.rate;
  }

  /** @param seconds that the work took so far, where not all of the time was spent on it */
  update(done: number, note = "", seconds: number | null = null, ...none: []): void {
    checkNoMore("Progress.update", none);
    this.done = done;
    this.note = note;
    this.seconds = seconds;
    if (this.bar !== null) {
      this.bar.update(done, this.payload());
    } else if (performance.now() - this.lastLine > secondsOfSilence * 1000) {
      this.lastLine = performance.now();
      const of = this.total === null ? "" : `/${this.total}`;
      const left = this.total === null ? "" : `, ${formatDuration(this.remaining)} left`;
      console.log(`  ${this.title} ${done}${of} ${this.unit}, ${this.rate.toFixed(0)}/s${left}${note}`);
    }
  }

  log(line: string, ...none: []): void {
    checkNoMore("Progress.log", none);
    this.bar?.stop();
    console.log(line);
    this.lastLine = performance.now();
    this.draw();
  }

  stop(...none: []): void {
    checkNoMore("Progress.stop", none);
    this.bar?.stop();
  }

  private draw(): void {
    this.bar?.start(this.total ?? 0, this.done, this.payload());
  }

  private payload(): object {
    const { title, unit, note } = this;
    return { title, unit, note, rate: this.rate.toFixed(0), remaining: formatDuration(this.remaining) };
  }
}

export interface ShowProgressOptions {
  /** The line for an evaluation. By default all its values. */
  readonly line?: ((evaluation: Evaluation, trainer: Trainer) => string) | undefined;
  /** A line for every so many evaluations only, and for the last one. Default 1. */
  readonly every?: number | undefined;
}

/**
 * A callback for a `Trainer`: how far it has come, as `Progress` shows it, and a line for each evaluation.
 *
 * @example
 * const network = new Affine(1, 1, { random: new Random(1) });
 * const trainer = new Trainer({
 *   network,
 *   optimizer: new SGD(network, { lr: 0.1 }),
 *   data: { x: ones([4, 1]) },
 *   predict: ({ x }) => network.forward(x),
 *   loss: (y) => y.square().mean(),
 *   batchSize: 2,
 *   epochs: 1,
 *   random: new Random(1),
 *   callbacks: [showProgress()],
 * });
 * (await trainer.run()).losses.length; // 2
 */
export function showProgress(options: ShowProgressOptions = {}, ...none: []): TrainerCallback {
  checkNoMore("showProgress", none);
  checkOptions("showProgress", options, ["line", "every"]);
  const { line = evaluationLine, every = 1 } = options;
  checkSetting(
    "showProgress",
    "every",
    every,
    () => Number.isSafeInteger(every) && every >= 1,
    "a whole number of at least 1",
  );
  let count = 0;
  /** The line that was left out last. */
  let left: string | null = null;
  let progress: Progress | null = null;
  let before = 0;
  return {
    onStart: (trainer) => {
      before = trainer.seconds;
      progress = new Progress("training", "iterations", trainer.iterations, trainer.iteration);
    },
    onStep: (trainer, loss) =>
      progress?.update(trainer.iteration, `, loss ${loss.toFixed(4)}`, trainer.seconds - before),
    onEvaluation: (trainer, evaluation) => {
      const text = line(evaluation, trainer);
      left = ++count % every === 0 ? null : text;
      if (left === null) progress?.log(text);
    },
    onEnd: () => {
      if (left !== null) progress?.log(left);
      progress?.stop();
    },
  };
}

function evaluationLine({ iteration, epoch, values }: Evaluation): string {
  const numbers = Object.entries(values).filter(([, value]) => !Number.isNaN(value));
  return [
    `  epoch ${String(Number(epoch.toFixed(2))).padStart(3)}`,
    `iteration ${String(iteration).padStart(6)}`,
    ...numbers.map(([name, value]) => `${name} ${value.toFixed(4)}`),
  ].join("   ");
}

/**
 * A duration in seconds as "4 s" or "1 min 05 s".
 *
 * @example
 * formatDuration(4); // "4 s"
 * formatDuration(65); // "1 min 05 s"
 */
export function formatDuration(seconds: number, ...none: []): string {
  checkNoMore("formatDuration", none);
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
