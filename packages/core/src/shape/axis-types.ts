import type { Product, ProductText, Sum } from "./digits.js";
import type { Box, Exactly, Mutable, Range, Shape, ShapeTypeError, Show } from "./types.js";

/*
 * The shape rules of ops that reduce, move, join or pick along axes; see types.ts for what all shape rules have in
 * common.
 */

/** One axis or several; a negative one counts from the end. */
export type Axes = number | readonly number[];

/** The same rank, with unknown sizes. */
export type Unknown<S extends Shape> = { -readonly [I in keyof S]: number };

export type Tail<S extends Shape> = S extends readonly [number, ...infer T extends Shape] ? T : Shape;

/** `Axis` (a literal) counted from the front, or never where `S` has no such axis. */
type Normal<S extends Shape, Axis> = Axis extends number
  ? `${Axis}` extends `-${infer Back}`
    ? FromEnd<S, Back>
    : `${Axis}` extends keyof S
      ? Axis
      : never
  : never;

// Over unknown elements: a constraint on them would put off the conditions that this one is a part of.
type FromEnd<
  S extends readonly unknown[],
  Back extends string,
  Seen extends readonly 0[] = readonly [0],
> = S extends readonly [...infer H, unknown]
  ? `${Seen["length"]}` extends Back
    ? H["length"]
    : FromEnd<H, Back, [...Seen, 0]>
  : never;

/** Those of the axes (a union of literals) that `S` does not have. */
type OutOfRange<S extends Shape, Axis extends number> = Axis extends unknown
  ? [Normal<S, Axis>] extends [never]
    ? Axis
    : never
  : never;

/** `S`, if it has all of the axes (a union). */
export type WithAxis<S extends Shape, Axis extends number> = number extends S["length"] | Axis
  ? S
  : [OutOfRange<S, Axis>] extends [never]
    ? S
    : ShapeTypeError<`axis ${OutOfRange<S, Axis>} is out of range for ${Show<S>}`>;

/** `S` with each axis of the union `At` (counted from the front) replaced by the sizes `By`. */
type Replaced<S extends Shape, At, By extends Shape, R extends Shape = []> = S extends readonly [
  ...infer H extends Shape,
  infer L extends number,
]
  ? Replaced<H, At, By, H["length"] extends At ? [...By, ...R] : [L, ...R]>
  : R;

/** `S` without the axes, or with size 1 in their places; no axes named means all of them. */
export type Reduced<
  S extends Shape,
  Axis extends Axes | undefined = undefined,
  Keep extends boolean = false,
> = boolean extends Keep
  ? Shape
  : [Axis] extends [undefined]
    ? Keep extends true
      ? { -readonly [I in keyof S]: 1 }
      : []
    : number extends S["length"]
      ? Shape
      : Axis extends number
        ? number extends Axis
          ? Unknown<Keep extends true ? S : Tail<S>>
          : ReducedAt<S, Axis, Keep>
        : Axis extends Shape
          ? number extends Axis["length"] | Axis[number]
            ? Keep extends true
              ? Unknown<S>
              : Shape
            : ReducedAt<S, Axis[number], Keep>
          : Shape;

type ReducedAt<S extends Shape, Axis extends number, Keep extends boolean> = [OutOfRange<S, Axis>] extends [never]
  ? Replaced<S, Normal<S, Axis>, Keep extends true ? [1] : []>
  : WithAxis<S, Axis>;

/** The axes in the order of `Order`, or in reverse without it. */
export type Transposed<S extends Shape, Order extends Shape | undefined = undefined> = number extends S["length"]
  ? Shape
  : Order extends Shape
    ? number extends Order["length"] | Order[number]
      ? Unknown<S>
      : Order["length"] extends S["length"]
        ? [Exclude<IndexOf<S>, `${Normal<S, Order[number]>}`>] extends [never]
          ? { -readonly [I in keyof Order]: S[Normal<S, Order[I]>] }
          : NoOrder<S, Order>
        : NoOrder<S, Order>
    : Reversed<S>;

type IndexOf<S extends Shape> = Extract<keyof S, `${number}`>;

type Reversed<S extends Shape, R extends Shape = []> = S extends readonly [
  infer H extends number,
  ...infer T extends Shape,
]
  ? Reversed<T, [H, ...R]>
  : R;

type NoOrder<
  S extends Shape,
  Order extends Shape,
