import { checkNoMore, checkOptions, oneHot, type Shape, type Tensor } from "@chainrule/core";
import { batchSizes, checkLabels, type Labels, labelsInRange, labelTensor } from "../losses/labels.js";
import { softmaxWithLoss } from "../losses/softmax-with-loss.js";
import { checkAlike, checkDType, checkFloat, checkSetting } from "./checks.js";
import { type Reduced, type Reduction, type ReductionOptions, type Rows, reduce, weighed } from "./reduction.js";

export interface CrossEntropyOptions<R extends Reduction> extends ReductionOptions<R> {
  /**
   * The share e of each label that is spread evenly over all K classes: the label t becomes (1 - e) t + e / K. From 0,
   * the default, to 1. C. Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016.
   */
  readonly labelSmoothing?: number | undefined;
}

/**
 * The cross-entropy of the labels t and softmax(x): -sum t log(softmax(x)) for each row, and the mean of that over the
 * rows unless `reduction` says otherwise. This is `softmaxWithLoss` (and is the same node, where the mean is asked for)
 * with label smoothing and other reductions. PyTorch's cross_entropy, but for the axis of the classes: the last one.
 *
 * Finite, and so are its gradients, for scores of +-1000; a class masked with a score of -infinity costs nothing unless
 * it is the label or labels are smoothed.
 *
 * @param x scores (logits), [..., classes]; a vector is a batch of one. float64, float32
 * @param t one-hot labels or other probabilities of the shape and dtype of x, which may have gradients, or class
 * indices of shape [...], int32 or plain numbers
 * @returns a scalar; with `reduction: "none"` one loss a row, [...]
 *
 * @example
 * crossEntropy(tensor([[0, 0], [1000, -1000]]), [1, 0], { reduction: "none" }).toArray(); // [0.6931471805599453, 0]
 * crossEntropy(tensor([2, 0]), 0, { labelSmoothing: 0.1 }).item(); // about 0.226928
 *
 * @throws ShapeError for labels that do not belong to the scores, or an index out of range; DTypeError for dtypes that
 * do not go together; ChainruleError for a smoothing outside of 0 to 1 or an unknown reduction.
 */
export function crossEntropy<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Labels,
  options: CrossEntropyOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  const op = "crossEntropy";
  checkNoMore(op, none);
  checkOptions(op, options, ["labelSmoothing", "reduction"]);
  const { labelSmoothing = 0, reduction = "mean" as R } = options;
  const scores: Tensor = x;
  const given = labelTensor(op, t);
  checkFloat(op, "scores", scores);
  checkLabels(op, scores, given);
  const labels = labelsInRange(op, scores, given);
  if (labels.dtype !== "int32") checkDType(op, "labels", labels, "scores", scores);
  checkSetting(
    op,
    "labelSmoothing",
    labelSmoothing,
    () => labelSmoothing >= 0 && labelSmoothing <= 1,
    "a number from 0 to 1",
  );

  const { classes } = batchSizes(op, scores);
  const target =
    labelSmoothing === 0
      ? labels
      : probabilitiesOf(labels, scores)
          .mul(1 - labelSmoothing)
          .add(labelSmoothing / classes);
  if (reduction === "mean") return softmaxWithLoss(scores, target) as Reduced<R, Rows<S>>;
  const losses = weighed(probabilitiesOf(target, scores), scores.logSoftmax()).sum(-1).neg();
  return reduce(op, losses, reduction);
}

/** Class indices as one-hot labels; all other labels are probabilities already. */
function probabilitiesOf(labels: Tensor, scores: Tensor): Tensor {
  if (labels.dtype !== "int32") return labels;
  const hot: Tensor = oneHot(labels, scores.shape.at(-1) as number, { dtype: scores.dtype });
  return hot.reshape(scores.shape);
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
