import type { DType, DTypes } from "../../dtype.js";
import type { Aligned, Box, Broadcast3, Broadcast3Fits, BroadcastFits, Fitting, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";
import type { Common, DTypeOf, Known, Mixes, Narrower, Of, Operand, ShapeOf } from "./operands.js";

/* The signatures of ops that work element by element. */

/** `exp(x)`: the shape stays. */
export interface UnaryFunction {
  <X extends Operand>(x: X): Tensor<ShapeOf<X>, DTypeOf<X>>;
}

/** `isNaN(x)`: the shape stays; the result is a bool. */
export interface TestFunction {
  <X extends Operand>(x: X): Tensor<ShapeOf<X>, "bool">;
}

/** `gelu(x, { approximate })`: the shape stays. */
export interface GeluFunction {
  <X extends Operand>(x: X, options?: GeluOptions): Tensor<ShapeOf<X>, DTypeOf<X>>;
}

export interface GeluOptions {
  readonly approximate?: "none" | "tanh" | undefined;
}

/** `add(x, y)`: the shapes broadcast; either may be a number. */
export interface BinaryFunction {
  <X extends Operand, Y extends Operand>(x: X, y: Y & BinaryFits<X, Y>): BinaryOf<X, Y>;
}

/** `elu(x, alpha = 1)`: the shapes broadcast; either may be a number. */
export interface ParametricFunction {
  <X extends Operand, Y extends Operand = number>(x: X, y?: Y & BinaryFits<X, Y>): BinaryOf<X, Y>;
}

/** `less(x, y)`: the shapes broadcast; either may be a number; the result is a bool. */
export interface ComparisonFunction {
  <X extends Operand, Y extends Operand>(x: X, y: Y & BinaryFits<X, Y>): BinaryOf<X, Y, "bool">;
}

/** `where(condition, x, y)`: all three broadcast. */
export interface WhereFunction {
  <S extends Shape, D extends DType, X extends Operand, Y extends Operand>(
    condition: Tensor<S, D> & ConditionFits<D>,
    x: X & BinaryFits<Tensor<S>, X>,
    y: Y & TernaryFits<Tensor<S>, X, Y>,
  ): TernaryOf<Tensor<S>, X, Y, Common<X, Y>>;
}

/** Nothing, where a condition can be a bool; otherwise what is wrong with it. */
export type ConditionFits<D extends DType> =
  Box<D & "bool"> extends Box<never>
    ? `where: the condition is a bool tensor, got ${D}; compare it, as in x.greater(0)`
    : unknown;

/** `clamp(x, low = -Infinity, high = Infinity)`: all three broadcast. */
export interface ClampFunction {
  <X extends Operand, Low extends Operand = number, High extends Operand = number>(
    x: X,
    low?: Low & BinaryFits<X, Low>,
    high?: High & TernaryFits<X, Low, High>,
  ): TernaryOf<X, Low, High, ClampDType<X, Low, High>>;
}

// Numbers are set apart here, where that is decided for tensors of any shape: broadcasting `[]` with a shape that is a
// type parameter is not. And shapes are inferred, not taken by `ShapeOf`: `Box` would look into what it puts off, and
// decide too early.

export type BinaryOf<X, Y, D extends DType = Common<X, Y>> =
  X extends Tensor<infer A, infer _>
    ? Y extends Tensor<infer B, infer _>
      ? BroadcastOf<A, B, D>
      : Tensor<A, D>
    : Tensor<ShapeOf<Y>, D>;

export type BinaryFits<X, Y> =
  X extends Tensor<infer A, infer D>
    ? Y extends Tensor<infer B, infer E>
      ? Mixes<D, E, BroadcastFits<A, B>>
      : unknown
    : unknown;

export type TernaryOf<X, Y, Z, D extends DType> =
  X extends Tensor<infer A, infer _>
    ? Y extends Tensor<infer B, infer _>
      ? Z extends Tensor<infer C, infer _>
        ? Broadcast3Of<A, B, C, D>
        : BroadcastOf<A, B, D>
      : BinaryOf<X, Z, D>
    : BinaryOf<Y, Z, D>;

export type TernaryFits<X, Y, Z> =
  X extends Tensor<infer A, infer D>
    ? Y extends Tensor<infer B, infer E>
      ? Z extends Tensor<infer C, infer F>
        ? Mixes<Narrower<D, E>, F, Broadcast3Fits<A, B, C>>
        : unknown
      : BinaryFits<X, Z>
    : BinaryFits<Y, Z>;

/** That of x, which its bounds have as well. */
export type ClampDType<X, Low, High> = X extends Tensor<infer _, infer D> ? D : Common<Low, High>;

/** `Of<Broadcast<A, B>>`, decided for shapes that are type parameters, too. */
type BroadcastOf<A extends Shape, B extends Shape, D extends DType> =
  Box<B> extends Fitting<A> ? Tensor<A, D> : Of<Aligned<A, B>, D>;

/** `Of<Broadcast3<A, B, C>>`, decided for shapes that are type parameters, too. */
type Broadcast3Of<A extends Shape, B extends Shape, C extends Shape, D extends DType> =
  Box<B | C> extends Fitting<A> ? Tensor<A, D> : Of<Broadcast3<A, B, C>, D>;

/** `cast(x, dtype)`: the shape stays. */
export interface CastFunction {
  <S extends Shape, D extends DType>(x: Tensor<S>, dtype: D | DTypes[D]): Tensor<S, Known<D>>;
}
