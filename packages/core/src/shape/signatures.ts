import type { DType } from "../dtype.js";
import type { Literal } from "../graph/literal.js";
import type { Tensor } from "../graph/tensor.js";
import type {
  Axes,
  Concat,
  ExpandDims,
  OneHot,
  Reduced,
  Reshaped,
  ShapesOf,
  Slice,
  Squeeze,
  Stack,
  Take,
  Transposed,
  WithAxis,
} from "./axis-types.js";
import type {
  Broadcast3Fits,
  Broadcast3Of,
  BroadcastFits,
  BroadcastOf,
  BroadcastTo,
  Fits,
  MatMulShape,
  Mutable,
  NestedShape,
  Of,
  Operand,
  Range,
  Shape,
  ShapeOf,
} from "./types.js";

/*
 * The types of the ops: `...Function` as functions, `...Method` as methods of Tensor.
 *
 * Each is one signature where it can be, not a list of overloads, so that a mismatch is reported once and in its own
 * words: the argument to blame is intersected with the error of the shape rule. Methods name the shape through `this`,
 * and not through the type parameter of the class, so that Tensor stays covariant in its shape.
 */

// Element by element --------------------------------------------------------------------------------------------------

/** `exp(x)`: the shape stays. */
export interface UnaryFunction {
  <X extends Operand>(x: X): Tensor<ShapeOf<X>>;
}

/** `x.exp()`: the shape stays. */
export interface UnaryMethod {
  <S extends Shape>(this: Tensor<S>): Tensor<S>;
}

/** `gelu(x, { approximate })`: the shape stays. */
export interface GeluFunction {
  <X extends Operand>(x: X, options?: GeluOptions): Tensor<ShapeOf<X>>;
}

/** `x.gelu({ approximate })`: the shape stays. */
export interface GeluMethod {
  <S extends Shape>(this: Tensor<S>, options?: GeluOptions): Tensor<S>;
}

interface GeluOptions {
  readonly approximate?: "none" | "tanh" | undefined;
}

/** `add(x, y)`: the shapes broadcast; either may be a number. */
export interface BinaryFunction {
  <X extends Operand, Y extends Operand>(x: X, y: Y & BinaryFits<X, Y>): BinaryOf<X, Y>;
}

/** `x.add(y)`: the shapes broadcast; `y` may be a number. */
export interface BinaryMethod {
  <S extends Shape, Y extends Operand>(this: Tensor<S>, y: Y & BinaryFits<Tensor<S>, Y>): BinaryOf<Tensor<S>, Y>;
}

/** `elu(x, alpha = 1)`: as `BinaryFunction`, with a default for `y`. */
export interface ParametricFunction {
  <X extends Operand, Y extends Operand = number>(x: X, y?: Y & BinaryFits<X, Y>): BinaryOf<X, Y>;
}

/** `x.elu(alpha = 1)`: as `BinaryMethod`, with a default for `y`. */
export interface ParametricMethod {
  <S extends Shape, Y extends Operand = number>(
    this: Tensor<S>,
    y?: Y & BinaryFits<Tensor<S>, Y>,
  ): BinaryOf<Tensor<S>, Y>;
}

/** `less(x, y)`: as `BinaryFunction`; the result is a bool. */
export interface ComparisonFunction extends BinaryFunction {}

/** `x.less(y)`: as `BinaryMethod`; the result is a bool. */
export interface ComparisonMethod extends BinaryMethod {}

/** `where(condition, x, y)`: all three broadcast. */
export interface WhereFunction {
  <C extends Tensor, X extends Operand, Y extends Operand>(
    condition: C,
    x: X & BinaryFits<C, X>,
    y: Y & TernaryFits<C, X, Y>,
  ): TernaryOf<C, X, Y>;
}

