import {
  checkNoMore,
  checkOptions,
  formatShape,
  full,
  leakyRelu,
  type Shape,
  ShapeError,
  type Tensor,
  variable,
} from "@chainrule/core";
import { checkFloatDType, checkSetting, checkTensor } from "../checks.js";
import type { FloatDType } from "../initializers/initializer.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";
import { checkInputDType, checkSize } from "./parameter.js";

export interface PReLUOptions {
  /** One slope for all elements, or one for each channel: 1 (the default), or C, the size of axis 1 of [N, C, ...]. */
  readonly numParameters?: number | undefined;
  /** How the slopes begin, a finite number. Default 0.25. */
  readonly init?: number | undefined;
  /** float64 unless said otherwise. */
  readonly dtype?: FloatDType | undefined;
}

/**
 * x above 0 and a slope times x below, which is learned (K. He et al., "Delving deep into rectifiers", 2015); its derivative at 0
 * is the slope, as in PyTorch. Any shape, and at least [N, C] for a slope of each channel; float64 or float32.
 *
 * @example
 * const layer = new PReLU({ numParameters: 2 });
 * layer.forward(tensor([[-4, 2], [4, -2]])).toArray(); // [[-1, 2], [4, -0.5]]
 * layer.weight.shape; // [2]
 *
 * @throws ShapeError for an input that has not C channels; DTypeError for another dtype.
 */
export class PReLU extends Layer {
  /** The slopes, [numParameters]. */
  readonly weight: Tensor;

  constructor(options: PReLUOptions = {}, ...none: []) {
    super();
    checkNoMore("PReLU", none);
    checkOptions("PReLU", options, ["numParameters", "init", "dtype"]);
    const { numParameters = 1, init = 0.25, dtype = "float64" } = options;
    checkSize("PReLU", "numParameters", numParameters, "new PReLU({ numParameters: 16 })", 1);
    checkSetting("PReLU", "init", init, Number.isFinite, "a finite number");
    checkFloatDType("PReLU", dtype);
    this.weight = variable(full([numParameters], init, { dtype }), { name: "weight" }) as Tensor;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("PReLU", options, none);
    checkTensor("PReLU", "the input", x);
    const { weight } = this;
    checkInputDType("PReLU", x, weight);
    const channels = weight.size;
    const given = x.shape[1];
    if (channels !== 1 && given !== channels) {
      throw new ShapeError(
        `PReLU: takes ${channels} channels, the second axis of [N, C, ...], got ${formatShape(x.shape)}; make it with ` +
          `new PReLU({ numParameters: ${given ?? 1} }), or reshape the input`,
      );
    }
    // Along axis 1; a single one along none.
    const slope = weight.reshape(channels === 1 ? [] : [channels, ...x.shape.slice(2).map(() => 1)]);
    return leakyRelu(x as Tensor, slope as Tensor) as Tensor<S>;
  }
}
