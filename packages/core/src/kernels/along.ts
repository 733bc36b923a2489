import type { TypedArray } from "../dtype.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/** A loop along one axis of an array seen as [outer, n, inner]; see rows.ts. */
export type AxisLoop = (out: TypedArray, x: TypedArray, outer: number, n: number, inner: number) => void;

/** The three sizes in which a loop along `axis`, or along neighbouring axes from `axis` to `end`, sees a shape. */
export function around(shape: Shape, axis: number, end = axis + 1): readonly [outer: number, n: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis, end)), sizeOf(shape.slice(end))];
}

/** Reduces x over sorted axes: neighbouring ones in one go, the groups one after another from the last. */
export function reduceAxes(
  loop: AxisLoop,
  create: (size: number) => TypedArray,
  x: TypedArray,
  shape: Shape,
  axes: readonly number[],
): TypedArray {
  let array = x;
  let sizes = shape;
  for (let last = axes.length - 1; last >= 0; ) {
    let first = last;
    while (first > 0 && axes[first - 1] === (axes[first] as number) - 1) first--;
    const [start, end] = [axes[first] as number, (axes[last] as number) + 1];
    const [outer, n, inner] = around(sizes, start, end);
    const out = create(outer * inner);
    loop(out, array, outer, n, inner);
    array = out;
    sizes = [...sizes.slice(0, start), ...sizes.slice(end)];
    last = first - 1;
  }
  return array;
}
