import { relu, type Shape, sigmoid, type Tensor, tanh } from "@chainrule/core";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";

/** A layer without parameters that works element by element, so that the shape stays. */
export abstract class Activation extends Layer {
  abstract override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions): Tensor<S>;
}

/** max(x, 0); its derivative at 0 is 0, as in the textbook, whose mask is x <= 0. Any shape, float64 or float32. */
export class ReLU extends Activation {
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("ReLU", options, none);
    return relu(x) as Tensor<S>;
  }
}

/** 1 / (1 + e^-x), without overflow at any x. Any shape, float64 or float32. */
export class Sigmoid extends Activation {
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("Sigmoid", options, none);
    return sigmoid(x) as Tensor<S>;
  }
}

/** The hyperbolic tangent. Any shape, float64 or float32. */
export class Tanh extends Activation {
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("Tanh", options, none);
    return tanh(x) as Tensor<S>;
  }
}
