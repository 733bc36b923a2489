import type { DType, Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { TransposeFunction } from "../graph/signatures/arranging.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { gatherView } from "../loops/copy.js";
import { checkSizes, formatShape, kept, normalizeAxis, sizesOf, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

export class Transpose extends Node {
  static override get settings(): NodeSettings {
    return ["order"];
  }

  override readonly name = "Transpose";
  readonly order: readonly number[] | undefined;

  constructor(order?: readonly number[]) {
    super();
    this.order = kept(order);
  }

  override attributes(): Record<string, unknown> {
    return this.order === undefined ? {} : { order: this.order };
  }

  override shapeRule(x: Tensor): Shape {
    if (this.order !== undefined) checkSizes(this.name, this.order);
    return this.orderOf(x).map((axis) => x.shape[axis] as number);
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    if (shape.length === 0) return x.item();
    const strides = stridesOf(x.shape);
    return gatherView(
      dtype,
      x.array,
      shape,
      0,
      this.orderOf(x).map((axis) => strides[axis] as number),
    );
  }

  override localBackward(dout: Tensor): Tensor {
    const inverse: number[] = [];
    this.orderOf(this.input(0)).forEach((axis, i) => {
      inverse[axis] = i;
    });
    return dout.transpose(inverse);
  }

  /** Which axis of x stands in each place of the result. */
  orderOf(x: { readonly shape: Shape }): number[] {
    const rank = x.shape.length;
    if (this.order === undefined) return x.shape.map((_, i) => rank - 1 - i);
    const order = Array.from(this.order, (axis) => normalizeAxis(this.name, axis, x.shape));
    if (order.length !== rank || new Set(order).size !== rank) {
      throw new ShapeError(
        `Transpose: ${formatShape(this.order)} is no order of the ${rank} axes of ${formatShape(x.shape)}: name each once`,
      );
    }
    return order;
  }
}

/**
 * The axes in another order: reversed, or as they are named, `transpose(x, [0, 2, 1])` or `transpose(x, 0, 2, 1)`. Any dtype.
 *
 * Two axes alone, which PyTorch takes to be exchanged and NumPy to be the order of all, have to mean the same to both.
 *
 * @example
 * transpose(tensor([[1, 2], [3, 4]]), 1, 0).toArray(); // [[1, 3], [2, 4]]
 */
export const transpose = ((x: Tensor | number, ...given: readonly unknown[]) => {
  const tensor = operand("Transpose", x);
  if (given.length === 0 || (given.length === 1 && given[0] === undefined)) return new Transpose().apply(tensor);
  const order = sizesOf("transpose", given);
  if (given.length === 2) checkExchange(tensor.shape, order);
  return new Transpose(order).apply(tensor);
}) as TransposeFunction;

/** Refuses `transpose(i, j)` where the two are not all of the axes, or named in the order that they have. */
function checkExchange(shape: Shape, order: readonly number[]): void {
  const axes = order.map((axis) => normalizeAxis("Transpose", axis, shape));
  const [i, j] = axes as [number, number];
  if (shape.length === 2 && i >= j) return;
  const exchanged = shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis));
  throw new ShapeError(
    `Transpose: transpose(${order.join(", ")}) of ${formatShape(shape)}: give the order of all axes, ` +
      `transpose(${formatShape(exchanged)}) to exchange these two`,
  );
}
