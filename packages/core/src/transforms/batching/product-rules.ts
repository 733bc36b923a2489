import type { Tensor } from "../../graph/tensor.js";
import * as ops from "../../ops/index.js";
import { sizeOf } from "../../shape/shape.js";
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

/** The same for matrices of one column on the right, or of one row on the left. */
function asRowsOfMatrix(node: ops.MatMul, a: Batched, b: Batched, { size, shape }: Form): Tensor | null {
  const [left, right] = [elementShape(a), elementShape(b)];
  if (left.length > 2 || right.length > 2) return null;
  const [own, other] = a.isBatched ? [a, b] : [b, a];
  const count = a.isBatched ? left[node.transposeA ? 1 : 0] : right[node.transposeB ? 0 : 1];
  if (other.isBatched || count !== 1) return null;
  const rows = own.tensor.reshape([size, sizeOf(elementShape(own))]);
  const product = new ops.MatMul(false, a.isBatched ? node.transposeB : !node.transposeA);
  return product.apply(rows, other.tensor).reshape([size, ...shape]);
}

function matMul(node: ops.MatMul, [x, y]: readonly Batched[], form: Form): Tensor {
  const { size, shape } = form;
  const [a, b] = [x as Batched, y as Batched];
  const rows = asRows(node, a, b);
  if (rows !== null) return rows;
  const [A, B] = [asMatrix(a, true), asMatrix(b, false)];
  const thin = asRowsOfMatrix(node, A, B, form);
  if (thin !== null) return thin;
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

export const productRules = () => [
  ruleFor(ops.MatMul, matMul),
  ruleFor<ops.MaskedMatMul | ops.SampledMatMul>(ops.MaskedMatMul, masked),
  ruleFor<ops.MaskedMatMul | ops.SampledMatMul>(ops.SampledMatMul, masked),
];
