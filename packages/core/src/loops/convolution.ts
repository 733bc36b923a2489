import { allocate, type DType, dtypeOf, type TypedArray } from "../dtype.js";
import { rowLoops } from "../loops/generated.js";
import type { Windows } from "../shape/window.js";
import { type GemmArray, gemm } from "./matmul.js";

/** The sizes of a convolution of x [batch, groups * channels, plane] by w [groups * filters, channels, kernel]. */
export interface Convolution {
  readonly batch: number;
  readonly groups: number;
  /** Of one group. */
  readonly channels: number;
  /** Of one group. */
  readonly filters: number;
  readonly windows: Windows;
}

/** The loops between planes and matrices of windows, for arrays of any one dtype; see windows.ts. */
export type MoveWindows = (
  out: TypedArray,
  to: number,
  x: TypedArray,
  from: number,
  channels: number,
  windows: Windows,
  elementStep: number,
  windowStep: number,
) => void;

/**
 * Elements of a matrix of windows, at most (or one image's). Images with few windows share a matrix, for a product of
 * matrices is the faster the larger they are; beyond the cache it gets slower again.
 */
const matrixElements = 1 << 16;

/** Some images of one group, side by side. */
interface Part {
  readonly group: number;
  readonly first: number;
  readonly images: number;
}

interface Matrix {
  readonly array: GemmArray;
  readonly at: number;
}

/**
 * A convolution as products of matrices (Chellapilla, Puri, Simard, High Performance Convolutional Neural Networks for
 * Document Processing, 2006): what the windows see, column by column, times the filters, row by row. The columns are made
 * for a few images at a time, so that they stay in the cache and memory does not grow with the batch.
 */
class Products {
  private readonly sizes: Convolution;
  private readonly dtype: DType;
  /** Elements of a window, and windows of an image. */
  private readonly k: number;
  private readonly p: number;
  private readonly images: number;
  /** Whether x is its own matrix of columns: each window is one element, and each element one window. */
  private readonly plain: boolean;
  private readonly columnScratch: GemmArray;
  private readonly rowScratch: GemmArray;

  constructor(sizes: Convolution, dtype: DType) {
    const { batch, channels, filters, windows } = sizes;
    const w = windows;
    this.sizes = sizes;
    this.dtype = dtype;
    this.k = channels * w.kernelHeight * w.kernelWidth;
    this.p = w.rows * w.columns;
    this.images = Math.max(1, Math.min(batch, Math.floor(matrixElements / (this.k * this.p || 1))));
    this.plain =
      this.images === 1 &&
      w.kernelHeight * w.kernelWidth === 1 &&
      w.rows === w.height &&
      w.columns === w.width &&
      w.strideY * w.strideX === 1;
    this.columnScratch = this.allocate(this.plain ? 0 : this.k * this.p * this.images);
    this.rowScratch = this.allocate(this.images === 1 ? 0 : filters * this.p * this.images);
  }

  /** y = w x columns of x. */
  forward(y: GemmArray, x: GemmArray, w: GemmArray): void {
    const { filters } = this.sizes;
    this.forEachPart((part) => {
      const columns = this.columnsOf(x, part);
      const to = this.rowsFor(y, part);
      gemm(
        to.array,
        w,
        columns.array,
        filters,
        part.images * this.p,
        this.k,
        false,
        false,
        to.at,
        part.group * filters * this.k,
        columns.at,
      );
      this.putRows(y, to, part);
    });
  }

  /** Adds to x, which is zero, the columns (the transpose of w) x y, each element where it is from. */
  transposed(x: GemmArray, y: GemmArray, w: GemmArray): void {
    const { channels, filters, windows } = this.sizes;
    const scatter = rowLoops[this.dtype].scatterAddWindows as MoveWindows;
    this.forEachPart((part) => {
      const width = part.images * this.p;
      const rows = this.rowsOf(y, part);
      const columns = this.plain ? { array: x, at: this.inputAt(part, 0) } : { array: this.columnScratch, at: 0 };
      gemm(
        columns.array,
        w,
        rows.array,
        this.k,
        width,
        filters,
        true,
        false,
        columns.at,
        part.group * filters * this.k,
        rows.at,
      );
      if (this.plain) return;
      for (let i = 0; i < part.images; i++) {
        scatter(x, this.inputAt(part, i), columns.array, i * this.p, channels, windows, width, 1);
      }
    });
  }

