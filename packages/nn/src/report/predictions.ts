import { ChainruleError, formatShape, show, Tensor } from "@chainrule/core";
import { checkTensor } from "../checks.js";
import type { Labels } from "../losses/labels.js";
import { labelsOf } from "../metrics/accuracy.js";
import type { Predictions } from "../training/trainer-options.js";
import { type ClassPredictions, type Mistake, type ReportImage, rounded } from "./report-data.js";

/** How a report is to look at the predictions of an evaluation. */
export interface ClassificationOptions<B> {
  /** The name of the evaluation, as in `"test"`. */
  readonly evaluation: string;
  /** The classes of a batch: indices, or one-hot. */
  readonly labels: (batch: B) => Labels;
  /** The scores of a batch, [N, classes], whose softmax are the probabilities. Default the output itself, where it is a tensor. */
  readonly scores?: ((output: never, batch: B) => Tensor) | undefined;
  /** The names of the classes. Default their numbers. */
  readonly names?: readonly string[] | undefined;
  /**
   * How a row is shown that was taken for another class: as a text, or as an image, [height, width] or [channels, height, width] with
   * 1 or 3 channels, with values from 0 to 1.
   */
  readonly show?: ((batch: B, row: number) => Tensor | string) | undefined;
  /** How many of these rows are shown, those with the smallest probability of their own class. Default 48. */
  readonly mistakes?: number | undefined;
}

interface Candidate {
  readonly row: number;
  readonly label: number;
  readonly predicted: number;
  readonly probabilities: readonly number[];
  readonly show: () => ReportImage | string | null;
}

/** Of more classes the table could not be read. */
const mostClasses = 100;

/** What the rows of one evaluation were taken for, batch by batch. */
export class Collected {
  private readonly classes: number;
  readonly counts: number[];
  private wrong = 0;
  private shown: readonly Mistake[] | null = null;
  private rows = 0;
  /** The worst so far, the worst first. */
  private readonly worst: Candidate[] = [];
  private readonly options: ClassificationOptions<unknown>;

  constructor(classes: number, options: ClassificationOptions<unknown>) {
    if (classes > mostClasses) {
      throw new ChainruleError(
        `ReportRecorder: classification: ${classes} classes are more than a confusion matrix can show, ${mostClasses}; leave the option out`,
      );
    }
    const { names } = options;
    if (names !== undefined && names.length !== classes) {
      throw new ChainruleError(`ReportRecorder: classification: ${names.length} names for ${classes} classes`);
    }
    this.classes = classes;
    this.counts = Array(classes * classes).fill(0);
    this.options = options;
  }

  add(scores: Tensor, labels: Int32Array, batch: unknown): void {
    const { classes } = this;
    const { data } = scores;
    const { show, mistakes = 48 } = this.options;
    labels.forEach((label, i) => {
      const predicted = greatest(data, i * classes, classes);
      const cell = label * classes + predicted;
      this.counts[cell] = (this.counts[cell] as number) + 1;
      if (predicted === label) return;
      this.wrong++;
      const probabilities = softmax(data, i * classes, classes);
      const place = this.placeOf(probabilities[label] as number);
      if (place >= mistakes) return;
      this.worst.splice(place, 0, {
        row: this.rows + i,
        label,
        predicted,
        probabilities,
        show: () => (show === undefined ? null : shown(show(batch, i))),
      });
      this.worst.length = Math.min(this.worst.length, mistakes);
    });
    this.rows += labels.length;
  }

  /** What there is to show. Images are made when they are asked for, which is once for most of the evaluations. */
  predictions(): Omit<ClassPredictions, "confusion"> {
    const { evaluation, names } = this.options;
    const classes = names ?? Array.from({ length: this.classes }, (_, i) => String(i));
    return { evaluation, classes, wrong: this.wrong, mistakes: this.mistakes() };
  }

  private mistakes(): readonly Mistake[] {
    this.shown ??= this.worst.map(({ show, probabilities, ...rest }) => ({
      ...rest,
      probabilities: probabilities.map((p) => rounded(p, 3) ?? 0),
      shown: show(),
    }));
    return this.shown;
  }

  /** Behind all that are as bad or worse. */
  private placeOf(probability: number): number {
    const { worst } = this;
    let place = worst.length;
    while (place > 0) {
      const before = worst[place - 1] as Candidate;
      if ((before.probabilities[before.label] as number) <= probability) break;
      place--;
    }
    return place;
  }
}

/** The scores and labels of a batch of the evaluation. */
export function scoresOf(
  { output, batch }: Predictions,
  options: ClassificationOptions<unknown>,
): { readonly scores: Tensor; readonly labels: Int32Array } {
  const op = "ReportRecorder: classification";
  const { scores: scoresIn, labels } = options;
  const scores: unknown = scoresIn === undefined ? output : scoresIn(output as never, batch);
  if (scoresIn === undefined && !(scores instanceof Tensor)) {
    throw new ChainruleError(`${op}: predict gives ${show(scores)}; say with scores which of it are the scores`);
  }
  checkTensor(op, "the scores", scores);
  if (scores.rank !== 2) {
    throw new ChainruleError(`${op}: scores of shape ${formatShape(scores.shape)}; [N, classes] is needed`);
  }
  return { scores, labels: labelsOf(op, scores, labels(batch)) };
}

/** The place of the greatest of `count` scores from `start` on, the first of equals; a NaN counts as less than all. */
function greatest(scores: ArrayLike<number>, start: number, count: number): number {
  let at = 0;
  for (let i = 1; i < count; i++) {
    const best = scores[start + at] as number;
    if ((scores[start + i] as number) > best || Number.isNaN(best)) at = i;
  }
  return at;
}

function softmax(scores: ArrayLike<number>, start: number, count: number): readonly number[] {
  const own = Array.from({ length: count }, (_, i) => scores[start + i] as number);
  const top = Math.max(...own);
  const exps = own.map((score) => Math.exp(score - top));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((exp) => exp / sum);
}

function shown(what: Tensor | string): ReportImage | string {
  if (typeof what === "string") return what;
  if (!(what instanceof Tensor)) {
    throw new ChainruleError(`ReportRecorder: classification: show gives a text or a tensor, got ${show(what)}`);
  }
  const [channels, height, width] = what.rank === 2 ? [1, ...what.shape] : what.shape;
  const isImage = (what.rank === 2 || what.rank === 3) && (channels === 1 || channels === 3);
  if (!isImage || height === undefined || width === undefined) {
    throw new ChainruleError(
      `ReportRecorder: classification: show gave a tensor of shape ${formatShape(what.shape)}; an image is [height, width], ` +
        "[1, height, width] or [3, height, width]",
    );
  }
  const { data } = what;
  const size = width * height;
  const bytes = new Uint8Array(size * channels);
  for (let i = 0; i < bytes.length; i++) {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const value = Math.round(255 * Number(data[channel * size + pixel]));
    bytes[i] = Math.min(255, Math.max(0, value || 0));
  }
  return { width, height, channels: channels as 1 | 3, bytes: base64(bytes) };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
