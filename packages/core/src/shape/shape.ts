import { ShapeError } from "../errors.js";
import { show } from "../show.js";
import type { Shape } from "./types.js";

/** How many axes a tensor can have, as in NumPy and PyTorch: a list nested deeper is a mistake, or holds itself. */
export const MAX_RANK = 64;

/** The one shape of all scalars. */
export const scalarShape: Shape = Object.freeze([]);

/** A shape as it is written; what was given for one, and is none, as an error shows it. */
export function formatShape(shape: Shape): string {
  const isShape = Array.isArray(shape) && shape.length <= MAX_RANK && shape.every((size) => typeof size === "number");
  return isShape ? `[${shape.join(", ")}]` : show(shape);
}

/** The number of elements: the product of the sizes, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i] as number;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Throws for what is no list of sizes, each a whole number of at least 0. */
export function checkShape(op: string, shape: Shape): void {
  checkSizes(op, shape);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(`${op}: ${formatShape(shape)} is no shape: a size is a whole number, 0 or more`);
    }
  }
}

/** Throws for what is no list that could be a shape; its sizes are looked at by the op. */
export function checkSizes(op: string, shape: unknown): void {
  if (!Array.isArray(shape)) {
    throw new ShapeError(`${op}: a shape is a list of sizes, such as [2, 3], got ${show(shape)}`);
  }
  if (shape.length > MAX_RANK) {
    throw new ShapeError(`${op}: a shape of ${shape.length} axes; a tensor has ${MAX_RANK} at most`);
  }
}

/** A shape in one of the forms `op([2, 3])` and `op(2, 3)`, out of the arguments in its place. */
export function sizesOf(op: string, given: readonly unknown[]): Shape {
  const [first] = given;
  if (given.length === 1 && Array.isArray(first)) return first;
  if (given.every((size) => typeof size === "number")) return given as readonly number[];
  throw new ShapeError(
    `${op}: a shape is given as ${op}([2, 3]) or ${op}(2, 3), got ${given.map(show).slice(0, 8).join(", ")}`,
  );
}

/** The same with options behind: `op([2, 3], options)` and `op(2, 3, options)`. */
export function sizesAndOptions(op: string, given: readonly unknown[]): readonly [shape: Shape, options: unknown] {
  const last = given.at(-1);
  const isOption = given.length > 1 && typeof last !== "number";
  return [sizesOf(op, isOption ? given.slice(0, -1) : given), isOption ? last : undefined];
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** The strides with which `shape` is read as if it were `to`: 0 on each axis that repeats it. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const own = stridesOf(shape);
  const offset = to.length - shape.length;
  return to.map((_, axis) => (axis < offset || shape[axis - offset] === 1 ? 0 : (own[axis - offset] as number)));
}

/** NumPy's rule: aligned at the last axis, sizes are equal or one of them is 1. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let axis = 1; axis <= rank; axis++) {
    const m = axis > a.length ? 1 : (a[a.length - axis] as number);
    const n = axis > b.length ? 1 : (b[b.length - axis] as number);
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${op}: ${formatShape(a)} and ${formatShape(b)} do not broadcast: sizes ${m} and ${n} differ ` +
          `(axis -${axis}); ${broadcastRepair(a, b)}`,
      );
    }
    out[rank - axis] = m === 1 ? n : m;
  }
  return out;
}

/** The repair that the shapes suggest: an axis of size 1 put where the shorter shape would fit from the left. */
function broadcastRepair(a: Shape, b: Shape): string {
  const [short, long, name] = a.length < b.length ? [a, b, "first"] : [b, a, "second"];
  if (short.length < long.length && short.every((size, axis) => size === long[axis] || size === 1)) {
    const shape = long.map((_, axis) => (axis < short.length ? (short[axis] as number) : 1));
    return `did you mean the ${name} reshaped to ${formatShape(shape)}?`;
  }
  return "equal sizes, or a size of 1, are needed on each axis counted from the last";
}

/** `axis` counted from the front; a negative one counts from the end. */
export function normalizeAxis(op: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    if (typeof axis !== "number") throw new ShapeError(`${op}: an axis is a whole number, got ${show(axis)}`);
    const range = rank === 0 ? "a scalar has no axes" : `axes go from ${-rank} to ${rank - 1}`;
    throw new ShapeError(`${op}: axis ${axis} is out of range for ${formatShape(shape)}: ${range}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** The axes asked for, sorted and counted from the front; all of them when none is named. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, shape: Shape): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  const given = Array.isArray(axes) ? (axes as readonly number[]) : [axes as number];
  const list = Array.from(given, (axis) => normalizeAxis(op, axis, shape));
  list.sort((a, b) => a - b);
  list.forEach((axis, i) => {
    if (axis === list[i - 1]) throw new ShapeError(`${op}: axis ${axis} is named twice for ${formatShape(shape)}`);
  });
  return list;
}

/** `shape` without the (normalized) axes, or with size 1 in their places. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return shape.filter((_, axis) => !axes.includes(axis));
}
