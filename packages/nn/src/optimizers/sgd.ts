import { fromArray, type Tensor } from "@chainrule/core";
import type { Layer, NamedTensors } from "../layers/layer.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";

/**
 * Stochastic gradient descent: W <- W - lr dL/dW, with lr 0.01 unless said otherwise.
 *
 * @example
 * const w = variable([3, 4]);
 * const optimizer = new SGD({ w }, { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // [2.4, 3.2]
 */
export class SGD extends Optimizer {
  constructor(parameters: Layer | NamedTensors, { lr = 0.01 }: OptimizerOptions = {}) {
    super("SGD", parameters, lr);
  }

  protected override update(parameter: Tensor, gradient: Tensor, state: NamedTensors): Update {
    // One loop into one new array: through the ops it would be two, and new memory costs more than the arithmetic.
    const values = parameter.array.slice();
    const slope = gradient.array;
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - this.lr * (slope[i] as number);
    return { value: fromArray(values, parameter.shape), state };
  }
}
