import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import {
  checkIgnoreIndex,
  classWeights,
  type IgnoredLabel,
  type Labels,
  labelsInRange,
  labelsOf,
  labelTensor,
  type Target,
  targetOf,
} from "./labels.js";
import { costsOf, withoutIgnored } from "./negative-log-likelihood.js";
import type { Reduced, Reduction, ReductionOptions, Rows } from "./reduction.js";
import { SoftmaxWithLoss } from "./softmax-with-loss.js";

export interface CrossEntropyOptions<R extends Reduction> extends ReductionOptions<R>, IgnoredLabel {
  /**
   * What the cost of each class is multiplied by, [classes], of the dtype of the scores or plain numbers; 1 unless given. The
   * mean over rows whose labels are indices is then a weighted one: it is divided by the sum of the weights of the labels.
   */
  readonly weight?: Tensor | readonly number[] | undefined;
  /**
   * The share e of each label that is spread evenly over all K classes: the label t becomes (1 - e) t + e / K. From 0,
   * the default, to 1. C. Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016.
   */
  readonly labelSmoothing?: number | undefined;
}

/**
 * The cross-entropy of the labels t and softmax(x): -sum t log(softmax(x)) for each row, and the mean of that over the
 * rows unless `reduction` says otherwise. PyTorch's cross_entropy, but for the axis of the classes: the last one. Without
 * options, or with label smoothing alone, it is one node, `SoftmaxWithLoss`.
 *
 * Finite, and so are its gradients, for scores of +-1000; a class masked with a score of -infinity costs nothing unless
 * it is the label or labels are smoothed. A batch in which all labels are ignored has no mean, NaN, and gradients of 0.
 *
 * @param x scores (logits), [..., classes]; a vector is a batch of one. float64, float32
 * @param t one-hot labels or other probabilities of the shape and dtype of x, which may have gradients, or class
 * indices of shape [...], int32 or plain numbers
 * @returns a scalar; with `reduction: "none"` one loss a row, [...]
 *
 * @example
 * crossEntropy(tensor([[0, 0], [1000, -1000]]), [1, 0], { reduction: "none" }).toArray(); // [0.6931471805599453, 0]
 * crossEntropy(tensor([2, 0]), 0, { labelSmoothing: 0.1 }).item(); // about 0.226928
 * crossEntropy(tensor([[0, 0], [5, 3]]), [1, -1], { ignoreIndex: -1 }).item(); // 0.6931471805599453
 * crossEntropy(tensor([[0, 0], [2, 0]]), [1, 0], { weight: [1, 3] }).item(); // about 0.551592
 *
 * @throws ShapeError for labels or weights that do not belong to the scores, or an index out of range; DTypeError for
 * dtypes that do not go together; ChainruleError for a smoothing outside of 0 to 1, an unknown reduction, or probabilities
 * where a label is to be ignored.
 */
export function crossEntropy<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Labels,
  options: CrossEntropyOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  checkNoMore("crossEntropy", none);
  return ofScores("crossEntropy", x, t, options);
}

/**
 * The textbook's name of `crossEntropy`, which has the same options: -1/N sum t log(softmax(x)), a scalar, for a batch of N
 * rows. The logarithm of the softmax is computed as a whole, so that no probability underflows to log(0).
 *
 * @param x scores, [N, classes], or [classes] for a batch of one; all axes before the last count as the batch. float64,
 * float32
 * @param t one-hot labels of the shape and dtype of x (any other probabilities will do), or class indices, int32 or
 * plain numbers
 *
 * @example
 * softmaxWithLoss(tensor([[0, 0], [1000, -1000]]), [1, 0]).item(); // 0.34657359027997264
 *
 * @throws ShapeError for labels that do not belong to the scores, or an index out of range; DTypeError for dtypes that
 * do not go together; ChainruleError for options as of `crossEntropy`.
 */
export function softmaxWithLoss<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Labels,
  options?: CrossEntropyOptions<R>,
  ...none: []
): Reduced<R, Rows<S>> {
  checkNoMore("SoftmaxWithLoss", none);
  if (options === undefined) return oneNode(x, labelTensor("SoftmaxWithLoss", t));
  return ofScores("SoftmaxWithLoss", x, t, options);
}

function ofScores<S extends Shape, R extends Reduction>(
  op: string,
  x: Tensor<S>,
  t: Labels,
  options: CrossEntropyOptions<R>,
): Reduced<R, Rows<S>> {
  checkOptions(op, options, ["weight", "ignoreIndex", "labelSmoothing", "reduction"]);
  const { weight, ignoreIndex, labelSmoothing = 0, reduction = "mean" as R } = options;
  const scores: Tensor = x;
  const labels = labelsOf(op, "scores", scores, t);
  checkSetting(
    op,
    "labelSmoothing",
    labelSmoothing,
    () => labelSmoothing >= 0 && labelSmoothing <= 1,
    "a number from 0 to 1",
  );
  checkIgnoreIndex(op, ignoreIndex);
  const weights = classWeights(op, weight, scores);

  const isPlain = reduction === "mean" && weights === undefined && ignoreIndex === undefined;
  if (isPlain && labelSmoothing === 0) return oneNode(scores, labelsInRange(op, scores, labels));
  const target = targetOf(op, scores, labels, ignoreIndex);
  const smooth = labelSmoothing === 0 ? target : smoothed(target, labelSmoothing, scores);
  if (isPlain) return oneNode(scores, smooth.probabilities as Tensor);
  const costs = withoutIgnored(scores, target).logSoftmax().neg();
  return costsOf<R>(op, costs, smooth, weights, reduction) as Reduced<R, Rows<S>>;
}

function oneNode<R extends Reduction, S extends Shape>(scores: Tensor, labels: Tensor): Reduced<R, S> {
  return new SoftmaxWithLoss().apply(scores, labels) as Reduced<R, S>;
}

function smoothed(target: Target, share: number, scores: Tensor): Target {
  const classes = scores.shape.at(-1) as number;
  const labels = target.probabilities ?? (target.hot as Tensor).cast(scores.dtype);
  const probabilities = labels.mul(1 - share).add(share / classes) as Tensor;
  return { ...target, probabilities: withoutIgnored(probabilities, target) };
}
