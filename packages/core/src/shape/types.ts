import type { NumberArray } from "../dtype.js";

/**
 * Shapes at compile time. A size is a number literal where it is known and `number` where it is not; a shape of unknown
 * rank is `Shape`. What is unknown is let through here and checked at run time.
 *
 * A shape rule gives a shape, or a `ShapeTypeError` that carries the message: `Of` makes a tensor of the one, `Fits` a
 * compile error of the other.
 *
 * In generic code, where a size is a type parameter, the compiler puts off a condition on the size itself, and what is
 * put off fits nothing. So the rules look at the structure of a shape first, and compare sizes inside an object type
 * (`Box`, `Exactly`): that is decided at once where both are the same type parameter, and so a generic layer compiles.
 */
export type Shape = readonly number[];

declare const shapeError: unique symbol;

/** Why shapes do not fit. No tensor has this type, so that the compiler prints the message with its name. */
export interface ShapeTypeError<Message extends string> {
  readonly [shapeError]: Message;
}

/** What `slice` takes of one axis: one index (drops the axis), all (null), or start, stop and step (null: open). */
export type Range =
  | number
  | null
  | readonly [start: number | null, stop: number | null]
  | readonly [start: number | null, stop: number | null, step: number | null];

/** A shape as results have it: `[2, 3]`, which fits where `readonly [2, 3]` is asked for, and not the other way round. */
export type Mutable<S extends Shape> = { -readonly [I in keyof S]: S[I] };

/**
 * Intersected with the type of an argument `A`: nothing when the shape rule holds, its error when it does not. Of a tensor or a
 * list that is the text alone, which no object is; of a number, of which nothing would be left beside a text, the error type.
 */
export type Fits<R, A = object> =
  R extends ShapeTypeError<infer Message> ? (A extends number | string ? R : Message) : unknown;

/** Box<A> extends Box<B> where A extends B: decided even where they are type parameters, if it is true. */
export interface Box<out T> {
  readonly value: T;
}

/** Exactly<A> extends Exactly<B> where A is B. */
export interface Exactly<in out T> {
  readonly value: (value: T) => T;
}

/** A shape as an error prints it: `[2, 3]`, with `?` for an unknown size. */
export type Show<S extends Shape, Text extends string = ""> = number extends S["length"]
  ? "[...]"
  : S extends readonly [infer H extends number, ...infer T extends Shape]
    ? Show<T, `${Text}${Text extends "" ? "" : ", "}${number extends H ? "?" : H}`>
    : `[${Text}]`;

// Broadcasting --------------------------------------------------------------------------------------------------------

/** The size that two sizes broadcast to, or null. */
type Dim<A extends number, B extends number> =
  Exactly<B> extends Exactly<A> | Exactly<1>
    ? A
    : number extends A
      ? B
      : number extends B
        ? A extends 1
          ? number
          : A
        : A extends 1
          ? B
          : null;

/**
 * NumPy's rule: aligned at the last axis, sizes are equal or one of them is 1. Generic code whose whole shape is a type
 * parameter may broadcast it with itself or, on the right, with a scalar.
 */
export type Broadcast<A extends Shape, B extends Shape> = Box<B> extends Fitting<A> ? A : Aligned<A, B>;

/** `Fits<Broadcast<A, B>>`, decided for shapes that are type parameters, too. */
export type BroadcastFits<A extends Shape, B extends Shape> = Box<B> extends Fitting<A> ? unknown : Fits<Aligned<A, B>>;

/** What leaves `S` as it is when the two broadcast. */
export type Fitting<S extends Shape> = Box<OrOnes<S> | readonly []>;

type OrOnes<S extends Shape> = { readonly [I in keyof S]: S[I] | 1 };

export type Aligned<A extends Shape, B extends Shape, R extends Shape = []> = number extends A["length"] | B["length"]
  ? Shape
  : A extends readonly [...infer AH extends Shape, infer AT extends number]
    ? B extends readonly [...infer BH extends Shape, infer BT extends number]
      ? Box<Dim<AT, BT>> extends Box<infer D extends number>
        ? Aligned<AH, BH, [D, ...R]>
        : ShapeTypeError<`${AT} and ${BT} do not broadcast`>
      : [...A, ...R]
    : [...B, ...R];