  /** Adds to w, which is zero, y x the transpose of the columns of x, image by image. */
  weights(w: GemmArray, x: GemmArray, y: GemmArray): void {
    const { filters } = this.sizes;
    const size = filters * this.k;
    const part = this.allocate(size);
    // In doubles: a batch may have thousands of parts.
    const sums = this.dtype === "float32" ? new Float64Array(w.length) : w;
    this.forEachPart((where) => {
      const columns = this.columnsOf(x, where);
      const rows = this.rowsOf(y, where);
      const width = where.images * this.p;
      gemm(part, rows.array, columns.array, filters, this.k, width, false, true, 0, rows.at, columns.at);
      for (let i = 0, at = where.group * size; i < size; i++, at++)
        sums[at] = (sums[at] as number) + (part[i] as number);
    });
    if (sums !== w) w.set(sums);
  }

  private allocate(size: number): GemmArray {
    return allocate(this.dtype, size) as GemmArray;
  }

  private forEachPart(visit: (part: Part) => void): void {
    const { batch, groups } = this.sizes;
    for (let first = 0; first < batch; first += this.images) {
      for (let group = 0; group < groups; group++)
        visit({ group, first, images: Math.min(this.images, batch - first) });
    }
  }

  /** Where the channels of image i of the part begin in x. */
  private inputAt({ group, first }: Part, i: number): number {
    const { groups, channels, windows } = this.sizes;
    return ((first + i) * groups + group) * channels * windows.height * windows.width;
  }

  /** Where the filters of image i of the part begin in y. */
  private outputAt({ group, first }: Part, i: number): number {
    const { groups, filters } = this.sizes;
    return ((first + i) * groups + group) * filters * this.p;
  }

  private columnsOf(x: GemmArray, part: Part): Matrix {
    if (this.plain) return { array: x, at: this.inputAt(part, 0) };
    const { channels, windows } = this.sizes;
    const gather = rowLoops[this.dtype].gatherWindows as MoveWindows;
    for (let i = 0; i < part.images; i++) {
      gather(this.columnScratch, i * this.p, x, this.inputAt(part, i), channels, windows, part.images * this.p, 1);
    }
    return { array: this.columnScratch, at: 0 };
  }

  /** Where the rows that a product makes go: to y itself when they are those of one image. */
  private rowsFor(y: GemmArray, part: Part): Matrix {
    return this.images === 1 ? { array: y, at: this.outputAt(part, 0) } : { array: this.rowScratch, at: 0 };
  }

  private putRows(y: GemmArray, rows: Matrix, part: Part): void {
    if (rows.array === y) return;
    this.forEachRow(part, (at, row) => y.set(rows.array.subarray(row, row + this.p), at));
  }

  private rowsOf(y: GemmArray, part: Part): Matrix {
    const rows = this.rowsFor(y, part);
    if (rows.array !== y) this.forEachRow(part, (at, row) => rows.array.set(y.subarray(at, at + this.p), row));
    return rows;
  }

  /** Calls `visit` for each filter and image with where its windows stand in y and in the matrix of rows. */
  private forEachRow(part: Part, visit: (at: number, row: number) => void): void {
    for (let f = 0, row = 0; f < this.sizes.filters; f++) {
      for (let i = 0; i < part.images; i++, row += this.p) visit(this.outputAt(part, i) + f * this.p, row);
    }
  }
}

/** y [batch, filters, windows]: each window of x times each filter. */
export function convolve(sizes: Convolution, x: TypedArray, w: TypedArray): TypedArray {
  const { batch, groups, filters, windows } = sizes;
  const y = allocate(dtypeOf(x), batch * groups * filters * windows.rows * windows.columns);
  new Products(sizes, dtypeOf(x)).forward(y as GemmArray, x as GemmArray, w as GemmArray);
  return y;
}

/** The adjoint in x: [batch, channels, plane]. */
export function convolveTransposed(sizes: Convolution, y: TypedArray, w: TypedArray): TypedArray {
  const { batch, groups, channels, windows } = sizes;
  const x = allocate(dtypeOf(y), batch * groups * channels * windows.height * windows.width);
  new Products(sizes, dtypeOf(y)).transposed(x as GemmArray, y as GemmArray, w as GemmArray);
  return x;
}

/** The adjoint in w: [filters, channels, kernel]. */
export function convolveWeights(sizes: Convolution, x: TypedArray, y: TypedArray): TypedArray {
  const { groups, channels, filters, windows } = sizes;
  const w = allocate(dtypeOf(x), groups * filters * channels * windows.kernelHeight * windows.kernelWidth);
  new Products(sizes, dtypeOf(x)).weights(w as GemmArray, x as GemmArray, y as GemmArray);
  return w;
}
