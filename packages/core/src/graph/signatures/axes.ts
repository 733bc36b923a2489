import type { DType } from "../../dtype.js";
import type { Axes, Reduced, Take, WithAxis } from "../../shape/axis-types.js";
import type { Fits, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";
import type { AxisOption, DTypeOf, Gives, Of, Operand, ShapeOf } from "./operands.js";

/* The signatures of ops that reduce, add up or order along axes. */

export interface ReduceOptions<S extends Shape, Axis extends Axes | undefined, Keep extends boolean>
  extends KeepOption<Keep> {
  /** The axis or axes to reduce over; all when none is named. */
  readonly axis?: (Axis & Fits<Reduced<S, Axis>, Axis>) | undefined;
}

export interface KeepOption<Keep extends boolean> {
  /** Whether the axes stay, with size 1. */
  readonly keepDims?: Keep | undefined;
}

// The compiler reports the last overload only, so that one takes the short form as well (`Short`), to blame its axis.

/** `sum(x)`, `sum(x, axis, { keepDims })`, `sum(x, { axis, keepDims })`: without the axes, or with size 1 for each. */
// `Extra` are the options that an op has besides.
export interface ReduceFunction<Extra = unknown, G = unknown> {
  <X extends Operand, const Axis extends Axes, Keep extends boolean = false>(
    x: X,
    axis: Axis & Fits<Reduced<ShapeOf<X>, Axis>, Axis>,
    options?: KeepOption<Keep> & Extra,
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>, Gives<G, DTypeOf<X>>>;
  <
    X extends Operand,
    const Axis extends Axes | undefined = undefined,
    Keep extends boolean = false,
    const Short extends Axes = Axes,
  >(
    x: X,
    options?: (ReduceOptions<ShapeOf<X>, Axis, Keep> & Extra) | (Short & Fits<Reduced<ShapeOf<X>, Short>, Short>),
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>, Gives<G, DTypeOf<X>>>;
}

/** `argMax(x, axis, { keepDims })`, `argMax(x, { axis, keepDims })`; over the flattened tensor when no axis is named. */
export interface ArgMaxFunction {
  <X extends Operand, Axis extends number | undefined = undefined, Keep extends boolean = false>(
    x: X,
    options: AxisOption<Axis & Fits<Reduced<ShapeOf<X>, Axis>, Axis>> & KeepOption<Keep>,
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>, "int32">;
  <X extends Operand, Axis extends number | undefined = undefined, Keep extends boolean = false>(
    x: X,
    axis?: Axis & Fits<Reduced<ShapeOf<X>, Axis>, Axis>,
    options?: KeepOption<Keep>,
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>, "int32">;
}

/** What `variance` and `std` have besides the axes. */
export interface CorrectionOption {
  /**
   * What is taken off the number of elements that the squares are divided by: 0, the default, for the variance of these
   * elements, 1 for the unbiased estimate from a sample.
   */
  readonly correction?: number | undefined;
}

/** What `norm` has besides the axes. */
export interface OrdOption {
  /** 1 for the sum of magnitudes, 2 (the default) for the root of the sum of squares, Infinity for the largest magnitude. */
  readonly ord?: number | undefined;
}

/** What `cumsum` and `cumprod` have besides the axis. */
export interface CumulateOptions {
  /** Whether to begin at the last element. Default false. */
  readonly reverse?: boolean | undefined;
  /** Whether each result leaves out the element in its own place. Default false. */
  readonly exclusive?: boolean | undefined;
}

/** `cumsum(x, axis = -1, { reverse, exclusive })`, `cumsum(x, { axis, reverse, exclusive })`: the shape stays. */
export interface CumulateFunction {
  <S extends Shape, D extends DType, Axis extends number = -1>(
    x: Tensor<S, D>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>> & CumulateOptions,
  ): Tensor<S, D>;
  <S extends Shape, D extends DType, Axis extends number = -1>(
    x: Tensor<S, D>,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
    options?: CumulateOptions,
  ): Tensor<S, D>;
}

/** `softmax(x, axis = -1)`, `softmax(x, { axis })`: the shape stays. */
export interface SoftmaxFunction {
  <S extends Shape, D extends DType, Axis extends number = -1>(
    x: Tensor<S, D>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>>,
  ): Tensor<S, D>;
  <S extends Shape, D extends DType, Axis extends number = -1>(
    x: Tensor<S, D>,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
  ): Tensor<S, D>;
}

export interface SortOptions {
  /** Whether the greatest come first. Default false. */
  readonly descending?: boolean | undefined;
}

/** `sort(x, axis = -1, { descending })`, `argSort(x, axis = -1, { descending })`: the shape stays. */
export interface SortFunction<G = unknown> {
  <S extends Shape, D extends DType, Axis extends number = -1>(
    x: Tensor<S, D>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>> & SortOptions,
  ): Tensor<S, Gives<G, D>>;
  <S extends Shape, D extends DType, Axis extends number = -1>(
    x: Tensor<S, D>,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
    options?: SortOptions,
  ): Tensor<S, Gives<G, D>>;
}

export interface TopKOptions {
  /** Whether the greatest are taken, and not the least. Default true. */
  readonly largest?: boolean | undefined;
}

/** Both of one shape; the indices are int32. */
export interface TopK<R, D extends DType> {
  readonly values: Of<R, D>;
  readonly indices: Of<R, "int32">;
}

/** `topK(x, k, axis = -1, { largest })`: the axis has size k. */
export interface TopKFunction {
  <S extends Shape, D extends DType, K extends number, Axis extends number = -1>(
    x: Tensor<S, D>,
    k: K,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>> & TopKOptions,
  ): TopK<Take<S, [K], Axis>, D>;
  <S extends Shape, D extends DType, K extends number, Axis extends number = -1>(
    x: Tensor<S, D>,
    k: K,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
    options?: TopKOptions,
  ): TopK<Take<S, [K], Axis>, D>;
}
