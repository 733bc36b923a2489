import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import {
  checkIgnoreIndex,
  classWeights,
  type IgnoredLabel,
  type Labels,
  labelsOf,
  type Target,
  targetOf,
} from "./labels.js";
import { type Reduced, type Reduction, type ReductionOptions, type Rows, reduce, weighed } from "./reduction.js";

export interface NllOptions<R extends Reduction> extends ReductionOptions<R>, IgnoredLabel {
  /**
   * What the cost of each class is multiplied by, [classes], of the dtype of logP or plain numbers; 1 unless given. The mean over
   * rows whose labels are indices is then a weighted one: it is divided by the sum of the weights of the labels.
   */
  readonly weight?: Tensor | readonly number[] | undefined;
}

/**
 * The negative log-likelihood of the labels t: -log p of the true class of each row, and the mean of that over the rows unless
 * `reduction` says otherwise. Of `scores.logSoftmax()` it is `crossEntropy`. PyTorch's nll_loss, but for the axis of the
 * classes: the last one.
 *
 * A batch in which all labels are ignored has no mean, NaN, and gradients of 0.
 *
 * @param logP logarithms of probabilities, [..., classes]; a vector is a batch of one. float64, float32
 * @param t class indices of shape [...], int32 or plain numbers, or probabilities of the shape and dtype of logP
 * @returns a scalar; with `reduction: "none"` one loss a row, [...]
 *
 * @example
 * nllLoss(tensor([[0.5, 0.5], [0.25, 0.75]]).log(), [0, 1], { reduction: "none" }).toArray(); // about [0.693147, 0.287682]
 *
 * @throws ShapeError for labels or weights that do not belong to logP, or an index out of range; DTypeError for dtypes that do
 * not go together; ChainruleError for an unknown reduction, or probabilities where a label is to be ignored.
 */
export function nllLoss<S extends Shape, R extends Reduction = "mean">(
  logP: Tensor<S>,
  t: Labels,
  options: NllOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  const op = "nllLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["weight", "ignoreIndex", "reduction"]);
  const { weight, ignoreIndex, reduction = "mean" as R } = options;
  const logs: Tensor = logP;
  const labels = labelsOf(op, "logP", logs, t);
  checkIgnoreIndex(op, ignoreIndex);
  const weights = classWeights(op, weight, logs);
  const target = targetOf(op, logs, labels, ignoreIndex);
  return costsOf<R>(op, withoutIgnored(logs, target).neg(), target, weights, reduction) as Reduced<R, Rows<S>>;
}

/** 0 in the rows that are ignored, so that nothing of them reaches a result or a gradient. */
export function withoutIgnored(x: Tensor, { kept }: Target): Tensor {
  return kept === undefined ? x : kept.expandDims(-1).where(x, 0);
}

/** What labels cost, given the cost of each class, [..., classes]. */
export function costsOf<R extends Reduction>(
  op: string,
  costs: Tensor,
  { hot, probabilities, kept }: Target,
  weights: Tensor | undefined,
  reduction: R,
): Reduced<R, Shape> {
  const each = weights === undefined ? costs : weighed(weights, costs);
  const losses = (probabilities === undefined ? (hot as Tensor).where(each, 0) : weighed(probabilities, each)).sum(-1);
  if (reduction !== "mean") return reduce(op, losses, reduction);
  if (hot !== undefined && weights !== undefined)
    return losses.sum().div(hot.where(weights, 0).sum()) as Reduced<R, Shape>;
  if (kept !== undefined) return losses.sum().div(kept.cast(costs.dtype).sum()) as Reduced<R, Shape>;
  return reduce(op, losses, reduction);
}
