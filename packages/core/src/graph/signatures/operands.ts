import type { NestedShape, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";

/*
 * The types of the ops as functions; `scripts/generate-methods.mjs` makes those of the methods of them.
 *
 * Each is one signature where it can be, not a list of overloads, so that a mismatch is reported once and in its own
 * words: the argument to blame is intersected with the error of the shape rule. A method names the shape through `this`,
 * and not through the type parameter of the class, so that Tensor stays covariant in its shape.
 */

/** A tensor, or a number in its place. */
export type Operand = Tensor | number;

/** The shape of an operand; a number is a scalar. */
export type ShapeOf<X> = X extends Tensor<infer S> ? S : [];

/** The tensor that a shape rule results in. */
export type Of<R> = R extends infer S extends Shape ? Tensor<S> : R;

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
export type IndexShape<I> = I extends Tensor<infer S> ? S : NestedShape<I> extends infer S extends Shape ? S : Shape;
