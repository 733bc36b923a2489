import type { DType } from "../../dtype.js";
import type { Fits, Mutable, NestedShape, Shape } from "../../shape/types.js";
import type { Literal } from "../literal.js";
import type { Tensor } from "../tensor.js";
import type { Of, Sizes } from "./operands.js";

/* The signatures of what makes tensors out of nothing. */

/** What every factory can be told. */
export interface TensorOptions {
  readonly dtype?: DType | undefined;
  /** Shown in pictures of the graph and in errors. */
  readonly name?: string | undefined;
}

/** `tensor([[1, 2], [3, 4]])`, `variable(3)`: the shape is that of the nested lists. */
export interface TensorFactory {
  <const T extends Literal>(values: T & Fits<NestedShape<T>>, options?: TensorOptions): Of<NestedShape<T>>;
}

/** `zeros([2, 3])`, `zeros(2, 3)`, each with options behind. */
export interface FilledFactory {
  <const S extends Shape>(...sizes: S): Tensor<Mutable<S>>;
  <const S extends Sizes>(...sizesAndOptions: readonly [...S, TensorOptions]): Tensor<Mutable<S>>;
  <const S extends Shape>(shape: S, options?: TensorOptions): Tensor<Mutable<S>>;
}

/** `full([2, 3], value)`, `full(3, value)`. */
export interface FullFactory {
  <const N extends number>(size: N, value: number, options?: TensorOptions): Tensor<[N]>;
  <const S extends Shape>(shape: S, value: number, options?: TensorOptions): Tensor<Mutable<S>>;
}

/** `eye(3)`, `eye(2, 3)`, each with options behind. */
export interface EyeFunction {
  <M extends number>(size: M, options: TensorOptions): Tensor<[M, M]>;
  <M extends number, N extends number = M>(rows: M, columns?: N, options?: TensorOptions): Tensor<[M, N]>;
}

/** `linspace(0, 1, 5)`. */
export interface LinspaceFunction {
  <N extends number>(start: number, stop: number, count: N, options?: TensorOptions): Tensor<[N]>;
}

/** `arange(stop)`, `arange(start, stop)`, `arange(start, stop, step)`, each with options behind. */
export interface ArangeFunction {
  <N extends number>(stop: N, options?: TensorOptions): Tensor<[Count<N>]>;
  (start: number, stop: number, options?: TensorOptions): Tensor<[number]>;
  (start: number, stop: number, step: number, options?: TensorOptions): Tensor<[number]>;
}

/** A whole number is as many; what is none is counted at run time. */
export type Count<N extends number> = `${N}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
  ? number
  : N;
