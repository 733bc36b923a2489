import type { DType } from "../../dtype.js";
import type { Dot, Einsum, Outer } from "../../shape/product-types.js";
import type { Fits, MatMulShape, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";
import type { DTypeOfAll, Mixes, Narrower, Of, ShapesOf } from "./operands.js";

/* The signatures of products of vectors and matrices. */

/** `matmul(a, b)`: vectors, matrices, and batches of matrices, which broadcast. */
export interface MatMulFunction {
  <A extends Shape, B extends Shape, D extends DType, E extends DType>(
    a: Tensor<A, D>,
    b: Tensor<B, E> & Mixes<D, E, Fits<MatMulShape<A, B>>>,
  ): Of<MatMulShape<A, B>, Narrower<D, E>>;
}

/** `dot(a, b)`: vectors of one size. */
export interface DotFunction {
  <A extends Shape, B extends Shape, D extends DType, E extends DType>(
    a: Tensor<A, D>,
    b: Tensor<B, E> & Mixes<D, E, Fits<Dot<A, B>>>,
  ): Of<Dot<A, B>, Narrower<D, E>>;
}

/** `outer(a, b)`: two vectors. */
export interface OuterFunction {
  <A extends Shape, B extends Shape, D extends DType, E extends DType>(
    a: Tensor<A, D>,
    b: Tensor<B, E> & Mixes<D, E, Fits<Outer<A, B>>>,
  ): Of<Outer<A, B>, Narrower<D, E>>;
}

/** `einsum("ij,jk->ik", a, b)`. */
export interface EinsumFunction {
  <const Equation extends string, const T extends readonly Tensor[]>(
    equation: Equation & Fits<Einsum<Equation, ShapesOf<T>>, Equation>,
    ...operands: T
  ): Of<Einsum<Equation, ShapesOf<T>>, DTypeOfAll<T>>;
}
