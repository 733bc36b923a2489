import { ChainruleError, checkNoMore, checkOptions, fromArray, type Tensor } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { batchSizes, type IgnoredLabel, type Labels } from "../losses/labels.js";
import { labelsOf } from "./accuracy.js";

/**
 * How often each class was taken for each: row i, column j of the matrix counts the rows of class i whose greatest score is that
 * of class j (scikit-learn's order). Of equal scores the first counts.
 *
 * @param scores [..., classes], or [classes] for a batch of one: logits or probabilities; one-hot for predictions that are made
 * @param labels one-hot of the same shape, or class indices, int32 or plain numbers; rows of a label that is ignored are left out
 * @returns [classes, classes], int32; matrices of batches may be added up
 *
 * @example
 * confusionMatrix(tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), [1, 1, 0]).toArray(); // [[0, 1], [1, 1]]
 *
 * @throws ShapeError for labels that do not belong to the scores, or an index out of range; ChainruleError for a score that is
 * NaN, which predicts nothing.
 */
export function confusionMatrix(
  scores: Tensor,
  labels: Labels,
  options: IgnoredLabel = {},
  ...none: []
): Tensor<[number, number]> {
  const op = "confusionMatrix";
  checkNoMore(op, none);
  checkOptions(op, options, ["ignoreIndex"]);
  return matrixOf(op, scores, labels, options.ignoreIndex);
}

function matrixOf(op: string, scores: Tensor, labels: Labels, ignoreIndex?: number): Tensor<[number, number]> {
  const { classes } = batchSizes(op, scores);
  const expected = labelsOf(op, scores, labels, ignoreIndex);
  const predicted = scores.argMax(-1).data;
  const values = scores.data;
  const counts = new Int32Array(classes * classes);
  expected.forEach((label, row) => {
    if (label === ignoreIndex) return;
    const at = predicted[row] as number;
    // Where there is a NaN, argMax gives its place.
    if (Number.isNaN(values[row * classes + at])) {
      throw new ChainruleError(`${op}: row ${row} of the scores has a NaN at class ${at}, and predicts nothing`);
    }
    const cell = label * classes + at;
    counts[cell] = (counts[cell] as number) + 1;
  });
  return fromArray(counts, [classes, classes]);
}

/** What precision, recall and their harmonic mean are of one class, or in a mean of all. */
export interface Scores {
  /** Of what was taken for the class, the share that is of it: tp / (tp + fp). */
  readonly precision: number;
  /** Of what is of the class, the share that was taken for it: tp / (tp + fn). */
  readonly recall: number;
  /** 2 tp / (2 tp + fp + fn). */
  readonly f1: number;
}

export interface ClassificationReport {
  /** Class by class; `support` counts the rows that are of it. */
  readonly classes: readonly (Scores & { readonly support: number })[];
  /** The mean over the classes. */
  readonly macro: Scores;
  /** The mean over the classes, weighted by their support. */
  readonly weighted: Scores;
  /** Of all rows together: all three are the accuracy, since each row is of one class and taken for one. */
  readonly micro: Scores;
}

export interface ReportOptions extends IgnoredLabel {
  /** What 0 / 0 is, where nothing is of a class or taken for it: a number, 0 by default; with NaN, means leave it out. */
  readonly zeroDivision?: number | undefined;
}

/**
 * Precision, recall and F1 of each class, and their macro, weighted and micro means, as scikit-learn's classification_report and
 * precision_recall_fscore_support have them, of all classes that have scores.
 *
 * @param scores [..., classes], or [classes] for a batch of one: logits or probabilities; one-hot for predictions that are made
 * @param labels one-hot of the same shape, or class indices, int32 or plain numbers; rows of a label that is ignored are left out
 *
 * @example
 * const report = classificationReport(tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), [1, 1, 0]);
 * report.classes[1]; // { precision: 0.5, recall: 0.5, f1: 0.5, support: 2 }
 * report.macro.f1; // 0.25
 *
 * @throws ShapeError for labels that do not belong to the scores, or an index out of range; ChainruleError for a score that is
 * NaN, which predicts nothing.
 */
export function classificationReport(
  scores: Tensor,
  labels: Labels,
  options: ReportOptions = {},
  ...none: []
): ClassificationReport {
  const op = "classificationReport";
  checkNoMore(op, none);
  checkOptions(op, options, ["ignoreIndex", "zeroDivision"]);
  const { ignoreIndex, zeroDivision = 0 } = options;
  checkSetting(op, "zeroDivision", zeroDivision, () => true, "a number");
  const matrix = matrixOf(op, scores, labels, ignoreIndex);
  const supports = matrix.sum(1).data;
  const taken = matrix.sum(0).data;
  const hits = matrix.diagonal().data;
  const ratio = (a: number, b: number) => (b === 0 ? zeroDivision : a / b);
  const scored = (hits: number, taken: number, support: number): Scores => ({
    precision: ratio(hits, taken),
    recall: ratio(hits, support),
    f1: ratio(2 * hits, taken + support),
  });
  const classes = Array.from(supports, (support, i) => ({
    ...scored(hits[i] as number, taken[i] as number, support),
    support,
  }));
  const total = sumOf(supports);
  return {
    classes,
    macro: meanOf(classes, () => 1, zeroDivision),
    weighted: meanOf(classes, ({ support }) => support, zeroDivision),
    micro: scored(sumOf(hits), total, total),
  };
}

const sumOf = (list: Iterable<number>): number => Array.from(list).reduce((a, b) => a + b, 0);

function meanOf<T extends Scores>(classes: readonly T[], weight: (of: T) => number, zeroDivision: number): Scores {
  const mean = (key: keyof Scores) => {
    const known = classes.filter((one) => !Number.isNaN(one[key]));
    const total = sumOf(known.map(weight));
    return total === 0 ? zeroDivision : sumOf(known.map((one) => weight(one) * one[key])) / total;
  };
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}