> = ShapeTypeError<`transpose: ${Show<Order>} is not an order of the ${S["length"]} axes of ${Show<S>}`>;

/** `S` with a new axis of size 1 (or of another size) before `Axis`; -1 puts it last. */
export type ExpandDims<S extends Shape, Axis extends number, Size extends number = 1> = number extends S["length"]
  ? Shape
  : number extends Axis
    ? Unknown<[...S, 1]>
    : [Normal<[...S, Size], Axis>] extends [never]
      ? ShapeTypeError<`axis ${Axis} is out of range for ${Show<S>} with one more axis`>
      : Inserted<S, Normal<[...S, Size], Axis>, Size>;

type Inserted<S extends Shape, At extends number, Size extends number, T extends Shape = []> = S["length"] extends At
  ? [...S, Size, ...T]
  : S extends readonly [...infer H extends Shape, infer L extends number]
    ? Inserted<H, At, Size, [L, ...T]>
    : never;

/** `S` without an axis, which must have size 1; without all axes of size 1 where none is named. */
export type Squeeze<S extends Shape, Axis extends number | undefined = undefined> = number extends S["length"]
  ? Shape
  : Axis extends number
    ? number extends Axis
      ? Unknown<Tail<S>>
      : [Normal<S, Axis>] extends [never]
        ? WithAxis<S, Axis>
        : number extends S[Normal<S, Axis>]
          ? ReducedAt<S, Axis, false>
          : S[Normal<S, Axis>] extends 1
            ? ReducedAt<S, Axis, false>
            : ShapeTypeError<`squeeze: axis ${Axis} of ${Show<S>} has size ${S[Normal<S, Axis>]}, not 1`>
    : number extends S[number]
      ? Shape
      : WithoutOnes<S>;

type WithoutOnes<S extends Shape, R extends Shape = []> = S extends readonly [
  infer H extends number,
  ...infer T extends Shape,
]
  ? WithoutOnes<T, H extends 1 ? R : [...R, H]>
  : R;

// Reshape -------------------------------------------------------------------------------------------------------------

/**
 * `To`, if it has as many elements as `S`. A size of -1 is found where the other sizes of `To` are sizes of `S` too, as
 * when axes are flattened (`[100, 16, 4, 4]` to `[100, -1]` gives 256); elsewhere it is `number`.
 */
export type Reshaped<S extends Shape, To extends Shape> = number extends S["length"]
  ? Filled<To, number>
  : number extends To["length"]
    ? Shape
    : ReshapedRest<S, To, S, To>;

/** Common first sizes need no product, so that they may be type parameters or unknown. */
type ReshapedRest<
  S extends Shape,
  To extends Shape,
  SRest extends Shape,
  ToRest extends Shape,
  Front extends Shape = [],
> = SRest extends readonly [infer H extends number, ...infer ST extends Shape]
  ? ToRest extends readonly [infer G extends number, ...infer TT extends Shape]
    ? Exactly<H> extends Exactly<G>
      ? ReshapedRest<S, To, ST, TT, [...Front, H]>
      : ReshapedTail<S, To, SRest, ToRest, Front>
    : ReshapedTail<S, To, SRest, ToRest, Front>
  : ReshapedTail<S, To, SRest, ToRest, Front>;

type ReshapedTail<
  S extends Shape,
  To extends Shape,
  SRest extends Shape,
  ToRest extends Shape,
  Front extends Shape,
> = -1 extends ToRest[number]
  ? [...Front, ...Filled<ToRest, number extends ToRest[number] ? number : Missing<SRest, ToRest>>]
  : ProductText<SRest> extends ProductText<ToRest>
    ? Mutable<To>
    : number extends S[number] | To[number]
      ? Mutable<To>
      : ShapeTypeError<`reshape: ${Show<S>} has ${ProductText<S>} elements, ${Show<To>} has ${ProductText<To>}`>;

type Filled<To extends Shape, Size extends number> = { -readonly [I in keyof To]: To[I] extends -1 ? Size : To[I] };

/** The size that -1 stands for: the product of those sizes of `S` that are left when those of `To` are taken away. */
type Missing<S extends Shape, To extends Shape> = number extends S["length"] | S[number]
  ? number
  : To extends readonly [infer H extends number, ...infer T extends Shape]
    ? H extends -1
      ? Missing<S, T>
      : H extends S[number]
        ? Missing<Without<S, H>, T>
        : number
    : Product<S>;

