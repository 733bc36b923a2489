import { checkNoMore, checkOptions, type Tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";
import type { OptimizedParameters } from "./parameter-groups.js";
import { checkSettings, withL2 } from "./settings.js";

export interface AdaGradSettings {
  /** What is added to the root, so that nothing is divided by 0. Default 1e-7. */
  readonly eps: number;
  /** L2: weightDecay W is added to the gradient. Default 0. */
  readonly weightDecay: number;
}

export interface AdaGradOptions extends OptimizerOptions, Partial<AdaGradSettings> {}

/**
 * J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods" (2011), the book's form (chapter 6): h <- h + g^2, then
 * W <- W - lr g / (sqrt(h) + eps), with lr 0.01 and eps 1e-7 unless said otherwise. PyTorch's `Adagrad` is the same formula, with
 * eps 1e-10. `weightDecay` is L2: g <- g + weightDecay W.
 *
 * @example
 * const w = variable([3, -400]);
 * const optimizer = new AdaGrad({ w }, { lr: 1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // about [2, -399]
 */
export class AdaGrad extends Optimizer<AdaGradSettings> {
  constructor(parameters: OptimizedParameters<AdaGradSettings>, options: AdaGradOptions = {}, ...none: []) {
    checkNoMore("AdaGrad", none);
    checkOptions("AdaGrad", options, ["lr", "eps", "weightDecay"]);
    const { lr = 0.01, eps = 1e-7, weightDecay = 0 } = options;
    super("AdaGrad", parameters, lr, { eps, weightDecay });
    checkSettings("AdaGrad", this.groups);
  }

  protected override initialState({ shape, dtype }: Tensor): NamedTensors {
    return { h: zeros(shape, { dtype }) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    before: { h: Tensor },
    lr: Tensor,
    { eps, weightDecay }: AdaGradSettings,
  ): Update {
    const g = withL2(parameter, gradient, weightDecay);
    const h = before.h.add(g.square()) as Tensor;
    return { value: parameter.sub(g.mul(lr).div(h.sqrt().add(eps))) as Tensor, state: { h } };
  }
}
