import type { Tensor } from "../../graph/tensor.js";
import * as ops from "../../ops/index.js";
import { aligned, type Batched, elementShape, expanded } from "./batched.js";
import { type Form, ruleFor } from "./rule.js";

/** A vector on the left as a row, one on the right as a column. */
function asMatrix(x: Batched, isLeft: boolean): Batched {
  const shape = elementShape(x);
  if (shape.length > 1) return x;
  const [n = 0] = shape;
  const matrix = isLeft ? [1, n] : [n, 1];
  return {
    tensor: x.tensor.reshape(x.isBatched ? [x.tensor.shape[0] as number, ...matrix] : matrix),
    isBatched: x.isBatched,
  };
}

/** Where one side is the same for all, vectors of a batch are the rows of a matrix. */
function asRows(node: ops.MatMul, a: Batched, b: Batched): Tensor | null {
  const [left, right] = [elementShape(a).length, elementShape(b).length];
  if (!b.isBatched && right <= 2 && left === 1) return node.again().apply(a.tensor, b.tensor);
  if (!b.isBatched && right === 1 && left >= 2) return node.again().apply(a.tensor, b.tensor);
  if (!a.isBatched && left === 2 && right === 1)
    return new ops.MatMul(false, !node.transposeA).apply(b.tensor, a.tensor);
  if (!a.isBatched && left === 1 && right === 1) return new ops.MatMul().apply(b.tensor, a.tensor);
  return null;
}

function matMul(node: ops.MatMul, [x, y]: readonly Batched[], { size, shape }: Form): Tensor {
  const [a, b] = [x as Batched, y as Batched];
  const rows = asRows(node, a, b);
  if (rows !== null) return rows;
  const [A, B] = [asMatrix(a, true), asMatrix(b, false)];
  const rank = Math.max(elementShape(A).length, elementShape(B).length);
  return node
    .again()
    .apply(aligned(A, rank), aligned(B, rank))
    .reshape([size, ...shape]);
}

/** Products with a mask, which broadcasts as the matrices do, but not beyond them. */
function masked(node: ops.MaskedMatMul | ops.SampledMatMul, inputs: readonly Batched[], { size }: Form): Tensor {
  const [a, b, mask] = inputs as readonly [Batched, Batched, Batched];
  const rank = Math.max(elementShape(a).length, elementShape(b).length);
  const left = a.isBatched || b.isBatched ? a : { tensor: expanded(a, size), isBatched: true };
  return node.again().apply(aligned(left, rank), aligned(b, rank), aligned(mask, rank));
}

export const productRules = [
  ruleFor(ops.MatMul, matMul),
  ruleFor<ops.MaskedMatMul | ops.SampledMatMul>(ops.MaskedMatMul, masked),
  ruleFor<ops.MaskedMatMul | ops.SampledMatMul>(ops.SampledMatMul, masked),
];