/** `S` without the first size that is `D`. */
type Without<S extends Shape, D extends number, Front extends Shape = []> = S extends readonly [
  infer H extends number,
  ...infer T extends Shape,
]
  ? H extends D
    ? [...Front, ...T]
    : Without<T, D, [...Front, H]>
  : Front;

// Joins ---------------------------------------------------------------------------------------------------------------

/** The shape of tensors one after the other on an axis; their other sizes are equal. */
export type Concat<Shapes extends readonly Shape[], Axis extends number> = number extends
  | Shapes["length"]
  | Shapes[number]["length"]
  | Axis
  ? Shape
  : Shapes extends readonly [infer S extends Shape, ...infer Rest extends readonly Shape[]]
    ? [Normal<S, Axis>] extends [never]
      ? WithAxis<S, Axis>
      : Joined<"concat", S, Rest, `${Normal<S, Axis>}`>
    : ShapeTypeError<"concat: takes one tensor at least, got 0">;

/** The shape of equal shapes on a new axis. */
export type Stack<Shapes extends readonly Shape[], Axis extends number> = number extends Shapes["length"]
  ? number extends Shapes[number]["length"]
    ? Shape
    : ExpandDims<Shapes[number], Axis, number>
  : number extends Shapes[number]["length"]
    ? Shape
    : Shapes extends readonly [infer S extends Shape, ...infer Rest extends readonly Shape[]]
      ? Joined<"stack", S, Rest, ""> extends infer R
        ? R extends infer J extends Shape
          ? ExpandDims<J, Axis, Shapes["length"]>
          : R
        : never
      : ShapeTypeError<"stack: takes one tensor at least, got 0">;

type Joined<Op extends string, S extends Shape, Rest extends readonly Shape[], At> = Rest extends readonly [
  infer N extends Shape,
  ...infer More extends readonly Shape[],
]
  ? N["length"] extends S["length"]
    ? Box<UnequalAxis<S, N, At>> extends Box<never>
      ? Joined<Op, Merged<S, N, At>, More, At>
      : ShapeTypeError<`${Op}: ${Show<S>} and ${Show<N>} differ in axis ${UnequalAxis<S, N, At>}`>
    : ShapeTypeError<`${Op}: ${Show<S>} and ${Show<N>} have ${S["length"]} and ${N["length"]} axes`>
  : S;

type Merged<A extends Shape, B extends Shape, At> = {
  -readonly [I in keyof A]: I extends At
    ? Sum<A[I], SizeAt<B, I>>
    : Box<A[I]> extends Box<SizeAt<B, I>>
      ? A[I]
      : SizeAt<B, I>;
};

type UnequalAxis<A extends Shape, B extends Shape, At> = {
  [I in IndexOf<A>]: I extends At
    ? never
    : Box<SizeAt<A, I>> extends Box<SizeAt<B, I>>
      ? never
      : number extends SizeAt<A, I>
        ? never
        : I;
}[IndexOf<A>];

type SizeAt<S extends Shape, I> = I extends keyof S ? Extract<S[I], number> : never;

// Parts ---------------------------------------------------------------------------------------------------------------

/** `S` with the axis replaced by the shape of the indices. */
export type Take<S extends Shape, I extends Shape, Axis extends number> = number extends
  | S["length"]
  | I["length"]
  | Axis
  ? Shape
  : [Normal<S, Axis>] extends [never]
    ? WithAxis<S, Axis>
    : Replaced<S, Normal<S, Axis>, I>;

/** The shape of the indices, and a last axis of classes. */
export type OneHot<I extends Shape, Classes extends number> = [...I, Classes];

/** `S` with the sliced sizes unknown and the indexed axes gone; axes after the last range stay as they are. */
export type Slice<S extends Shape, Ranges extends readonly Range[]> = number extends S["length"] | Ranges["length"]
  ? Shape
  : Sliced<S, Ranges> extends infer R extends Shape
    ? R
    : ShapeTypeError<`slice: ${Ranges["length"]} ranges for the ${S["length"]} axes of ${Show<S>}`>;

type Sliced<S extends Shape, Ranges extends readonly Range[], R extends Shape = []> = Ranges extends readonly [
  infer G extends Range,
  ...infer More extends readonly Range[],
]
  ? S extends readonly [infer H extends number, ...infer T extends Shape]
    ? Sliced<T, More, G extends number ? R : [...R, G extends null ? H : number]>
    : null
  : [...R, ...S];
