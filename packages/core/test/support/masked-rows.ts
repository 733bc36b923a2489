import fc from "fast-check";
import type { Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { at, broadcastAt, broadcastShape, fill, type Plain, sizeOf } from "./plain.js";
import { floats, type Row } from "./row.js";

interface Setting {
  readonly transposeA: boolean;
}

const size = fc.constantFrom(1, 2, 3, 0);

/** Two matrices whose first axes agree, or their last ones, and a mask that is smaller than what it masks at times. */
function cases(
  shapes: (m: number, k: number, n: number, setting: Setting) => readonly [number[], number[], number[]],
): fc.Arbitrary<draw.Case<Setting>> {
  return fc
    .record({
      m: size,
      k: size,
      n: size,
      transposeA: fc.boolean(),
      batches: draw.broadcasting(2, 2).filter((batches) => batches.every((batch) => sizeOf(batch) <= 6)),
      dropped: fc.nat(3),
    })
    .chain(({ m, k, n, transposeA, batches: [batchA = [], batchB = []], dropped }) => {
      const [a, b, own] = shapes(m, k, n, { transposeA });
      const mask = [...broadcastShape([batchA, batchB]), ...own].slice(dropped > 0 ? -2 : 0);
      return fc
        .tuple(
          draw.operand([...batchA, ...a], draw.grid(-2, 2)),
          draw.operand([...batchB, ...b], draw.grid(-2, 2, 2)),
          draw.operand(mask, fc.constantFrom(0, 1), "bool"),
        )
        .map((operands) => ({ operands, setting: { transposeA } }));
    });
}

/** The element in row i and column j of one of the matrices of a batch. */
function element(x: Plain, batch: readonly number[], i: number, j: number): number {
  const sizes = x.shape.slice(0, -2);
  const own = batch.slice(batch.length - sizes.length).map((index, axis) => (sizes[axis] === 1 ? 0 : index));
  return at(x, [...own, i, j]);
}

const batchOf = (a: Plain, b: Plain) => broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);

const maskedMatMulRow: Row<Setting> = {
  Node: ops.MaskedMatMul,
  fn: null,
  dtypes: floats,
  cases: cases((m, k, n, { transposeA }) => {
    const a = transposeA ? [k, m] : [m, k];
    return [a, [k, n], a];
  }),
  gradient: true,
  node: ({ transposeA }) => new ops.MaskedMatMul(transposeA),
  call: ([a, b, mask], { transposeA }) =>
    new ops.MaskedMatMul(transposeA).apply(a as Tensor, b as Tensor, mask as Tensor),
  reference: ([a, b, mask], { transposeA }) => {
    const [A, B, M] = [a, b, mask] as [Plain, Plain, Plain];
    const [m, k] = (transposeA ? A.shape.slice(-2).reverse() : A.shape.slice(-2)) as [number, number];
    return fill([...batchOf(A, B), m, B.shape.at(-1) as number], (index) => {
      const [batch, i, j] = [index.slice(0, -2), index.at(-2) as number, index.at(-1) as number];
      let sum = 0;
      for (let l = 0; l < k; l++) {
        const [row, column] = transposeA ? [l, i] : [i, l];
        if (broadcastAt(M, [...batch, row, column]) === 0) continue;
        sum += element(A, batch, row, column) * element(B, batch, l, j);
      }
      return sum;
    });
  },
};

const sampledMatMulRow: Row<Setting> = {
  Node: ops.SampledMatMul,
  fn: null,
  dtypes: floats,
  cases: cases((m, k, n) => [
    [m, k],
    [n, k],
    [m, n],
  ]),
  gradient: true,
  node: () => new ops.SampledMatMul(),
  call: ([a, b, mask]) => new ops.SampledMatMul().apply(a as Tensor, b as Tensor, mask as Tensor),
  reference: ([a, b, mask]) => {
    const [A, B, M] = [a, b, mask] as [Plain, Plain, Plain];
    const [m, k] = A.shape.slice(-2) as [number, number];
    return fill([...batchOf(A, B), m, B.shape.at(-2) as number], (index) => {
      if (broadcastAt(M, index) === 0) return 0;
      const [batch, i, j] = [index.slice(0, -2), index.at(-2) as number, index.at(-1) as number];
      let sum = 0;
      for (let l = 0; l < k; l++) sum += element(A, batch, i, l) * element(B, batch, j, l);
      return sum;
    });
  },
};

export const maskedRows: readonly Row[] = [maskedMatMulRow as Row, sampledMatMulRow as Row];
