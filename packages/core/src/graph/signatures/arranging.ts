import type { DType } from "../../dtype.js";
import type { Axes, ExpandDims, Reduced, Reshaped, Squeeze, Transposed } from "../../shape/axis-types.js";
import type { Tiled } from "../../shape/indexing-types.js";
import type { BroadcastTo, Fits, Mutable, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";
import type { AxisOption, DTypeOf, Of, Operand, ShapeOf, Sizes } from "./operands.js";

/* The signatures of ops that keep the elements and change their places, or the shape around them. */

/** `transpose(x)` reverses the axes, `transpose(x, [0, 2, 1])` and `transpose(x, 0, 2, 1)` order them. */
export interface TransposeFunction {
  <S extends Shape, D extends DType, const Order extends Sizes>(
    x: Tensor<S, D>,
    ...order: Order & Fits<Transposed<S, Order>>
  ): Of<Transposed<S, Order>, D>;
  <S extends Shape, D extends DType, const Order extends Shape | undefined = undefined>(
    x: Tensor<S, D>,
    order?: Order & Fits<Transposed<S, Order>>,
  ): Of<Transposed<S, Order>, D>;
}

/** `reshape(x, [2, -1])`, `reshape(x, 2, -1)`: one size may be -1, and is found. */
export interface ReshapeFunction {
  <X extends Operand, const To extends Shape>(
    x: X,
    ...sizes: To & Fits<Reshaped<ShapeOf<X>, To>>
  ): Of<Reshaped<ShapeOf<X>, To>, DTypeOf<X>>;
  <X extends Operand, const To extends Shape>(
    x: X,
    shape: To & Fits<Reshaped<ShapeOf<X>, To>>,
  ): Of<Reshaped<ShapeOf<X>, To>, DTypeOf<X>>;
}

/** `broadcastTo(x, [2, 3])`, `broadcastTo(x, 2, 3)`. */
export interface BroadcastToFunction {
  <X extends Operand, const To extends Shape>(
    x: X,
    ...sizes: To & Fits<BroadcastTo<ShapeOf<X>, To>>
  ): Tensor<Mutable<To>, DTypeOf<X>>;
  <X extends Operand, const To extends Shape>(
    x: X,
    shape: To & Fits<BroadcastTo<ShapeOf<X>, To>>,
  ): Tensor<Mutable<To>, DTypeOf<X>>;
}

/** `expandDims(x, axis)`, `expandDims(x, { axis })`: a new axis of size 1. */
export interface ExpandDimsFunction {
  <X extends Operand, Axis extends number>(
    x: X,
    options: AxisOption<Axis & Fits<ExpandDims<ShapeOf<X>, Axis>, Axis>>,
  ): Of<ExpandDims<ShapeOf<X>, Axis>, DTypeOf<X>>;
  <X extends Operand, Axis extends number>(
    x: X,
    axis: Axis & Fits<ExpandDims<ShapeOf<X>, Axis>, Axis>,
  ): Of<ExpandDims<ShapeOf<X>, Axis>, DTypeOf<X>>;
}

/** `squeeze(x, axis)` and `squeeze(x, { axis })` drop an axis of size 1, `squeeze(x)` all of them. */
export interface SqueezeFunction {
  <S extends Shape, D extends DType, Axis extends number>(
    x: Tensor<S, D>,
    options: AxisOption<Axis & Fits<Squeeze<S, Axis>, Axis>>,
  ): Of<Squeeze<S, Axis>, D>;
  <S extends Shape, D extends DType>(
    x: Tensor<S, D>,
    axes: readonly number[] | AxisOption<readonly number[]>,
  ): Tensor<Shape, D>;
  <S extends Shape, D extends DType, Axis extends number | undefined = undefined>(
    x: Tensor<S, D>,
    axis?: Axis & Fits<Squeeze<S, Axis>, Axis>,
  ): Of<Squeeze<S, Axis>, D>;
}

/** `flip(x, axis)`, `flip(x, [0, 1])`, `flip(x, 0, 1)`: over all axes when none is named; the shape stays. */
export interface FlipFunction {
  <S extends Shape, D extends DType>(x: Tensor<S, D>, ...axes: readonly [number, number, ...number[]]): Tensor<S, D>;
  <S extends Shape, D extends DType, const Axis extends Axes>(
    x: Tensor<S, D>,
    options: AxisOption<Axis & Fits<Reduced<S, Axis>, Axis>>,
  ): Tensor<S, D>;
  <S extends Shape, D extends DType, const Axis extends Axes | undefined = undefined>(
    x: Tensor<S, D>,
    axis?: Axis & Fits<Reduced<S, Axis>, Axis>,
  ): Tensor<S, D>;
}

/** `roll(x, shift, axis)`: over the flattened tensor when no axis is named; the shape stays. */
export interface RollFunction {
  <S extends Shape, D extends DType, const Axis extends Axes>(
    x: Tensor<S, D>,
    shift: Axes,
    options: AxisOption<Axis & Fits<Reduced<S, Axis>, Axis>>,
  ): Tensor<S, D>;
  <S extends Shape, D extends DType, const Axis extends Axes | undefined = undefined>(
    x: Tensor<S, D>,
    shift: Axes,
    axis?: Axis & Fits<Reduced<S, Axis>, Axis>,
  ): Tensor<S, D>;
}

/** `tile(x, [2, 1])`, `tile(x, 2, 1)`: how often along each axis, counted from the last. */
export interface TileFunction {
  <X extends Operand, const R extends Shape>(x: X, ...repeats: R): Of<Tiled<ShapeOf<X>, R>, DTypeOf<X>>;
  <X extends Operand, const R extends Shape>(x: X, repeats: R): Of<Tiled<ShapeOf<X>, R>, DTypeOf<X>>;
}
