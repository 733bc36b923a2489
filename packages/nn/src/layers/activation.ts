import {
  checkNoMore,
  checkOptions,
  elu,
  gelu,
  leakyRelu,
  logSoftmax,
  relu,
  type Shape,
  sigmoid,
  silu,
  softmax,
  softplus,
  type Tensor,
  tanh,
} from "@chainrule/core";
import { checkChoice, checkFloat, checkSetting } from "../checks.js";
import { mish, selu } from "../functions/activation.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";

/**
 * A layer without parameters that works element by element, or along one axis, so that the shape stays.
 *
 * @example
 * new ReLU() instanceof Activation; // true
 */
export abstract class Activation extends Layer {
  abstract override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions): Tensor<S>;
}

/** An activation that says how, unlike the abstract class. */
interface Applied extends Activation {
  forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions): Tensor<S>;
}

/** The class of the layer of a function that has no settings. */
function activation(name: string, f: (x: Tensor) => Tensor): new (...none: []) => Applied {
  return class extends Activation {
    override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
      checkForward(name, options, none);
      return applied(name, f, x);
    }
  };
}

/** Whole numbers, which some of these functions take as well, are no activations. */
function applied<S extends Shape>(name: string, f: (x: Tensor) => Tensor, x: Tensor<S>): Tensor<S> {
  checkFloat(name, "the input", x);
  return f(x) as Tensor<S>;
}

/**
 * max(x, 0); its derivative at 0 is 0, as in the textbook, whose mask is x <= 0. Any shape, float64 or float32.
 *
 * @example
 * new ReLU().forward(tensor([-1, 2])).toArray(); // [0, 2]
 */
export class ReLU extends activation("ReLU", relu) {}

/**
 * 1 / (1 + e^-x), without overflow at any x. Any shape, float64 or float32.
 *
 * @example
 * new Sigmoid().forward(tensor([0, 1])).toArray(); // about [0.5, 0.731059]
 */
export class Sigmoid extends activation("Sigmoid", sigmoid) {}

/**
 * The hyperbolic tangent. Any shape, float64 or float32.
 *
 * @example
 * new Tanh().forward(tensor([0, 1])).toArray(); // about [0, 0.761594]
 */
export class Tanh extends activation("Tanh", tanh) {}

/**
 * log(1 + e^x), without overflow at any x. Any shape, float64 or float32.
 *
 * @example
 * new Softplus().forward(tensor([0])).toArray(); // about [0.693147]
 */
export class Softplus extends activation("Softplus", softplus) {}

/**
 * x sigmoid(x), also called swish (S. Elfwing, E. Uchibe and K. Doya, arXiv:1702.03118). Any shape, float64 or float32.
 *
 * @example
 * new SiLU().forward(tensor([1])).toArray(); // about [0.731059]
 */
export class SiLU extends activation("SiLU", silu) {}

/**
 * x tanh(softplus(x)): see `mish`. Any shape, float64 or float32.
 *
 * @example
 * new Mish().forward(tensor([1])).toArray(); // about [0.865098]
 */
export class Mish extends activation("Mish", mish) {}

/**
 * Scaled so that activations keep mean 0 and variance 1: see `selu`. Any shape, float64 or float32.
 *
 * @example
 * new SELU().forward(tensor([1])).toArray(); // about [1.0507]
 */
export class SELU extends activation("SELU", selu) {}

/**
 * x above 0 and `slope` x below; its derivative at 0 is the slope, as in PyTorch. Any shape, float64 or float32.
 *
 * @example
 * new LeakyReLU({ slope: 0.1 }).forward(tensor([-1, 2])).toArray(); // [-0.1, 2]
 */
export class LeakyReLU extends Activation {
  readonly slope: number;

