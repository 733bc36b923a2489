import type { DType } from "../../dtype.js";
import type { Fits, Shape } from "../../shape/types.js";
import type { PerAxis } from "../../shape/window.js";
import type {
  ConvShape,
  ConvTransposeShape,
  GlobalPoolShape,
  PoolShape,
  WithPlanes,
} from "../../shape/window-types.js";
import type { Tensor } from "../tensor.js";
import type { Mixes, Narrower, Of } from "./operands.js";

/* The signatures of convolutions and pools. */

/** `conv2d(x, w, b?, { stride, padding, dilation, groups })`, also without the bias in between. */
export interface ConvFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape, W extends Shape, D extends DType, E extends DType, const O extends Options>(
    x: Tensor<X, D>,
    w: Tensor<W, E> & Mixes<D, E, Fits<ConvShape<Op, Rank, X, W, O>>>,
    options: O,
  ): Of<ConvShape<Op, Rank, X, W, O>, Narrower<D, E>>;
  <X extends Shape, W extends Shape, D extends DType, E extends DType, const O extends Options = Options>(
    x: Tensor<X, D>,
    w: Tensor<W, E> & Mixes<D, E, Fits<ConvShape<Op, Rank, X, W, O>>>,
    b?: Tensor | null,
    options?: O,
  ): Of<ConvShape<Op, Rank, X, W, O>, Narrower<D, E>>;
}

/** `convTranspose2d(x, w, b?, { stride, padding, outputPadding, dilation, groups })`, also without the bias in between. */
export interface ConvTransposeFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape, W extends Shape, D extends DType, E extends DType, const O extends Options>(
    x: Tensor<X, D>,
    w: Tensor<W, E> & Mixes<D, E, Fits<ConvTransposeShape<Op, Rank, X, W, O>>>,
    options: O,
  ): Of<ConvTransposeShape<Op, Rank, X, W, O>, Narrower<D, E>>;
  <X extends Shape, W extends Shape, D extends DType, E extends DType, const O extends Options = Options>(
    x: Tensor<X, D>,
    w: Tensor<W, E> & Mixes<D, E, Fits<ConvTransposeShape<Op, Rank, X, W, O>>>,
    b?: Tensor | null,
    options?: O,
  ): Of<ConvTransposeShape<Op, Rank, X, W, O>, Narrower<D, E>>;
}

/** `adaptiveAvgPool2d(x, outputSize)`. */
export interface AdaptivePoolFunction<Op extends string, Rank extends 1 | 2> {
  <X extends Shape, D extends DType, const O extends PerAxis>(
    x: Tensor<X, D> & Fits<PoolShape<Op, Rank, X>>,
    outputSize: O,
  ): Of<WithPlanes<PoolShape<Op, Rank, X>, Rank, O>, D>;
}

/** `globalAvgPool(x)`, `globalAvgPool(x, { keepDims: true })`. */
export interface GlobalPoolFunction<Op extends string> {
  <X extends Shape, D extends DType, const K extends boolean = false>(
    x: Tensor<X, D> & Fits<GlobalPoolShape<Op, X, K>>,
    options?: { readonly keepDims?: K | undefined },
  ): Of<GlobalPoolShape<Op, X, K>, D>;
}

/** `maxPool2d(x, { kernel, stride = kernel, padding })`, `maxPool2d(x, kernel, { stride = kernel, padding })`. */
export interface PoolFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape, D extends DType>(
    x: Tensor<X, D> & Fits<PoolShape<Op, Rank, X>>,
    kernel: PerAxis,
    options?: Omit<Options, "kernel">,
  ): Of<PoolShape<Op, Rank, X>, D>;
  <X extends Shape, D extends DType>(
    x: Tensor<X, D> & Fits<PoolShape<Op, Rank, X>>,
    options: Options,
  ): Of<PoolShape<Op, Rank, X>, D>;
}
