import { ShapeError } from "../errors.js";
import type { FlipFunction, RollFunction, TileFunction } from "../graph/signatures/arranging.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type AxisOr, axesOf, axisOf } from "../options.js";
import { formatShape, normalizeAxes, normalizeAxis, sizeOf, sizesOf } from "../shape/shape.js";
import { show } from "../show.js";

type Axes = number | readonly number[];

/**
 * The elements in reverse order along the axes that are named, or along all. Any dtype.
 *
 * @example
 * flip(tensor([[1, 2], [3, 4]]), 1).toArray(); // [[2, 1], [4, 3]]
 */
export const flip = ((x: Tensor, ...axis: readonly unknown[]) => {
  const tensor = operand("flip", x);
  const axes = normalizeAxes("flip", axesOf("flip", axis), tensor.shape);
  return tensor.slice(tensor.shape.map((_, i) => (axes.includes(i) ? ([null, null, -1] as const) : null)));
}) as FlipFunction;

/**
 * x repeated as often as the list says for each axis, counted from the last: a longer list gives new axes in front, a
 * shorter one leaves the first axes alone (NumPy's `tile`). Any dtype; gradients of an element add up over its copies.
 *
 * @example
 * tile(tensor([1, 2]), [2, 2]).toArray(); // [[1, 2, 1, 2], [1, 2, 1, 2]]
 *
 * @throws ShapeError when a number of repeats is no whole number, 0 or more.
 */
export const tile = ((x: Tensor | number, ...given: readonly unknown[]) => {
  const tensor = operand("tile", x);
  const repeats = sizesOf("tile", given);
  if (repeats.some((times) => !Number.isSafeInteger(times) || times < 0)) {
    throw new ShapeError(
      `tile: ${formatShape(repeats)} for ${formatShape(tensor.shape)}: repeats are whole numbers, 0 or more`,
    );
  }
  const rank = Math.max(repeats.length, tensor.rank);
  const sizes = [...Array<number>(rank - tensor.rank).fill(1), ...tensor.shape];
  const times = [...Array<number>(rank - repeats.length).fill(1), ...repeats];
  // An axis of size 1 before each axis holds its copies.
  const pairs = (copies: (axis: number) => number) => sizes.flatMap((size, axis) => [copies(axis), size]);
  const spread = tensor.reshape(pairs(() => 1)).broadcastTo(pairs((axis) => times[axis] as number));
  return spread.reshape(sizes.map((size, axis) => size * (times[axis] as number)));
}) as TileFunction;

function rollAxis(x: Tensor, shift: number, axis: number): Tensor {
  const size = x.shape[axis] as number;
  // There is nothing to move, and an axis beside an empty one may have any size.
  if (x.size === 0) return x;
  // Below the size before it is subtracted: of a large shift the difference would be rounded.
  const by = shift % size;
  return x.take(
    Array.from({ length: size }, (_, i) => (i - by + size) % size),
    axis,
  );
}

/**
 * The elements moved by `shift` places along the axis; what leaves at the end comes in at the beginning (and the other way
 * round for a negative shift). Without an axis the tensor is rolled as if flattened; a list of axes takes a list of shifts,
 * or one for all (NumPy's `roll`). Any dtype.
 *
 * @example
 * roll(tensor([1, 2, 3, 4]), 1).toArray(); // [4, 1, 2, 3]
 *
 * @throws ShapeError when there are not as many shifts as axes, or a shift is no whole number.
 */
export const roll = ((x: Tensor, shift: Axes, along?: AxisOr<Axes>, none?: unknown) => {
  const axis = axisOf("roll", along, none);
  const tensor = operand("roll", x);
  const shifts = Array.isArray(shift) ? [...(shift as readonly number[])] : [shift as number];
  if (shifts.some((by) => !Number.isSafeInteger(by))) {
    throw new ShapeError(
      `roll: shift ${shifts.map(show).join(", ")} of ${formatShape(tensor.shape)}: whole numbers are needed`,
    );
  }
  if (axis === undefined) {
    if (shifts.length !== 1) {
      throw new ShapeError(
        `roll: ${shifts.length} shifts of ${formatShape(tensor.shape)} without axes; name an axis for each`,
      );
    }
    return rollAxis(tensor.reshape([sizeOf(tensor.shape)]), shifts[0] as number, 0).reshape(tensor.shape);
  }
  const axes = Array.isArray(axis) ? (axis as readonly number[]) : [axis as number];
  if (shifts.length !== axes.length && shifts.length !== 1) {
    throw new ShapeError(
      `roll: ${shifts.length} shifts for ${axes.length} axes of ${formatShape(tensor.shape)}; give one for each, or one for all`,
    );
  }
  // An axis that is named twice is rolled by the sum.
  const sums = new Map<number, number>();
  axes.forEach((each, i) => {
    const at = normalizeAxis("roll", each, tensor.shape);
    const by = (shifts[i] ?? shifts[0]) as number;
    // Below the size before they are added: a sum of large ones would be rounded.
    const size = Math.max(1, tensor.shape[at] as number);
    sums.set(at, ((sums.get(at) ?? 0) + (by % size)) % size);
  });
  return [...sums].reduce((rolled, [at, by]) => rollAxis(rolled, by, at), tensor);
}) as RollFunction;
