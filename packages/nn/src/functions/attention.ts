import {
  checkNoMore,
  checkOptions,
  formatShape,
  fromArray,
  MaskedMatMul,
  MatMul,
  type Random,
  SampledMatMul,
  type Shape,
  ShapeError,
  type Tensor,
} from "@chainrule/core";
import { checkDType, checkFloat, checkMask, checkRandom, checkSetting } from "../checks.js";
import { checkRatio, dropout } from "./dropout.js";

export interface AttentionOptions {
  /** Which keys a query may see: bool, broadcast to [..., L, S], true where it may (PyTorch's convention). */
  readonly mask?: Tensor | undefined;
  /** Whether query i sees the keys 0 to i only; with a mask, those that both let through. Default false. */
  readonly causal?: boolean | undefined;
  /** What the scores are multiplied by; 1 / sqrt(E) unless given. */
  readonly scale?: number | undefined;
  /** The probability of a weight to be dropped, from 0 to less than 1, what is kept being scaled up. Default 0. */
  readonly dropout?: number | undefined;
  /** Where the numbers that decide what is dropped come from; needed for a dropout above 0. */
  readonly random?: Random | undefined;
}

/** The shape of the output: as many vectors as queries, as long as the values. */
export type AttentionShape<Q extends Shape, V extends Shape> = Q extends readonly [
  ...infer Batch extends Shape,
  infer L extends number,
  number,
]
  ? V extends readonly [...Batch, number, infer E extends number]
    ? [...Batch, L, E]
    : Shape
  : Shape;

/**
 * Scaled dot-product attention: softmax(q k' / sqrt(E)) v, the softmax over the keys: for each query the mean of the
 * values, weighted by how well their keys fit. A. Vaswani et al., "Attention is all you need", NeurIPS 2017. (PyTorch's
 * scaled_dot_product_attention.)
 *
 * A key that is masked has weight 0, and gets no gradient; whatever stands in it and in its value, NaN included, reaches
 * nothing. A query that may see no key at all has no mean: its output is
 * 0, and so are all gradients through it, never NaN (PyTorch's convention from version 2.5 on).
 *
 * @param q queries, [..., L, E]. float64, float32
 * @param k keys, [..., S, E], of the same dtype
 * @param v values, [..., S, D], of the same dtype; the leading axes of all three broadcast
 * @returns [..., L, D]
 *
 * @example
 * const v = tensor([[1, 0], [0, 1]]);
 * const same = tensor([[1], [1]]);
 * scaledDotProductAttention(same, same, v).toArray(); // [[0.5, 0.5], [0.5, 0.5]]
 * scaledDotProductAttention(same, same, v, { causal: true }).toArray(); // [[1, 0], [0.5, 0.5]]
 *
 * @throws ShapeError for sizes that do not go together, or a mask that does not broadcast to [..., L, S]; DTypeError
 * for different dtypes or a mask that is not bool; ChainruleError for a scale that is no finite number, or a dropout out of range
 * or without `random`.
 */
export function scaledDotProductAttention<Q extends Shape, V extends Shape>(
  q: Tensor<Q>,
  k: Tensor,
  v: Tensor<V>,
  options: AttentionOptions = {},
  ...none: []
): Tensor<AttentionShape<Q, V>> {
  const op = "scaledDotProductAttention";
  checkNoMore(op, none);
  checkOptions(op, options, ["mask", "causal", "scale", "dropout", "random"], ["causal"]);
  checkInputs(op, q, k, v);
  const { mask, causal = false, scale = 1 / Math.sqrt(q.shape.at(-1) as number), dropout: ratio = 0, random } = options;
  // Of no numbers the product is 0, whatever it is multiplied by.
  checkSetting(op, "scale", scale, () => Number.isFinite(scale) || q.shape.at(-1) === 0, "a finite number");

  checkRatio(op, ratio, "dropout");
  if (ratio > 0) checkRandom(op, random);
  const drop = (weights: Tensor): Tensor => (ratio > 0 ? dropout(weights, { ratio, random }) : weights);

  const factor = Number.isFinite(scale) ? scale : 1;
  const shape = new MatMul(false, true).shapeRule(q, k);
  if (mask !== undefined) checkMask(op, mask, shape, "the scores");
  const visible = visibleKeys(shape, mask, causal);
  const output =
    visible === undefined
      ? drop(new MatMul(false, true).apply(q, k).mul(factor).softmax()).matmul(v as Tensor)
      : attended(q, k, v, visible, factor, drop);
  return output as Tensor as Tensor<AttentionShape<Q, V>>;
}

