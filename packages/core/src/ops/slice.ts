import { allocate, type DType, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings, type Walk } from "../graph/node.js";
import type { SliceFunction } from "../graph/signatures/indexing.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { addToView, gatherView, scatterView } from "../loops/copy.js";
import { checkShape, formatShape, kept, sameShape, sizeOf, stridesOf } from "../shape/shape.js";
import type { Range, Shape } from "../shape/types.js";
import { show } from "../show.js";

/** What a list of ranges reads of a shape: a view. */
interface View {
  readonly shape: Shape;
  readonly start: number;
  readonly strides: readonly number[];
}

/** NumPy's rules: negative positions count from the end, a range is cut off at the ends, an index is not. */
export function viewOf(op: string, shape: Shape, ranges: readonly Range[]): View {
  if (!Array.isArray(ranges)) throw notRanges(op, ranges);
  if (ranges.length > shape.length) {
    throw new ShapeError(`${op}: ${ranges.length} ranges for ${formatShape(shape)}: give one for each axis at most`);
  }
  const own = stridesOf(shape);
  const sizes: number[] = [];
  const strides: number[] = [];
  let start = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    const range = axis < ranges.length ? ranges[axis] : null;
    const stride = own[axis] as number;
    if (typeof range === "number") {
      if (!Number.isInteger(range) || range < -size || range >= size) {
        throw new ShapeError(
          `${op}: index ${range} is out of range for axis ${axis} of ${formatShape(shape)}: from ${-size} to ${size - 1}`,
        );
      }
      start += (range < 0 ? range + size : range) * stride;
      continue;
    }
    if (range !== null && !Array.isArray(range)) throw notRanges(op, ranges);
    const list = (range ?? everything) as readonly (number | null)[];
    const [from, to] = [list[0], list[1]];
    const step = list.length < 3 || list[2] === null ? 1 : (list[2] as number);
    if (!isEnd(from) || !isEnd(to) || !Number.isInteger(step) || step === 0 || list.length > 3) {
      throw new ShapeError(
        `${op}: ${show(range)} is no range of ${formatShape(shape)}: give [start, stop] or [start, stop, step], whole ` +
          "numbers or null, the step not 0",
      );
    }
    const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
    const clip = (p: number) => Math.min(Math.max(p < 0 ? p + size : p, least), most);
    const first = from === null ? (step > 0 ? 0 : size - 1) : clip(from);
    const end = to === null ? (step > 0 ? size : -1) : clip(to);
    const count = Math.max(0, Math.ceil((end - first) / step));
    sizes.push(count);
    strides.push(stride * step);
    if (count > 0) start += first * stride;
  }
  return { shape: sizes, start, strides };
}

/** Where a range begins or ends: a position, or null for an open end. Of `[1]` one would not know which end is left out. */
function isEnd(position: number | null | undefined): position is number | null {
  return position === null || Number.isInteger(position);
}

const everything = Object.freeze([null, null]);

/** What `slice(1, 3)` means depends on where one comes from: start and stop, an element, start and size. */
function notRanges(op: string, given: unknown): ShapeError {
  return new ShapeError(
    `${op}: takes a list with a range for each axis, as in slice([[1, 3]]) for rows 1 and 2, slice([1, 3]) for the element in row 1 ` +
      `and column 3, slice([null, 3]) for column 3; got ${show(given)}`,
  );
}

function formatRanges(ranges: readonly Range[]): string {
  return ranges.map((r) => (r === null ? ":" : typeof r === "number" ? r : r.map((p) => p ?? "").join(":"))).join(", ");
}

export class Slice extends Node {
  static override get settings(): NodeSettings {
    return ["ranges"];
  }

  override readonly name = "Slice";
  readonly ranges: readonly Range[];

  constructor(ranges: readonly Range[]) {
    super();
    this.ranges = kept(ranges);
  }

  override attributes(): Record<string, unknown> {
    return { ranges: formatRanges(this.ranges) };
  }

  override shapeRule(x: Tensor): Shape {
    return viewOf(this.name, x.shape, this.ranges).shape;
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const { start, strides } = viewOf(this.name, x.shape, this.ranges);
    const out = gatherView(dtype, x.array, shape, start, strides);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new Unslice(this.ranges, this.input(0).shape).apply(dout);
  }

  /** @internal */
  override backwardInPlace(dout: Tensor, walk: Walk): boolean {
    const x = this.input(0);
    if (x.rank === 0) return false;
    walk.addPart(
      x,
      (sum) => {
        const { shape, start, strides } = viewOf(this.name, x.shape, this.ranges);
        addToView(sum, dout.array, shape, start, strides);
      },
      () => this.localBackward(dout),
    );
    return true;
  }
}

/**
 * A part of x: a range for each axis from the first on. `null` is all of it, a number takes one element and drops the
 * axis, `[start, stop, step]` is NumPy's start:stop:step (null for an open end, a negative step goes backward). Any dtype.
 *
 * @example
 * slice(tensor([[1, 2, 3], [4, 5, 6]]), [1, [0, null, 2]]).toArray(); // [4, 6]
 */
export const slice = ((x: Tensor, ranges: readonly Range[], ...more: readonly unknown[]) => {
  if (more.length > 0) throw notRanges("Slice", [ranges, ...more]);
  return new Slice(ranges).apply(operand("Slice", x));
}) as SliceFunction;

/** The adjoint of Slice: zeros of `shape`, with the input where the ranges read. */
export class Unslice extends Node {
  static override get settings(): NodeSettings {
    return ["ranges", "shape"];
  }

  override readonly name = "Unslice";
  readonly ranges: readonly Range[];
  readonly shape: Shape;

  constructor(ranges: readonly Range[], shape: Shape) {
    super();
    this.ranges = kept(ranges);
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { ranges: formatRanges(this.ranges), shape: this.shape };
  }

  override shapeRule(x: Tensor): Shape {
    checkShape(this.name, this.shape);
    const read = viewOf(this.name, this.shape, this.ranges).shape;
    if (!sameShape(read, x.shape)) {
      throw new ShapeError(
        `Unslice: the ranges read ${formatShape(read)} of ${formatShape(this.shape)}, got ${formatShape(x.shape)}`,
      );
    }
    return this.shape;
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const view = viewOf(this.name, shape, this.ranges);
    const out = allocate(dtype, sizeOf(shape));
    scatterView(dtype, out, x.array, view.shape, view.start, view.strides);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new Slice(this.ranges).apply(dout);
  }
}
