import { checkNoMore, checkOptions, type Tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";
import type { OptimizedParameters } from "./parameter-groups.js";
import { checkSettings, withL2 } from "./settings.js";

export interface AdadeltaSettings {
  /** Which part of the two means of squares is kept at each step, at least 0 and below 1. Default 0.9. */
  readonly rho: number;
  /** What is added to both means, under their roots. Default 1e-6. */
  readonly eps: number;
  /** L2: weightDecay W is added to the gradient. Default 0. */
  readonly weightDecay: number;
}

export interface AdadeltaOptions extends OptimizerOptions, Partial<AdadeltaSettings> {}

/**
 * M. D. Zeiler, "ADADELTA: an adaptive learning rate method" (2012), as PyTorch's `Adadelta`: h <- rho h + (1 - rho) g^2, the change
 * d = sqrt(u + eps) / sqrt(h + eps) g, then u <- rho u + (1 - rho) d^2 and W <- W - lr d. lr 1, which is the paper's rule, rho 0.9
 * and eps 1e-6 unless said otherwise. `weightDecay` is L2: g <- g + weightDecay W.
 *
 * @example
 * const w = variable([1, -100]);
 * const optimizer = new Adadelta({ w });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // about [0.996838, -99.9968]
 */
export class Adadelta extends Optimizer<AdadeltaSettings> {
  constructor(parameters: OptimizedParameters<AdadeltaSettings>, options: AdadeltaOptions = {}, ...none: []) {
    checkNoMore("Adadelta", none);
    checkOptions("Adadelta", options, ["lr", "rho", "eps", "weightDecay"]);
    const { lr = 1, rho = 0.9, eps = 1e-6, weightDecay = 0 } = options;
    super("Adadelta", parameters, lr, { rho, eps, weightDecay });
    checkSettings("Adadelta", this.groups);
  }

  protected override initialState({ shape, dtype }: Tensor): NamedTensors {
    return { h: zeros(shape, { dtype }), u: zeros(shape, { dtype }) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    before: { h: Tensor; u: Tensor },
    lr: Tensor,
    { rho, eps, weightDecay }: AdadeltaSettings,
  ): Update {
    const g = withL2(parameter, gradient, weightDecay);
    const h = before.h.mul(rho).add(g.square().mul(1 - rho)) as Tensor;
    const change = before.u.add(eps).sqrt().div(h.add(eps).sqrt()).mul(g);
    const u = before.u.mul(rho).add(change.square().mul(1 - rho)) as Tensor;
    return { value: parameter.sub(change.mul(lr)) as Tensor, state: { h, u } };
  }
}
