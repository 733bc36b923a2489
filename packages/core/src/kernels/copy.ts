import { allocate, type DType, type TypedArray } from "../dtype.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { rowKernels } from "./generated.js";
import { forEachRow } from "./loop.js";

type CopyRow = (out: TypedArray, to: number, toStep: number, x: TypedArray, from: number, fromStep: number, n: number) => void;

/** The elements that a view of `x` reads, in order: `shape` from `start` on with a stride for each axis. */
export function gatherView(dtype: DType, x: TypedArray, shape: Shape, start: number, strides: readonly number[]): TypedArray {
  const out = allocate(dtype, sizeOf(shape));
  if (out.length === 0) return out;
  const [sizes, steps] = shape.length === 0 ? [[1], [0]] : [shape, strides];
  const copyRow = rowKernels[dtype].copyRow as CopyRow;
  const last = sizes.length - 1;
  forEachRow(sizes, [steps], ([from], at) => {
    copyRow(out, at, 1, x, start + (from as number), steps[last] as number, sizes[last] as number);
  });
  return out;
}

/** The adjoint: the elements of `x` put where a view of `out` reads them. */
export function scatterView(dtype: DType, out: TypedArray, x: TypedArray, shape: Shape, start: number, strides: readonly number[]): void {
  if (x.length === 0) return;
  const [sizes, steps] = shape.length === 0 ? [[1], [0]] : [shape, strides];
  const copyRow = rowKernels[dtype].copyRow as CopyRow;
  const last = sizes.length - 1;
  forEachRow(sizes, [steps], ([to], at) => {
    copyRow(out, start + (to as number), steps[last] as number, x, at, 1, sizes[last] as number);
  });
}
