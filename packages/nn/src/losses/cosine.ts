import {
  checkNoMore,
  checkOptions,
  formatShape,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
} from "@chainrule/core";
import { checkDType, checkSetting } from "../checks.js";
import { checkVectors, cosineSimilarity } from "../functions/cosine-similarity.js";
import { type Reduced, type Reduction, type ReductionOptions, type Rows, reduce } from "./reduction.js";

/**
 * 1 - cos of the angle between outputs and targets, vectors along the last axis, and the mean of that over the vectors unless
 * `reduction` says otherwise: 0 for the same direction, 2 for the opposite one. See `cosineSimilarity`. (PyTorch has it as the
 * case of labels 1 of cosine_embedding_loss.)
 *
 * @param y outputs, [..., D]. float64, float32
 * @param t targets of the same shape and dtype; they may have gradients
 * @returns a scalar; with `reduction: "none"` one loss a vector, [...]
 *
 * @example
 * cosineSimilarityLoss(tensor([[1, 0], [0, 2]]), tensor([[3, 0], [1, 0]]), { reduction: "none" }).toArray(); // [0, 1]
 *
 * @throws ShapeError or DTypeError where y and t differ: they do not broadcast; ShapeError for scalars; ChainruleError for an
 * unknown reduction.
 */
export function cosineSimilarityLoss<S extends Shape, R extends Reduction = "mean">(
  y: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: ReductionOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  const op = "cosineSimilarityLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["reduction"]);
  const { reduction = "mean" as R } = options;
  checkVectors(op, "y", y, "t", t);
  return reduce(op, (cosineSimilarity(y as Tensor, t as Tensor) as Tensor).neg().add(1), reduction);
}

export interface CosineEmbeddingOptions<R extends Reduction> extends ReductionOptions<R> {
  /** The cosine up to which vectors that do not belong together cost nothing. From -1 to 1; 0 by default. */
  readonly margin?: number | undefined;
}

/**
 * The loss of pairs of vectors that belong together (label 1: 1 - cos) or do not (label -1: max(0, cos - margin)), and the mean
 * of that over the pairs unless `reduction` says otherwise. PyTorch's cosine_embedding_loss. See `cosineSimilarity`.
 *
 * @param a vectors along the last axis, [..., D]. float64, float32
 * @param b the others, of the same shape and dtype
 * @param t labels of shape [...] and the same dtype: above 0 for vectors that belong together, else they do not
 * @returns a scalar; with `reduction: "none"` one loss a pair, [...]
 *
 * @example
 * const [a, b] = [tensor([[1, 0], [1, 0]]), tensor([[0, 1], [2, 0]])];
 * cosineEmbeddingLoss(a, b, tensor([1, -1]), { margin: 0.5, reduction: "none" }).toArray(); // [1, 0.5]
 *
 * @throws ShapeError or DTypeError where a, b and t do not go together; ChainruleError for a margin outside of -1 to 1, or an
 * unknown reduction.
 */
export function cosineEmbeddingLoss<S extends Shape, R extends Reduction = "mean">(
  a: Tensor<S>,
  b: Tensor<NoInfer<S>>,
  t: Tensor,
  options: CosineEmbeddingOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  const op = "cosineEmbeddingLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["margin", "reduction"]);
  const { margin = 0, reduction = "mean" as R } = options;
  checkVectors(op, "a", a, "b", b);
  checkDType(op, "t", t, "a", a);
  const pairs = a.shape.slice(0, -1);
  if (!sameShape(t.shape, pairs)) {
    throw new ShapeError(
      `${op}: t is ${formatShape(t.shape)} for vectors ${formatShape(a.shape)}: there is a label of 1 or -1 a pair, ` +
        `${formatShape(pairs)}; reshape it`,
    );
  }
  checkSetting(op, "margin", margin, () => margin >= -1 && margin <= 1, "a number from -1 to 1");
  const cosine: Tensor = cosineSimilarity(a as Tensor, b as Tensor);
  return reduce(op, t.greater(0).where(cosine.neg().add(1), cosine.sub(margin).relu()), reduction);
}
