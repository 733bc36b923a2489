import type { Dot, Einsum, Outer } from "../../shape/product-types.js";
import type { Fits, MatMulShape, Shape } from "../../shape/types.js";
import type { Tensor } from "../tensor.js";
import type { Of, ShapesOf } from "./operands.js";

/* The signatures of products of vectors and matrices. */

/** `matmul(a, b)`: vectors, matrices, and batches of matrices, which broadcast. */
export interface MatMulFunction {
  <A extends Shape, B extends Shape>(a: Tensor<A>, b: Tensor<B> & Fits<MatMulShape<A, B>>): Of<MatMulShape<A, B>>;
}

/** `dot(a, b)`: vectors of one size. */
export interface DotFunction {
  <A extends Shape, B extends Shape>(a: Tensor<A>, b: Tensor<B> & Fits<Dot<A, B>>): Of<Dot<A, B>>;
}

/** `outer(a, b)`: two vectors. */
export interface OuterFunction {
  <A extends Shape, B extends Shape>(a: Tensor<A>, b: Tensor<B> & Fits<Outer<A, B>>): Of<Outer<A, B>>;
}

/** `einsum("ij,jk->ik", a, b)`. */
export interface EinsumFunction {
  <const Equation extends string, const T extends readonly Tensor[]>(
    equation: Equation & Fits<Einsum<Equation, ShapesOf<T>>, Equation>,
    ...operands: T
  ): Of<Einsum<Equation, ShapesOf<T>>>;
}