/** `Broadcast` of three shapes. */
export type Broadcast3<A extends Shape, B extends Shape, C extends Shape> =
  Box<B | C> extends Fitting<A>
    ? A
    : Broadcast<A, B> extends infer R
      ? R extends infer S extends Shape
        ? Broadcast<S, C>
        : R
      : never;

/** `Fits<Broadcast3<A, B, C>>`, decided for shapes that are type parameters, too. */
export type Broadcast3Fits<A extends Shape, B extends Shape, C extends Shape> =
  Box<B | C> extends Fitting<A> ? unknown : Fits<Broadcast3<A, B, C>>;

/** `To`, if `S` broadcasts to it. */
export type BroadcastTo<S extends Shape, To extends Shape> = BroadcastInto<S, To, S, To>;

type BroadcastInto<SRest extends Shape, ToRest extends Shape, S extends Shape, To extends Shape> = number extends
  | SRest["length"]
  | ToRest["length"]
  ? To
  : SRest extends readonly [...infer SH extends Shape, infer ST extends number]
    ? ToRest extends readonly [...infer TH extends Shape, infer TT extends number]
      ? Box<ST> extends Box<TT | 1>
        ? BroadcastInto<SH, TH, S, To>
        : number extends ST
          ? BroadcastInto<SH, TH, S, To>
          : ShapeTypeError<`broadcastTo: ${Show<S>} does not broadcast to ${Show<To>}: sizes ${ST} and ${TT} differ`>
      : ShapeTypeError<`broadcastTo: ${Show<S>} has more axes than ${Show<To>}`>
    : To;

// Matrix product ------------------------------------------------------------------------------------------------------

/**
 * NumPy's rule for vectors, matrices and batches of them: a vector on the left is a row, on the right a column, and
 * loses that axis again in the result; the axes before the last two broadcast.
 */
export type MatMulShape<A extends Shape, B extends Shape> = number extends A["length"] | B["length"]
  ? Shape
  : A extends readonly [...infer P extends Shape, infer M extends number, infer K extends number]
    ? B extends readonly [...infer Q extends Shape, infer L extends number, infer N extends number]
      ? Inner<K, L, Broadcast<P, Q>, [M, N]>
      : B extends readonly [infer L extends number]
        ? Inner<K, L, P, [M]>
        : NoInner<A, B>
    : A extends readonly [infer K extends number]
      ? B extends readonly [...infer Q extends Shape, infer L extends number, infer N extends number]
        ? Inner<K, L, Q, [N]>
        : B extends readonly [infer L extends number]
          ? Inner<K, L, [], []>
          : NoInner<A, B>
      : NoInner<A, B>;

type Inner<K extends number, L extends number, Batch, Last extends Shape> =
  Box<K> extends Box<L>
    ? Batched<Batch, Last>
    : number extends K
      ? Batched<Batch, Last>
      : ShapeTypeError<`matmul: inner sizes ${K} and ${L} differ`>;

type Batched<Batch, Last extends Shape> = Batch extends infer P extends Shape ? [...P, ...Last] : Batch;

type NoInner<
  A extends Shape,
  B extends Shape,
> = ShapeTypeError<`matmul: ${Show<A>} x ${Show<B>}: a scalar has no inner size; use mul`>;

// Values --------------------------------------------------------------------------------------------------------------

/** The shape of nested lists, as written; `number` where a list is longer than its type says. */
export type NestedShape<T> = T extends number | boolean
  ? []
  : T extends NumberArray
    ? [number]
    : T extends readonly unknown[]
      ? [T[number]] extends [number | boolean]
        ? [T["length"]]
        : [number | number[]] extends [T[number]]
          ? Shape // lists of unknown depth
          : Rows<T["length"], NestedShape<T[number]>, NestedShape<T[0]>>
      : never;

type Rows<Length extends number, Row, First> = [Widest<Row>] extends [infer R extends Shape]
  ? [R] extends [never]
    ? Ragged<First, Exclude<Row, First>>
    : [Length, ...R]
  : Row;

/** The member of a union that takes in all the others, or never. */
type Widest<U, All = U> = U extends unknown ? ([All] extends [U] ? U : never) : never;

type Ragged<A, B> = A extends Shape
  ? B extends Shape
    ? ShapeTypeError<`ragged: rows of ${Show<A>} and of ${Show<B>}`>
    : B
  : A;
