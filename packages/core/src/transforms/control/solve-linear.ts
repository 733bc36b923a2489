import type { Tensor } from "../../graph/tensor.js";
import { arange } from "../../ops/arange.js";
import { scan } from "./scan.js";

/**
 * The x of A x = b, by Gauss-Jordan elimination with row pivots: n steps over a matrix of n x (n + 1).
 *
 * @param a of shape [n, n]
 * @param b of shape [n], of the dtype of a
 */
export function solveLinear(a: Tensor, b: Tensor): Tensor {
  const [n] = b.shape as [number];
  if (n === 0) return b;
  if (n === 1) return b.div(a.reshape([1]));
  const numbers = arange(n, { dtype: "int32" }) as Tensor;
  const step = (m: Tensor, k: Tensor) => {
    const isAt = (row: Tensor) => numbers.equal(row).reshape([n, 1]);
    // The largest element of the column, among the rows that had no turn yet.
    const sizes = numbers.less(k).where(-1, m.take(k, { axis: 1 }).abs());
    const pivot = sizes.argMax();
    const [own, other] = [m.take(pivot), m.take(k)];
    const swapped = isAt(k).where(own, isAt(pivot).where(other, m));
    const row = own.div(own.take(k));
    const factors = numbers.equal(k).where(0, swapped.take(k, { axis: 1 }));
    return [isAt(k).where(row, swapped.sub(factors.reshape([n, 1]).mul(row)))] as const;
  };
  const [solved] = scan(step, joined(a, b), numbers);
  return solved.slice([null, n]);
}

function joined(a: Tensor, b: Tensor): Tensor {
  return a.pad([[0, 0], [0, 1]]).add(b.reshape([b.size, 1]).pad([[0, 0], [b.size, 0]])); // biome-ignore format: pairs
}
