import type { AnyDType, DType, DTypes, NumberArray } from "../../dtype.js";
import type { Fits, Mutable, NestedShape, Shape } from "../../shape/types.js";
import type { Literal } from "../literal.js";
import type { Tensor } from "../tensor.js";
import type { Known, Of, Sizes } from "./operands.js";

/* The signatures of what makes tensors out of nothing. */

/** What every factory can be told. */
export interface TensorOptions<D extends DType = DType> {
  /** float64 unless the values are of another: see the function. */
  readonly dtype?: D | DTypes[D] | undefined;
  /** Shown in pictures of the graph and in errors. */
  readonly name?: string | undefined;
}

/** `tensor([[1, 2], [3, 4]])`, `variable(3)`: the shape is that of the nested lists. */
export interface TensorFactory {
  <const T extends Literal, D extends DType = LiteralDType<T>>(
    values: T & Fits<NestedShape<T>>,
    options?: TensorOptions<D>,
  ): Of<NestedShape<T>, Known<D>>;
}

/** The dtype of a literal: that of its first element, or of the typed arrays that it is made of. */
export type LiteralDType<T> = ElementDType<First<T>>;

/** The first element of nested lists, or the first of the typed arrays in them. */
type First<T> = T extends NumberArray ? T : T extends readonly unknown[] ? FirstOf<T[0]> : T;

/** Lists of unknown depth have elements of any kind. */
type FirstOf<T> = [number | number[]] extends [T] ? unknown : First<T>;

type ElementDType<T> = unknown extends T
  ? AnyDType
  : T extends boolean
    ? "bool"
    : T extends NumberArray
      ? ArrayDType<T>
      : "float64";

/** The dtype of a typed array: floats keep their width, integers become int32. */
export type ArrayDType<A extends NumberArray> = A extends Float64Array
  ? "float64"
  : A extends Float32Array
    ? "float32"
    : "int32";

/** `zeros([2, 3])`, `zeros(2, 3)`, each with options behind. */
export interface FilledFactory {
  <const S extends Shape>(...sizes: S): Tensor<Mutable<S>, "float64">;
  <const S extends Sizes, D extends DType = "float64">(
    ...sizesAndOptions: readonly [...S, TensorOptions<D>]
  ): Tensor<Mutable<S>, Known<D>>;
  <const S extends Shape, D extends DType = "float64">(
    shape: S,
    options?: TensorOptions<D>,
  ): Tensor<Mutable<S>, Known<D>>;
}

/** `full([2, 3], value)`, `full(3, value)`. */
export interface FullFactory {
  <const N extends number, D extends DType = "float64">(
    size: N,
    value: number,
    options?: TensorOptions<D>,
  ): Tensor<[N], Known<D>>;
  <const S extends Shape, D extends DType = "float64">(
    shape: S,
    value: number,
    options?: TensorOptions<D>,
  ): Tensor<Mutable<S>, Known<D>>;
}

/** `eye(3)`, `eye(2, 3)`, each with options behind. */
export interface EyeFunction {
  <M extends number, D extends DType = "float64">(size: M, options: TensorOptions<D>): Tensor<[M, M], Known<D>>;
  <M extends number, N extends number = M, D extends DType = "float64">(
    rows: M,
    columns?: N,
    options?: TensorOptions<D>,
  ): Tensor<[M, N], Known<D>>;
}

/** `linspace(0, 1, 5)`. */
export interface LinspaceFunction {
  <N extends number, D extends DType = "float64">(
    start: number,
    stop: number,
    count: N,
    options?: TensorOptions<D>,
  ): Tensor<[N], Known<D>>;
}

/** `arange(stop)`, `arange(start, stop)`, `arange(start, stop, step)`, each with options behind. */
export interface ArangeFunction {
  <N extends number, D extends DType = "float64">(stop: N, options?: TensorOptions<D>): Tensor<[Count<N>], Known<D>>;
  <D extends DType = "float64">(start: number, stop: number, options?: TensorOptions<D>): Tensor<[number], Known<D>>;
  <D extends DType = "float64">(
    start: number,
    stop: number,
    step: number,
    options?: TensorOptions<D>,
  ): Tensor<[number], Known<D>>;
}

/** A whole number is as many; what is none is counted at run time. */
export type Count<N extends number> = `${N}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
  ? number
  : N;
