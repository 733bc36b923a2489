import {
  type Box,
  type Fits,
  formatShape,
  type Of,
  type Shape,
  ShapeError,
  type ShapeTypeError,
  type Tensor,
} from "@chainrule/core";
import { checkTensor } from "../checks.js";
import { type AffineOptions, alongLast, Dense } from "./dense.js";
import { checkForward, type ForwardOptions } from "./layer.js";
import { checkInputDType } from "./parameter.js";

/** The shape that a linear layer of I inputs and O outputs gives for an input of shape S. */
export type LinearShape<S extends Shape, I extends number, O extends number> = number extends S["length"]
  ? Shape
  : S extends readonly [...infer Batch extends Shape, infer K extends number]
    ? Box<K> extends Box<I>
      ? [...Batch, O]
      : number extends K
        ? [...Batch, O]
        : ShapeTypeError<`Linear: takes ${I} inputs, got ${K}`>
    : ShapeTypeError<"Linear: a scalar is no input; reshape it to [1]">;

/**
 * x W + b along the last axis, at each place of the others for itself: for sequences [N, T, I], which give [N, T, O]. `Affine` is
 * the same for [N, I], and flattens what has more axes. (PyTorch's Linear, whose weight is the transpose of W.)
 *
 * @example
 * const linear = new Linear(2, 1, { initializer: constant(1) });
 * linear.forward(tensor([[[1, 2], [3, 4]]])).toArray(); // [[[3], [7]]]
 *
 * @throws ShapeError when the last axis of the input has not I values, or an initializer gives another shape or dtype; DTypeError
 * when the dtype of the input is not that of W.
 */
export class Linear<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Dense<I, O, B> {
  constructor(inputs: I, outputs: O, options: AffineOptions<B> = {}, ...none: []) {
    super("Linear", "new Linear(64, 32)", [inputs, outputs], options, none);
  }

  override forward<S extends Shape>(
    x: Tensor<S> & Fits<LinearShape<S, I, O>>,
    options?: ForwardOptions,
  ): Of<LinearShape<S, I, O>>;
  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward("Linear", options, none);
    checkTensor("Linear", "the input", x);
    const features = x.shape.at(-1);
    if (features !== this.inputs) {
      throw new ShapeError(
        `Linear: [..., ${this.inputs}] to [..., ${this.outputs}]: the last axis of the input ${formatShape(x.shape)} is another; ` +
          `make the layer with new Linear(${features ?? 1}, ${this.outputs}), or give rows of ${this.inputs}`,
      );
    }
    checkInputDType("Linear", x, this.W as Tensor);
    return alongLast(x, this as Dense<number, number, boolean>);
  }
}
