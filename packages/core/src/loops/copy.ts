import { allocate, type DType, type TypedArray } from "../dtype.js";
import { rowLoops } from "../loops/generated.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { collapse, forEachRow } from "./loop.js";

type CopyRow = (
  out: TypedArray,
  to: number,
  toStep: number,
  x: TypedArray,
  from: number,
  fromStep: number,
  n: number,
) => void;

/** From how many neighbouring elements on one call that copies them all is faster than a loop. */
const blockLength = 32;

/** The elements that a view of `x` reads, in order: `shape` from `start` on with a stride for each axis. */
export function gatherView(
  dtype: DType,
  x: TypedArray,
  shape: Shape,
  start: number,
  strides: readonly number[],
): TypedArray {
  const out = allocate(dtype, sizeOf(shape));
  forEachViewRow(shape, strides, (position, at, step, n) => {
    const from = start + position;
    if (step === 1 && n >= blockLength) out.set(x.subarray(from, from + n), at);
    else (rowLoops[dtype].copyRow as CopyRow)(out, at, 1, x, from, step, n);
  });
  return out;
}

/** The adjoint: the elements of `x` put where a view of `out` reads them. */
export function scatterView(
  dtype: DType,
  out: TypedArray,
  x: TypedArray,
  shape: Shape,
  start: number,
  strides: readonly number[],
): void {
  forEachViewRow(shape, strides, (position, at, step, n) => {
    const to = start + position;
    if (step === 1 && n >= blockLength) out.set(x.subarray(at, at + n), to);
    else (rowLoops[dtype].copyRow as CopyRow)(out, to, step, x, at, 1, n);
  });
}

/** The elements of `x` added to `out` where a view of it reads them. */
export function addToView(
  out: TypedArray,
  x: TypedArray,
  shape: Shape,
  start: number,
  strides: readonly number[],
): void {
  forEachViewRow(shape, strides, (position, at, step, n) => {
    for (let i = 0, to = start + position; i < n; i++, to += step) {
      out[to] = (out[to] as number) + (x[at + i] as number);
    }
  });
}

/** Calls `visit` for each row of a view: where it is in the array, where in the list of all elements, its step and length. */
function forEachViewRow(
  shape: Shape,
  strides: readonly number[],
  visit: (position: number, at: number, step: number, n: number) => void,
): void {
  if (sizeOf(shape) === 0) return;
  const collapsed = collapse(shape, [strides]);
  const last = collapsed.sizes.length - 1;
  const step = collapsed.strides[0]?.[last] as number;
  const n = collapsed.sizes[last] as number;
  forEachRow(collapsed.sizes, collapsed.strides, ([position], at) => visit(position as number, at, step, n));
}
