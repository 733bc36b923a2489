import { allocate, checkDType, type DType, type Values } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { type Literal, readLiteral } from "../graph/literal.js";
import { Node, type NodeSettings, numberDType, type Walk } from "../graph/node.js";
import type { IndexAddFunction, OneHotFunction, TakeFunction } from "../graph/signatures/indexing.js";
import { operand, Tensor } from "../graph/tensor.js";
import { around } from "../loops/along.js";
import { addRows } from "../loops/scatter.js";
import { type AxisOr, axisOf, checkNoMore, checkOptions } from "../options.js";
import {
  checkShape,
  formatShape,
  kept,
  MAX_RANK,
  normalizeAxis,
  sameShape,
  sizeOf,
  sizesFrom,
} from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";

/** Positions: an int32 tensor, or nested lists of whole numbers. */
export type IndexLike = Tensor | Literal;

/** Indices as an int32 tensor: as they are, or from lists of numbers. */
export function indexTensor(op: string, indices: IndexLike): Tensor {
  if (indices instanceof Tensor) {
    checkIndices(op, indices);
    return indices;
  }
  let first: unknown = indices;
  // No deeper than a tensor is: a list may hold itself.
  for (let depth = 0; depth < MAX_RANK && Array.isArray(first); depth++) first = first[0];
  if (typeof first === "boolean") throw noMask(op, "booleans");
  const { shape, dtype, values } = readLiteral(op, indices, "int32");
  return new Tensor(shape, dtype, values, null, false);
}

export function checkIndices(op: string, indices: Tensor): void {
  if (indices.dtype === "int32") return;
  if (indices.dtype === "bool") throw noMask(op, "a bool tensor");
  throw new DTypeError(`${op}: indices are an int32 tensor, got ${indices.dtype}; convert with cast("int32")`);
}

/** A mask read as indices would be rows 0 and 1, and none of those that it marks. */
function noMask(op: string, got: string): DTypeError {
  return new DTypeError(
    `${op}: indices are whole numbers, the places of what is taken, got ${got}; for a mask write mask.where(x, 0), or give the ` +
      "places where it holds, such as [0, 2]",
  );
}

/** The indices counted from the front and checked against the size of the axis; to be read only. */
export function rowsOf(op: string, indices: Tensor, size: number, what: string): Int32Array {
  const given = indices.array as Int32Array;
  // Copied where there is a negative index, and only there.
  let rows = given;
  for (let i = 0; i < given.length; i++) {
    const row = given[i] as number;
    if (row >= 0 && row < size) continue;
    if (row < -size || row >= size) {
      const range = size === 0 ? "there is nothing to take" : `from ${-size} to ${size - 1}`;
      throw new ShapeError(`${op}: index ${row} (element ${i} of the indices) is out of range for ${what}: ${range}`);
    }
    if (rows === given) rows = given.slice();
    rows[i] = row + size;
  }
  return rows;
}

abstract class ByIndex extends Node {
  readonly axis: number;

  constructor(axis = 0) {
    super();
    this.axis = axis;
  }

  override dtypeRule(x: Tensor, indices: Tensor): DType {
    checkIndices(this.name, indices);
    return x.dtype;
  }

  protected rows(shape: Shape, indices: Tensor): Int32Array {
    const axis = normalizeAxis(this.name, this.axis, shape);
    return rowsOf(this.name, indices, shape[axis] as number, `axis ${axis} of ${formatShape(shape)}`);
  }
}

export class Take extends ByIndex {
  static override get settings(): NodeSettings {
    return ["axis"];
  }

  override readonly name = "Take";

  override attributes(): Record<string, unknown> {
    return { axis: this.axis };
  }

  override shapeRule(x: Tensor, indices: Tensor): Shape {
    const axis = normalizeAxis(this.name, this.axis, x.shape);
    return [...sizesFrom(x.shape, 0, axis), ...indices.shape, ...sizesFrom(x.shape, axis + 1)];
  }

