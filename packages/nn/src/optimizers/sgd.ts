import { checkNoMore, checkOptions, type Tensor } from "@chainrule/core";
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
  constructor(parameters: Layer | NamedTensors, options: OptimizerOptions = {}, ...none: []) {
    checkNoMore("SGD", none);
    checkOptions("SGD", options, ["lr"]);
    super("SGD", parameters, options.lr ?? 0.01);
  }

  protected override update(parameter: Tensor, gradient: Tensor, state: NamedTensors, lr: Tensor): Update {
    return { value: parameter.sub(gradient.mul(lr)) as Tensor, state };
  }
}
