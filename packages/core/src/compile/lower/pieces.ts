import { viewOf } from "../../ops/slice.js";
import { sameShape, sizeOf, stridesOf } from "../../shape/shape.js";
import type { Range, Shape } from "../../shape/types.js";
import type { Traced } from "../../trace/traced.js";
import type { Buffer } from "../ir/buffer.js";
import { type Affine, type Expression, kindOf, numberKindOf, visitExpressions } from "../ir/expression.js";
import type { Store } from "../ir/kernel.js";
import { ownPlace, within } from "../ir/views.js";
import type { KernelBody, Lowering, Piece } from "./lowering.js";

/** A part of a shape: on each axis from where on, how many, and how far from one to the next (1 unless it says otherwise). */
export interface Box {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps?: readonly number[];
}

/** Where ranges read of a shape. */
export function pieceOf(value: Traced, shape: Shape, ranges: readonly Range[]): Piece & { readonly box: Box } {
  const { shape: read, start, strides } = viewOf("Unslice", shape, ranges);
  const own = stridesOf(shape);
  const starts: number[] = [];
  const sizes: number[] = [];
  const steps: number[] = [];
  let next = 0;
  shape.forEach((size, axis) => {
    const stride = own[axis] as number;
    const first = stride === 0 || size === 0 ? 0 : Math.floor(start / stride) % size;
    // An index is a range of one element.
    const isIndex = typeof ranges[axis] === "number";
    const count = isIndex ? 1 : (read[next] as number);
    const step = isIndex || stride === 0 ? 1 : (strides[next] as number) / stride;
    if (!isIndex) next++;
    starts.push(step < 0 ? first + (count - 1) * step : first);
    sizes.push(count);
    steps.push(Math.abs(step));
  });
  return { value, to: { offset: start, strides }, box: { starts, sizes, steps } };
}

/** From how many parts on many of one shape are written by a common loop, so that there are not a hundred thousand loops. */
const MANY = 64;
/** By how many streams of elements a loop writes otherwise. */
const FEW = 8;
/** How long an axis is at least along which vectors go. */
const shortest = 4;

/** Writes values into their parts of a buffer, those of one shape by common loops. */
export function put(parts: readonly Piece[], target: Buffer, s: Lowering): void {
  const all = together(parts.flatMap((part) => standing(part, s)));
  const most = all.length <= MANY ? FEW : MANY;
  let k: KernelBody | null = null;
  let stores: Store[] = [];
  let streams = 0;
  const close = () => {
    if (k !== null && stores.length > 0) {
      s.push({ kind: "loop", name: `into ${target.id}`, sizes: k.sizes, reduced: 0, reduction: null, stores });
    }
    k = null;
    stores = [];
    streams = 0;
  };
  for (const { value, places, isAdded } of all) {
    const { shape } = value;
    if (k === null || isAdded || !sameShape(k.sizes, shape) || streams >= most || stores.length >= 2 * most) {
      close();
      k = s.body(shape);
    }
    let element = s.element(value, ownPlace(shape), k);
    // One that is read in leaps would make all of the loop what only it is.
    if (stores.length > 0 && !isStreamed(element, shape)) {
      close();
      k = s.body(shape);
      element = s.element(value, ownPlace(shape), k);
    }
    const { builder }: KernelBody = k;
    for (const to of places) {
      const own = isAdded
        ? builder.arithmetic(numberKindOf(target.dtype)).add(builder.load(target, to), element)
        : element;
      const last = stores[stores.length - 1];
      if (last === undefined || !isBeside(to, last.to, shape)) streams++;
      stores.push({ value: builder.as(own, kindOf(target.dtype)), target, to });
    }
    // What is added is loaded from where it goes, by a loop of its own: parts may overlap.
    if (isAdded || !isStreamed(element, shape)) close();
  }
  close();
}

/** The parts that a part is made of, if these are written where they stand in it. */
function standing(part: Piece, s: Lowering): Piece[] {
  const found: Piece[] = [];
  const stack = [part];
  for (let piece = stack.pop(); piece !== undefined; piece = stack.pop()) {
    const { value, to } = piece;
    const inner = s.partsOf(value);
    if (inner === undefined) found.push(piece);
    else
      for (const own of inner.toReversed())
        stack.push({ ...piece, value: own.value, to: within(to, value.shape, own.to, own.value.shape) as Affine });
  }
  return found;
}

/** A value, and all places where it goes. */
interface Placed {
  readonly value: Traced;
  readonly places: Affine[];
  readonly isAdded: boolean;
}

/** What goes to several places is computed once for all of them; what is added keeps its turn. */
function together(parts: readonly Piece[]): readonly Placed[] {
  const all: Placed[] = [];
  const known = new Map<Traced, Placed>();
  for (const { value, to, isAdded = false } of parts) {
    const before = isAdded ? undefined : known.get(value);
    if (before !== undefined) before.places.push(to);
    else {
      const placed = { value, places: [to], isAdded };
      all.push(placed);
      if (!isAdded) known.set(value, placed);
    }
  }
  return all;
}

