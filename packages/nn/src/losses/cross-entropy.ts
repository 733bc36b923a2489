import { checkNoMore, checkOptions, oneHot, type Shape, type Tensor } from "@chainrule/core";
import { checkDType, checkFloat, checkSetting } from "../checks.js";
import { batchSizes, checkLabels, type Labels, labelsInRange, labelTensor } from "./labels.js";
import { type Reduced, type Reduction, type ReductionOptions, type Rows, reduce, weighed } from "./reduction.js";
import { softmaxWithLoss } from "./softmax-with-loss.js";

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
 * The textbook's cross-entropy error of probabilities y, mean over the batch: -1/N sum t log(y + 1e-7), a scalar. The
 * 1e-7 keeps the logarithm finite, and makes the gradient of a confidently wrong answer a wrong one: to train on
 * scores, use `softmaxWithLoss`, which needs no such number.
 *
 * @param y probabilities, [N, classes], or [classes] for a batch of one. float64, float32
 * @param t one-hot labels of the shape and dtype of y, or class indices, int32 or plain numbers
 *
 * @throws ShapeError for labels that do not belong to y, or an index out of range; DTypeError for dtypes that do not go
 * together.
 */
export function crossEntropyError(y: Tensor, t: Labels, ...none: []): Tensor<[]> {
  const op = "crossEntropyError";
  checkNoMore(op, none);
  const given = labelTensor(op, t);
  checkLabels(op, y, given);
  const labels = labelsInRange(op, y, given);
  const { classes, rows } = batchSizes(op, y);
  const target =
    labels.dtype === "int32" ? (oneHot(labels, classes, { dtype: y.dtype }) as Tensor).reshape(y.shape) : labels;
  return y.add(1e-7).log().mul(target).sum().div(-rows) as Tensor<[]>;
}
