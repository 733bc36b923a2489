import type { Sum } from "./digits.js";
import type { Box, Shape, ShapeTypeError, Show } from "./types.js";

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
> = ShapeTypeError<`${Op}: ${What} has ${Rank extends 1 ? 3 : 4} axes, got ${Show<S>}`>;

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
      ? IfEqual<C, D, [N, F, ...Planes<Rank>], ShapeTypeError<`${Op}: x has ${C} channels, the filters take ${D}`>>
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
        ShapeTypeError<`${Op}: x has ${C} channels, w takes ${F}`>
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
    : ShapeTypeError<`pad: ${W["length"]} pairs for the ${S["length"]} axes of ${Show<S>}`>;

type WidthOf<P> = P extends readonly [infer Before, infer After] ? Sum<Before, After> : number;

/** A shape of planes whose sizes are asked for. */
export type WithPlanes<S, Rank extends 1 | 2, O> = S extends readonly [infer N, infer C, ...Planes<Rank>]
  ? O extends number
    ? [N, C, ...(Rank extends 1 ? [O] : [O, O])]
    : O extends readonly [...Planes<Rank>]
      ? [N, C, ...O]
      : S
  : S;

export type GlobalPoolShape<Op extends string, X extends Shape, K extends boolean> = number extends X["length"]
  ? K extends true
    ? number[]
    : [number, number]
  : X extends readonly [infer N extends number, infer C extends number, unknown, ...infer Rest]
    ? K extends true
      ? [N, C, 1, ...{ [I in keyof Rest]: 1 }]
      : [N, C]
    : ShapeTypeError<`${Op}: x has a spatial axis at least, got ${Show<X>}`>;