/** How many elements of a whole are those of parts, what is added to others left out. */
export function coveredBy(parts: readonly Piece[]): number {
  return parts.reduce((sum, { value, isAdded }) => (isAdded ? sum : sum + sizeOf(value.shape)), 0);
}

/** Whether elements stand between others, as those of a column of a matrix do: both are one stream of memory. */
function isBeside(to: Affine, other: Affine, shape: Shape): boolean {
  const distance = Math.abs(to.offset - other.offset);
  return to.strides.every(
    (stride, axis) =>
      stride === other.strides[axis] && ((shape[axis] as number) <= 1 || distance < Math.abs(stride) || stride === 0),
  );
}

/** Whether the elements of all that is read lie one behind the other along the last axis, if that is long enough for vectors, or are one. */
function isStreamed(element: Expression, shape: Shape): boolean {
  const last = shape.length - 1;
  if (last >= 0 && (shape[last] as number) < shortest) return true;
  let isSo = true;
  visitExpressions([element], (e) => {
    if (e.op !== "load") return;
    const stride = last < 0 ? 0 : (e.at.strides[last] as number);
    if (e.index !== null || (stride !== 0 && stride !== 1)) isSo = false;
  });
  return isSo;
}

export function fill(target: Buffer, value: number, s: Lowering): void {
  const k = s.body([target.size]);
  const number = k.builder.constant(numberKindOf(target.dtype), value);
  s.loop("fill", k, k.builder.as(number, kindOf(target.dtype)), target);
}

/** How many elements of a whole are filled in the time of one of a border, which is written in short runs: 4 to 8 in V8 11. */
const borderCost = 8;

/** Fills what lies around a box; all of the buffer, where that is most of it, and is written more quickly as a whole. */
export function fillAround(target: Buffer, value: number, box: Box, s: Lowering): void {
  const { shape, size } = target;
  const inner = sizeOf(box.sizes);
  if (inner === size) return;
  const isDense = box.steps === undefined || box.steps.every((step, axis) => step === 1 || box.sizes[axis] === 1);
  if (!isDense || inner === 0 || borderCost * (size - inner) > size) {
    fill(target, value, s);
    return;
  }
  const strides = stridesOf(shape);
  let offset = 0;
  // Slabs before and behind the box on each axis, as wide as the box on those before it.
  shape.forEach((all, axis) => {
    const [start, own, stride] = [box.starts[axis] as number, box.sizes[axis] as number, strides[axis] as number];
    for (const [from, to] of [
      [0, start],
      [start + own, all],
    ] as const) {
      if (from === to) continue;
      const k = s.body([...box.sizes.slice(0, axis), to - from, ...shape.slice(axis + 1)]);
      const number = k.builder.as(k.builder.constant(numberKindOf(target.dtype), value), kindOf(target.dtype));
      s.loop("border", k, number, target, { offset: offset + from * stride, strides });
    }
    offset += start * stride;
  });
}

/** By box: whether it has an element in common with one before it. */
export function overlaps(boxes: readonly Box[]): boolean[] {
  const found = boxes.map(() => false);
  const axis = sharpest(boxes);
  const first = (i: number) => (boxes[i] as Box).starts[axis] ?? 0;
  const order = [...boxes.keys()].sort((a, b) => first(a) - first(b) || a - b);
  order.forEach((i, at) => {
    const end = lastOf(boxes[i] as Box, axis);
    for (let next = at + 1; next < order.length && first(order[next] as number) <= end; next++) {
      const j = order[next] as number;
      const later = Math.max(i, j);
      if (!found[later] && intersect(boxes[i] as Box, boxes[j] as Box)) found[later] = true;
    }
  });
  return found;
}

/** The axis on which boxes begin in the most places. */
function sharpest(boxes: readonly Box[]): number {
  let best = 0;
  let most = 0;
  for (let axis = 0; axis < (boxes[0]?.starts.length ?? 0); axis++) {
    const { size } = new Set(boxes.map(({ starts }) => starts[axis]));
    if (size > most) [best, most] = [axis, size];
  }
  return best;
}

function lastOf({ starts, sizes, steps }: Box, axis: number): number {
  return (starts[axis] as number) + ((sizes[axis] as number) - 1) * (steps?.[axis] ?? 1);
}

function intersect(a: Box, b: Box): boolean {
  return a.starts.every((start, axis) => {
    const other = b.starts[axis] as number;
    if (a.sizes[axis] === 0 || b.sizes[axis] === 0 || start > lastOf(b, axis) || other > lastOf(a, axis)) return false;
    const [step, otherStep] = [a.steps?.[axis] ?? 1, b.steps?.[axis] ?? 1];
    // In steps of one size they meet everywhere or nowhere; of others it is not asked.
    return step !== otherStep || (start - other) % step === 0;
  });
}
