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
import type { Of } from "./operands.js";

/* The signatures of convolutions and pools. */

/** `conv2d(x, w, b?, { stride, padding, dilation, groups })`, also without the bias in between. */
export interface ConvFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape, W extends Shape, const O extends Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvShape<Op, Rank, X, W, O>>,
    options: O,
  ): Of<ConvShape<Op, Rank, X, W, O>>;
  <X extends Shape, W extends Shape, const O extends Options = Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvShape<Op, Rank, X, W, O>>,
    b?: Tensor | null,
    options?: O,
  ): Of<ConvShape<Op, Rank, X, W, O>>;
}

/** `convTranspose2d(x, w, b?, { stride, padding, outputPadding, dilation, groups })`, also without the bias in between. */
export interface ConvTransposeFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape, W extends Shape, const O extends Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvTransposeShape<Op, Rank, X, W, O>>,
    options: O,
  ): Of<ConvTransposeShape<Op, Rank, X, W, O>>;
  <X extends Shape, W extends Shape, const O extends Options = Options>(
    x: Tensor<X>,
    w: Tensor<W> & Fits<ConvTransposeShape<Op, Rank, X, W, O>>,
    b?: Tensor | null,
    options?: O,
  ): Of<ConvTransposeShape<Op, Rank, X, W, O>>;
}

/** `adaptiveAvgPool2d(x, outputSize)`. */
export interface AdaptivePoolFunction<Op extends string, Rank extends 1 | 2> {
  <X extends Shape, const O extends PerAxis>(
    x: Tensor<X> & Fits<PoolShape<Op, Rank, X>>,
    outputSize: O,
  ): Of<WithPlanes<PoolShape<Op, Rank, X>, Rank, O>>;
}

/** `globalAvgPool(x)`, `globalAvgPool(x, { keepDims: true })`. */
export interface GlobalPoolFunction<Op extends string> {
  <X extends Shape, const K extends boolean = false>(
    x: Tensor<X> & Fits<GlobalPoolShape<Op, X, K>>,
    options?: { readonly keepDims?: K | undefined },
  ): Of<GlobalPoolShape<Op, X, K>>;
}

/** `maxPool2d(x, { kernel, stride = kernel, padding })`, `maxPool2d(x, kernel, { stride = kernel, padding })`. */
export interface PoolFunction<Op extends string, Rank extends 1 | 2, Options> {
  <X extends Shape>(
    x: Tensor<X> & Fits<PoolShape<Op, Rank, X>>,
    kernel: PerAxis,
    options?: Omit<Options, "kernel">,
  ): Of<PoolShape<Op, Rank, X>>;
  <X extends Shape>(x: Tensor<X> & Fits<PoolShape<Op, Rank, X>>, options: Options): Of<PoolShape<Op, Rank, X>>;
}
