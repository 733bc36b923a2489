import type { Tail, Unknown, WithAxis } from "./axis-types.js";
import type { Product } from "./digits.js";
import type { Box, Shape, ShapeTypeError, Show } from "./types.js";

/*
 * The types of ops that pick, order and repeat elements; see types.ts for what all shape rules have in common.
 */

// Diagonals -----------------------------------------------------------------------------------------------------------

/** `S`, if it has two axes at least. */
export type Matrices<Op extends string, S extends Shape> = number extends S["length"]
  ? S
  : S extends readonly [number, number, ...Shape]
    ? S
    : ShapeTypeError<`${Op}: takes a matrix, or several, got ${Show<S>}`>;

/** Known where no option says otherwise. */
export type Diagonal<S extends Shape, O> = number extends S["length"]
  ? Shape
  : S extends readonly [infer M extends number, infer N extends number, ...infer Rest extends Shape]
    ? undefined extends O
      ? [...Rest, Box<M> extends Box<N> ? M : number]
      : Unknown<Tail<S>>
    : Matrices<"diagonal", S>;

export type MatrixTrace<S extends Shape, O> = number extends S["length"]
  ? Shape
  : S extends readonly [number, number, ...infer Rest extends Shape]
    ? undefined extends O
      ? Rest
      : Unknown<Rest>
    : Matrices<"trace", S>;

// The same elements in other places -----------------------------------------------------------------------------------

/** `S` repeated, aligned at the last axis. */
export type Tiled<S extends Shape, R extends Shape, Out extends Shape = []> = number extends S["length"] | R["length"]
  ? Shape
  : S extends readonly [...infer SH extends Shape, infer ST extends number]
    ? R extends readonly [...infer RH extends Shape, infer RT extends number]
      ? Tiled<SH, RH, [Times<ST, RT>, ...Out]>
      : [...S, ...Out]
    : [...R, ...Out];

type Times<A extends number, B extends number> = number extends A | B ? number : Product<[A, B]>;

/** The size of the axis: what reducing over all others leaves of the shape. */
export type SizeAt<S extends Shape, Axis extends number> = number extends S["length"] | Axis
  ? number
  : `${Axis}` extends keyof S
    ? Extract<S[`${Axis}` & keyof S], number>
    : Axis extends -1
      ? S extends readonly [...Shape, infer L extends number]
        ? L
        : number
      : number;

// By index ------------------------------------------------------------------------------------------------------------

/** The shape of the indices, which have as many axes as `S`. */
export type Gathered<Op extends string, S extends Shape, I extends Shape, Axis extends number> = number extends
  | S["length"]
  | I["length"]
  ? I
  : Box<S["length"]> extends Box<I["length"]>
    ? WithAxis<S, Axis> extends ShapeTypeError<string>
      ? WithAxis<S, Axis>
      : I
    : ShapeTypeError<`${Op}: indices ${Show<I>} have not as many axes as ${Show<S>}`>;
