/*
 * Arrays of any shape as the references of the op table use them: plain numbers, addressed index by index, in nested
 * loops. Slow and short on purpose, and nothing in it comes from the library.
 */

export interface Plain {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: readonly number[];
}

type Index = readonly number[];

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** Every index of a shape, in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const size of shape) {
    const longer: number[][] = [];
    for (const index of all) for (let i = 0; i < size; i++) longer.push([...index, i]);
    all = longer;
  }
  return all;
}

export function fill(shape: readonly number[], value: (index: Index) => number): Plain {
  return { shape, values: indices(shape).map(value) };
}

export function positionOf(shape: readonly number[], index: Index): number {
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++)
    position = position * (shape[axis] as number) + (index[axis] as number);
  return position;
}

export function at(x: Plain, index: Index): number {
  return x.values[positionOf(x.shape, index)] as number;
}

/** The element that broadcasting puts at an index of a larger shape. */
export function broadcastAt(x: Plain, index: Index): number {
  const own = index.slice(index.length - x.shape.length);
  return at(
    x,
    own.map((i, axis) => (x.shape[axis] === 1 ? 0 : i)),
  );
}

export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

export function elementwise(f: (...numbers: number[]) => number): (inputs: readonly Plain[]) => Plain {
  return (inputs) =>
    fill(broadcastShape(inputs.map((x) => x.shape)), (index) => f(...inputs.map((x) => broadcastAt(x, index))));
}

export type Axis = number | readonly number[] | undefined;

/** The axes counted from the front. */
export function axesOf(axis: Axis, rank: number): number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  return (typeof axis === "number" ? [axis] : [...axis]).map((a) => (a < 0 ? a + rank : a));
}

/** Each result is `combine` of all the elements that agree with it on the axes that stay. */
export function reduce(x: Plain, axis: Axis, keepDims: boolean, combine: (list: number[]) => number): Plain {
  const axes = axesOf(axis, x.shape.length);
  const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  const groups = indices(kept).map((): number[] => []);
  for (const index of indices(x.shape)) {
    const group = index.map((i, k) => (axes.includes(k) ? 0 : i));
    groups[positionOf(kept, group)]?.push(at(x, index));
  }
  const shape = keepDims ? kept : x.shape.filter((_, i) => !axes.includes(i));
  return { shape, values: groups.map(combine) };
}

/** The elements that stand on one line with `index` along an axis. */
export function line(x: Plain, index: Index, axis: number): number[] {
  return Array.from({ length: x.shape[axis] as number }, (_, j) => at(x, index.with(axis, j)));
}

export function replaced(shape: readonly number[], axis: number, ...sizes: number[]): number[] {
  return shape.toSpliced(axis, 1, ...sizes);
}
