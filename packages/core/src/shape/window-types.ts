import type { Tensor } from "../graph/tensor.js";
import type { Sum } from "./digits.js";
import type { Box, Fits, Of, Shape, ShapeError, Show } from "./types.js";
import type { PerAxis } from "./window.js";

/*
 * The types of convolutions, pools and padding: what is known of batch and channels is kept, the sizes of the planes,
 * which take a division, are left to run time.
 */

/** `Rank` spatial axes of unknown size. */
type Planes<Rank extends 1 | 2> = Rank extends 1 ? [number] : [number, number];

type RankError<
  Op extends string,
  What extends string,
  Rank extends 1 | 2,
  S extends Shape,
> = ShapeError<`${Op}: ${What} has ${Rank extends 1 ? 3 : 4} axes, got ${Show<S>}`>;

type GroupsOf<O> = O extends { readonly groups: infer G extends number } ? G : 1;

/** `Result`, if channels are those that are taken, or one of them is unknown. */
type IfEqual<Channels extends number, Taken extends number, Result, Otherwise> =
  Box<Channels> extends Box<Taken> ? Result : number extends Channels | Taken ? Result : Otherwise;

/** The rule of the batch and channels of x, which goes on to those of w; see `ConvRest` and `TransposeRest`. */
export type ConvShape<
  Op extends string,
  Rank extends 1 | 2,
  X extends Shape,
  W extends Shape,
  O,
> = number extends X["length"]
  ? ConvRest<Op, Rank, number, number, W, O>
  : X extends readonly [infer N extends number, infer C extends number, ...Planes<Rank>]
    ? ConvRest<Op, Rank, N, C, W, O>
    : RankError<Op, "x", Rank, X>;

type ConvRest<
  Op extends string,
  Rank extends 1 | 2,
  N extends number,
  C extends number,
  W extends Shape,
  O,
> = number extends W["length"]
  ? [N, number, ...Planes<Rank>]
  : W extends readonly [infer F extends number, infer D extends number, ...Planes<Rank>]
    ? GroupsOf<O> extends 1
      ? IfEqual<C, D, [N, F, ...Planes<Rank>], ShapeError<`${Op}: x has ${C} channels, the filters take ${D}`>>
      : [N, F, ...Planes<Rank>]
    : RankError<Op, "w", Rank, W>;

export type ConvTransposeShape<
  Op extends string,
  Rank extends 1 | 2,
  X extends Shape,
  W extends Shape,
  O,
> = number extends X["length"]
  ? TransposeRest<Op, Rank, number, number, W, O>
  : X extends readonly [infer N extends number, infer C extends number, ...Planes<Rank>]
    ? TransposeRest<Op, Rank, N, C, W, O>
    : RankError<Op, "x", Rank, X>;

type TransposeRest<
  Op extends string,
  Rank extends 1 | 2,
  N extends number,
  C extends number,
  W extends Shape,
  O,
> = number extends W["length"]
  ? [N, number, ...Planes<Rank>]
  : W extends readonly [infer F extends number, infer D extends number, ...Planes<Rank>]
    ? IfEqual<
        C,
        F,
        [N, GroupsOf<O> extends 1 ? D : number, ...Planes<Rank>],
        ShapeError<`${Op}: x has ${C} channels, w takes ${F}`>
      >
    : RankError<Op, "w", Rank, W>;

export type PoolShape<Op extends string, Rank extends 1 | 2, X extends Shape> = number extends X["length"]
  ? [number, number, ...Planes<Rank>]
  : X extends readonly [infer N extends number, infer C extends number, ...Planes<Rank>]
    ? [N, C, ...Planes<Rank>]
    : RankError<Op, "x", Rank, X>;

/** `pad(x, [[before, after], ...])`. */
export type Padded<S extends Shape, W extends readonly Shape[]> = number extends S["length"] | W["length"]
  ? Shape
  : Box<S["length"]> extends Box<W["length"]>
    ? { -readonly [I in keyof S]: I extends keyof W ? Sum<S[I], WidthOf<W[I]>> : never }
    : ShapeError<`pad: ${W["length"]} pairs for the ${S["length"]} axes of ${Show<S>}`>;

