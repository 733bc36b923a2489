import { ShapeError } from "../errors.js";
import { isRecord } from "../options.js";
import { show } from "../show.js";
import type { Shape } from "./types.js";

/** How many axes a tensor can have, as in NumPy and PyTorch: a list nested deeper is a mistake, or holds itself. */
export const MAX_RANK = 64;

/** The one shape of all scalars. */
export const scalarShape: Shape = Object.freeze([]);

/** Where a list of numbers stands among all of them: one step for each of its numbers. */
interface Place {
  list: Shape | null;
  next: Map<number, Place> | null;
}

/** How many places are kept; then all are forgotten, so that a program that goes through many shapes holds few of them. */
const MOST_PLACES = 4096;
let places: Place = { list: scalarShape, next: null };
let count = 0;
/** What was found last. */
let last: Shape = scalarShape;

/**
 * A shape, or another list of numbers, that nobody can change: the one frozen array of these numbers. To find it takes a step
 * for each number, where to freeze a copy each time would take longer than a small op. (On frozen arrays the engine's own
 * methods, `map` and the like, are several times slower than on others; what every op does goes through them by loops.)
 */
export function ownShape(shape: Shape): Shape {
  // One tensor after the other has the shape of the one before.
  if (shape === last) return shape;
  if (shape === undefined) throw noShape("Tensor", shape);
  let place = places;
  for (let i = 0; i < shape.length; i++) {
    place.next ??= new Map();
    let next = place.next.get(shape[i] as number);
    if (next === undefined) {
      next = { list: null, next: null };
      place.next.set(shape[i] as number, next);
      count++;
    }
    place = next;
  }
  last = place.list ??= Object.freeze([...shape]);
  if (count > MOST_PLACES) {
    places = { list: scalarShape, next: null };
    count = 0;
  }
  return last;
}

/**
 * A setting as it is now, whatever its giver does to it later: lists, and lists and records of lists, are copied and frozen,
 * and anything else stays as it is. What an op is given goes through this before it is kept, or handed out again.
 */
export function kept<T>(setting: T): T {
  if (typeof setting !== "object" || setting === null) return setting;
  if (isList(setting)) return keptList(setting, keptInner) as T;
  if (!isRecord(setting)) return setting;
  const entries = Object.entries(setting).map(([name, value]) => [name, keptInner(value)]);
  return Object.freeze(Object.fromEntries(entries)) as T;
}

function keptInner(value: unknown): unknown {
  return isList(value) ? keptList(value, (element) => element) : value;
}

function keptList(list: ArrayLike<unknown>, inner: (element: unknown) => unknown): readonly unknown[] {
  const copy: unknown[] = [];
  let isNumbers = true;
  for (let i = 0; i < list.length; i++) {
    isNumbers &&= typeof list[i] === "number";
    copy.push(inner(list[i]));
  }
  return isNumbers ? ownShape(copy as number[]) : Object.freeze(copy);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/**
 * A shape as it is written; what was given for one, and is none, as an error shows it.
 *
 * @example
 * formatShape([2, 3]); // "[2, 3]"
 */
export function formatShape(shape: Shape): string {
  if (!Array.isArray(shape) || shape.length > MAX_RANK) return show(shape);
  for (let axis = 0; axis < shape.length; axis++) if (typeof shape[axis] !== "number") return show(shape);
  return `[${shape.join(", ")}]`;
}

/** The sizes from `start` up to `end`, as `slice` would give them, which on the frozen shape of a tensor takes three times as long. */
export function sizesFrom(shape: Shape, start: number, end = shape.length): number[] {
  const sizes: number[] = [];
  for (let axis = start; axis < end; axis++) sizes.push(shape[axis] as number);
  return sizes;
}

/**
 * The number of elements: the product of the sizes, 1 for a scalar; or that of the sizes from `start` up to `end` alone.
 *
 * @example
 * sizeOf([2, 3, 4]); // 24
 * sizeOf([]); // 1
 * sizeOf([2, 3, 4], 1); // 12
 */
export function sizeOf(shape: Shape, start = 0, end = shape?.length): number {
  if (!Array.isArray(shape)) throw noShape("sizeOf", shape);
  if (!(start >= 0) || !(end <= shape.length)) throw noShape("sizeOf", [start, end]);
  let size = 1;
  for (let axis = start; axis < end; axis++) {
    const own = shape[axis];
    if (typeof own !== "number") throw noShape("sizeOf", shape);
    size *= own;
  }
  return size;
}

/** Whether there is an axis without elements. */
export function isEmpty(shape: Shape): boolean {
  for (let axis = 0; axis < shape.length; axis++) if (shape[axis] === 0) return true;
  return false;
}

/**
 * Whether two shapes have the same sizes in the same order.
 *
 * @example
 * sameShape([2, 3], [2, 3]); // true
 * sameShape([2, 3], [3, 2]); // false
 */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b)) throw noShape("sameShape", Array.isArray(a) ? b : a);
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
  if (!Array.isArray(shape)) throw noShape(op, shape);
  if (shape.length > MAX_RANK) {
    throw new ShapeError(`${op}: a shape of ${shape.length} axes; a tensor has ${MAX_RANK} at most`);
  }
}

function noShape(op: string, given: unknown): ShapeError {
  return new ShapeError(`${op}: a shape is a list of sizes, such as [2, 3], got ${show(given)}`);
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
  if (given.length <= 2 && Array.isArray(given[0])) return [given[0], given[1]];
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
  const offset = to.length - shape.length;
  const strides = new Array<number>(to.length).fill(0);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size !== 1) strides[axis + offset] = step;
    step *= size;
  }
  return strides;
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
  const list: number[] = [];
  if (axes === undefined) {
    for (let axis = 0; axis < shape.length; axis++) list.push(axis);
    return list;
  }
  const given = Array.isArray(axes) ? (axes as readonly number[]) : [axes as number];
  for (let i = 0; i < given.length; i++) list.push(normalizeAxis(op, given[i] as number, shape));
  if (list.length === 1) return list;
  list.sort((a, b) => a - b);
  list.forEach((axis, i) => {
    if (axis === list[i - 1]) throw new ShapeError(`${op}: axis ${axis} is named twice for ${formatShape(shape)}`);
  });
  return list;
}

/** `shape` without the (normalized) axes, or with size 1 in their places. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  const sizes: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (!axes.includes(axis)) sizes.push(shape[axis] as number);
    else if (keepDims) sizes.push(1);
  }
  return sizes;
}
