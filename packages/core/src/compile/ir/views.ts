import { sizeOf, stridesOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Affine } from "./expression.js";

/**
 * Where an element is read, as the index on each axis of a value: an affine function of a kernel's indices for each.
 * A view (transpose, slice, broadcast, reshape) is a change of these functions, and moves nothing.
 */
export type Place = readonly Affine[];

export function constantAffine(axes: number, offset = 0): Affine {
  return { offset, strides: new Array<number>(axes).fill(0) };
}

/** Each axis of a shape is an axis of the kernel: the shape's axes are its first ones, by default all that it has. */
export function ownPlace(shape: Shape, axes: number = shape.length): Place {
  return shape.map((_, axis) => axisOf(axes, axis));
}

/** The index on one axis of the kernel. */
export function axisOf(axes: number, axis: number): Affine {
  return { offset: 0, strides: Array.from({ length: axes }, (_, i) => (i === axis ? 1 : 0)) };
}

export function scaled({ offset, strides }: Affine, factor: number, plus = 0): Affine {
  return { offset: offset * factor + plus, strides: strides.map((stride) => (stride === 0 ? 0 : stride * factor)) };
}

function plus(a: Affine, b: Affine): Affine {
  return { offset: a.offset + b.offset, strides: a.strides.map((stride, i) => stride + (b.strides[i] as number)) };
}

/** The place in a row-major array, given the steps of its axes in elements. */
export function linear(place: Place, steps: readonly number[], axes: number): Affine {
  return place.reduce<Affine>((sum, at, axis) => plus(sum, scaled(at, steps[axis] as number)), constantAffine(axes));
}

/** Each element of a row-major array of such a shape in turn; see {@link ownPlace} for the axes. */
export function rowMajor(shape: Shape, axes: number = shape.length): Affine {
  return linear(ownPlace(shape, axes), stridesOf(shape), axes);
}

/** A place in a shape that a smaller shape was broadcast to, as a place in that one. */
export function unbroadcast(place: Place, from: Shape): Place {
  const extra = place.length - from.length;
  return from.map((size, axis) => {
    const at = place[axis + extra] as Affine;
    return size === 1 ? constantAffine(at.strides.length) : at;
  });
}

/**
 * A place in `shape` as a place in `from`, which has the same elements in the same order. `null` where an index on some
 * axis of `from` is no affine function.
 *
 * @param sizes of the kernel's axes
 */
export function reshaped(place: Place, shape: Shape, from: Shape, sizes: readonly number[]): Place | null {
  const axes = sizes.length;
  const { offset, strides } = linear(place, stridesOf(shape), axes);
  const steps = stridesOf(from);
  if (offset < 0) return null;
  const offsets = from.map((size, axis) => (size <= 1 ? 0 : Math.floor(offset / (steps[axis] as number)) % size));
  const factors = from.map(() => new Array<number>(axes).fill(0));
  for (let j = 0; j < axes; j++) {
    const stride = strides[j] as number;
    if (stride === 0 || (sizes[j] as number) <= 1) continue;
    const axis = steps.findIndex(
      (step, b) => (from[b] as number) > 1 && Math.abs(stride) >= step && stride % step === 0,
    );
    if (axis === -1) return null;
    (factors[axis] as number[])[j] = stride / (steps[axis] as number);
  }
  const result = from.map(
    (_, axis): Affine => ({ offset: offsets[axis] as number, strides: factors[axis] as number[] }),
  );
  // In range everywhere, the indices of `from` are the only ones with this sum.
  const fits = result.every((at, axis) => {
    const [least, most] = rangeOf(at, sizes);
    return least >= 0 && most < Math.max(1, from[axis] as number);
  });
  return fits ? result : null;
}

/**
 * Where the elements of a part of a value go, given where those of the value go; `null` where that is no affine function.
 *
 * @param to of the value, of this shape
 * @param part where the elements of the part stand in the value, row by row
 * @param sizes of the part
 */
export function within(to: Affine, shape: Shape, part: Affine, sizes: readonly number[]): Affine | null {
  // What has no elements has them anywhere.
  if (sizes.includes(0)) return constantAffine(sizes.length, to.offset);
  const place = reshaped([part], [sizeOf(shape)], shape, sizes);
  if (place === null) return null;
  const { offset, strides } = linear(place, to.strides, sizes.length);
  return { offset: to.offset + offset, strides };
}

/** The least and the greatest value over all indices. */
export function rangeOf({ offset, strides }: Affine, sizes: readonly number[]): readonly [number, number] {
  let [least, most] = [offset, offset];
  strides.forEach((stride, j) => {
    const reach = stride * Math.max(0, (sizes[j] as number) - 1);
    if (reach > 0) most += reach;
    else least += reach;
  });
  return [least, most];
}

export function sameAffine(a: Affine, b: Affine): boolean {
  return a.offset === b.offset && a.strides.every((stride, i) => stride === b.strides[i]);
}
