import { ShapeError } from "../errors.js";
import type { SplitFunction, UnstackFunction } from "../graph/signatures/joining.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type AxisOr, axisOf } from "../options.js";
import { formatShape, normalizeAxis } from "../shape/shape.js";
import type { Range } from "../shape/types.js";
import { show } from "../show.js";

function partOf(x: Tensor, axis: number, range: Range): Tensor {
  return x.slice(x.shape.map((_, i) => (i === axis ? range : null)));
}

/** How many parts there may be of nothing; where there are elements, these are what takes the room. */
const MOST_EMPTY = 2 ** 16;

function checkParts(op: string, x: Tensor, parts: number): void {
  if (x.size > 0 || parts <= MOST_EMPTY) return;
  throw new ShapeError(
    `${op}: ${parts} parts of ${formatShape(x.shape)}, which has no elements; ${MOST_EMPTY} at most are made`,
  );
}

function sizesOf(x: Tensor, parts: number | readonly number[], axis: number): readonly number[] {
  const size = x.shape[axis] as number;
  const of = `of axis ${axis} of ${formatShape(x.shape)}`;
  if (typeof parts === "number") {
    if (!Number.isInteger(parts) || parts < 1) {
      throw new ShapeError(`split: ${parts} parts ${of}: a whole number of at least 1 is needed, or a list of sizes`);
    }
    if (size % parts !== 0) {
      throw new ShapeError(
        `split: ${size} elements ${of} do not divide into ${parts} equal parts; give a list of sizes that add up to ${size}`,
      );
    }
    checkParts("split", x, parts);
    return Array<number>(parts).fill(size / parts);
  }
  if (!Array.isArray(parts)) {
    throw new ShapeError(`split: takes a number of parts or a list of sizes, got ${show(parts)}`);
  }
  // Spread, which makes holes of a sparse array undefined: some and map leave them out.
  const sizes = [...(parts as readonly number[])];
  const sum = sizes.every((n) => typeof n === "number") ? sizes.reduce((a, b) => a + b, 0) : Number.NaN;
  if (sum !== size || sizes.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(
      `split: sizes ${formatShape(sizes)} ${of}: they must be whole numbers, 0 or more, that add up to ${size}, not ${sum}`,
    );
  }
  return sizes;
}

/**
 * x cut along an axis (the first by default) into a number of equal parts, or into parts of the sizes in a list; what
 * `concat` puts together again. Any dtype.
 *
 * @example
 * split(tensor([1, 2, 3, 4]), 2); // [[1, 2], [3, 4]]
 * split(tensor([1, 2, 3, 4]), [1, 3]); // [[1], [2, 3, 4]]
 *
 * @throws ShapeError when the parts cannot be equal, or the sizes do not add up to that of the axis.
 */
export const split = ((x: Tensor, parts: number | readonly number[], axis?: AxisOr<number>, none?: unknown) => {
  const wanted = axisOf("split", axis, none) ?? 0;
  const tensor = operand("split", x);
  const along = normalizeAxis("split", wanted, tensor.shape);
  let end = 0;
  return sizesOf(tensor, parts, along).map((size) => {
    const start = end;
    end += size;
    return partOf(tensor, along, [start, end]);
  });
}) as SplitFunction;

/**
 * What stands along an axis (the first by default), one tensor for each position, without the axis; what `stack` puts
 * together again. Any dtype.
 *
 * @example
 * unstack(tensor([[1, 2], [3, 4]])); // [[1, 2], [3, 4]]
 */
export const unstack = ((x: Tensor, axis?: AxisOr<number>, none?: unknown) => {
  const wanted = axisOf("unstack", axis, none) ?? 0;
  const tensor = operand("unstack", x);
  const along = normalizeAxis("unstack", wanted, tensor.shape);
  checkParts("unstack", tensor, tensor.shape[along] as number);
  return Array.from({ length: tensor.shape[along] as number }, (_, i) => partOf(tensor, along, i));
}) as UnstackFunction;