  protected override checkInputs(x: Tensor, indices: Tensor): void {
    this.rows(x.shape, indices);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor, indices: Tensor): Values {
    const rows = this.rows(x.shape, indices);
    const [outer, n, inner] = around(x.shape, normalizeAxis(this.name, this.axis, x.shape));
    const out = allocate(dtype, sizeOf(shape));
    const array = x.array;
    for (let o = 0, at = 0; o < outer; o++) {
      for (let r = 0; r < rows.length; r++, at += inner) {
        const from = (o * n + (rows[r] as number)) * inner;
        if (inner === 1) out[at] = array[from] as number;
        else out.set(array.subarray(from, from + inner), at);
      }
    }
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    const [x, indices] = [this.input(0), this.input(1)];
    return i === 0 ? new IndexAdd(x.shape, this.axis).apply(dout, indices) : null;
  }

  /** @internal */
  override backwardInPlace(dout: Tensor, walk: Walk): boolean {
    const [x, indices] = [this.input(0), this.input(1)];
    walk.addPart(
      x,
      (sum) => {
        const axis = normalizeAxis(this.name, this.axis, x.shape);
        const rows = this.rows(x.shape, indices);
        const taken = new Set(rows);
        // What goes to one row is added up first, as IndexAdd does it.
        const part = taken.size === rows.length ? dout : this.addedUp(dout, rows, [...taken], axis);
        const places = taken.size === rows.length ? rows : Int32Array.from(taken);
        addRows(sum, part.array, places, ...around(x.shape, axis));
      },
      () => new IndexAdd(x.shape, this.axis).apply(dout, indices),
    );
    return true;
  }

  /** The gradients of the rows that were taken, each once. */
  private addedUp(dout: Tensor, rows: Int32Array, taken: readonly number[], axis: number): Tensor {
    const [x, indices] = [this.input(0), this.input(1)];
    const places = new Map(taken.map((row, place) => [row, place]));
    const at = Int32Array.from(rows, (row) => places.get(row) as number);
    const shape = x.shape.with(axis, taken.length);
    return new IndexAdd(shape, axis).apply(
      dout,
      indices.derive(indices.shape, "int32", indices.rank === 0 ? (at[0] as number) : at, null),
    );
  }
}

/**
 * The rows (or what stands along `axis`) at the indices, an int32 tensor or a list; a negative index counts from the end.
 * The axis is replaced by the axes of the indices. Any dtype; gradients of a row taken twice add up.
 *
 * @example
 * take(tensor([[1, 2], [3, 4], [5, 6]]), [2, 0]).toArray(); // [[5, 6], [1, 2]]
 * take(tensor([[1, 2], [3, 4]]), [1], 1).toArray(); // [[2], [4]]
 */
export const take = ((x: Tensor, indices: IndexLike, axis?: AxisOr<number>, none?: unknown) =>
  new Take(axisOf("take", axis, none)).apply(operand("take", x), indexTensor("take", indices))) as TakeFunction;

/** The adjoint of Take: zeros of `shape`, with each row of the input added where its index says. */
export class IndexAdd extends ByIndex {
  static override get settings(): NodeSettings {
    return ["shape", "axis"];
  }

  override readonly name = "IndexAdd";
  readonly shape: Shape;

  constructor(shape: Shape, axis = 0) {
    super(axis);
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape, axis: this.axis };
  }

  override dtypeRule(x: Tensor, indices: Tensor): DType {
    numberDType(this.name, x);
    return super.dtypeRule(x, indices);
  }

  override shapeRule(x: Tensor, indices: Tensor): Shape {
    checkShape(this.name, this.shape);
    const axis = normalizeAxis(this.name, this.axis, this.shape);
    const taken = [...sizesFrom(this.shape, 0, axis), ...indices.shape, ...sizesFrom(this.shape, axis + 1)];
    if (!sameShape(taken, x.shape)) {
      throw new ShapeError(
        `IndexAdd: ${formatShape(x.shape)} at indices ${formatShape(indices.shape)} into ${formatShape(this.shape)}: expected ${formatShape(taken)}`,
      );
    }
    return this.shape;
  }

  protected override checkInputs(_x: Tensor, indices: Tensor): void {
    this.rows(this.shape, indices);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor, indices: Tensor): Values {
    const rows = this.rows(shape, indices);
    const out = allocate(dtype, sizeOf(shape));
    const [outer, n, inner] = around(shape, normalizeAxis(this.name, this.axis, shape));
    addRows(out, x.array, rows, outer, n, inner);
    return out;
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    return i === 0 ? new Take(this.axis).apply(dout, this.input(1)) : null;
  }
}

