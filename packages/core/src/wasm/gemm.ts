/**
 * The matrix product in WebAssembly. Blocks of the operands are copied into the module's memory, packed there into
 * panels (which absorbs transposition: all four forms cost alike), multiplied tile by tile, and the sums copied out.
 */
import { simd, type WebAssemblyApi, webAssembly } from "./features.js";
import { gemmModule, panelLines } from "./gemm-kernels.js";
import type { Target } from "./gemm-tile.js";
import { type Scalar, scalarBytes } from "./simd.js";
import { targetOf } from "./target.js";

export type FloatArray = Float32Array | Float64Array;

/**
 * No block of an operand or of the result has more elements. The memory holds four of them (one of an operand as it is,
 * a packed one of each, one of the result): it grows with the products met, to about 4 MiB for float32 and 8 MiB for
 * float64, however large the matrices, and is kept. A packed float32 block of 1 MiB fits a usual second-level cache.
 */
const blockElements = 1 << 18;

/**
 * The longest side of a block of op(a). Between 512 and 1024 speed is the same within noise (float64 loses 5% at 1024,
 * where its panels outgrow the first-level cache); 800 takes the 784 pixels of an MNIST digit whole.
 */
const blockSide = 800;

/** Block sides are multiples of these: those of rows and columns of the panels' sides, whichever tile is used. */
const blockUnits = { depth: 40, rows: 40, columns: 80 } as const;

type Pack = (from: number, to: number, panels: number, depth: number, line: number, step: number) => void;
type Multiply = (
  a: number,
  b: number,
  c: number,
  cRow: number,
  rowPanels: number,
  columnPanels: number,
  depth: number,
  accumulate: number,
) => void;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly multiply: Multiply;
  readonly multiplyNarrow: Multiply;
  readonly compact: (from: number, rows: number, stride: number, length: number) => void;
  readonly rowsLines: Pack;
  readonly rowsSteps: Pack;
  readonly columnsLines: Pack;
  readonly columnsSteps: Pack;
}

/** An instance of one element type's module, and its memory as an array. */
class Engine {
  readonly exports: Exports;
  readonly panel: { readonly rows: number; readonly columns: number };
  readonly #array: new (
    buffer: ArrayBuffer,
  ) => FloatArray;
  #view: FloatArray;

  constructor(scalar: Scalar, target: Target) {
    const api = webAssembly() as WebAssemblyApi;
    const exports = new api.Instance(new api.Module(gemmModule(scalar, target))).exports as Exports;
    this.exports = exports;
    this.panel = panelLines(scalar, target.tile);
    this.#array = scalar === "f32" ? Float32Array : Float64Array;
    this.#view = new this.#array(exports.memory.buffer);
  }

  /** The memory, of at least so many bytes. */
  reserve(bytes: number): FloatArray {
    const { memory } = this.exports;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / 65536));
      // Growing detached the buffer that the old view was of.
      this.#view = new this.#array(memory.buffer);
    }
    return this.#view;
  }
}

/** Made at the first product of their type, and anew for another target; null where making them failed, which is not tried again. */
const engines: Partial<Record<Scalar, { readonly target: Target; readonly engine: Engine | null }>> = {};

function engineFor(scalar: Scalar): Engine | null {
  const known = engines[scalar];
  if (known !== undefined && known.target === targetOf()) return known.engine;
  if (!simd().available) return null;
  const target = targetOf();
  let engine: Engine | null = null;
  try {
    engine = new Engine(scalar, target);
  } catch {
    // No permission to compile.
  }
  engines[scalar] = { target, engine };
  return engine;
}

/** Copies `rows` of `length` elements; strides are from one row's start to the next one's. */
function copyRows(
  to: FloatArray,
  toAt: number,
  toStride: number,
  from: FloatArray,
  fromAt: number,
  fromStride: number,
  rows: number,
  length: number,
): void {
  if (toStride === length && fromStride === length) {
    const count = rows * length;
    to.set(count === from.length ? from : from.subarray(fromAt, fromAt + count), toAt);
    return;
  }
  for (let r = 0; r < rows; r++, toAt += toStride, fromAt += fromStride) {
    to.set(from.subarray(fromAt, fromAt + length), toAt);
  }
}

/** The length of about equal blocks that cover `total`: a multiple of the unit, at most `limit`. */
function blockOf(total: number, limit: number, unit: number): number {
  const count = Math.ceil(total / (Math.floor(limit / unit) * unit));
  return Math.ceil(total / count / unit) * unit;
}

/**
 * As `gemm`, for floats; false, with nothing written, where WebAssembly with vectors is missing or forbidden (by a
 * content security policy, say).
 */
export function wasmGemm<T extends FloatArray>(
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
): boolean {
  const scalar = out instanceof Float32Array ? "f32" : "f64";
  const engine = engineFor(scalar);
  if (engine === null) return false;
  if (m === 0 || n === 0 || k === 0) {
    out.fill(0, outOffset, outOffset + m * n);
    return true;
  }
  const { exports, panel } = engine;
  const depth = blockOf(k, blockSide, blockUnits.depth);
  const rows = blockOf(m, Math.min(blockSide, blockElements / depth), blockUnits.rows);
  const columns = blockOf(n, blockElements / Math.max(depth, rows), blockUnits.columns);

  // A raw block comes first: packing reads a few lines beyond it.
  const size = scalarBytes[scalar];
  const aAt = Math.max(rows, columns) * depth * size;
  const bAt = aAt + rows * depth * size;
  const cAt = bAt + columns * depth * size;
  const view = engine.reserve(cAt + rows * columns * size);

  for (let i = 0; i < m; i += rows) {
    const height = Math.min(rows, m - i);
    const rowPanels = Math.ceil(height / panel.rows);
    for (let j = 0; j < n; j += columns) {
      const width = Math.min(columns, n - j);
      const columnPanels = Math.ceil(width / panel.columns);
      const padded = columnPanels * panel.columns;
      const narrow = padded - width >= panel.columns / 2 ? 1 : 0;
      const whole = columnPanels - narrow;
      for (let p = 0; p < k; p += depth) {
        const steps = Math.min(depth, k - p);
        if (transA) {
          copyRows(view, 0, height, a, aOffset + p * m + i, m, steps, height);
          exports.rowsLines(0, aAt, rowPanels, steps, size, height * size);
        } else {
          copyRows(view, 0, steps, a, aOffset + i * k + p, k, height, steps);
          exports.rowsSteps(0, aAt, rowPanels, steps, steps * size, size);
        }
        if (transB) {
          copyRows(view, 0, steps, b, bOffset + j * k + p, k, width, steps);
          exports.columnsSteps(0, bAt, columnPanels, steps, steps * size, size);
        } else {
          copyRows(view, 0, width, b, bOffset + p * n + j, n, steps, width);
          exports.columnsLines(0, bAt, columnPanels, steps, size, width * size);
        }
        const row = padded * size;
        const accumulate = p === 0 ? 0 : 1;
        if (whole > 0) exports.multiply(aAt, bAt, cAt, row, rowPanels, whole, steps, accumulate);
        if (narrow > 0) {
          const before = whole * panel.columns * size;
          exports.multiplyNarrow(aAt, bAt + before * steps, cAt + before, row, rowPanels, 1, steps, accumulate);
        }
      }
      // Whole rows leave in one copy, once the columns beyond the last are gone.
      const wholeRows = width === n;
      if (wholeRows && padded !== n) exports.compact(cAt, height, padded * size, n * size);
      copyRows(out, outOffset + i * n + j, n, view, cAt / size, wholeRows ? n : padded, height, width);
    }
  }
  return true;
}
