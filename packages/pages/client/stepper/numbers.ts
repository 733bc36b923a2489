import type { DType, Shape, Tensor } from "@chainrule/core";

/** A number to six digits, a whole one to all of them: it reads like the one that was written. */
export function numberText(value: number, dtype: DType = "float64"): string {
  if (dtype === "bool") return value === 0 ? "false" : "true";
  return String(Number.isSafeInteger(value) ? value : Number(value.toPrecision(6)));
}

/** Whether a tensor is written in formulas: a number, and no table. */
export const isScalar = (t: Tensor): boolean => t.size === 1 && t.rank === 0;

export function textOf(t: Tensor, at = 0): string {
  return numberText(t.data[at] as number, t.dtype);
}

/** The place along each axis of an element, by its number in row-major order. */
export function indicesOf(shape: Shape, element: number): number[] {
  const indices: number[] = [];
  let rest = element;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}

/** The number of the element that stands there, in a tensor that is broadcast to where the indices are. */
export function elementAt(shape: Shape, indices: readonly number[]): number {
  const own = indices.slice(indices.length - shape.length);
  return shape.reduce((at, size, axis) => at * size + (size === 1 ? 0 : (own[axis] as number)), 0);
}