type WidthOf<P> = P extends readonly [infer Before, infer After] ? Sum<Before, After> : number;

/** `conv2d(x, w, b?, { stride, padding, dilation, groups })`, also without the bias in between. */
export interface ConvFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape, W extends Shape, const O extends Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvShape<Op, Rank, X, W, O>>,
    options: O,
  ): Of<ConvShape<Op, Rank, X, W, O>>;
  <X extends Shape, W extends Shape, const O extends Options = Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvShape<Op, Rank, X, W, O>>,
    b?: Tensor | null,
    options?: O,
  ): Of<ConvShape<Op, Rank, X, W, O>>;
}

/** `convTranspose2d(x, w, b?, { stride, padding, outputPadding, dilation, groups })`, also without the bias in between. */
export interface ConvTransposeFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape, W extends Shape, const O extends Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvTransposeShape<Op, Rank, X, W, O>>,
    options: O,
  ): Of<ConvTransposeShape<Op, Rank, X, W, O>>;
  <X extends Shape, W extends Shape, const O extends Options = Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvTransposeShape<Op, Rank, X, W, O>>,
    b?: Tensor | null,
    options?: O,
  ): Of<ConvTransposeShape<Op, Rank, X, W, O>>;
}

/** `adaptiveAvgPool2d(x, outputSize)`. */
export interface AdaptivePoolFunction<Op extends string, Rank extends 1 | 2> {
  <X extends Shape, const O extends PerAxis>(
    x: Tensor<X> & Fits<PoolShape<Op, Rank, X>>,
    outputSize: O,
  ): Of<WithPlanes<PoolShape<Op, Rank, X>, Rank, O>>;
}

/** A shape of planes whose sizes are asked for. */
type WithPlanes<S, Rank extends 1 | 2, O> = S extends readonly [infer N, infer C, ...Planes<Rank>]
  ? O extends number
    ? [N, C, ...(Rank extends 1 ? [O] : [O, O])]
    : O extends readonly [...Planes<Rank>]
      ? [N, C, ...O]
      : S
  : S;

/** `globalAvgPool(x)`, `globalAvgPool(x, { keepDims: true })`. */
export interface GlobalPoolFunction<Op extends string> {
  <X extends Shape, const K extends boolean = false>(
    x: Tensor<X> & Fits<GlobalPoolShape<Op, X, K>>,
    options?: { readonly keepDims?: K | undefined },
  ): Of<GlobalPoolShape<Op, X, K>>;
}

type GlobalPoolShape<Op extends string, X extends Shape, K extends boolean> = number extends X["length"]
  ? K extends true
    ? number[]
    : [number, number]
  : X extends readonly [infer N extends number, infer C extends number, unknown, ...infer Rest]
    ? K extends true
      ? [N, C, 1, ...{ [I in keyof Rest]: 1 }]
      : [N, C]
    : ShapeError<`${Op}: x has a spatial axis at least, got ${Show<X>}`>;

/** `maxPool2d(x, { kernel, stride = kernel, padding })`, `maxPool2d(x, kernel, { stride = kernel, padding })`. */
export interface PoolFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape>(
    x: Tensor<X> & Fits<PoolShape<Op, Rank, X>>,
    kernel: PerAxis,
    options?: Omit<Options, "kernel">,
  ): Of<PoolShape<Op, Rank, X>>;
  <X extends Shape>(x: Tensor<X> & Fits<PoolShape<Op, Rank, X>>, options: Options): Of<PoolShape<Op, Rank, X>>;
}

/** `pad(x, [[1, 1], [0, 2]], value = 0)`: a pair of widths for each axis. */
export interface PadFunction {
  <S extends Shape, const W extends readonly (readonly [before: number, after: number])[]>(
    x: Tensor<S>,
    widths: W & Fits<Padded<S, W>>,
    value?: number,
  ): Of<Padded<S, W>>;
}

/** `x.pad([[1, 1], [0, 2]], value = 0)`: a pair of widths for each axis. */
export interface PadMethod {
  <S extends Shape, const W extends readonly (readonly [before: number, after: number])[]>(
    this: Tensor<S>,
    widths: W & Fits<Padded<S, W>>,
    value?: number,
  ): Of<Padded<S, W>>;
}
