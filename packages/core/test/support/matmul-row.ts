import fc from "fast-check";
import type { Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { at, broadcastShape, fill, type Plain, sizeOf } from "./plain.js";
import { numbers, type Row } from "./row.js";

interface Flags {
  readonly ta: boolean;
  readonly tb: boolean;
}

const innerSize = fc.constantFrom(1, 2, 3, 0);
const matMulCases: fc.Arbitrary<draw.Case<Flags>> = fc
  .record({
    m: innerSize,
    k: fc.constantFrom(2, 3, 1, 17, 0),
    n: innerSize,
    rowVector: fc.boolean(),
    columnVector: fc.boolean(),
    ta: fc.boolean(),
    tb: fc.boolean(),
    batches: draw.broadcasting(2, 2).filter((shapes) => shapes.every((shape) => sizeOf(shape) <= 6)),
  })
  .chain(({ m, k, n, rowVector, columnVector, ta, tb, batches: [batchA = [], batchB = []] }) => {
    const a = rowVector ? [k] : [...batchA, ...(ta ? [k, m] : [m, k])];
    const b = columnVector ? [k] : [...batchB, ...(tb ? [n, k] : [k, n])];
    const setting = { ta: ta && !rowVector, tb: tb && !columnVector };
    return fc
      .tuple(draw.operand(a, draw.grid(-2, 2)), draw.operand(b, draw.grid(-2, 2, 2)))
      .map((operands) => ({ operands, setting }));
  });

/** NumPy's matmul: a vector is a row on the left and a column on the right. */
function matmul([a, b]: readonly Plain[], { ta, tb }: Flags): Plain {
  const A = asMatrix(a as Plain, ta, (k) => [1, k]);
  const B = asMatrix(b as Plain, tb, (k) => [k, 1]);
  const [m, k] = A.shape.slice(-2) as [number, number];
  const n = B.shape.at(-1) as number;
  const out = fill([...broadcastShape([A.shape.slice(0, -2), B.shape.slice(0, -2)]), m, n], (index) => {
    const [batch, i, j] = [index.slice(0, -2), index.at(-2) as number, index.at(-1) as number];
    let sum = 0;
    // The matrices of a batch are broadcast, their rows and columns are not.
    for (let l = 0; l < k; l++) sum += at(A, [...own(batch, A), i, l]) * at(B, [...own(batch, B), l, j]);
    return sum;
  });
  const shape = out.shape.filter((_, axis) => {
    const fromEnd = axis - out.shape.length;
    return !(fromEnd === -2 && a?.shape.length === 1) && !(fromEnd === -1 && b?.shape.length === 1);
  });
  return { shape, values: out.values };
}

function own(batch: number[], x: Plain): number[] {
  const sizes = x.shape.slice(0, -2);
  return batch.slice(batch.length - sizes.length).map((i, axis) => (sizes[axis] === 1 ? 0 : i));
}

function asMatrix(x: Plain, transposed: boolean, vector: (k: number) => number[]): Plain {
  if (x.shape.length === 1) return { shape: vector(x.values.length), values: x.values };
  if (!transposed) return x;
  const swap = (index: readonly number[]) => [...index.slice(0, -2), index.at(-1) as number, index.at(-2) as number];
  return fill(swap(x.shape), (index) => at(x, swap(index)));
}

export const matMulRow: Row<Flags> = {
  Node: ops.MatMul,
  fn: ops.matmul,
  dtypes: numbers,
  cases: matMulCases,
  gradient: true,
  node: ({ ta, tb }) => new ops.MatMul(ta, tb),
  // The function has no flags: the derivative alone uses them.
  call: ([a, b], { ta, tb }) =>
    ta || tb ? new ops.MatMul(ta, tb).apply(a as Tensor, b as Tensor) : ops.matmul(a as Tensor, b as Tensor),
  method: ([a, b], { ta, tb }) =>
    ta || tb ? new ops.MatMul(ta, tb).apply(a as Tensor, b as Tensor) : (a as Tensor).matmul(b as Tensor),
  reference: matmul,
};
