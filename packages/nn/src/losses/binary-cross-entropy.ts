import { checkNoMore, checkOptions, formatShape, type Shape, ShapeError, Tensor } from "@chainrule/core";
import { broadcastsTo, checkAlike, checkDType, checkSetting } from "../checks.js";
import { type Reduced, type Reduction, type ReductionOptions, reduce, weighed } from "./reduction.js";

export interface BinaryCrossEntropyOptions<R extends Reduction> extends ReductionOptions<R> {
  /** What each loss is multiplied by: a tensor that broadcasts to the scores; 1 unless given. The mean is over all elements still. */
  readonly weight?: Tensor | undefined;
  /**
   * What the cost of a label 1 is multiplied by: a number, or a tensor that broadcasts to the scores, such as one of [classes];
   * 1 unless given. Above 1 it finds more of the positive ones, at the price of more false alarms.
   */
  readonly posWeight?: Tensor | number | undefined;
}

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
 * binaryCrossEntropyWithLogits(tensor([0, 0]), tensor([1, 0]), { posWeight: 3 }).item(); // about 1.386294
 *
 * @throws ShapeError or DTypeError where x and t differ, which do not broadcast, or a weight does not broadcast to them;
 * ChainruleError for an unknown reduction.
 */
export function binaryCrossEntropyWithLogits<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: BinaryCrossEntropyOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  checkNoMore("binaryCrossEntropyWithLogits", none);
  return ofScores("binaryCrossEntropyWithLogits", x, t, options);
}

/**
 * The textbook's name of `binaryCrossEntropyWithLogits`, which has the same options.
 *
 * @param x scores (logits) of any shape. float64, float32
 * @param t labels of the same shape and dtype, from 0 to 1
 *
 * @example
 * sigmoidWithLoss(tensor([0, 2]), tensor([1, 0])).item(); // about 1.410038
 *
 * @throws ShapeError, DTypeError or ChainruleError as `binaryCrossEntropyWithLogits`.
 */
export function sigmoidWithLoss<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: BinaryCrossEntropyOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  checkNoMore("sigmoidWithLoss", none);
  return ofScores("sigmoidWithLoss", x, t, options);
}

function ofScores<S extends Shape, R extends Reduction>(
  op: string,
  x: Tensor<S>,
  t: Tensor<S>,
  options: BinaryCrossEntropyOptions<R>,
): Reduced<R, S> {
  checkOptions(op, options, ["weight", "posWeight", "reduction"]);
  const { weight, posWeight, reduction = "mean" as R } = options;
  const scores: Tensor = x;
  const labels: Tensor = t;
  checkAlike(op, "x", scores, "t", labels);
  if (weight !== undefined) checkWeight(op, "weight", weight, scores);
  if (typeof posWeight === "number" || (posWeight !== undefined && !(posWeight instanceof Tensor))) {
    checkSetting(op, "posWeight", posWeight as number, () => true, "a number or a tensor");
  } else if (posWeight !== undefined) checkWeight(op, "posWeight", posWeight, scores);
  const positive = posWeight === undefined ? labels : labels.mul(posWeight);
  const losses = weighed(positive, scores.neg().softplus()).add(weighed(labels.neg().add(1), scores.softplus()));
  return reduce(op, weight === undefined ? losses : weighed(weight, losses), reduction);
}

function checkWeight(op: string, what: string, weight: Tensor, scores: Tensor): void {
  checkDType(op, what, weight, "x", scores);
  if (broadcastsTo(weight.shape, scores.shape)) return;
  throw new ShapeError(
    `${op}: ${what} ${formatShape(weight.shape)} does not broadcast to x ${formatShape(scores.shape)}; reshape it`,
  );
}
