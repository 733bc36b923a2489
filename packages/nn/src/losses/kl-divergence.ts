import { checkNoMore, checkOptions, type Shape, ShapeError, type Tensor } from "@chainrule/core";
import { checkAlike } from "../checks.js";
import {
  finiteWhereUnused,
  type Reduced,
  type Reduction,
  type ReductionOptions,
  type Rows,
  reduce,
} from "./reduction.js";

export interface KlDivergenceOptions<R extends Reduction> extends ReductionOptions<R> {
  /** Whether the target distribution is given by its logarithms, too. Default false. */
  readonly logTarget?: boolean | undefined;
}

/**
 * The Kullback-Leibler divergence KL(p || q) = sum p (log p - log q) of each row, and the mean of that over the rows
 * unless `reduction` says otherwise. q, the prediction, comes first and as its logarithms, such as `scores.logSoftmax()`.
 * S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22 (1951).
 *
 * PyTorch's kl_div has the same arguments, and calls "batchmean" what is "mean" here (its own "mean" divides by the
 * number of classes as well, and is no divergence); its "none" gives the terms, which here are added up.
 *
 * An outcome of probability p = 0 adds nothing, whatever log q is, and infinity is the divergence where p > 0 and
 * log q = -infinity. The derivative of p log p by p, which is -infinity at 0, counts as 0 there (as in PyTorch's xlogy).
 *
 * @param logQ logarithms of probabilities, [..., classes]; a vector is a batch of one. float64, float32
 * @param p probabilities of the same shape and dtype, or their logarithms with `logTarget`; they may have gradients
 * @returns a scalar; with `reduction: "none"` one divergence a row, [...]
 *
 * @example
 * klDivergence(tensor([0.25, 0.75]).log(), tensor([0.5, 0.5])).item(); // about 0.143841
 * klDivergence(tensor([0, -1000]).logSoftmax(), tensor([0, -1000]).logSoftmax(), { logTarget: true }).item(); // 0
 *
 * @throws ShapeError or DTypeError where logQ and p differ: they do not broadcast; ShapeError for scalars;
 * ChainruleError for an unknown reduction.
 */
export function klDivergence<S extends Shape, R extends Reduction = "mean">(
  logQ: Tensor<S>,
  p: Tensor<NoInfer<S>>,
  options: KlDivergenceOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  const op = "klDivergence";
  checkNoMore(op, none);
  checkOptions(op, options, ["logTarget", "reduction"], ["logTarget"]);
  const { logTarget = false, reduction = "mean" as R } = options;
  checkAlike(op, "logQ", logQ, "p", p);
  if (logQ.rank === 0) throw new ShapeError(`${op}: a scalar is no distribution; give [classes] or [N, classes]`);
  const target: Tensor = p;
  const probability = logTarget ? target.exp() : target;
  const logP = logTarget ? target : target.equal(0).where(1, target).log();
  // Each logarithm by itself: the difference of two infinite ones would be NaN.
  const difference = finiteWhereUnused(probability, logP).sub(finiteWhereUnused(probability, logQ));
  return reduce(op, probability.mul(difference).sum(-1), reduction);
}