  /** @param options slope (0.01), a number */
  constructor(options: { readonly slope?: number | undefined } = {}, ...none: []) {
    super();
    checkNoMore("LeakyReLU", none);
    checkOptions("LeakyReLU", options, ["slope"]);
    const { slope = 0.01 } = options;
    checkSetting("LeakyReLU", "slope", slope, Number.isFinite, "a finite number");
    this.slope = slope;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("LeakyReLU", options, none);
    return applied("LeakyReLU", (x) => leakyRelu(x, this.slope), x);
  }
}

/**
 * x above 0 and `alpha` (e^x - 1) below (D.-A. Clevert, T. Unterthiner and S. Hochreiter, arXiv:1511.07289); its derivative at 0
 * is alpha, as in PyTorch. Any shape, float64 or float32.
 *
 * @example
 * new ELU({ alpha: 2 }).forward(tensor([-1, 3])).toArray(); // about [-1.26424, 3]
 */
export class ELU extends Activation {
  readonly alpha: number;

  /** @param options alpha (1), a number */
  constructor(options: { readonly alpha?: number | undefined } = {}, ...none: []) {
    super();
    checkNoMore("ELU", none);
    checkOptions("ELU", options, ["alpha"]);
    const { alpha = 1 } = options;
    checkSetting("ELU", "alpha", alpha, Number.isFinite, "a finite number");
    this.alpha = alpha;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("ELU", options, none);
    return applied("ELU", (x) => elu(x, this.alpha), x);
  }
}

/**
 * x times the normal distribution function at x, or the approximation of it by tanh: see core's `gelu`. Any shape, float64 or
 * float32.
 *
 * @example
 * new GELU().forward(tensor([1])).toArray(); // about [0.841345]
 * new GELU({ approximate: "tanh" }).forward(tensor([1])).toArray(); // about [0.841192]
 */
export class GELU extends Activation {
  readonly approximate: "none" | "tanh";

  /** @param options approximate, "none" (the default) or "tanh" */
  constructor(options: { readonly approximate?: "none" | "tanh" | undefined } = {}, ...none: []) {
    super();
    checkNoMore("GELU", none);
    checkOptions("GELU", options, ["approximate"]);
    const { approximate = "none" } = options;
    checkChoice("GELU", "approximate", approximate, ["none", "tanh"]);
    this.approximate = approximate;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("GELU", options, none);
    return applied("GELU", (x) => gelu(x, { approximate: this.approximate }), x);
  }
}

/** The axis along which a softmax sums to 1. */
interface AxisOption {
  /** The axis, counted from the end where it is negative. Default -1, the last one. */
  readonly axis?: number | undefined;
}

function axisIn(op: string, options: AxisOption): number {
  checkOptions(op, options, ["axis"]);
  const { axis = -1 } = options;
  checkSetting(op, "axis", axis, Number.isInteger, "a whole number");
  return axis;
}

/**
 * e^x divided by its sum along an axis, shifted by the maximum. Any shape but a scalar's, float64 or float32.
 *
 * @example
 * new Softmax().forward(tensor([[0, 0], [1, 2]])).toArray(); // about [[0.5, 0.5], [0.268941, 0.731059]]
 *
 * @throws ShapeError for an axis that the input has not
 */
export class Softmax extends Activation {
  readonly axis: number;

  constructor(options: AxisOption = {}, ...none: []) {
    super();
    checkNoMore("Softmax", none);
    this.axis = axisIn("Softmax", options);
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("Softmax", options, none);
    return applied("Softmax", (x) => softmax(x, this.axis), x);
  }
}

/**
 * The logarithm of `Softmax`, exact also where that underflows. Any shape but a scalar's, float64 or float32.
 *
 * @example
 * new LogSoftmax().forward(tensor([[0, 1000]])).toArray(); // [[-1000, 0]]
 *
 * @throws ShapeError for an axis that the input has not
 */
export class LogSoftmax extends Activation {
  readonly axis: number;

  constructor(options: AxisOption = {}, ...none: []) {
    super();
    checkNoMore("LogSoftmax", none);
    this.axis = axisIn("LogSoftmax", options);
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("LogSoftmax", options, none);
    return applied("LogSoftmax", (x) => logSoftmax(x, this.axis), x);
  }
}
