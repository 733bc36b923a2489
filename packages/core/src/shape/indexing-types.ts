import type { Literal } from "../graph/literal.js";
import type { Tensor } from "../graph/tensor.js";
import type { Axes, Reduced, Take, WithAxis } from "./axis-types.js";
import type { Product } from "./digits.js";
import type { AxisOption, TensorOptions } from "./signatures.js";
import type { Box, Fits, NestedShape, Of, Operand, Shape, ShapeError, ShapeOf, Show } from "./types.js";

/*
 * The types of ops that pick, order and repeat elements; see types.ts for what all shape rules have in common.
 */

// Diagonals -----------------------------------------------------------------------------------------------------------

/** Which diagonal, for `tril` and `triu`. */
export interface OffsetOption {
  readonly offset?: number | undefined;
}

/** Which diagonal of which matrices `diagonal` and `trace` read. */
export interface DiagonalOptions {
  /** How far above the main diagonal (below it, if negative). Default 0. */
  readonly offset?: number | undefined;
  /** The rows. Default 0. */
  readonly axis1?: number | undefined;
  /** The columns. Default 1. */
  readonly axis2?: number | undefined;
}

type Tail<S extends Shape> = S extends readonly [number, ...infer T extends Shape] ? T : Shape;
type Unknown<S extends Shape> = { -readonly [I in keyof S]: number };

/** `S`, if it has two axes at least. */
type Matrices<Op extends string, S extends Shape> = number extends S["length"]
  ? S
  : S extends readonly [number, number, ...Shape]
    ? S
    : ShapeError<`${Op}: takes a matrix, or several, got ${Show<S>}`>;

/** Known where no option says otherwise. */
type Diagonal<S extends Shape, O> = number extends S["length"]
  ? Shape
  : S extends readonly [infer M extends number, infer N extends number, ...infer Rest extends Shape]
    ? undefined extends O
      ? [...Rest, Box<M> extends Box<N> ? M : number]
      : Unknown<Tail<S>>
    : Matrices<"diagonal", S>;

type Trace<S extends Shape, O> = number extends S["length"]
  ? Shape
  : S extends readonly [number, number, ...infer Rest extends Shape]
    ? undefined extends O
      ? Rest
      : Unknown<Rest>
    : Matrices<"trace", S>;

/** `diagonal(x, { offset = 0, axis1 = 0, axis2 = 1 })`: the diagonal is the last axis. */
export interface DiagonalFunction {
  <S extends Shape, O extends DiagonalOptions | number | undefined = undefined>(
    x: Tensor<S> & Fits<Diagonal<S, O>>,
    options?: O,
  ): Of<Diagonal<S, O>>;
}

/** `x.diagonal({ offset = 0, axis1 = 0, axis2 = 1 })`: the diagonal is the last axis. */
export interface DiagonalMethod {
  <S extends Shape, O extends DiagonalOptions | number | undefined = undefined>(
    this: Tensor<S> & Fits<Diagonal<S, O>>,
    options?: O,
  ): Of<Diagonal<S, O>>;
}

/** `trace(x, { offset = 0, axis1 = 0, axis2 = 1 })`. */
export interface TraceFunction {
  <S extends Shape, O extends DiagonalOptions | number | undefined = undefined>(
    x: Tensor<S> & Fits<Trace<S, O>>,
    options?: O,
  ): Of<Trace<S, O>>;
}

/** `x.trace({ offset = 0, axis1 = 0, axis2 = 1 })`. */
export interface TraceMethod {
  <S extends Shape, O extends DiagonalOptions | number | undefined = undefined>(
    this: Tensor<S> & Fits<Trace<S, O>>,
    options?: O,
  ): Of<Trace<S, O>>;
}

/** `tril(x, offset = 0)`, `triu(x, offset = 0)`: the shape stays. */
export interface TriangleFunction<Op extends string> {
  <S extends Shape>(x: Tensor<S> & Fits<Matrices<Op, S>>, offset?: number | OffsetOption): Tensor<S>;
}

/** `x.tril(offset = 0)`, `x.triu(offset = 0)`: the shape stays. */
export interface TriangleMethod<Op extends string> {
  <S extends Shape>(this: Tensor<S> & Fits<Matrices<Op, S>>, offset?: number | OffsetOption): Tensor<S>;
}

