/**
 * The matrix product on typed arrays. {@link gemm} picks one: a direct loop for the tiny, WebAssembly where there is
 * any, the register-blocked JavaScript loops where there is none.
 */
import { type FloatArray, wasmGemm } from "../wasm/gemm.js";
import { isLong } from "../wasm/gemm-plan.js";

export type GemmArray = FloatArray | Int32Array;

/**
 * Up to so many multiplications the direct loop is as fast as WebAssembly with its copies, and starts nothing. Measured
 * in V8, microseconds (direct, blocked JavaScript, WebAssembly), float32: 2x2x2 0.07, 0.24, 0.38; 3x3x3 0.14, 0.38, 0.56;
 * 4x4x4 0.23, 0.21, 0.55; 5x5x5 0.69, 0.56, 0.42; 8x8x8 2.3, 1.5, 0.6; 16x16x16 19, 7, 1.2. Thin shapes agree (10x50x1:
 * 6.2, 5.9, 0.8; 2x2x500: 9, 17, 3), matrix times vector too; only a dot product of two vectors never repays the copies.
 */
const directLimit = 64;

/**
 * `out = op(a) op(b)`, all row-major and of one dtype: op(a) is m x k and op(b) k x n, where a transposed operand is
 * stored the other way round (k x m, n x k). `out` (m x n) is overwritten and must not overlap an operand.
 *
 * float64 accumulates in float64. float32 accumulates in float64, or in float32 by partial sums of 800 terms and no more than
 * 4096 of those, according to which: the same call gives the same bits each time, but a machine without WebAssembly may round differently. int32 wraps around.
 * No term is skipped, so that a NaN or an infinity always spreads (0 x NaN is NaN).
 */
export function gemm<T extends GemmArray>(
  out: T,
  a: T,
  b: T,
  m: number,
  n: number,
  k: number,
  transA: boolean,
  transB: boolean,
  outOffset = 0,
  aOffset = 0,
  bOffset = 0,
): void {
  if (out instanceof Int32Array) {
    intGemm(out, a, b, m, n, k, transA, transB, outOffset, aOffset, bOffset);
  } else if (m * n * k <= directLimit || m * n === 1 || isLong(out instanceof Float32Array ? "f32" : "f64", k)) {
    directGemm(out, a, b, m, n, k, transA, transB, outOffset, aOffset, bOffset);
  } else if (!wasmGemm(out, a as FloatArray, b as FloatArray, m, n, k, transA, transB, outOffset, aOffset, bOffset)) {
    blockedGemm(out, a, b, m, n, k, transA, transB, outOffset, aOffset, bOffset);
  }
}

/** One dot product after another. */
export function directGemm(
  out: GemmArray,
  a: GemmArray,
  b: GemmArray,
  m: number,
  n: number,
  k: number,
  transA: boolean,
  transB: boolean,
  outOffset = 0,
  aOffset = 0,
  bOffset = 0,
): void {
  const [aRow, aStep] = transA ? [1, m] : [k, 1];
  const [bColumn, bStep] = transB ? [k, 1] : [1, n];
  let at = outOffset;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let x = aOffset + i * aRow;
      let y = bOffset + j * bColumn;
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += (a[x] as number) * (b[y] as number);
        x += aStep;
        y += bStep;
      }
      out[at++] = sum;
    }
  }
}

/** As the direct loop, but modulo 2^32: a sum of products in doubles would lose the low bits beyond 2^53. */
function intGemm(
  out: GemmArray,
  a: GemmArray,
  b: GemmArray,
  m: number,
  n: number,
  k: number,
  transA: boolean,
  transB: boolean,
  outOffset: number,
  aOffset: number,
  bOffset: number,
): void {
  const [aRow, aStep] = transA ? [1, m] : [k, 1];
  const [bColumn, bStep] = transB ? [k, 1] : [1, n];
  let at = outOffset;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let x = aOffset + i * aRow;
      let y = bOffset + j * bColumn;
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum = (sum + Math.imul(a[x] as number, b[y] as number)) | 0;
        x += aStep;
        y += bStep;
      }
      out[at++] = sum;
    }
  }
}

