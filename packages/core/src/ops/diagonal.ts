import { ShapeError } from "../errors.js";
import { fromArray } from "../graph/factory.js";
import type {
  DiagonalFunction,
  DiagonalOptions,
  OffsetOption,
  TraceFunction,
  TriangleFunction,
} from "../graph/signatures/indexing.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { formatShape, normalizeAxis } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { where } from "./where.js";

function checkOffset(op: string, offset: number): void {
  if (Number.isInteger(offset)) return;
  throw new ShapeError(`${op}: offset ${show(offset)}: a whole number is needed, 0 for the main diagonal`);
}

function checkMatrix(op: string, shape: Shape): void {
  if (shape.length >= 2) return;
  throw new ShapeError(`${op}: ${formatShape(shape)} has no diagonal; a tensor of two axes or more is needed`);
}

function diagonalOf(op: string, x: Tensor, options: DiagonalOptions | number | undefined): Tensor {
  const given = typeof options === "number" ? { offset: options } : options;
  checkOptions(op, given, ["offset", "axis1", "axis2"]);
  const { offset = 0, axis1 = 0, axis2 = 1 } = given ?? {};
  checkMatrix(op, x.shape);
  checkOffset(op, offset);
  const [row, column] = [normalizeAxis(op, axis1, x.shape), normalizeAxis(op, axis2, x.shape)];
  if (row === column) {
    throw new ShapeError(`${op}: axis1 ${axis1} and axis2 ${axis2} are one axis of ${formatShape(x.shape)}; name two`);
  }
  const others = x.shape.flatMap((_, axis) => (axis === row || axis === column ? [] : [axis]));
  const last = x.rank - 2;
  const inOrder = row === last && column === last + 1;
  const [m, n] = [x.shape[row] as number, x.shape[column] as number];
  const count = Math.max(0, offset >= 0 ? Math.min(m, n - offset) : Math.min(m + offset, n));
  const start = offset >= 0 ? offset : -offset * n;
  // In a flattened matrix the next element of a diagonal stands one row and one column further.
  const range = count === 0 ? ([0, 0] as const) : ([start, start + (count - 1) * (n + 1) + 1, n + 1] as const);
  const flat = (inOrder ? x : x.transpose([...others, row, column])).reshape([
    ...others.map((axis) => x.shape[axis] as number),
    m * n,
  ]);
  return flat.slice([...others.map(() => null), range]);
}

/**
 * The diagonal of a matrix, or of each of several: of the axes `axis1` and `axis2` (the first two by default, as in NumPy and
 * PyTorch), which the diagonal replaces as the last axis. Any dtype.
 *
 * @param options the offset alone, or offset (0; above the main diagonal if positive, below it if negative), axis1 (0), axis2 (1)
 *
 * @example
 * diagonal(tensor([[1, 2], [3, 4]])).toArray(); // [1, 4]
 * diagonal(tensor([[1, 2], [3, 4]]), { offset: 1 }).toArray(); // [2]
 *
 * @throws ShapeError for a tensor with less than two axes, or when both axes are one.
 */
export const diagonal = ((x: Tensor, options?: DiagonalOptions | number, ...none: []) => {
  checkNoMore("diagonal", none);
  return diagonalOf("diagonal", operand("diagonal", x), options);
}) as DiagonalFunction;

/**
 * The sum of the diagonal of a matrix, or of each of several: see `diagonal`. float64, float32, int32.
 *
 * @example
 * trace(tensor([[1, 2], [3, 4]])).item(); // 5
 */
export const trace = ((x: Tensor, options?: DiagonalOptions | number, ...none: []) => {
  checkNoMore("trace", none);
  return diagonalOf("trace", operand("trace", x), options).sum(-1);
}) as TraceFunction;

type Offset = number | OffsetOption;

/** x where `keep` holds for the distance from the main diagonal and the offset, in the last two axes, and 0 elsewhere. */
function triangle(
  op: string,
  x: Tensor,
  given: Offset = 0,
  none: readonly unknown[],
  keep: (distance: number, offset: number) => boolean,
): Tensor {
  checkNoMore(op, none);
  if (typeof given !== "number") checkOptions(op, given, ["offset"]);
  const { offset = 0 } = typeof given === "number" ? { offset: given } : given;
  checkMatrix(op, x.shape);
  checkOffset(op, offset);
  // Of nothing a mask of one element does: the axes around an empty one may have any size.
  const [m, n] = (x.size === 0 ? [1, 1] : x.shape.slice(-2)) as [number, number];
  const mask = new Uint8Array(m * n);
  for (let i = 0, at = 0; i < m; i++) for (let j = 0; j < n; j++, at++) mask[at] = Number(keep(j - i, offset));
  return where(fromArray(mask, [m, n], { dtype: "bool" }) as Tensor, x, 0);
}

/**
 * The lower triangle of a matrix, or of each of several (in the last two axes): 0 above the diagonal that is `offset` above
 * the main one. What stood there does not count, NaN and infinities included, and gets the gradient 0. Any dtype.
 *
 * @example
 * tril(tensor([[1, 2], [3, 4]])).toArray(); // [[1, 0], [3, 4]]
 */
export const tril = ((x: Tensor, offset?: Offset, ...none: []) =>
  triangle("tril", operand("tril", x), offset, none, (distance, most) => distance <= most)) as TriangleFunction<"tril">;

/**
 * The upper triangle of a matrix, or of each of several: as `tril`, with 0 below the diagonal that is `offset` above the main
 * one.
 *
 * @example
 * triu(tensor([[1, 2], [3, 4]]), 1).toArray(); // [[0, 2], [0, 0]]
 */
export const triu = ((x: Tensor, offset?: Offset, ...none: []) =>
  triangle(
    "triu",
    operand("triu", x),
    offset,
    none,
    (distance, least) => distance >= least,
  )) as TriangleFunction<"triu">;