// The same elements in other places -----------------------------------------------------------------------------------

/** `flip(x, axis)`, `flip(x, [0, 1])`, `flip(x, 0, 1)`: over all axes when none is named; the shape stays. */
export interface FlipFunction {
  <S extends Shape>(x: Tensor<S>, ...axes: readonly [number, number, ...number[]]): Tensor<S>;
  <S extends Shape, const Axis extends Axes>(
    x: Tensor<S>,
    options: AxisOption<Axis & Fits<Reduced<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, const Axis extends Axes | undefined = undefined>(
    x: Tensor<S>,
    axis?: Axis & Fits<Reduced<S, Axis>>,
  ): Tensor<S>;
}

/** `x.flip(axis)`, `x.flip([0, 1])`, `x.flip(0, 1)`: over all axes when none is named; the shape stays. */
export interface FlipMethod {
  <S extends Shape>(this: Tensor<S>, ...axes: readonly [number, number, ...number[]]): Tensor<S>;
  <S extends Shape, const Axis extends Axes>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<Reduced<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, const Axis extends Axes | undefined = undefined>(
    this: Tensor<S>,
    axis?: Axis & Fits<Reduced<S, Axis>>,
  ): Tensor<S>;
}

/** `roll(x, shift, axis)`: over the flattened tensor when no axis is named; the shape stays. */
export interface RollFunction {
  <S extends Shape, const Axis extends Axes>(
    x: Tensor<S>,
    shift: Axes,
    options: AxisOption<Axis & Fits<Reduced<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, const Axis extends Axes | undefined = undefined>(
    x: Tensor<S>,
    shift: Axes,
    axis?: Axis & Fits<Reduced<S, Axis>>,
  ): Tensor<S>;
}

/** `x.roll(shift, axis)`: over the flattened tensor when no axis is named; the shape stays. */
export interface RollMethod {
  <S extends Shape, const Axis extends Axes>(
    this: Tensor<S>,
    shift: Axes,
    options: AxisOption<Axis & Fits<Reduced<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, const Axis extends Axes | undefined = undefined>(
    this: Tensor<S>,
    shift: Axes,
    axis?: Axis & Fits<Reduced<S, Axis>>,
  ): Tensor<S>;
}

/** `S` repeated, aligned at the last axis. */
type Tiled<S extends Shape, R extends Shape, Out extends Shape = []> = number extends S["length"] | R["length"]
  ? Shape
  : S extends readonly [...infer SH extends Shape, infer ST extends number]
    ? R extends readonly [...infer RH extends Shape, infer RT extends number]
      ? Tiled<SH, RH, [Times<ST, RT>, ...Out]>
      : [...S, ...Out]
    : [...R, ...Out];

type Times<A extends number, B extends number> = number extends A | B ? number : Product<[A, B]>;

/** `tile(x, [2, 1])`, `tile(x, 2, 1)`: how often along each axis, counted from the last. */
export interface TileFunction {
  <X extends Operand, const R extends Shape>(x: X, ...repeats: R): Of<Tiled<ShapeOf<X>, R>>;
  <X extends Operand, const R extends Shape>(x: X, repeats: R): Of<Tiled<ShapeOf<X>, R>>;
}

/** `x.tile([2, 1])`, `x.tile(2, 1)`: how often along each axis, counted from the last. */
export interface TileMethod {
  <S extends Shape, const R extends Shape>(this: Tensor<S>, ...repeats: R): Of<Tiled<S, R>>;
  <S extends Shape, const R extends Shape>(this: Tensor<S>, repeats: R): Of<Tiled<S, R>>;
}

/** `split(x, parts, axis = 0)`, `split(x, [2, 3], axis = 0)`: that many equal parts, or parts of these sizes. */
export interface SplitFunction {
  <S extends Shape, const P extends Axes, Axis extends number>(
    x: Tensor<S>,
    parts: P,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Split<S, P, Axis>;
  <S extends Shape, const P extends Axes, Axis extends number = 0>(
    x: Tensor<S>,
    parts: P,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
  ): Split<S, P, Axis>;
}

/** `x.split(parts, axis = 0)`, `x.split([2, 3], axis = 0)`: that many equal parts, or parts of these sizes. */
export interface SplitMethod {
  <S extends Shape, const P extends Axes, Axis extends number>(
    this: Tensor<S>,
    parts: P,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Split<S, P, Axis>;
  <S extends Shape, const P extends Axes, Axis extends number = 0>(
    this: Tensor<S>,
    parts: P,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
  ): Split<S, P, Axis>;
}

type Split<S extends Shape, P extends Axes, Axis extends number> = P extends Shape
  ? { -readonly [I in keyof P]: Of<Take<S, [Extract<P[I], number>], Axis>> }
  : P extends number
    ? Several<P, Of<Take<S, [number], Axis>>>
    : never;

/** A tuple where the number is known and below 100, a list where it is not. */
type Several<N extends number, T, R extends readonly T[] = []> = number extends N
  ? T[]
  : `${N}` extends `${string}${string}${infer Third}`
    ? Third extends ""
      ? R["length"] extends N
        ? [...R]
        : R["length"] extends 99
          ? T[]
          : Several<N, T, [...R, T]>
      : T[]
    : R["length"] extends N
      ? [...R]
      : R["length"] extends 9
        ? T[]
        : Several<N, T, [...R, T]>;

/** `unstack(x, axis = 0)`: what stands along the axis, without it. */
export interface UnstackFunction {
  <S extends Shape, Axis extends number>(
    x: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Unstacked<S, Axis>;
  <S extends Shape, Axis extends number = 0>(x: Tensor<S>, axis?: Axis & Fits<WithAxis<S, Axis>>): Unstacked<S, Axis>;
}

/** `x.unstack(axis = 0)`: what stands along the axis, without it. */
export interface UnstackMethod {
  <S extends Shape, Axis extends number>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Unstacked<S, Axis>;
  <S extends Shape, Axis extends number = 0>(
    this: Tensor<S>,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
  ): Unstacked<S, Axis>;
}

type Unstacked<S extends Shape, Axis extends number> = Several<SizeAt<S, Axis>, Of<Take<S, [], Axis>>>;

/** The size of the axis: what reducing over all others leaves of the shape. */
type SizeAt<S extends Shape, Axis extends number> = number extends S["length"] | Axis
  ? number
  : `${Axis}` extends keyof S
    ? Extract<S[`${Axis}` & keyof S], number>
    : Axis extends -1
      ? S extends readonly [...Shape, infer L extends number]
        ? L
        : number
      : number;

// By index ------------------------------------------------------------------------------------------------------------

/** Positions: an int32 tensor, or lists of numbers. */
type IndexShape<I> = I extends Tensor<infer S> ? S : NestedShape<I> extends infer S extends Shape ? S : Shape;

/** The shape of the indices, which have as many axes as `S`. */
type Gathered<Op extends string, S extends Shape, I extends Shape, Axis extends number> = number extends
  | S["length"]
  | I["length"]
  ? I
  : Box<S["length"]> extends Box<I["length"]>
    ? WithAxis<S, Axis> extends ShapeError<string>
      ? WithAxis<S, Axis>
      : I
    : ShapeError<`${Op}: indices ${Show<I>} have not as many axes as ${Show<S>}`>;

/** `gather(x, indices, axis)`: the shape of the indices. */
export interface GatherFunction {
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"gather", S, IndexShape<I>, Axis>>,
    options: AxisOption<Axis>,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>>;
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"gather", S, IndexShape<I>, Axis>>,
    axis: Axis,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>>;
}

/** `x.gather(indices, axis)`: the shape of the indices. */
export interface GatherMethod {
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    this: Tensor<S>,
    indices: I & Fits<Gathered<"gather", S, IndexShape<I>, Axis>>,
    options: AxisOption<Axis>,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>>;
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    this: Tensor<S>,
    indices: I & Fits<Gathered<"gather", S, IndexShape<I>, Axis>>,
    axis: Axis,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>>;
}

/** `scatterAdd(x, indices, source, axis)`: the shape stays. */
export interface ScatterAddFunction {
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>>,
    source: Operand,
    options: AxisOption<Axis>,
  ): Tensor<S>;
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>>,
    source: Operand,
    axis: Axis,
  ): Tensor<S>;
}

/** `x.scatterAdd(indices, source, axis)`: the shape stays. */
export interface ScatterAddMethod {
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    this: Tensor<S>,
    indices: I & Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>>,
    source: Operand,
    options: AxisOption<Axis>,
  ): Tensor<S>;
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    this: Tensor<S>,
    indices: I & Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>>,
    source: Operand,
    axis: Axis,
  ): Tensor<S>;
}

/** `indexAdd(x, indices, source, axis = 0)`: the shape stays. */
export interface IndexAddFunction {
  <S extends Shape, Axis extends number>(
    x: Tensor<S>,
    indices: Tensor | Literal,
    source: Operand,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = 0>(
    x: Tensor<S>,
    indices: Tensor | Literal,
    source: Operand,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
  ): Tensor<S>;
}

/** `x.indexAdd(indices, source, axis = 0)`: the shape stays. */
export interface IndexAddMethod {
  <S extends Shape, Axis extends number>(
    this: Tensor<S>,
    indices: Tensor | Literal,
    source: Operand,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>>,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = 0>(
    this: Tensor<S>,
    indices: Tensor | Literal,
    source: Operand,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
  ): Tensor<S>;
}

// In order ------------------------------------------------------------------------------------------------------------

export interface SortOptions {
  /** Whether the greatest come first. Default false. */
  readonly descending?: boolean | undefined;
}

/** `sort(x, axis = -1, { descending })`, `argSort(x, axis = -1, { descending })`: the shape stays. */
export interface SortFunction {
  <S extends Shape, Axis extends number = -1>(
    x: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>> & SortOptions,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = -1>(
    x: Tensor<S>,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
    options?: SortOptions,
  ): Tensor<S>;
}

/** `x.sort(axis = -1, { descending })`, `x.argSort(axis = -1, { descending })`: the shape stays. */
export interface SortMethod {
  <S extends Shape, Axis extends number = -1>(
    this: Tensor<S>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>> & SortOptions,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = -1>(
    this: Tensor<S>,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
    options?: SortOptions,
  ): Tensor<S>;
}

export interface TopKOptions {
  /** Whether the greatest are taken, and not the least. Default true. */
  readonly largest?: boolean | undefined;
}

/** Both of one shape; the indices are int32. */
export interface TopK<R> {
  readonly values: Of<R>;
  readonly indices: Of<R>;
}

/** `topK(x, k, axis = -1, { largest })`: the axis has size k. */
export interface TopKFunction {
  <S extends Shape, K extends number, Axis extends number = -1>(
    x: Tensor<S>,
    k: K,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>> & TopKOptions,
  ): TopK<Take<S, [K], Axis>>;
  <S extends Shape, K extends number, Axis extends number = -1>(
    x: Tensor<S>,
    k: K,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
    options?: TopKOptions,
  ): TopK<Take<S, [K], Axis>>;
}

/** `x.topK(k, axis = -1, { largest })`: the axis has size k. */
export interface TopKMethod {
  <S extends Shape, K extends number, Axis extends number = -1>(
    this: Tensor<S>,
    k: K,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>>> & TopKOptions,
  ): TopK<Take<S, [K], Axis>>;
  <S extends Shape, K extends number, Axis extends number = -1>(
    this: Tensor<S>,
    k: K,
    axis?: Axis & Fits<WithAxis<S, Axis>>,
    options?: TopKOptions,
  ): TopK<Take<S, [K], Axis>>;
}

// Tensors out of nothing ----------------------------------------------------------------------------------------------

/** `eye(3)`, `eye(2, 3)`, each with options behind. */
export interface EyeFunction {
  <M extends number>(size: M, options: TensorOptions): Tensor<[M, M]>;
  <M extends number, N extends number = M>(rows: M, columns?: N, options?: TensorOptions): Tensor<[M, N]>;
}

/** `linspace(0, 1, 5)`. */
export interface LinspaceFunction {
  <N extends number>(start: number, stop: number, count: N, options?: TensorOptions): Tensor<[N]>;
}

/** `arange(stop)`, `arange(start, stop)`, `arange(start, stop, step)`, each with options behind. */
export interface ArangeFunction {
  <N extends number>(stop: N, options?: TensorOptions): Tensor<[Count<N>]>;
  (start: number, stop: number, options?: TensorOptions): Tensor<[number]>;
  (start: number, stop: number, step: number, options?: TensorOptions): Tensor<[number]>;
}

/** A whole number is as many; what is none is counted at run time. */
type Count<N extends number> = `${N}` extends `-${string}` | `${string}.${string}` | `${string}e${string}` ? number : N;
