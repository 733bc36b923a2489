import { checkNoMore, type Tensor } from "@chainrule/core";
import { batchSizes, checkLabelRange, checkLabels, type Labels, labelTensor } from "./losses/labels.js";

/**
 * The share of rows, from 0 to 1, whose greatest score stands at the true class; of equal scores the first counts, and
 * a row with a NaN in it is wrong. NaN for no rows.
 *
 * @param scores [N, classes], or [classes] for a batch of one: logits or probabilities
 * @param labels one-hot of the same shape, or class indices, int32 or plain numbers
 *
 * @example
 * accuracy(tensor([[0.1, 0.9], [0.8, 0.2]]), [1, 1]); // 0.5
 *
 * @throws ShapeError for labels that do not belong to the scores, or an index out of range.
 */
export function accuracy(scores: Tensor, labels: Labels, ...none: []): number {
  const op = "accuracy";
  checkNoMore(op, none);
  const t = labelTensor(op, labels);
  checkLabels(op, scores, t);
  checkLabelRange(op, scores, t);
  const { classes, rows } = batchSizes(op, scores);
  const values = scores.data;
  // Where there is a NaN, argMax gives its place.
  const predicted = scores.argMax(-1).data;
  const expected = (t.dtype === "int32" ? t : t.argMax(-1)).data;
  let right = 0;
  for (let i = 0; i < rows; i++) {
    const at = predicted[i] as number;
    if (at === expected[i] && !Number.isNaN(values[i * classes + at])) right++;
  }
  return right / rows;
}
