import { checkNoMore, checkOptions, type Shape, ShapeError, type Tensor } from "@chainrule/core";
import { checkAlike, checkSetting } from "../checks.js";
import type { Rows } from "../losses/reduction.js";

export interface CosineSimilarityOptions {
  /** Up to which length a vector counts as 0: a number of at least 0, 1e-8 by default. */
  readonly eps?: number | undefined;
}

/**
 * The cosine of the angle between vectors along the last axis: a b / (|a| |b|), from -1 to 1. A vector of 0, or one that is no
 * longer than eps, has cosine 0 with all, and a gradient of 0. PyTorch's cosine_similarity, but that the gradient of such a
 * vector, which has no direction, is not of the size of 1 / eps. No square overflows.
 *
 * @param a [..., D]. float64, float32
 * @param b of the same shape and dtype
 * @returns [...]
 *
 * @example
 * cosineSimilarity(tensor([[1, 0], [1, 1]]), tensor([[2, 0], [-3, 3]])).toArray(); // [1, 0]
 *
 * @throws ShapeError or DTypeError where a and b differ: they do not broadcast; ShapeError for scalars; ChainruleError for an
 * eps that is less than 0.
 */
export function cosineSimilarity<S extends Shape>(
  a: Tensor<S>,
  b: Tensor<NoInfer<S>>,
  options: CosineSimilarityOptions = {},
  ...none: []
): Tensor<Rows<S>> {
  const op = "cosineSimilarity";
  checkNoMore(op, none);
  checkOptions(op, options, ["eps"]);
  const { eps = 1e-8 } = options;
  checkSetting(op, "eps", eps, () => eps >= 0 && eps < Number.POSITIVE_INFINITY, "a number of at least 0");
  checkVectors(op, "a", a, "b", b);
  return directionOf(a, eps).mul(directionOf(b, eps)).sum(-1) as Tensor as Tensor<Rows<S>>;
}

function directionOf(x: Tensor, eps: number): Tensor {
  const length = x.norm({ axis: -1, keepDims: true });
  const isLong = length.greater(eps);
  return isLong.where(x.div(isLong.where(length, 1)), 0);
}

/** Throws unless both are vectors, or batches of them, of one shape and one float dtype. */
export function checkVectors(op: string, what: string, x: Tensor, otherWhat: string, other: Tensor): void {
  checkAlike(op, what, x, otherWhat, other);
  if (x.rank === 0) throw new ShapeError(`${op}: ${what} is a scalar; give vectors, [D], or a batch of them, [N, D]`);
}