/** `condition.where(x, y)`: all three broadcast. */
export interface WhereMethod {
  <S extends Shape, X extends Operand, Y extends Operand>(
    this: Tensor<S>,
    x: X & BinaryFits<Tensor<S>, X>,
    y: Y & TernaryFits<Tensor<S>, X, Y>,
  ): TernaryOf<Tensor<S>, X, Y>;
}

/** `clamp(x, low = -Infinity, high = Infinity)`: all three broadcast. */
export interface ClampFunction {
  <X extends Operand, Low extends Operand = number, High extends Operand = number>(
    x: X,
    low?: Low & BinaryFits<X, Low>,
    high?: High & TernaryFits<X, Low, High>,
  ): TernaryOf<X, Low, High>;
}

/** `x.clamp(low = -Infinity, high = Infinity)`: all three broadcast. */
export interface ClampMethod {
  <S extends Shape, Low extends Operand = number, High extends Operand = number>(
    this: Tensor<S>,
    low?: Low & BinaryFits<Tensor<S>, Low>,
    high?: High & TernaryFits<Tensor<S>, Low, High>,
  ): TernaryOf<Tensor<S>, Low, High>;
}

// Numbers are set apart here, where that is decided for tensors of any shape: broadcasting `[]` with a shape that is a
// type parameter is not. And shapes are inferred, not taken by `ShapeOf`: `Box` would look into what it puts off, and
// decide too early.

type BinaryOf<X, Y> =
  X extends Tensor<infer A> ? (Y extends Tensor<infer B> ? BroadcastOf<A, B> : Tensor<A>) : Tensor<ShapeOf<Y>>;

type BinaryFits<X, Y> =
  X extends Tensor<infer A> ? (Y extends Tensor<infer B> ? BroadcastFits<A, B> : unknown) : unknown;

type TernaryOf<X, Y, Z> =
  X extends Tensor<infer A>
    ? Y extends Tensor<infer B>
      ? Z extends Tensor<infer C>
        ? Broadcast3Of<A, B, C>
        : BroadcastOf<A, B>
      : BinaryOf<X, Z>
    : BinaryOf<Y, Z>;

type TernaryFits<X, Y, Z> =
  X extends Tensor<infer A>
    ? Y extends Tensor<infer B>
      ? Z extends Tensor<infer C>
        ? Broadcast3Fits<A, B, C>
        : unknown
      : BinaryFits<X, Z>
    : BinaryFits<Y, Z>;

// Along axes ----------------------------------------------------------------------------------------------------------

interface ReduceOptions<S extends Shape, Axis extends Axes | undefined, Keep extends boolean> extends KeepOption<Keep> {
  /** The axis or axes to reduce over; all when none is named. */
  readonly axis?: (Axis & Fits<Reduced<S, Axis>>) | undefined;
}

interface KeepOption<Keep extends boolean> {
  /** Whether the axes stay, with size 1. */
  readonly keepDims?: Keep | undefined;
}

// The compiler reports the last overload only, so that one takes the short form as well (`Short`), to blame its axis.

