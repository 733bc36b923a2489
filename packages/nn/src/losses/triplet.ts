import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { checkVectors } from "../functions/cosine-similarity.js";
import { type Reduced, type Reduction, type ReductionOptions, type Rows, reduce } from "./reduction.js";

export interface TripletMarginOptions<R extends Reduction> extends ReductionOptions<R> {
  /** How much further away the negative has to be for nothing to be lost. A number above 0; 1 by default. */
  readonly margin?: number | undefined;
  /** The norm in which distances are taken: 1, 2 (the default) or Infinity. */
  readonly p?: 1 | 2 | typeof Number.POSITIVE_INFINITY | undefined;
  /** What is added to each difference, as PyTorch does: a number of at least 0, 1e-6 by default. */
  readonly eps?: number | undefined;
  /** Whether the negative's distance is the one to the positive, where that is the shorter one (V. Balntas et al., BMVC 2016). */
  readonly swap?: boolean | undefined;
}

/**
 * The triplet loss max(0, |a - p| - |a - n| + margin): an anchor a is to be nearer to a positive example p than to a negative
 * one n; and the mean of that over the triplets unless `reduction` says otherwise. PyTorch's triplet_margin_loss; F. Schroff et
 * al., "FaceNet", CVPR 2015. At the kink the derivative is 0.
 *
 * @param anchor vectors along the last axis, [..., D]. float64, float32
 * @param positive those that are alike, of the same shape and dtype
 * @param negative those that are not, of the same shape and dtype
 * @returns a scalar; with `reduction: "none"` one loss a triplet, [...]
 *
 * @example
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 5.5]])];
 * tripletMarginLoss(anchor, positive, negative, { eps: 0 }).item(); // 0.5
 *
 * @throws ShapeError or DTypeError where the three differ: they do not broadcast; ChainruleError for a margin that is not above
 * 0, an eps that is less than 0, another p, or an unknown reduction.
 */
export function tripletMarginLoss<S extends Shape, R extends Reduction = "mean">(
  anchor: Tensor<S>,
  positive: Tensor<NoInfer<S>>,
  negative: Tensor<NoInfer<S>>,
  options: TripletMarginOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  const op = "tripletMarginLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["margin", "p", "eps", "swap", "reduction"], ["swap"]);
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = "mean" as R } = options;
  checkVectors(op, "anchor", anchor, "positive", positive);
  checkVectors(op, "anchor", anchor, "negative", negative);
  checkSetting(op, "margin", margin, () => margin > 0 && margin < Number.POSITIVE_INFINITY, "a number above 0");
  checkSetting(op, "p", p, () => p === 1 || p === 2 || p === Number.POSITIVE_INFINITY, "1, 2 or Infinity");
  checkSetting(op, "eps", eps, () => eps >= 0 && eps < Number.POSITIVE_INFINITY, "a number of at least 0");
  const distance = (a: Tensor, b: Tensor) => a.sub(b).add(eps).norm({ axis: -1, ord: p });
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const other = swap ? far.minimum(distance(positive, negative)) : far;
  return reduce(op, near.sub(other).add(margin).relu(), reduction);
}
