import { allocate, type DType, type TypedArray } from "../dtype.js";
import { rowLoops } from "../loops/generated.js";
import { sizeOf, sizesFrom } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/** A loop along one axis of an array seen as [outer, n, inner]; see rows.ts. */
export type AxisLoop = (out: TypedArray, x: TypedArray, outer: number, n: number, inner: number) => void;

/** The three sizes in which a loop along `axis`, or along neighbouring axes from `axis` to `end`, sees a shape. */
export function around(shape: Shape, axis: number, end = axis + 1): readonly [outer: number, n: number, inner: number] {
  return [sizeOf(shape, 0, axis), sizeOf(shape, axis, end), sizeOf(shape, end)];
}

type Loop = "sumAxis" | "meanAxis" | "prodAxis" | "maxAxis" | "minAxis" | "logSumExpAxis";

/**
 * Reduces x over sorted axes: neighbouring ones in one go, the groups one after another from the last. Between the groups
 * float32 stays in double precision.
 */
export function reduceAxes(loop: Loop, dtype: DType, x: TypedArray, shape: Shape, axes: readonly number[]): TypedArray {
  if (x.length === 0) {
    // In one go: between the groups there might be no room for what is nothing in the end.
    const out = allocate(dtype, sizeOf(shape.filter((_, axis) => !axes.includes(axis))));
    (rowLoops[dtype][loop] as AxisLoop)(out, x, out.length, 0, 1);
    return out;
  }
  let array = x;
  let from = dtype;
  let sizes = shape;
  for (let last = axes.length - 1; last >= 0; ) {
    let first = last;
    while (first > 0 && axes[first - 1] === (axes[first] as number) - 1) first--;
    const [start, end] = [axes[first] as number, (axes[last] as number) + 1];
    const [outer, n, inner] = around(sizes, start, end);
    const to = first > 0 && dtype === "float32" ? "float64" : dtype;
    const out = allocate(to, outer * inner);
    (rowLoops[from][loop] as AxisLoop)(out, array, outer, n, inner);
    [array, from] = [out, to];
    if (first > 0) sizes = [...sizesFrom(sizes, 0, start), ...sizesFrom(sizes, end)];
    last = first - 1;
  }
  return array;
}
