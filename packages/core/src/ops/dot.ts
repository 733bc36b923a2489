import { ShapeError } from "../errors.js";
import type { DotFunction, OuterFunction } from "../graph/signatures/products.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore } from "../options.js";
import { formatShape } from "../shape/shape.js";

/** Both as tensors, if they are vectors. */
function vectors(op: string, a: Tensor, b: Tensor, repair: string): [Tensor, Tensor] {
  const [x, y] = [operand(op, a), operand(op, b)];
  if (x.rank === 1 && y.rank === 1) return [x, y];
  throw new ShapeError(`${op}: ${formatShape(x.shape)} and ${formatShape(y.shape)}: takes two vectors; ${repair}`);
}

/**
 * The inner product of two vectors, the sum of a[i] b[i]. float64, float32, int32.
 *
 * @example
 * dot(tensor([1, 2, 3]), tensor([4, 5, 6])).item(); // 32
 *
 * @throws ShapeError when one is no vector, or the sizes differ.
 */
export const dot = ((a: Tensor, b: Tensor, ...none: []) => {
  checkNoMore("dot", none);
  const [x, y] = vectors("dot", a, b, "use matmul for matrices, mul for scalars");
  if (x.size !== y.size) {
    throw new ShapeError(
      `dot: ${formatShape(x.shape)} and ${formatShape(y.shape)}: sizes ${x.size} and ${y.size} differ; slice the longer one, ` +
        "or use outer for all products",
    );
  }
  return x.matmul(y);
}) as DotFunction;

/**
 * All products of the elements of two vectors, result[i, j] = a[i] b[j]. float64, float32, int32.
 *
 * @example
 * outer(tensor([1, 2]), tensor([3, 4, 5])).toArray(); // [[3, 4, 5], [6, 8, 10]]
 *
 * @throws ShapeError when one is no vector.
 */
export const outer = ((a: Tensor, b: Tensor, ...none: []) => {
  checkNoMore("outer", none);
  const [x, y] = vectors("outer", a, b, "reshape them, or name the axes in einsum");
  return x.expandDims(1).mul(y);
}) as OuterFunction;
