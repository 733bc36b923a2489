/**
 * The matrix product in WebAssembly. Blocks of the operands are copied into the module's memory, packed there into
 * panels (which absorbs transposition: all four forms cost alike), multiplied tile by tile, and the sums copied out.
 */
import { gemmModule, lanesOf, panelVectors, type Scalar, tileRows, tileVectors, vectorBytes } from "./gemm-kernels.js";

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

type Pack = (from: number, to: number, end: number, depth: number, step: number) => void;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly multiply: (
    ...block: [a: number, aEnd: number, b: number, bEnd: number, c: number, k: number, half: number, accumulate: number]
  ) => void;
  readonly compact: (from: number, end: number, stride: number, length: number) => void;
  readonly [pack: `lines${number}` | `columns${number}`]: Pack;
}

/** The part of the WebAssembly API used here: the language's own library has no types for it without the DOM's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** An instance of one element type's module, and its memory as an array. */
class Engine {
  readonly exports: Exports;
  readonly packRows: { readonly lines: Pack; readonly columns: Pack };
  readonly packColumns: { readonly lines: Pack; readonly columns: Pack };
  readonly #array: new (
    buffer: ArrayBuffer,
  ) => FloatArray;
  #view: FloatArray;

  constructor(api: WebAssemblyApi, scalar: Scalar) {
    const exports = new api.Instance(new api.Module(gemmModule(scalar))).exports as Exports;
    const pack = (width: number) => ({
      lines: exports[`lines${width}`] as Pack,
      columns: exports[`columns${width}`] as Pack,
    });
    const { rows, columns } = panelVectors(scalar);
    this.exports = exports;
    this.packRows = pack(rows);
    this.packColumns = pack(columns);
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

/** Made at the first product of their type; null where making them failed, which is not tried again. */
const engines: Partial<Record<Scalar, Engine | null>> = {};

function engineFor(scalar: Scalar): Engine | null {
  const known = engines[scalar];
  if (known !== undefined) return known;
  const { WebAssembly: api } = globalThis as { readonly WebAssembly?: WebAssemblyApi };
  if (api === undefined) return null;
  let engine: Engine | null = null;
  try {
    // WebAssembly's memory is little-endian; the copies here keep the machine's order.
    if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) engine = new Engine(api, scalar);
  } catch {
    // No vectors in this engine, or no permission to compile.
  }
  engines[scalar] = engine;
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

/** The length of about equal blocks that cover `total`: a multiple of every panel's width, at most `limit`. */
function blockOf(total: number, limit: number): number {
  const count = Math.ceil(total / (Math.floor(limit / 8) * 8));
  return Math.ceil(total / count / 8) * 8;
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
  const { exports, packRows, packColumns } = engine;
  const depth = blockOf(k, blockSide);
  const rows = blockOf(m, Math.min(blockSide, blockElements / depth));
  const columns = blockOf(n, blockElements / Math.max(depth, rows));

  // A raw block comes first: packing reads a few lines beyond it, and writes a few steps beyond what it packs.
  const size = vectorBytes / lanesOf[scalar];
  const slack = 8 * vectorBytes;
  const aAt = Math.max(rows, columns) * depth * size;
  const bAt = aAt + rows * depth * size + slack;
  const cAt = bAt + columns * depth * size + slack;
  const view = engine.reserve(cAt + rows * columns * size);

  const panel = tileVectors * lanesOf[scalar];
  for (let i = 0; i < m; i += rows) {
    const height = Math.min(rows, m - i);
    for (let j = 0; j < n; j += columns) {
      const width = Math.min(columns, n - j);
      const padded = Math.ceil(width / panel) * panel;
      const half = padded - width >= panel / 2 ? 1 : 0;
      for (let p = 0; p < k; p += depth) {
        const steps = Math.min(depth, k - p);
        const aEnd = aAt + Math.ceil(height / tileRows) * tileRows * steps * size;
        if (transA) {
          copyRows(view, 0, height, a, aOffset + p * m + i, m, steps, height);
          packRows.lines(0, aAt, aEnd, steps, height * size);
        } else {
          copyRows(view, 0, steps, a, aOffset + i * k + p, k, height, steps);
          packRows.columns(0, aAt, aEnd, steps, steps * size);
        }
        const bEnd = bAt + padded * steps * size;
        if (transB) {
          copyRows(view, 0, steps, b, bOffset + j * k + p, k, width, steps);
          packColumns.columns(0, bAt, bEnd, steps, steps * size);
        } else {
          copyRows(view, 0, width, b, bOffset + p * n + j, n, steps, width);
          packColumns.lines(0, bAt, bEnd, steps, width * size);
        }
        exports.multiply(aAt, aEnd, bAt, bEnd, cAt, steps, half, p === 0 ? 0 : 1);
      }
      // Whole rows leave in one copy, once the columns beyond the last are gone.
      const whole = width === n;
      if (whole && padded !== n) exports.compact(cAt, cAt + height * padded * size, padded * size, n * size);
      copyRows(out, outOffset + i * n + j, n, view, cAt / size, whole ? n : padded, height, width);
    }
  }
  return true;
}