/** What is masked is left out of the products, so that a NaN there reaches neither a result nor a gradient. */
function attended(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  visible: Tensor,
  scale: number,
  drop: (weights: Tensor) => Tensor,
): Tensor {
  const scores = new SampledMatMul().apply(q, k, visible).mul(scale);
  return new MaskedMatMul().apply(drop(softmaxOver(scores, visible)), v, visible);
}

/** The softmax of the scores that are visible; 0 for the others, also where there is none in a row. */
function softmaxOver(scores: Tensor, visible: Tensor): Tensor {
  const seesAny = visible.cast("int32").sum({ axis: -1, keepDims: true }).greater(0);
  // A row of nothing but -infinity has no softmax. One of zeros has, and is then put out of the way.
  const masked = visible.where(scores, seesAny.where(scores.constant(Number.NEGATIVE_INFINITY), scores.constant(0)));
  return seesAny.where(masked.softmax(), 0);
}

/** Where a query may see a key, to broadcast to the scores; `undefined` for everywhere. */
function visibleKeys(shape: Shape, mask: Tensor | undefined, causal: boolean): Tensor | undefined {
  if (!causal) return mask === undefined || mask.rank > 0 ? mask : mask.reshape([1]);
  const [queries, keys] = shape.slice(-2) as [number, number];
  const past: Tensor = fromArray(
    Uint8Array.from({ length: queries * keys }, (_, i) => (i % keys <= Math.floor(i / keys) ? 1 : 0)),
    [queries, keys],
    { dtype: "bool" },
  );
  return mask === undefined ? past : mask.where(past, past.constant(0));
}

function checkInputs(op: string, q: Tensor, k: Tensor, v: Tensor): void {
  checkFloat(op, "q", q);
  checkDType(op, "k", k, "q", q);
  checkDType(op, "v", v, "q", q);
  const shapes = `q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}`;
  if (Math.min(q.rank, k.rank, v.rank) < 2) {
    throw new ShapeError(
      `${op}: ${shapes}: each is a matrix, [L, E], [S, E] and [S, D], or a batch of them; reshape them`,
    );
  }
  const [last, keys] = [q.shape.at(-1), k.shape.at(-2)];
  if (k.shape.at(-1) !== last) {
    throw new ShapeError(
      `${op}: ${shapes}: a query has ${last} numbers and a key ${k.shape.at(-1)}; project them to one size`,
    );
  }
  if (v.shape.at(-2) !== keys) {
    throw new ShapeError(
      `${op}: ${shapes}: there are ${keys} keys and ${v.shape.at(-2)} values; give a value for each key`,
    );
  }
  const batches = [q, k, v].map(({ shape }) => shape.slice(0, -2).reverse());
  const rank = Math.max(...batches.map(({ length }) => length));
  for (let axis = 0; axis < rank; axis++) {
    const sizes = new Set(batches.map((sizes) => sizes[axis] ?? 1).filter((size) => size !== 1));
    if (sizes.size > 1) {
      throw new ShapeError(
        `${op}: ${shapes}: sizes ${[...sizes].join(" and ")} of axis ${-3 - axis} do not broadcast; they must be equal or 1`,
      );
    }
  }
}
