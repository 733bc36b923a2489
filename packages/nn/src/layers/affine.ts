import {
  type Box,
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
import { type AffineOptions, Dense, denseOf } from "./dense.js";
import { checkForward, type ForwardOptions } from "./layer.js";
import { checkInputDType } from "./parameter.js";

/** The shape that an affine layer of I inputs and O outputs gives for an input of shape S. */
export type AffineShape<S extends Shape, I extends number, O extends number> = number extends S["length"]
  ? Shape
  : S extends readonly [infer K extends number]
    ? AffineOf<K, I, [O]>
    : S extends readonly [infer N extends number, infer K extends number]
      ? AffineOf<K, I, [N, O]>
      : S extends readonly [infer N extends number, number, number, ...number[]]
        ? [N, O]
        : ShapeTypeError<"Affine: a scalar is no input; reshape it to [1]">;

type AffineOf<K extends number, I extends number, Result> =
  Box<K> extends Box<I> ? Result : number extends K ? Result : ShapeTypeError<`Affine: takes ${I} inputs, got ${K}`>;

/**
 * x W + b: the fully connected layer. W is [I, O] and b is [O], both variables.
 *
 * A batch [N, I] gives [N, O]. An input of more axes is flattened to [N, the rest] first, and its gradient has its own
 * shape again; a vector [I] is a batch of one and gives a vector [O].
 *
 * @example
 * const affine = new Affine(3, 2, { initializer: constant(1) });
 * affine.forward(tensor([[1, 2, 3]])).toArray(); // [[6, 6]]
 *
 * @throws ShapeError when the input has not I values a row, or an initializer gives another shape or dtype; DTypeError when the
 * dtype of the input is not that of W.
 */
export class Affine<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Dense<I, O, B> {
  constructor(inputs: I, outputs: O, options: AffineOptions<B> = {}, ...none: []) {
    super("Affine", "new Affine(784, 10)", [inputs, outputs], options, none);
  }

  override forward<S extends Shape>(
    x: Tensor<S> & Fits<AffineShape<S, I, O>>,
    options?: ForwardOptions,
  ): Of<AffineShape<S, I, O>>;
  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward("Affine", options, none);
    checkTensor("Affine", "the input", x);
    const features = sizeOf(x.shape.slice(x.rank === 1 ? 0 : 1));
    if (x.rank === 0 || features !== this.inputs) {
      const isSequence = x.rank > 2 && x.shape.at(-1) === this.inputs;
      const forEach = isSequence
        ? `; for each place of a sequence use new Linear(${this.inputs}, ${this.outputs})`
        : "";
      throw new ShapeError(
        `Affine: [N, ${this.inputs}] to [N, ${this.outputs}]: the input ${formatShape(x.shape)} has ${features} values a row; ` +
          `give rows of ${this.inputs}, or make the layer with new Affine(${features}, ${this.outputs})${forEach}`,
      );
    }
    checkInputDType("Affine", x, this.W as Tensor);
    const rows = x.rank > 2 ? x.reshape([x.shape[0] as number, features]) : x;
    return denseOf(rows, this as Dense<number, number, boolean>);
  }
}
