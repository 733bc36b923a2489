import type { DType } from "../../dtype.js";
import type { Axes, Concat, Stack, Take, WithAxis } from "../../shape/axis-types.js";
import type { SizeAt } from "../../shape/indexing-types.js";
import type { Fits, Shape } from "../../shape/types.js";
import type { Padded } from "../../shape/window-types.js";
import type { Tensor } from "../tensor.js";
import type { AxisOption, DTypeOfAll, Of, Operand, ShapesOf } from "./operands.js";

/* The signatures of ops that join, part and pad. */

/** `concat([a, b], axis = 0)`, `concat([a, b], { axis })`: one after the other; all other sizes are equal. */
export interface ConcatFunction {
  <const T extends readonly Tensor[], Axis extends number>(
    tensors: T & Fits<Concat<ShapesOf<T>, Axis>>,
    options: AxisOption<Axis>,
  ): Of<Concat<ShapesOf<T>, Axis>, DTypeOfAll<T>>;
  <const T extends readonly Tensor[], Axis extends number = 0>(
    tensors: T & Fits<Concat<ShapesOf<T>, Axis>>,
    axis?: Axis,
  ): Of<Concat<ShapesOf<T>, Axis>, DTypeOfAll<T>>;
}

/** `stack([a, b], axis = 0)`, `stack([a, b], { axis })`: equal shapes on a new axis. */
export interface StackFunction {
  <const T extends readonly Operand[], Axis extends number>(
    tensors: T & Fits<Stack<ShapesOf<T>, Axis>>,
    options: AxisOption<Axis>,
  ): Of<Stack<ShapesOf<T>, Axis>, DTypeOfAll<T>>;
  <const T extends readonly Operand[], Axis extends number = 0>(
    tensors: T & Fits<Stack<ShapesOf<T>, Axis>>,
    axis?: Axis,
  ): Of<Stack<ShapesOf<T>, Axis>, DTypeOfAll<T>>;
}

/** `split(x, parts, axis = 0)`, `split(x, [2, 3], axis = 0)`: that many equal parts, or parts of these sizes. */
export interface SplitFunction {
  <S extends Shape, D extends DType, const P extends Axes, Axis extends number>(
    x: Tensor<S, D>,
    parts: P,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>>,
  ): Split<S, P, Axis, D>;
  <S extends Shape, D extends DType, const P extends Axes, Axis extends number = 0>(
    x: Tensor<S, D>,
    parts: P,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
  ): Split<S, P, Axis, D>;
}

export type Split<S extends Shape, P extends Axes, Axis extends number, D extends DType> = P extends Shape
  ? { -readonly [I in keyof P]: Of<Take<S, [Extract<P[I], number>], Axis>, D> }
  : P extends number
    ? Several<P, Of<Take<S, [number], Axis>, D>>
    : never;

/** A tuple where the number is known and below 100, a list where it is not. */
export type Several<N extends number, T, R extends readonly T[] = []> = number extends N
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
  <S extends Shape, D extends DType, Axis extends number>(
    x: Tensor<S, D>,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>>,
  ): Unstacked<S, Axis, D>;
  <S extends Shape, D extends DType, Axis extends number = 0>(
    x: Tensor<S, D>,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
  ): Unstacked<S, Axis, D>;
}

export type Unstacked<S extends Shape, Axis extends number, D extends DType> = Several<
  SizeAt<S, Axis>,
  Of<Take<S, [], Axis>, D>
>;

/** `pad(x, [[1, 1], [0, 2]], value = 0)`: a pair of widths for each axis. */
export interface PadFunction {
  <S extends Shape, D extends DType, const W extends readonly (readonly [before: number, after: number])[]>(
    x: Tensor<S, D>,
    widths: W & Fits<Padded<S, W>>,
    value?: number,
  ): Of<Padded<S, W>, D>;
}