/** `sum(x)`, `sum(x, axis, { keepDims })`, `sum(x, { axis, keepDims })`; `Extra` are the options that an op has besides. */
export interface ReduceFunction<Extra = unknown> {
  <X extends Operand, const Axis extends Axes, Keep extends boolean = false>(
    x: X,
    axis: Axis & Fits<Reduced<ShapeOf<X>, Axis>>,
    options?: KeepOption<Keep> & Extra,
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>>;
  <
    X extends Operand,
    const Axis extends Axes | undefined = undefined,
    Keep extends boolean = false,
    const Short extends Axes = Axes,
  >(
    x: X,
    options?: (ReduceOptions<ShapeOf<X>, Axis, Keep> & Extra) | (Short & Fits<Reduced<ShapeOf<X>, Short>>),
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>>;
}

/** `x.sum()`, `x.sum(axis, { keepDims })`, `x.sum({ axis, keepDims })`; `Extra` are the options that an op has besides. */
export interface ReduceMethod<Extra = unknown> {
  <S extends Shape, const Axis extends Axes, Keep extends boolean = false>(
    this: Tensor<S>,
    axis: Axis & Fits<Reduced<S, Axis>>,
    options?: KeepOption<Keep> & Extra,
  ): Of<Reduced<S, Axis, Keep>>;
  <
    S extends Shape,
    const Axis extends Axes | undefined = undefined,
    Keep extends boolean = false,
    const Short extends Axes = Axes,
  >(
    this: Tensor<S>,
    options?: (ReduceOptions<S, Axis, Keep> & Extra) | (Short & Fits<Reduced<S, Short>>),
  ): Of<Reduced<S, Axis, Keep>>;
}

// An axis may also be one of the options. That form is the first of the overloads: the compiler reports the last.

/** The axis as one of the options. */
export interface AxisOption<Axis> {
  readonly axis?: Axis | undefined;
}

/** `argMax(x, axis, { keepDims })`, `argMax(x, { axis, keepDims })`; over the flattened tensor when no axis is named. */
export interface ArgMaxFunction {
  <X extends Operand, Axis extends number | undefined = undefined, Keep extends boolean = false>(
    x: X,
    options: AxisOption<Axis & Fits<Reduced<ShapeOf<X>, Axis>>> & KeepOption<Keep>,
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>>;
  <X extends Operand, Axis extends number | undefined = undefined, Keep extends boolean = false>(
    x: X,
    axis?: Axis & Fits<Reduced<ShapeOf<X>, Axis>>,
    options?: KeepOption<Keep>,
  ): Of<Reduced<ShapeOf<X>, Axis, Keep>>;
}

/** `x.argMax(axis, { keepDims })`, `x.argMax({ axis, keepDims })`; over the flattened tensor when no axis is named. */
export interface ArgMaxMethod {
  <S extends Shape, Axis extends number | undefined = undefined, Keep extends boolean = false>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<Reduced<S, Axis>>> & KeepOption<Keep>,
  ): Of<Reduced<S, Axis, Keep>>;
  <S extends Shape, Axis extends number | undefined = undefined, Keep extends boolean = false>(
    this: Tensor<S>,
    axis?: Axis & Fits<Reduced<S, Axis>>,
    options?: KeepOption<Keep>,
  ): Of<Reduced<S, Axis, Keep>>;
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
  <S extends Shape, Axis extends number = -1>(
    x: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>> & CumulateOptions,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = -1>(
    x: Tensor<S>,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
    options?: CumulateOptions,
  ): Tensor<S>;
}

/** `x.cumsum(axis = -1, { reverse, exclusive })`, `x.cumsum({ axis, reverse, exclusive })`: the shape stays. */
export interface CumulateMethod {
  <S extends Shape, Axis extends number = -1>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>> & CumulateOptions,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = -1>(
    this: Tensor<S>,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
    options?: CumulateOptions,
  ): Tensor<S>;
}

/** `softmax(x, axis = -1)`, `softmax(x, { axis })`: the shape stays. */
export interface SoftmaxFunction {
  <S extends Shape, Axis extends number = -1>(
    x: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = -1>(x: Tensor<S>, axis?: Axis & Fits<WithAxis<S, Axis>>): Tensor<S>;
}

/** `x.softmax(axis = -1)`, `x.softmax({ axis })`: the shape stays. */
export interface SoftmaxMethod {
  <S extends Shape, Axis extends number = -1>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = -1>(this: Tensor<S>, axis?: Axis & Fits<WithAxis<S, Axis>>): Tensor<S>;
}

// Matrix product ------------------------------------------------------------------------------------------------------

/** `matmul(a, b)`: vectors, matrices, and batches of matrices, which broadcast. */
export interface MatMulFunction {
  <A extends Shape, B extends Shape>(a: Tensor<A>, b: Tensor<B> & Fits<MatMulShape<A, B>>): Of<MatMulShape<A, B>>;
}

/** `a.matmul(b)`: vectors, matrices, and batches of matrices, which broadcast. */
export interface MatMulMethod {
  <A extends Shape, B extends Shape>(this: Tensor<A>, b: Tensor<B> & Fits<MatMulShape<A, B>>): Of<MatMulShape<A, B>>;
}

// Other shapes of the same elements -----------------------------------------------------------------------------------

/** `transpose(x)` reverses the axes, `transpose(x, [0, 2, 1])` and `transpose(x, 0, 2, 1)` order them. */
export interface TransposeFunction {
  <S extends Shape, const Order extends Sizes>(
    x: Tensor<S>,
    ...order: Order & Fits<Transposed<S, Order>>
  ): Of<Transposed<S, Order>>;
  <S extends Shape, const Order extends Shape | undefined = undefined>(
    x: Tensor<S>,
    order?: Order & Fits<Transposed<S, Order>>,
  ): Of<Transposed<S, Order>>;
}

/** `x.transpose()` reverses the axes, `x.transpose([0, 2, 1])` and `x.transpose(0, 2, 1)` order them. */
export interface TransposeMethod {
  <S extends Shape, const Order extends Sizes>(
    this: Tensor<S>,
    ...order: Order & Fits<Transposed<S, Order>>
  ): Of<Transposed<S, Order>>;
  <S extends Shape, const Order extends Shape | undefined = undefined>(
    this: Tensor<S>,
    order?: Order & Fits<Transposed<S, Order>>,
  ): Of<Transposed<S, Order>>;
}

/** `reshape(x, [2, -1])`, `reshape(x, 2, -1)`: one size may be -1, and is found. */
export interface ReshapeFunction {
  <X extends Operand, const To extends Shape>(
    x: X,
    ...sizes: To & Fits<Reshaped<ShapeOf<X>, To>>
  ): Of<Reshaped<ShapeOf<X>, To>>;
  <X extends Operand, const To extends Shape>(
    x: X,
    shape: To & Fits<Reshaped<ShapeOf<X>, To>>,
  ): Of<Reshaped<ShapeOf<X>, To>>;
}

/** `x.reshape([2, -1])`, `x.reshape(2, -1)`: one size may be -1, and is found. */
export interface ReshapeMethod {
  <S extends Shape, const To extends Shape>(this: Tensor<S>, ...sizes: To & Fits<Reshaped<S, To>>): Of<Reshaped<S, To>>;
  <S extends Shape, const To extends Shape>(this: Tensor<S>, shape: To & Fits<Reshaped<S, To>>): Of<Reshaped<S, To>>;
}

/** `broadcastTo(x, [2, 3])`, `broadcastTo(x, 2, 3)`. */
export interface BroadcastToFunction {
  <X extends Operand, const To extends Shape>(
    x: X,
    ...sizes: To & Fits<BroadcastTo<ShapeOf<X>, To>>
  ): Tensor<Mutable<To>>;
  <X extends Operand, const To extends Shape>(x: X, shape: To & Fits<BroadcastTo<ShapeOf<X>, To>>): Tensor<Mutable<To>>;
}

/** `x.broadcastTo([2, 3])`, `x.broadcastTo(2, 3)`. */
export interface BroadcastToMethod {
  <S extends Shape, const To extends Shape>(
    this: Tensor<S>,
    ...sizes: To & Fits<BroadcastTo<S, To>>
  ): Tensor<Mutable<To>>;
  <S extends Shape, const To extends Shape>(this: Tensor<S>, shape: To & Fits<BroadcastTo<S, To>>): Tensor<Mutable<To>>;
}

// Sizes given one after the other, not as a list. Again the last of the overloads is what the compiler reports.

/** One size at least. */
export type Sizes = readonly [number, ...number[]];

/** `expandDims(x, axis)`, `expandDims(x, { axis })`: a new axis of size 1. */
export interface ExpandDimsFunction {
  <X extends Operand, Axis extends number>(
    x: X,
    options: AxisOption<Axis & Fits<ExpandDims<ShapeOf<X>, Axis>>>,
  ): Of<ExpandDims<ShapeOf<X>, Axis>>;
  <X extends Operand, Axis extends number>(
    x: X,
    axis: Axis & Fits<ExpandDims<ShapeOf<X>, Axis>>,
  ): Of<ExpandDims<ShapeOf<X>, Axis>>;
}

/** `x.expandDims(axis)`, `x.expandDims({ axis })`: a new axis of size 1. */
export interface ExpandDimsMethod {
  <S extends Shape, Axis extends number>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<ExpandDims<S, Axis>>>,
  ): Of<ExpandDims<S, Axis>>;
  <S extends Shape, Axis extends number>(
    this: Tensor<S>,
    axis: Axis & Fits<ExpandDims<S, Axis>>,
  ): Of<ExpandDims<S, Axis>>;
}

/** `squeeze(x, axis)` and `squeeze(x, { axis })` drop an axis of size 1, `squeeze(x)` all of them. */
export interface SqueezeFunction {
  <S extends Shape, Axis extends number>(
    x: Tensor<S>,
    options: AxisOption<Axis & Fits<Squeeze<S, Axis>>>,
  ): Of<Squeeze<S, Axis>>;
  <S extends Shape>(x: Tensor<S>, axes: readonly number[] | AxisOption<readonly number[]>): Tensor;
  <S extends Shape, Axis extends number | undefined = undefined>(
    x: Tensor<S>,
    axis?: Axis & Fits<Squeeze<S, Axis>>,
  ): Of<Squeeze<S, Axis>>;
}

/** `x.squeeze(axis)` and `x.squeeze({ axis })` drop an axis of size 1, `x.squeeze()` all of them. */
export interface SqueezeMethod {
  <S extends Shape, Axis extends number>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<Squeeze<S, Axis>>>,
  ): Of<Squeeze<S, Axis>>;
  <S extends Shape>(this: Tensor<S>, axes: readonly number[] | AxisOption<readonly number[]>): Tensor;
  <S extends Shape, Axis extends number | undefined = undefined>(
    this: Tensor<S>,
    axis?: Axis & Fits<Squeeze<S, Axis>>,
  ): Of<Squeeze<S, Axis>>;
}

// Parts and joins -----------------------------------------------------------------------------------------------------

/** `slice(x, [0, null, [1, 5], [null, null, -1]])`: an index, all of the axis, start and stop, and a step. */
export interface SliceFunction {
  <S extends Shape, const R extends readonly Range[]>(x: Tensor<S>, ranges: R & Fits<Slice<S, R>>): Of<Slice<S, R>>;
}

/** `x.slice([0, null, [1, 5], [null, null, -1]])`: an index, all of the axis, start and stop, and a step. */
export interface SliceMethod {
  <S extends Shape, const R extends readonly Range[]>(this: Tensor<S>, ranges: R & Fits<Slice<S, R>>): Of<Slice<S, R>>;
}

/** Positions: an int32 tensor, a list of numbers or a number. */
export type Indices = Operand | readonly number[];

type IndicesShape<I> = I extends readonly number[] ? [I["length"]] : ShapeOf<I>;

/** `take(x, indices, axis = 0)`, `take(x, indices, { axis })`: the axis is replaced by those of the indices. */
export interface TakeFunction {
  <S extends Shape, const I extends Indices, Axis extends number>(
    x: Tensor<S>,
    indices: I,
    options: AxisOption<Axis & Fits<Take<S, IndicesShape<I>, Axis>>>,
  ): Of<Take<S, IndicesShape<I>, Axis>>;
  <S extends Shape, const I extends Indices, Axis extends number = 0>(
    x: Tensor<S>,
    indices: I,
    axis?: Axis & Fits<Take<S, IndicesShape<I>, Axis>>,
  ): Of<Take<S, IndicesShape<I>, Axis>>;
}

/** `x.take(indices, axis = 0)`, `x.take(indices, { axis })`: the axis is replaced by those of the indices. */
export interface TakeMethod {
  <S extends Shape, const I extends Indices, Axis extends number>(
    this: Tensor<S>,
    indices: I,
    options: AxisOption<Axis & Fits<Take<S, IndicesShape<I>, Axis>>>,
  ): Of<Take<S, IndicesShape<I>, Axis>>;
  <S extends Shape, const I extends Indices, Axis extends number = 0>(
    this: Tensor<S>,
    indices: I,
    axis?: Axis & Fits<Take<S, IndicesShape<I>, Axis>>,
  ): Of<Take<S, IndicesShape<I>, Axis>>;
}

/** `oneHot(indices, classes)`: a new last axis. */
export interface OneHotFunction {
  <const I extends Indices, Classes extends number>(
    indices: I,
    classes: Classes,
    options?: { readonly dtype?: DType | undefined },
  ): Tensor<OneHot<IndicesShape<I>, Classes>>;
}

/** `indices.oneHot(classes)`: a new last axis. */
export interface OneHotMethod {
  <S extends Shape, Classes extends number>(
    this: Tensor<S>,
    classes: Classes,
    options?: { readonly dtype?: DType | undefined },
  ): Tensor<OneHot<S, Classes>>;
}

/** `concat([a, b], axis = 0)`, `concat([a, b], { axis })`: one after the other; all other sizes are equal. */
export interface ConcatFunction {
  <const T extends readonly Tensor[], Axis extends number>(
    tensors: T & Fits<Concat<ShapesOf<T>, Axis>>,
    options: AxisOption<Axis>,
  ): Of<Concat<ShapesOf<T>, Axis>>;
  <const T extends readonly Tensor[], Axis extends number = 0>(
    tensors: T & Fits<Concat<ShapesOf<T>, Axis>>,
    axis?: Axis,
  ): Of<Concat<ShapesOf<T>, Axis>>;
}

/** `stack([a, b], axis = 0)`, `stack([a, b], { axis })`: equal shapes on a new axis. */
export interface StackFunction {
  <const T extends readonly Operand[], Axis extends number>(
    tensors: T & Fits<Stack<ShapesOf<T>, Axis>>,
    options: AxisOption<Axis>,
  ): Of<Stack<ShapesOf<T>, Axis>>;
  <const T extends readonly Operand[], Axis extends number = 0>(
    tensors: T & Fits<Stack<ShapesOf<T>, Axis>>,
    axis?: Axis,
  ): Of<Stack<ShapesOf<T>, Axis>>;
}

// Tensors out of nothing ----------------------------------------------------------------------------------------------

/** What every factory can be told. */
export interface TensorOptions {
  readonly dtype?: DType | undefined;
  /** Shown in pictures of the graph and in errors. */
  readonly name?: string | undefined;
}

/** `tensor([[1, 2], [3, 4]])`, `variable(3)`: the shape is that of the nested lists. */
export interface TensorFactory {
  <const T extends Literal>(values: T & Fits<NestedShape<T>>, options?: TensorOptions): Of<NestedShape<T>>;
}

/** `zeros([2, 3])`, `zeros(2, 3)`, each with options behind. */
export interface FilledFactory {
  <const S extends Shape>(...sizes: S): Tensor<Mutable<S>>;
  <const S extends Sizes>(...sizesAndOptions: readonly [...S, TensorOptions]): Tensor<Mutable<S>>;
  <const S extends Shape>(shape: S, options?: TensorOptions): Tensor<Mutable<S>>;
}

/** `full([2, 3], value)`, `full(3, value)`. */
export interface FullFactory {
  <const N extends number>(size: N, value: number, options?: TensorOptions): Tensor<[N]>;
  <const S extends Shape>(shape: S, value: number, options?: TensorOptions): Tensor<Mutable<S>>;
}
