import {
  type Fits,
  formatShape,
  type Of,
  type Shape,
  ShapeError,
  type ShapeTypeError,
  sizeOf,
  type Tensor,
} from "@chainrule/core";
import { checkTensor } from "../checks.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";

/** [N, ...] flattened to [N, the rest]. */
export type FlattenShape<S extends Shape> = number extends S["length"]
  ? [number, number]
  : S extends readonly [infer N extends number, infer C extends number]
    ? [N, C]
    : S extends readonly [infer N extends number, ...Shape]
      ? [N, number]
      : ShapeTypeError<"Flatten: a scalar has no batch; reshape it to [1, 1]">;

/**
 * Each sample as one row: [N, C, H, W] to [N, C H W], for a fully connected layer behind convolutions. Any dtype.
 *
 * @example
 * new Flatten().forward(ones([2, 3, 4])).shape; // [2, 12]
 *
 * @throws ShapeError for a scalar
 */
export class Flatten extends Layer {
  override forward<S extends Shape>(
    x: Tensor<S> & Fits<FlattenShape<S>>,
    options?: ForwardOptions,
  ): Of<FlattenShape<S>>;
  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward("Flatten", options, none);
    checkTensor("Flatten", "the input", x);
    const [rows, ...rest] = x.shape;
    if (rows === undefined) {
      throw new ShapeError(`Flatten: the input ${formatShape(x.shape)} has no axis of samples; reshape it to [1, 1]`);
    }
    return x.reshape([rows, sizeOf(rest)]);
  }
}
