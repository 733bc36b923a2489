/**
 * What a matrix product of given sizes and strides needs: blocks, scratch, which operands to pack. The blocks are those
 * of Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
 */
import { type Local, Value } from "./encoder.js";
import type { Tile } from "./gemm-tile.js";
import { align, lanesOf, partialTerms, type Scalar, scalarBytes } from "./simd.js";

/** A matrix in memory: its first element's address in bytes, its strides in elements (0 repeats a row or column). */
export interface MatrixOperand {
  readonly address: number;
  /** What is added to the address when the code runs. */
  readonly base?: Local | null;
  readonly rowStride: number;
  readonly colStride: number;
}

/** Where a matrix begins. */
export const startOf = ({ address, base }: Pick<MatrixOperand, "address" | "base">): Value =>
  base?.add(address) ?? Value.i32(address);

/** A matrix wherever it lies. */
export type MatrixShape = Pick<MatrixOperand, "rowStride" | "colStride">;

export interface GemmPlan {
  /** Bytes that the product packs its operands into, at a multiple of 16. */
  readonly scratchBytes: number;
}

export interface GemmJob {
  readonly scalar: Scalar;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** m x k. */
  readonly a: MatrixOperand;
  /** k x n. */
  readonly b: MatrixOperand;
  /** m x n with a column stride of 1; it must not overlap the operands or the scratch. */
  readonly c: MatrixOperand;
  /** The address of the plan's scratch, a multiple of 16. */
  readonly scratch: number;
  /** What is added to that when the code runs. */
  readonly scratchBase?: Local | null;
  /** C += A B instead of C = A B. */
  readonly accumulate?: boolean;
  /** So many products, their operands so many bytes apart (0 repeats one). */
  readonly batch?: { readonly count: number; readonly aStep: number; readonly bStep: number; readonly cStep: number };
}

/**
 * The longest block of k: a panel of two vectors of b is 25 KiB then, and stays in a first-level cache of 32 KiB. 800
 * takes the 784 pixels of an MNIST digit whole.
 */
const blockDepth = 800;

/**
 * Whether k is so long that a block of it for each of `partialTerms` steps would not do: float32 is added up in doubles then,
 * by slower ways.
 */
export const isLong = (scalar: Scalar, k: number): boolean => scalar === "f32" && k > blockDepth * partialTerms;

/** Bytes of a block of a, to stay in the second-level cache, and of a block of b, to bound the scratch. */
const blockBytes = { a: 1 << 19, b: 1 << 21 } as const;

/** A block of a has rows for whole tiles of every kind. */
const rowUnit = 40;

/** The length of about equal blocks that cover `total`: a multiple of `unit`, near `limit` or below it. */
function blockOf(total: number, limit: number, unit: number): number {
  const count = Math.ceil(total / Math.max(unit, limit));
  return Math.min(total, Math.ceil(total / count / unit) * unit);
}

/** The sides of the blocks, and the bytes that a packed block of each operand takes, in panels of so many vectors. */
export function blocks(scalar: Scalar, m: number, n: number, k: number, vectors: number) {
  const size = scalarBytes[scalar];
  const panel = vectors * lanesOf[scalar];
  const depth = blockOf(k, blockDepth, 4);
  const rows = blockOf(m, blockBytes.a / (depth * size), rowUnit);
  const columns = blockOf(n, blockBytes.b / (depth * size), panel);
  return {
    depth,
    rows,
    columns,
    aBytes: align(rows * depth * size),
    bBytes: align(columns * depth * size, panel * depth * size),
  };
}

/** The scratch that a product of these sizes needs, whatever its strides and its tile, of at most so many vectors. */
export function gemmPlan(scalar: Scalar, m: number, n: number, k: number, vectors: number): GemmPlan {
  if (m === 0 || n === 0 || k === 0) return { scratchBytes: 0 };
  // A column may be computed as a row.
  const needs = [blocks(scalar, m, n, k, vectors), ...(n === 1 ? [blocks(scalar, n, m, k, vectors)] : [])];
  return { scratchBytes: Math.max(...needs.map(({ aBytes, bBytes }) => aBytes + bBytes)) };
}

/** The same product as C^T = B^T A^T; a column becomes a row, which needs no packing. */
export function transposed(job: GemmJob): GemmJob {
  const flip = ({ rowStride, colStride, ...operand }: MatrixOperand) => ({
    ...operand,
    rowStride: colStride,
    colStride: rowStride,
  });
  const { m, n, a, b, c, batch } = job;
  const flipped = { ...job, m: n, n: m, a: flip(b), b: flip(a), c: flip(c) };
  return batch === undefined ? flipped : { ...flipped, batch: { ...batch, aStep: batch.bStep, bStep: batch.aStep } };
}

/** Whether the steps of both operands lie side by side and b is met too few times to repay packing. */
export function isDots({ m, n, a, b }: GemmJob): boolean {
  return (m <= 2 || n === 1) && a.colStride === 1 && b.rowStride === 1;
}

/**
 * Whether a is packed: not where its steps lie side by side, since reading them in place is as fast; elsewhere each
 * step meets another cache line, and packing pays from a few columns of b on (measured: 784 x 100 x 50, the first
 * transposed, 12% faster packed).
 */
export function packsA({ n, a }: GemmJob): boolean {
  return a.colStride > 1 && n > 16;
}

/** Whether b is packed: for a few rows of a it is not worth it, if its columns lie side by side. */
export function packsB({ m, b }: GemmJob, { rows }: Tile): boolean {
  return b.colStride !== 1 || m > 2 * rows;
}