/**
 * x with the rows of `source` added where the indices say: what `take` reads, written (PyTorch's `index_add`). Rows for one
 * index add up (in float32 by partial sums of at most 4096 terms, these in doubles). Gradients go to x and to the source. float64, float32, int32.
 *
 * @param indices int32, of any shape; a negative index counts from the end
 * @param source a number, or of the shape that `take(x, indices, axis)` has, or one that broadcasts to it
 *
 * @example
 * indexAdd(tensor([[1, 2], [3, 4]]), [1, 1], tensor([[10, 20], [30, 40]])).toArray(); // [[1, 2], [43, 64]]
 *
 * @throws ShapeError for an index out of range, or a source of another shape.
 */
export const indexAdd = ((
  x: Tensor,
  indices: IndexLike,
  source: Tensor | number,
  axis?: AxisOr<number>,
  none?: unknown,
) => {
  const wanted = axisOf("indexAdd", axis, none) ?? 0;
  const into = operand("indexAdd", x);
  const at = indexTensor("indexAdd", indices);
  const along = normalizeAxis("indexAdd", wanted, into.shape);
  const taken = [...sizesFrom(into.shape, 0, along), ...at.shape, ...sizesFrom(into.shape, along + 1)];
  const rows = typeof source === "number" ? into.constant(source, "indexAdd") : operand("indexAdd", source);
  return into.add(new IndexAdd(into.shape, along).apply(rows.broadcastTo(taken), at));
}) as IndexAddFunction;

export class OneHot extends Node {
  static override get settings(): NodeSettings {
    return ["classes", "dtype"];
  }

  override readonly name = "OneHot";
  readonly classes: number;
  readonly dtype: DType;

  constructor(classes: number, dtype: DType = "float64") {
    super();
    this.classes = classes;
    this.dtype = dtype;
  }

  override attributes(): Record<string, unknown> {
    return { classes: this.classes, dtype: this.dtype };
  }

  override shapeRule(indices: Tensor): Shape {
    if (!Number.isInteger(this.classes) || this.classes < 1) {
      throw new ShapeError(`OneHot: ${show(this.classes)} classes: a whole number of at least 1 is needed`);
    }
    return [...indices.shape, this.classes];
  }

  override dtypeRule(indices: Tensor): DType {
    checkIndices(this.name, indices);
    return checkDType(this.name, this.dtype);
  }

  override localForward(shape: Shape, dtype: DType, indices: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    indices.array.forEach((index: number, i: number) => {
      // Not from the end: -1 is how data sets mark a label that is missing.
      if (index < 0 || index >= this.classes) {
        throw new ShapeError(
          `OneHot: index ${index} (element ${i} of the indices) is none of ${this.classes} classes: from 0 to ${this.classes - 1}`,
        );
      }
      out[i * this.classes + index] = 1;
    });
    return out;
  }

  override localBackward(): never {
    throw this.notDifferentiable("its inputs are indices");
  }
}

/**
 * A new last axis of size `classes` with 1 at the index, 0 to classes - 1, and 0 elsewhere; float64 unless said otherwise.
 *
 * @example
 * oneHot(tensor([2, 0], { dtype: "int32" }), 3).toArray(); // [[0, 0, 1], [1, 0, 0]]
 */
export const oneHot = ((
  indices: Tensor | number | readonly number[] | Int32Array,
  classes: number,
  options: { readonly dtype?: DType | undefined } = {},
  ...none: []
) => {
  checkNoMore("oneHot", none);
  checkOptions("oneHot", options, ["dtype"]);
  return new OneHot(classes, options.dtype).apply(indexTensor("oneHot", indices));
}) as OneHotFunction;
