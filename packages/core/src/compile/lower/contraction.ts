import { MatMul } from "../../ops/matmul.js";
import { broadcastShapes, sizeOf, stridesOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { gemmPlan } from "../../wasm/gemm-emit.js";
import { isLong } from "../../wasm/gemm-plan.js";
import { mayBeSparse, type SparseShape, sparseScratchBytes } from "../../wasm/gemm-sparse.js";
import { mostVectors } from "../../wasm/gemm-tile.js";
import { isWide } from "../../wasm/target.js";
import { nodeOf } from "../graph/graph.js";
import { type Buffer, scalarOf } from "../ir/buffer.js";
import { numberKindOf } from "../ir/expression.js";
import type { ContractionKernel, Matrix } from "../ir/kernel.js";
import { axisOf, constantAffine, type Place } from "../ir/views.js";
import { isMostlyZeros } from "./extreme-mask.js";
import type { KernelRule, Lowering } from "./lowering.js";

/** The two last axes of an operand as those of a matrix, the flag applied: a vector is a row or a column. */
interface Side {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
  /** Which axis of the operand the rows and the columns are; `null` for the one that a vector has not. */
  readonly rowAxis: number | null;
  readonly columnAxis: number | null;
}

function sideOf(x: Traced, transposed: boolean, vectorIsRow: boolean): Side {
  const rank = x.shape.length;
  const size = (axis: number | null) => (axis === null ? 1 : (x.shape[axis] as number));
  const [first, second] = rank > 1 ? [rank - 2, rank - 1] : vectorIsRow ? ([null, 0] as const) : ([0, null] as const);
  const [rowAxis, columnAxis] = transposed ? [second, first] : [first, second];
  return { batch: x.shape.slice(0, -2), rows: size(rowAxis), columns: size(columnAxis), rowAxis, columnAxis };
}

const matMul: KernelRule = {
  uses: () => "matrix",
  lower: (value, s) => {
    const { transposeA, transposeB } = nodeOf<MatMul>(value);
    const [x, y] = value.inputs as [Traced, Traced];
    const [a, b] = [sideOf(x, transposeA, true), sideOf(y, transposeB, false)];
    if (value.dtype === "int32" || isLong(scalarOf(value), a.columns)) {
      reduceProducts(value, a, b, s);
      return;
    }
    const target = s.target(value);
    const batch = broadcastShapes("MatMul", a.batch, b.batch);
    const [m, k, n] = [a.rows, a.columns, b.columns];
    const scalar = scalarOf(value);
    const [left, right] = [stepsOf(x, a, batch, s), stepsOf(y, b, batch, s)];
    const count = sizeOf(batch);
    if (count === 1 && isMostlyZeros(y)) {
      // The zeros of the left operand are skipped: there the other one comes, transposed.
      const flipped = { scalar, m: n, n: m, k, a: transposed(right.matrix), b: transposed(left.matrix) };
      if (mayBeSparse(flipped, true)) {
        const turned = s.temporary(value.dtype, [n, m]);
        product(flipped, turned, [[right.offset, left.offset, 0]], true, s);
        const body = s.body([m, n]);
        s.loop("transposed", body, body.builder.load(turned, { offset: 0, strides: [1, m] }), target);
        return;
      }
    }
    const own = stridesOf(batch);
    const indices = Array.from({ length: count }, (_, i) =>
      batch.map((size, axis) => (size === 0 ? 0 : Math.floor(i / (own[axis] as number)) % size)),
    );
    const at = ({ offset, batch: strides }: OperandSteps, index: readonly number[]) =>
      index.reduce((sum, i, axis) => sum + i * (strides[axis] as number), offset);
    const shape = { scalar, m, n, k, a: left.matrix, b: right.matrix };
    const skipsZeros = count === 1 && mayBeSparse(shape, isMostlyZeros(x));
    const starts = indices.map((index, i) => [at(left, index), at(right, index), i * m * n] as const);
    product(shape, target, starts, skipsZeros, s);
  },
};

const transposed = ({ buffer, rowStride, colStride }: Matrix): Matrix => ({
  buffer,
  rowStride: colStride,
  colStride: rowStride,
});

function product(
  shape: SparseShape & { readonly a: Matrix; readonly b: Matrix },
  target: Buffer,
  batch: ContractionKernel["batch"],
  skipsZeros: boolean,
  s: Lowering,
): void {
  const { scalar, m, n, k, a, b } = shape;
  const { scratchBytes: packed } = gemmPlan(scalar, m, n, k, isWide() ? mostVectors.wide : mostVectors.usual);
  const scratchBytes = Math.max(packed, skipsZeros ? sparseScratchBytes(shape) : 0);
  const scratch = scratchBytes > 0 ? s.scratch(scratchBytes) : null;
  s.push({ kind: "contraction", name: "MatMul", m, n, k, a, b, target, scratch, skipsZeros, batch });
}

interface OperandSteps {
  readonly matrix: Matrix;
  readonly offset: number;
  readonly batch: readonly number[];
}

/** Where an operand lies, and how far it is from one product of the batch to the next. */
function stepsOf(x: Traced, side: Side, batch: readonly number[], s: Lowering): OperandSteps {
  const { buffer, at } = s.strided(x);
  const stride = (axis: number | null) => (axis === null ? 0 : (at.strides[axis] as number));
  const extra = batch.length - side.batch.length;
  return {
    matrix: { buffer, rowStride: stride(side.rowAxis), colStride: stride(side.columnAxis) },
    offset: at.offset,
    batch: batch.map((_, axis) => (axis < extra || side.batch[axis - extra] === 1 ? 0 : stride(axis - extra))),
  };
}

/** A sum of products as any other reduction. */
function reduceProducts(value: Traced, a: Side, b: Side, s: Lowering): void {
  const batch = broadcastShapes("MatMul", a.batch, b.batch);
  const k = s.body([...batch, a.rows, b.columns, a.columns]);
  const axes = k.sizes.length;
  const [row, column, inner] = [0, 1, 2].map((i) => axisOf(axes, batch.length + i));
  const placeOf = (x: Traced, side: Side, rows: typeof row, columns: typeof row): Place =>
    x.shape.map((size, axis) => {
      if (axis === side.rowAxis) return rows as Place[number];
      if (axis === side.columnAxis) return columns as Place[number];
      return size === 1 ? constantAffine(axes) : axisOf(axes, axis + batch.length - side.batch.length);
    });
  const [x, y] = value.inputs as [Traced, Traced];
  const product = k.builder
    .arithmetic(numberKindOf(value.dtype))
    .mul(s.element(x, placeOf(x, a, row, inner), k), s.element(y, placeOf(y, b, inner, column), k));
  s.reduce("MatMul", k, ["sum", 1], product, s.target(value));
}

export const contractionRules: readonly (readonly [unknown, KernelRule])[] = [[MatMul, matMul]];
