import type { DType } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type Values } from "../graph/node.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { gatherView } from "../kernels/copy.js";
import { formatShape, normalizeAxis, stridesOf } from "../shape/shape.js";
import type { TransposeFunction } from "../shape/signatures.js";
import type { Shape } from "../shape/types.js";

export class Transpose extends Node {
  override readonly name = "Transpose";
  readonly order: readonly number[] | undefined;

  constructor(order?: readonly number[]) {
    super();
    this.order = order;
  }

  override attributes(): Record<string, unknown> {
    return this.order === undefined ? {} : { order: this.order };
  }

  override shapeRule(x: Tensor): Shape {
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
    const order = this.order.map((axis) => normalizeAxis(this.name, axis, x.shape));
    if (order.length !== rank || new Set(order).size !== rank) {
      throw new ShapeError(
        `Transpose: [${this.order.join(", ")}] is no order of the ${rank} axes of ${formatShape(x.shape)}: name each once`,
      );
    }
    return order;
  }
}

/** The axes in another order: reversed, or as the list names them. Any dtype. */
export const transpose = ((x: Tensor | number, order?: readonly number[]) =>
  new Transpose(order).apply(operand("Transpose", x))) as TransposeFunction;
