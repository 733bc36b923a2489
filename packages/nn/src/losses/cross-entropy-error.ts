import { checkNoMore, oneHot, type Tensor } from "@chainrule/core";
import { batchSizes, type Labels, labelsInRange, labelsOf } from "./labels.js";

/**
 * The textbook's cross-entropy error of probabilities y, mean over the batch: -1/N sum t log(y + 1e-7), a scalar. The
 * 1e-7 keeps the logarithm finite, and makes the gradient of a confidently wrong answer a wrong one: to train on
 * scores, use `softmaxWithLoss`, which needs no such number.
 *
 * @param y probabilities, [N, classes], or [classes] for a batch of one. float64, float32
 * @param t one-hot labels of the shape and dtype of y, or class indices, int32 or plain numbers
 *
 * @example
 * const y = tensor([[0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0]]);
 * crossEntropyError(y, tensor([2], { dtype: "int32" })).item(); // about 0.510825
 *
 * @throws ShapeError for labels that do not belong to y, or an index out of range; DTypeError for dtypes that do not go
 * together.
 */
export function crossEntropyError(y: Tensor, t: Labels, ...none: []): Tensor<[]> {
  const op = "crossEntropyError";
  checkNoMore(op, none);
  const labels = labelsInRange(op, y, labelsOf(op, "y", y, t));
  const { classes, rows } = batchSizes(op, y);
  const target =
    labels.dtype === "int32" ? (oneHot(labels, classes, { dtype: y.dtype }) as Tensor).reshape(y.shape) : labels;
  return y.add(1e-7).log().mul(target).sum().div(-rows) as Tensor<[]>;
}
