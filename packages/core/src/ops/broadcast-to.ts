import type { DType, Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings, sumTo } from "../graph/node.js";
import type { BroadcastToFunction } from "../graph/signatures/arranging.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { gatherView } from "../loops/copy.js";
import { broadcastStrides, checkShape, formatShape, kept, sameShape, sizesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

export class BroadcastTo extends Node {
  static override get settings(): NodeSettings {
    return ["shape"];
  }

  override readonly name = "BroadcastTo";
  readonly shape: Shape;

  constructor(shape: Shape) {
    super();
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape };
  }

  override shapeRule(x: Tensor): Shape {
    checkShape(this.name, this.shape);
    const offset = this.shape.length - x.rank;
    if (offset < 0 || !x.shape.every((size, axis) => size === 1 || size === this.shape[axis + offset])) {
      throw new ShapeError(
        `BroadcastTo: ${formatShape(x.shape)} to ${formatShape(this.shape)}: each axis, counted from the last, must have the ` +
          "size that is asked for, or 1; reshape or expandDims first",
      );
    }
    return this.shape;
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    if (shape.length === 0) return x.item();
    return gatherView(dtype, x.array, shape, 0, broadcastStrides(x.shape, shape));
  }

  override localBackward(dout: Tensor): Tensor {
    return sumTo(dout, this.input(0).shape);
  }
}

/**
 * x repeated to `shape`, given as [2, 3] or 2, 3, by the broadcasting rules; x itself where it has that shape. Any dtype.
 *
 * @example
 * broadcastTo(tensor([1, 2]), [2, 2]).toArray(); // [[1, 2], [1, 2]]
 */
export const broadcastTo = ((x: Tensor | number, ...sizes: readonly unknown[]) => {
  const tensor = operand("BroadcastTo", x);
  const shape = sizesOf("broadcastTo", sizes);
  return sameShape(tensor.shape, shape) ? tensor : new BroadcastTo(shape).apply(tensor);
}) as BroadcastToFunction;
