import { ChainruleError, checkNoMore, checkOptions, show, type Tensor } from "@chainrule/core";
import {
  batchSizes,
  checkIgnoreIndex,
  checkLabelRange,
  checkLabels,
  type IgnoredLabel,
  type Labels,
  labelTensor,
} from "../losses/labels.js";

/**
 * The share of rows, from 0 to 1, whose greatest score stands at the true class; of equal scores the first counts, and
 * a row with a NaN in it is wrong. NaN for no rows.
 *
 * @param scores [..., classes], or [classes] for a batch of one: logits or probabilities
 * @param labels one-hot of the same shape, or class indices, int32 or plain numbers; rows of a label that is ignored are left out
 *
 * @example
 * accuracy(tensor([[0.1, 0.9], [0.8, 0.2]]), [1, 1]); // 0.5
 *
 * @throws ShapeError for labels that do not belong to the scores, or an index out of range.
 */
export function accuracy(scores: Tensor, labels: Labels, options: IgnoredLabel = {}, ...none: []): number {
  checkNoMore("accuracy", none);
  return shareOfRight("accuracy", scores, labels, 1, options);
}

/**
 * The share of rows, from 0 to 1, whose true class is among the k with the greatest scores; of equal scores the first ones count,
 * and a row with a NaN in it is wrong. NaN for no rows. For k = 1 it is `accuracy`.
 *
 * @param scores [..., classes], or [classes] for a batch of one: logits or probabilities
 * @param labels one-hot of the same shape, or class indices, int32 or plain numbers; rows of a label that is ignored are left out
 * @param k a whole number of at least 1
 *
 * @example
 * topKAccuracy(tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), [1, 0], 2); // 0.5
 *
 * @throws ShapeError for labels that do not belong to the scores, or an index out of range; ChainruleError for another k.
 */
export function topKAccuracy(
  scores: Tensor,
  labels: Labels,
  k: number,
  options: IgnoredLabel = {},
  ...none: []
): number {
  checkNoMore("topKAccuracy", none);
  if (!Number.isInteger(k) || k < 1)
    throw new ChainruleError(
      `topKAccuracy: k ${show(k)}: a whole number of at least 1 is needed, as in topKAccuracy(y, t, 5)`,
    );
  return shareOfRight("topKAccuracy", scores, labels, k, options);
}

function shareOfRight(op: string, scores: Tensor, given: Labels, k: number, options: IgnoredLabel): number {
  checkOptions(op, options, ["ignoreIndex"]);
  const { ignoreIndex } = options;
  const { classes } = batchSizes(op, scores);
  const labels = labelsOf(op, scores, given, ignoreIndex);
  const values = scores.data;
  let [counted, right] = [0, 0];
  labels.forEach((label, row) => {
    if (label === ignoreIndex) return;
    counted++;
    const start = row * classes;
    const own = values[start + label] as number;
    let ahead = 0;
    for (let i = 0; i < classes; i++) {
      const score = values[start + i] as number;
      if (Number.isNaN(score)) ahead = k;
      if (score > own || (score === own && i < label)) ahead++;
    }
    if (ahead < k) right++;
  });
  return right / counted;
}

/** The class of each row, or the label that is ignored. */
export function labelsOf(op: string, scores: Tensor, given: Labels, ignoreIndex?: number): Int32Array {
  checkIgnoreIndex(op, ignoreIndex);
  const labels = labelTensor(op, given);
  checkLabels(op, scores, labels);
  if (labels.dtype === "int32") {
    checkLabelRange(op, scores, ignoreIndex === undefined ? labels : labels.equal(ignoreIndex).where(0, labels));
  }
  return Int32Array.from((labels.dtype === "int32" ? labels : labels.argMax(-1)).data);
}
