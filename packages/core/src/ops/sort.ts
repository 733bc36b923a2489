import { allocate, type DType, type TypedArray, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { SortFunction, SortOptions, TopKFunction, TopKOptions } from "../graph/signatures/axes.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { around } from "../loops/along.js";
import { type AxisOr, checkNoMore, withAxis } from "../options.js";
import { formatShape, normalizeAxis } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { Gather } from "./gather.js";

/** The order of numbers, NaN above all of them. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** The positions along the middle axis of [outer, n, inner], sorted by the elements there; equal ones as they stand. */
function argSortAxis(out: Int32Array, x: TypedArray, sizes: ReturnType<typeof around>, descending: boolean): void {
  const [outer, n, inner] = sizes;
  const line = allocate("float64", n);
  const order = new Int32Array(n);
  const sign = descending ? -1 : 1;
  const before = (i: number, j: number) => sign * compare(line[i] as number, line[j] as number) || i - j;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      for (let j = 0; j < n; j++) {
        line[j] = x[start + j * inner] as number;
        order[j] = j;
      }
      order.sort(before);
      for (let j = 0; j < n; j++) out[start + j * inner] = order[j] as number;
    }
  }
}

export class ArgSort extends Node {
  static override get settings(): NodeSettings {
    return [["axis", "descending"]];
  }

  override readonly name = "ArgSort";
  readonly axis: number;
  readonly descending: boolean;

  constructor(axis?: AxisOr<number, SortOptions>, options?: SortOptions, ...none: []) {
    super();
    checkNoMore("ArgSort", none);
    const [along, given] = withAxis<number, SortOptions>("ArgSort", axis, options, ["descending"], ["descending"]);
    this.axis = along ?? -1;
    this.descending = given.descending ?? false;
  }

  override attributes(): Record<string, unknown> {
    return { axis: this.axis, ...(this.descending && { descending: true }) };
  }

  override shapeRule(x: Tensor): Shape {
    normalizeAxis(this.name, this.axis, x.shape);
    return x.shape;
  }

  override dtypeRule(): DType {
    return "int32";
  }

  override localForward(_shape: Shape, _dtype: DType, x: Tensor): Values {
    const out = new Int32Array(x.size);
    argSortAxis(out, x.array, around(x.shape, normalizeAxis(this.name, this.axis, x.shape)), this.descending);
    return out;
  }

  override localBackward(): never {
    throw this.notDifferentiable("the results are positions, which do not change with small changes of the input");
  }
}

/**
 * Where along the axis (the last by default) the elements stand that `sort` puts first, second and so on, as int32. Equal
 * elements keep their order, descending as well; NaN counts as the greatest: last (as in NumPy), or first if descending (as
 * in PyTorch). Any dtype.
 *
 * @example
 * argSort(tensor([30, 10, 20])).toArray(); // [1, 2, 0]
 */
export const argSort = ((x: Tensor, axis?: AxisOr<number, SortOptions>, options?: SortOptions, ...none: []) => {
  checkNoMore("argSort", none);
  return new ArgSort(axis, options).apply(operand("argSort", x));
}) as SortFunction<"int32">;

/**
 * The elements in order along the axis (the last by default), the least first unless `descending`. NaN counts as the
 * greatest: last (as in NumPy), or first if descending (as in PyTorch). Each gradient goes back to the place its element
 * came from; of equal elements the first one comes first. Any dtype.
 *
 * @example
 * sort(tensor([[3, 1, 2], [5, 6, 4]])).toArray(); // [[1, 2, 3], [4, 5, 6]]
 * sort(tensor([3, NaN, 1])).toArray(); // [1, 3, NaN]
 */
export const sort = ((x: Tensor, axis?: AxisOr<number, SortOptions>, options?: SortOptions, ...none: []) => {
  checkNoMore("sort", none);
  const tensor = operand("sort", x);
  const order = new ArgSort(axis, options);
  return new Gather(order.axis).apply(tensor, order.apply(tensor));
}) as SortFunction;

/**
 * The k greatest elements along the axis (the last by default), the greatest first, and where they stand; the k least, the
 * least first, if `largest` is false. Ties and NaN as in `argSort`: of equal elements the first ones are taken, and NaN is
 * the greatest (PyTorch's convention). Gradients go back to the places the values came from. Any dtype.
 *
 * @returns values, of the dtype of x, and indices, int32; both of the shape of x with k in place of the axis
 *
 * @example
 * const { values, indices } = topK(tensor([10, 40, 20, 30]), 2);
 * values.toArray(); // [40, 30]
 * indices.toArray(); // [1, 3]
 *
 * @throws ShapeError when k is no whole number from 0 to the size of the axis.
 */
export const topK = ((x: Tensor, k: number, axis?: AxisOr<number, TopKOptions>, options?: TopKOptions, ...none: []) => {
  checkNoMore("topK", none);
  const tensor = operand("topK", x);
  const [wanted, given] = withAxis<number, TopKOptions>("topK", axis, options, ["largest"], ["largest"]);
  const along = normalizeAxis("topK", wanted ?? -1, tensor.shape);
  const size = tensor.shape[along] as number;
  if (!Number.isInteger(k) || k < 0 || k > size) {
    throw new ShapeError(
      `topK: k = ${show(k)} of axis ${along} of ${formatShape(tensor.shape)}: a whole number from 0 to ${size} is needed`,
    );
  }
  const order = new ArgSort(along, { descending: given.largest ?? true }).apply(tensor);
  const indices = order.slice(tensor.shape.map((_, i) => (i === along ? ([0, k] as const) : null)));
  return { values: new Gather(along).apply(tensor, indices), indices };
}) as TopKFunction;
