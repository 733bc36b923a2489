import type { DType } from "../../dtype.js";
import type { Aligned, Box, Broadcast3, Broadcast3Fits, BroadcastFits, Fitting, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";
import type { Of, Operand, ShapeOf } from "./operands.js";

/* The signatures of ops that work element by element. */

/** `exp(x)`: the shape stays. */
export interface UnaryFunction {
  <X extends Operand>(x: X): Tensor<ShapeOf<X>>;
}

/** `gelu(x, { approximate })`: the shape stays. */
export interface GeluFunction {
  <X extends Operand>(x: X, options?: GeluOptions): Tensor<ShapeOf<X>>;
}

export interface GeluOptions {
  readonly approximate?: "none" | "tanh" | undefined;
}

/** `add(x, y)`: the shapes broadcast; either may be a number. */
export interface BinaryFunction {
  <X extends Operand, Y extends Operand>(x: X, y: Y & BinaryFits<X, Y>): BinaryOf<X, Y>;
}

/** `elu(x, alpha = 1)`: as `BinaryFunction`, with a default for `y`. */
export interface ParametricFunction {
  <X extends Operand, Y extends Operand = number>(x: X, y?: Y & BinaryFits<X, Y>): BinaryOf<X, Y>;
}

/** `less(x, y)`: as `BinaryFunction`; the result is a bool. */
export interface ComparisonFunction extends BinaryFunction {}

/** `where(condition, x, y)`: all three broadcast. */
export interface WhereFunction {
  <C extends Tensor, X extends Operand, Y extends Operand>(
    condition: C,
    x: X & BinaryFits<C, X>,
    y: Y & TernaryFits<C, X, Y>,
  ): TernaryOf<C, X, Y>;
}

/** `clamp(x, low = -Infinity, high = Infinity)`: all three broadcast. */
export interface ClampFunction {
  <X extends Operand, Low extends Operand = number, High extends Operand = number>(
    x: X,
    low?: Low & BinaryFits<X, Low>,
    high?: High & TernaryFits<X, Low, High>,
  ): TernaryOf<X, Low, High>;
}

// Numbers are set apart here, where that is decided for tensors of any shape: broadcasting `[]` with a shape that is a
// type parameter is not. And shapes are inferred, not taken by `ShapeOf`: `Box` would look into what it puts off, and
// decide too early.

export type BinaryOf<X, Y> =
  X extends Tensor<infer A> ? (Y extends Tensor<infer B> ? BroadcastOf<A, B> : Tensor<A>) : Tensor<ShapeOf<Y>>;

export type BinaryFits<X, Y> =
  X extends Tensor<infer A> ? (Y extends Tensor<infer B> ? BroadcastFits<A, B> : unknown) : unknown;

export type TernaryOf<X, Y, Z> =
  X extends Tensor<infer A>
    ? Y extends Tensor<infer B>
      ? Z extends Tensor<infer C>
        ? Broadcast3Of<A, B, C>
        : BroadcastOf<A, B>
      : BinaryOf<X, Z>
    : BinaryOf<Y, Z>;

export type TernaryFits<X, Y, Z> =
  X extends Tensor<infer A>
    ? Y extends Tensor<infer B>
      ? Z extends Tensor<infer C>
        ? Broadcast3Fits<A, B, C>
        : unknown
      : BinaryFits<X, Z>
    : BinaryFits<Y, Z>;

/** `Of<Broadcast<A, B>>`, decided for shapes that are type parameters, too. */
export type BroadcastOf<A extends Shape, B extends Shape> = Box<B> extends Fitting<A> ? Tensor<A> : Of<Aligned<A, B>>;

/** `Of<Broadcast3<A, B, C>>`, decided for shapes that are type parameters, too. */
export type Broadcast3Of<A extends Shape, B extends Shape, C extends Shape> =
  Box<B | C> extends Fitting<A> ? Tensor<A> : Of<Broadcast3<A, B, C>>;

/** `cast(x, dtype)`: the shape stays. */
export interface CastFunction {
  <S extends Shape>(x: Tensor<S>, dtype: DType): Tensor<S>;
}
