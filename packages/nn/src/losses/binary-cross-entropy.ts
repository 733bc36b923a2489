import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import { checkAlike } from "../checks.js";
import { type Reduced, type Reduction, type ReductionOptions, reduce, weighed } from "./reduction.js";

/**
 * The cross-entropy of labels t and probabilities sigmoid(x), element by element:
 * -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)), and the mean of that over all elements unless `reduction` says
 * otherwise. PyTorch's binary_cross_entropy_with_logits.
 *
 * Computed as t softplus(-x) + (1 - t) softplus(x), so that nothing overflows or is rounded to log(0) and the gradient,
 * sigmoid(x) - t, is exact for any score; at x = +-infinity the loss of the right label is 0.
 *
 * @param x scores (logits) of any shape. float64, float32
 * @param t labels of the same shape and dtype, from 0 to 1; they may have gradients
 * @returns a scalar; with `reduction: "none"` the losses, of the shape of x
 *
 * @example
 * binaryCrossEntropyWithLogits(tensor([0, 1000, -1000]), tensor([1, 1, 1]), { reduction: "none" }).toArray(); // about [0.693147, 0, 1000]
 *
 * @throws ShapeError or DTypeError where x and t differ: they do not broadcast; ChainruleError for an unknown reduction.
 */
export function binaryCrossEntropyWithLogits<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: ReductionOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "binaryCrossEntropyWithLogits";
  checkNoMore(op, none);
  checkOptions(op, options, ["reduction"]);
  const { reduction = "mean" as R } = options;
  const scores: Tensor = x;
  const labels: Tensor = t;
  checkAlike(op, "x", scores, "t", labels);
  const losses = weighed(labels, scores.neg().softplus()).add(weighed(labels.neg().add(1), scores.softplus()));
  return reduce(op, losses, reduction);
}
