import { checkNoMore, checkOptions, type Tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";
import type { OptimizedParameters } from "./parameter-groups.js";
import { checkSettings, decayed } from "./settings.js";

export interface LionSettings {
  /** What of the mean gradient counts in a step, and what of it is kept, each at least 0 and below 1. Default [0.9, 0.99]. */
  readonly betas: readonly [number, number];
  /** Decoupled from the gradient, at least 0. Default 0. */
  readonly weightDecay: number;
}

export interface LionOptions extends OptimizerOptions, Partial<LionSettings> {}

/**
 * X. Chen et al., "Symbolic discovery of optimization algorithms" (2023), algorithm 2: W <- W - lr (sign(c) + weightDecay W) with
 * c = beta1 m + (1 - beta1) g, then m <- beta2 m + (1 - beta2) g. Each element moves by lr at each step, so lr is smaller than that
 * of Adam, and weightDecay larger, by a factor of 3 to 10. lr 0.0001, betas [0.9, 0.99] and weightDecay 0 unless said otherwise.
 *
 * @example
 * const w = variable([1, -100, 0]);
 * const optimizer = new Lion({ w }, { lr: 0.25 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // [0.75, -99.75, 0]
 */
export class Lion extends Optimizer<LionSettings> {
  constructor(parameters: OptimizedParameters<LionSettings>, options: LionOptions = {}, ...none: []) {
    checkNoMore("Lion", none);
    checkOptions("Lion", options, ["lr", "betas", "weightDecay"]);
    const { lr = 0.0001, betas = [0.9, 0.99], weightDecay = 0 } = options;
    super("Lion", parameters, lr, { betas, weightDecay });
    checkSettings("Lion", this.groups);
  }

  protected override initialState({ shape, dtype }: Tensor): NamedTensors {
    return { m: zeros(shape, { dtype }) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    before: { m: Tensor },
    lr: Tensor,
    { betas: [beta1, beta2], weightDecay }: LionSettings,
  ): Update {
    const mix = (beta: number) => before.m.mul(beta).add(gradient.mul(1 - beta)) as Tensor;
    const value = decayed(parameter, weightDecay, lr).sub(mix(beta1).sign().mul(lr)) as Tensor;
    return { value, state: { m: mix(beta2) } };
  }
}
