import {
  checkNoMore,
  checkOptions,
  DTypeError,
  formatShape,
  fromArray,
  ShapeError,
  show,
  sizeOf,
  Tensor,
} from "@chainrule/core";
import { checkFloatDType, checkSetting } from "../checks.js";
import type { FloatDType } from "../initializers/initializer.js";
import { DataError } from "./errors.js";

export interface ByteRowsOptions {
  /** The dtype of the rows that are taken; float64 unless said otherwise. */
  readonly dtype?: FloatDType;
  /** What the byte 255 stands for: 1 unless said otherwise, so that brightness goes from 0 to 1. */
  readonly most?: number;
}

/**
 * Rows of unsigned bytes, such as images. They stay bytes, an eighth of float64, until some of them are taken as a tensor;
 * `takeRows` and `batches` accept them beside tensors.
 *
 * @example
 * const images = new ByteRows(Uint8Array.of(0, 51, 102, 255), [2, 2]);
 * images.take([1, 1]).toArray(); // [[0.4, 1], [0.4, 1]]
 * images.slice([[0, 1]]).toArray(); // [[0, 0.2]]
 *
 * @throws DataError when the bytes do not make the shape
 */
export class ByteRows<S extends readonly [number, ...number[]] = readonly [number, ...number[]]> {
  /** All bytes, row by row; not a copy. */
  readonly bytes: Uint8Array;
  readonly shape: S;
  readonly dtype: FloatDType;
  /** By byte: the number that it stands for. */
  private readonly numbers: Float64Array | Float32Array;

  constructor(bytes: Uint8Array, shape: S, options: ByteRowsOptions = {}, ...none: []) {
    checkNoMore("ByteRows", none);
    checkOptions("ByteRows", options, ["dtype", "most"]);
    const { dtype = "float64", most = 1 } = options;
    checkFloatDType("ByteRows", dtype);
    checkSetting("ByteRows", "most", most, Number.isFinite, "a finite number");
    if (
      !(bytes instanceof Uint8Array) ||
      !Array.isArray(shape) ||
      shape.length === 0 ||
      sizeOf(shape) !== bytes.length
    ) {
      throw new DataError(
        `ByteRows: ${bytes instanceof Uint8Array ? `${bytes.length} bytes` : show(bytes)} for the shape ` +
          `${formatShape(shape)}: takes a Uint8Array and the shape that its bytes make, rows first`,
      );
    }
    this.bytes = bytes;
    this.shape = Object.freeze([...shape]) as unknown as S;
    this.dtype = dtype;
    this.numbers = this.allocate(256);
    for (let byte = 0; byte < 256; byte++) this.numbers[byte] = (byte * most) / 255;
  }

  /**
   * The rows at indices, counted from the end if negative, as a tensor.
   *
   * @param rows int32 indices, or plain numbers
   * @throws ShapeError for an index out of range; CompileError inside of a compiled function, for indices that are known only
   * when it runs: take the rows before, and give them to the function
   */
  take(rows: Tensor | readonly number[], ...none: []): Tensor<Taken<S>> {
    checkNoMore("ByteRows.take", none);
    if (!(rows instanceof Tensor) && !Array.isArray(rows) && !ArrayBuffer.isView(rows)) {
      throw new DTypeError(`ByteRows: rows are taken at int32 indices, or plain numbers, got ${show(rows)}`);
    }
    const isMask = rows instanceof Tensor ? rows.dtype === "bool" : typeof rows[0] === "boolean";
    if (isMask)
      throw new DTypeError("ByteRows: rows are taken at their indices, such as [0, 2], got a mask of booleans");
    const indices = rows instanceof Tensor ? rows.data : rows;
    const [size, ...inner] = this.shape;
    const length = sizeOf(inner);
    const made = this.allocate(indices.length * length);
    let at = 0;
    for (const index of indices) {
      const row = Number.isInteger(index) && index < 0 ? index + size : index;
      if (!Number.isInteger(row) || row < 0 || row >= size) {
        throw new ShapeError(
          `ByteRows: index ${show(index)} is out of range for ${formatShape(this.shape)}: rows are ${-size} to ${size - 1}`,
        );
      }
      this.fill(made, at, row * length, length);
      at += length;
    }
    return fromArray(made, [indices.length, ...inner]) as Tensor as Tensor<Taken<S>>;
  }

  /** The rows from one to before another, as a tensor; `[[start, stop]]` as of a tensor's `slice`. */
  slice(ranges: readonly [readonly [start: number, stop: number]], ...none: []): Tensor<Taken<S>> {
    checkNoMore("ByteRows.slice", none);
    const [size, ...inner] = this.shape;
    const range: unknown = Array.isArray(ranges) && ranges.length === 1 ? ranges[0] : undefined;
    if (!Array.isArray(range) || range.length !== 2) {
      throw new ShapeError(`ByteRows: takes the range of the rows, slice([[start, stop]]), got ${show(ranges)}`);
    }
    const [start, stop] = range as readonly number[] as readonly [start: number, stop: number];
    if (!(Number.isInteger(start) && Number.isInteger(stop) && start >= 0 && start <= stop && stop <= size)) {
      throw new ShapeError(
        `ByteRows: rows ${show(start)} to ${show(stop)} of ${formatShape(this.shape)}; give whole numbers from 0 to ${size}`,
      );
    }
    const length = sizeOf(inner);
    const made = this.allocate((stop - start) * length);
    this.fill(made, 0, start * length, made.length);
    return fromArray(made, [stop - start, ...inner]) as Tensor as Tensor<Taken<S>>;
  }

  /** All rows as one tensor. */
  toTensor(...none: []): Tensor<Taken<S>> {
    checkNoMore("ByteRows.toTensor", none);
    return this.slice([[0, this.shape[0]]]);
  }

  private allocate(size: number): Float64Array | Float32Array {
    try {
      return this.dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
    } catch (cause) {
      throw new ShapeError(`ByteRows: no room for ${show(size)} elements of ${this.dtype}; take fewer rows`, { cause });
    }
  }

  private fill(made: Float64Array | Float32Array, at: number, from: number, count: number): void {
    const { bytes, numbers } = this;
    for (let i = 0; i < count; i++) made[at + i] = numbers[bytes[from + i] as number] as number;
  }
}

/** The shape of some rows. */
type Taken<S> = S extends readonly [number, ...infer Rest extends readonly number[]] ? [number, ...Rest] : number[];
