import {
  type Box,
  ChainruleError,
  checkNoMore,
  checkOptions,
  type Fits,
  formatShape,
  type Of,
  type Random,
  type Shape,
  ShapeError,
  type ShapeTypeError,
  sameShape,
  show,
  sizeOf,
  type Tensor,
  variable,
} from "@chainrule/core";
import { checkTensor } from "../checks.js";
import { type FloatDType, he, type Initializer, type InitializerOptions, zeros } from "../initializers.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";

export interface AffineOptions {
  /** How W begins; `he()` unless said otherwise. */
  readonly initializer?: Initializer;
  /** How b begins; `zeros()` unless said otherwise. */
  readonly biasInitializer?: Initializer;
  /** Where an initializer's random numbers come from; those of W are drawn before those of b. */
  readonly random?: Random;
  /** float64 unless said otherwise. */
  readonly dtype?: FloatDType;
}

function checkSize(what: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ShapeError(`Affine: ${what} ${show(size)}: a whole number is needed, as in new Affine(784, 10)`);
  }
}

/** The first values of a parameter, of its shape and dtype; an initializer may be a consumer's. */
function made<S extends Shape>(
  what: string,
  initializer: Initializer,
  shape: S,
  settings: InitializerOptions & { readonly dtype: FloatDType },
): Tensor<S> {
  if (typeof initializer !== "function") {
    throw new ChainruleError(`Affine: ${what} is a function, such as he() or zeros(), got ${show(initializer)}`);
  }
  const values = initializer(shape, settings);
  checkTensor("Affine", `what ${what} gave`, values);
  if (sameShape(values.shape, shape) && values.dtype === settings.dtype) return values;
  throw new ShapeError(
    `Affine: ${what} gave ${values.dtype} ${formatShape(values.shape)} for a parameter that is ${settings.dtype} ` +
      `${formatShape(shape)}; give a tensor of the shape and the dtype that it is called with`,
  );
}

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
export class Affine<const I extends number = number, const O extends number = number> extends Layer {
  readonly W: Tensor<[I, O]>;
  readonly b: Tensor<[O]>;

  constructor(inputs: I, outputs: O, options: AffineOptions = {}, ...none: []) {
    super();
    checkNoMore("Affine", none);
    checkOptions("Affine", options, ["initializer", "biasInitializer", "random", "dtype"]);
    checkSize("inputs", inputs);
    checkSize("outputs", outputs);
    const { initializer = he(), biasInitializer = zeros(), random, dtype = "float64" } = options;
    const settings = { dtype, ...(random && { random }) };
    this.W = variable(made("initializer", initializer, [inputs, outputs] as [I, O], settings), { name: "W" });
    this.b = variable(made("biasInitializer", biasInitializer, [outputs] as [O], settings), { name: "b" });
  }

  get inputs(): I {
    return this.W.shape[0];
  }

  get outputs(): O {
    return this.W.shape[1];
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
      throw new ShapeError(
        `Affine: [N, ${this.inputs}] to [N, ${this.outputs}]: the input ${formatShape(x.shape)} has ${features} values a row; ` +
          `give rows of ${this.inputs}, or make the layer with new Affine(${features}, ${this.outputs})`,
      );
    }
    const rows = x.rank > 2 ? x.reshape([x.shape[0] as number, features]) : x;
    return rows.matmul(this.W as Tensor).add(this.b as Tensor);
  }

  override parameters(...none: []): { readonly W: Tensor<[I, O]>; readonly b: Tensor<[O]> } {
    checkNoMore("Affine.parameters", none);
    return { W: this.W, b: this.b };
  }
}
