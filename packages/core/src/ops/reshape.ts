import type { DType, Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { ExpandDimsFunction, ReshapeFunction, SqueezeFunction } from "../graph/signatures/arranging.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type AxisOr, axesOf, axisOf } from "../options.js";
import { checkSizes, formatShape, kept, normalizeAxes, sizesFrom, sizesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";

/** The same elements in the same order under another shape: the array is shared, not copied. Any dtype. */
abstract class Reshaping extends Node {
  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(shape: Shape, _dtype: DType, x: Tensor): Values {
    return shape.length === 0 ? x.item() : x.array;
  }

  override localBackward(dout: Tensor): Tensor {
    return dout.reshape(this.input(0).shape);
  }
}

export class Reshape extends Reshaping {
  static override get settings(): NodeSettings {
    return ["shape"];
  }

  override readonly name = "Reshape";
  readonly shape: Shape;

  constructor(shape: Shape) {
    super();
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape };
  }

  override shapeRule(x: Tensor): Shape {
    checkSizes(this.name, this.shape);
    let open = -1;
    let product = 1;
    for (let axis = 0; axis < this.shape.length; axis++) {
      const size = this.shape[axis] as number;
      if (size === -1 && open === -1) open = axis;
      else if (Number.isInteger(size) && size >= 0) product *= size;
      else throw this.mismatch(x);
    }
    const size = open === -1 ? 1 : x.size / product;
    if (!Number.isInteger(size) || product * size !== x.size) throw this.mismatch(x);
    return open === -1 ? this.shape : this.shape.with(open, size);
  }

  private mismatch(x: Tensor): ShapeError {
    return new ShapeError(`Reshape: ${formatShape(x.shape)} to ${formatShape(this.shape)}: ${this.why(x)}`);
  }

  private why(x: Tensor): string {
    const open = this.shape.filter((n) => n === -1).length;
    if (open > 1) return "only one size can be left open as -1";
    if (this.shape.some((n) => !Number.isInteger(n) || n < -1))
      return "a size is a whole number, 0 or more (or one of them -1, to be computed)";
    if (open === 1 && this.shape.includes(0))
      return "beside a 0 any size would do for -1; write the size that is meant";
    return `${x.size} elements do not fill it; the product of the sizes must be ${x.size} (one size may be -1, to be computed)`;
  }
}

/**
 * The same elements in another shape, `reshape(x, [2, 3])` or `reshape(x, 2, 3)`; one size may be -1, and is computed from the
 * others. Any dtype; no copy.
 *
 * @example
 * reshape(tensor([1, 2, 3, 4]), 2, -1).toArray(); // [[1, 2], [3, 4]]
 */
export const reshape = ((x: Tensor | number, ...shape: readonly unknown[]) =>
  new Reshape(sizesOf("reshape", shape)).apply(operand("Reshape", x))) as ReshapeFunction;

export class ExpandDims extends Reshaping {
  static override get settings(): NodeSettings {
    return ["axis"];
  }

  override readonly name = "ExpandDims";
  readonly axis: number;

  constructor(axis: number) {
    super();
    this.axis = axis;
  }

  override attributes(): Record<string, unknown> {
    return { axis: this.axis };
  }

  override shapeRule(x: Tensor): Shape {
    const rank = x.rank + 1;
    if (!Number.isInteger(this.axis) || this.axis < -rank || this.axis >= rank) {
      throw new ShapeError(
        `ExpandDims: axis ${show(this.axis)} is out of range for ${formatShape(x.shape)}: the new axis can stand from ${-rank} to ${rank - 1}`,
      );
    }
    const at = this.axis < 0 ? this.axis + rank : this.axis;
    return [...sizesFrom(x.shape, 0, at), 1, ...sizesFrom(x.shape, at)];
  }
}

/**
 * A new axis of size 1 at `axis` of the result (a negative one counts from its end). Any dtype; no copy.
 *
 * @example
 * expandDims(tensor([1, 2]), 1).toArray(); // [[1], [2]]
 */
export const expandDims = ((x: Tensor | number, axis: AxisOr<number>, none?: unknown) =>
  new ExpandDims(axisOf("ExpandDims", axis, none) as number).apply(operand("ExpandDims", x))) as ExpandDimsFunction;

export class Squeeze extends Reshaping {
  static override get settings(): NodeSettings {
    return ["axis"];
  }

  override readonly name = "Squeeze";
  readonly axis: number | readonly number[] | undefined;

  constructor(axis?: number | readonly number[]) {
    super();
    this.axis = kept(axis);
  }

  override attributes(): Record<string, unknown> {
    return this.axis === undefined ? {} : { axis: this.axis };
  }

  override shapeRule(x: Tensor): Shape {
    if (this.axis === undefined) return x.shape.filter((size) => size !== 1);
    const axes = normalizeAxes(this.name, this.axis, x.shape);
    for (const axis of axes) {
      if (x.shape[axis] !== 1) {
        throw new ShapeError(
          `Squeeze: axis ${axis} of ${formatShape(x.shape)} has size ${x.shape[axis]}; only axes of size 1 can go`,
        );
      }
    }
    return x.shape.filter((_, axis) => !axes.includes(axis));
  }
}

/**
 * Without the axis (or axes) of size 1 that are named, or without all of them. Any dtype; no copy.
 *
 * @example
 * squeeze(tensor([[[1], [2]]])).toArray(); // [1, 2]
 * squeeze(tensor([[[1], [2]]]), 0).shape; // [2, 1]
 */
export const squeeze = ((x: Tensor | number, ...axis: readonly unknown[]) =>
  new Squeeze(axesOf("Squeeze", axis)).apply(operand("Squeeze", x))) as SqueezeFunction;