/** Rows and columns of a register tile: 4 x 4 was the fastest of a dozen in V8 (2 x 2 reaches 60% of it, 3 x 3 85%). */
const tileSize = 4;
const tile = new Float64Array(tileSize * tileSize);

/** Doubles packed at a time, kept from call to call: 512 KiB, or one panel of each operand where k is above 8192. */
const scratchLength = 1 << 16;
let scratch = new Float64Array(0);

/**
 * The portable loops. Panels of four rows of op(a) and four columns of op(b) are packed into doubles, interleaved in
 * the order in which a tile of 4 x 4 sums, all in registers, reads them; packing absorbs transposition and dtype.
 */
export function blockedGemm(
  out: GemmArray,
  a: GemmArray,
  b: GemmArray,
  m: number,
  n: number,
  k: number,
  transA: boolean,
  transB: boolean,
  outOffset = 0,
  aOffset = 0,
  bOffset = 0,
): void {
  const [aRow, aStep] = transA ? [1, m] : [k, 1];
  const [bColumn, bStep] = transB ? [k, 1] : [1, n];
  const panel = tileSize * k;
  const columns = Math.min(n, tileSize * Math.max(1, Math.floor(scratchLength / (panel || 1)) - 1));
  const panels = Math.ceil(columns / tileSize);
  if (scratch.length < (panels + 1) * panel) scratch = new Float64Array((panels + 1) * panel);
  const aAt = panels * panel;
  for (let first = 0; first < n; first += columns) {
    const last = Math.min(first + columns, n);
    for (let j = first, at = 0; j < last; j += tileSize, at += panel) {
      packPanel(at, b, bOffset, j, n, k, bColumn, bStep);
    }
    for (let i = 0; i < m; i += tileSize) {
      packPanel(aAt, a, aOffset, i, m, k, aRow, aStep);
      const rows = Math.min(tileSize, m - i);
      for (let j = first, at = 0; j < last; j += tileSize, at += panel) {
        multiplyPanels(scratch, aAt, at, k);
        const width = Math.min(tileSize, last - j);
        for (let r = 0; r < rows; r++) {
          const row = outOffset + (i + r) * n + j;
          for (let c = 0; c < width; c++) out[row + c] = tile[r * tileSize + c] as number;
        }
      }
    }
  }
}

/**
 * Packs four lines (rows of op(a), columns of op(b)) that start `line` apart and run in strides of `step`. Beyond the
 * last of all `lines` it repeats that one: the sums that come of it are not stored.
 */
function packPanel(
  to: number,
  from: GemmArray,
  offset: number,
  first: number,
  lines: number,
  length: number,
  line: number,
  step: number,
): void {
  const packed = scratch;
  let x0 = offset + first * line;
  let x1 = offset + Math.min(first + 1, lines - 1) * line;
  let x2 = offset + Math.min(first + 2, lines - 1) * line;
  let x3 = offset + Math.min(first + 3, lines - 1) * line;
  for (let at = to, end = to + 4 * length; at < end; at += 4) {
    packed[at] = from[x0] as number;
    packed[at + 1] = from[x1] as number;
    packed[at + 2] = from[x2] as number;
    packed[at + 3] = from[x3] as number;
    x0 += step;
    x1 += step;
    x2 += step;
    x3 += step;
  }
}

/** `tile` = the panel of four rows at `x` times the panel of four columns at `y`. */
function multiplyPanels(packed: Float64Array, x: number, y: number, k: number): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let p = 0; p < 4 * k; p += 4) {
    const b0 = packed[y + p] as number;
    const b1 = packed[y + p + 1] as number;
    const b2 = packed[y + p + 2] as number;
    const b3 = packed[y + p + 3] as number;
    const a0 = packed[x + p] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = packed[x + p + 1] as number;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = packed[x + p + 2] as number;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    const a3 = packed[x + p + 3] as number;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  tile[0] = s00;
  tile[1] = s01;
  tile[2] = s02;
  tile[3] = s03;
  tile[4] = s10;
  tile[5] = s11;
  tile[6] = s12;
  tile[7] = s13;
  tile[8] = s20;
  tile[9] = s21;
  tile[10] = s22;
  tile[11] = s23;
  tile[12] = s30;
  tile[13] = s31;
  tile[14] = s32;
  tile[15] = s33;
}
