import type { AnyDType, DType } from "../../dtype.js";
import type { Box, Exactly, NestedShape, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";

/*
 * The types of the ops as functions; `scripts/generate-methods.mjs` makes those of the methods of them.
 *
 * Each is one signature where it can be, not a list of overloads, so that a mismatch is reported once and in its own
 * words: the argument to blame is intersected with the error of the shape rule. A method names shape and dtype through `this`,
 * and not through the type parameters of the class, so that Tensor stays covariant in both.
 *
 * Both are always inferred, `Tensor<infer S, infer _>`: with a default in the place of one that is a type parameter in generic code
 * the compiler would put the condition off.
 */

/** A tensor, or a number in its place. */
export type Operand = Tensor | number;

/** The shape of an operand; a number is a scalar. */
export type ShapeOf<X> = X extends Tensor<infer S, infer _> ? S : [];

/** The dtype of an operand; a number is float64, where it meets no tensor. */
export type DTypeOf<X> = X extends Tensor<infer _, infer D> ? D : "float64";

/** The tensor that a shape rule results in. */
export type Of<R, D extends DType = AnyDType> = R extends infer S extends Shape ? Tensor<S, D> : R;

/** The dtype `G` that an op always gives, or that of its input. */
export type Gives<G, D extends DType> = G extends DType ? G : D;

/** The dtype of two operands, which is one: what is known of one is known of both. */
export type Common<X, Y> =
  X extends Tensor<infer _, infer D> ? (Y extends Tensor<infer _, infer E> ? Narrower<D, E> : D) : DTypeOf<Y>;

/** What is known of one of two dtypes: of an intersection with `any` that is nothing. */
export type Narrower<D extends DType, E extends DType> =
  (<T>() => T extends D ? 1 : 2) extends <T>() => T extends E ? 1 : 2
    ? D
    : unknown extends D
      ? E
      : unknown extends E
        ? D
        : D & E;

/** A dtype of which it is known which one, else any: no more is known of a text, or of one of several. */
export type Known<D extends DType> = Exactly<D> extends Single ? D : AnyDType;

type Single = Exactly<"float64"> | Exactly<"float32"> | Exactly<"int32"> | Exactly<"bool">;

/** The dtype of a list of operands, of which numbers take that of the tensors. */
export type DTypeOfAll<T extends readonly unknown[]> = [T[number]] extends [number]
  ? "float64"
  : DTypeOf<Exclude<T[number], number>>;

/**
 * `Else`, where two dtypes can be one and the same, otherwise what is wrong with them. Type parameters are let through at once
 * where both are the same one, or where nothing is known of the other, which is `any` and so the same as each.
 */
export type Mixes<D extends DType, E extends DType, Else = unknown> =
  Exactly<[D, E]> extends Exactly<[E, D]>
    ? Else
    : Box<D & E> extends Box<never>
      ? `${D} and ${E} do not mix; convert one with cast`
      : Else;

/** `Else`, where a tensor of indices can be int32; otherwise what is wrong with it. */
export type IndexFits<Op extends string, I, Else = unknown> =
  I extends Tensor<infer _, infer D>
    ? Box<D & "int32"> extends Box<never>
      ? `${Op}: indices are int32, got ${D}; ${D extends "bool" ? "for a mask write mask.where(x, 0)" : 'convert with cast("int32")'}`
      : Else
    : Else;

/** The shapes of a list of operands. */
export type ShapesOf<T extends readonly unknown[]> = { readonly [I in keyof T]: ShapeOf<T[I]> };

// An axis may also be one of the options. That form is the first of the overloads: the compiler reports the last.

/** The axis as one of the options. */
export interface AxisOption<Axis> {
  readonly axis?: Axis | undefined;
}

// Sizes given one after the other, not as a list. Again the last of the overloads is what the compiler reports.

/** One size at least. */
export type Sizes = readonly [number, ...number[]];

/** Positions: an int32 tensor, a list of numbers or a number. */
export type Indices = Operand | readonly number[];

export type IndicesShape<I> = I extends readonly number[] ? [I["length"]] : ShapeOf<I>;

/** Positions: an int32 tensor, or lists of numbers. */
export type IndexShape<I> =
  I extends Tensor<infer S, infer _> ? S : NestedShape<I> extends infer S extends Shape ? S : Shape;
