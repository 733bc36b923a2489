import { checkNoMore, checkOptions, type Tensor, tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { type AdamSettings, lackOf } from "./adam.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";
import type { OptimizedParameters } from "./parameter-groups.js";
import { checkSettings, withL2 } from "./settings.js";

export interface NAdamSettings extends AdamSettings {
  /** How fast the momentum rises from half of beta1 to beta1, at least 0. Default 0.004. */
  readonly momentumDecay: number;
}

export interface NAdamOptions extends OptimizerOptions, Partial<NAdamSettings> {}

/** The moments, the number of steps and the product of all momenta so far. */
type State = { m: Tensor; v: Tensor; t: Tensor; product: Tensor };

/**
 * T. Dozat, "Incorporating Nesterov momentum into Adam" (2016), as PyTorch's `NAdam`
 * (https://pytorch.org/docs/1.13/generated/torch.optim.NAdam.html): m <- beta1 m + (1 - beta1) g and
 * v <- beta2 v + (1 - beta2) g^2; then, after t steps, with the momenta mu(t) = beta1 (1 - 0.96^(t momentumDecay) / 2) and their
 * product P(t) = mu(1) ... mu(t), W <- W - lr c / (sqrt(v / (1 - beta2^t)) + eps) where
 * c = (1 - mu(t)) g / (1 - P(t)) + mu(t + 1) m / (1 - P(t + 1)). lr 0.002, betas [0.9, 0.999], eps 1e-8, momentumDecay 0.004 and
 * weightDecay 0, which is L2, unless said otherwise. The state holds m, v, t and P of each parameter.
 *
 * @example
 * const w = variable([1, -100]);
 * const optimizer = new NAdam({ w }, { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // about [0.894355, -99.8944]
 */
export class NAdam extends Optimizer<NAdamSettings> {
  constructor(parameters: OptimizedParameters<NAdamSettings>, options: NAdamOptions = {}, ...none: []) {
    checkNoMore("NAdam", none);
    checkOptions("NAdam", options, ["lr", "betas", "eps", "weightDecay", "momentumDecay"]);
    const { lr = 0.002, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, momentumDecay = 0.004 } = options;
    super("NAdam", parameters, lr, { betas, eps, weightDecay, momentumDecay });
    checkSettings("NAdam", this.groups);
  }

  protected override initialState({ shape, dtype }: Tensor): NamedTensors {
    const none = () => zeros(shape, { dtype });
    // Counted and multiplied in doubles whatever the dtype, as in Adam.
    return { m: none(), v: none(), t: tensor(0), product: tensor(1) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    before: State,
    lr: Tensor,
    { betas: [beta1, beta2], eps, weightDecay, momentumDecay }: NAdamSettings,
  ): Update {
    // All scalars first: then a program computes the rest in one loop over the elements.
    const t = before.t.add(1) as Tensor;
    const momentum = (t: Tensor) => t.constant(0.96).pow(t.mul(momentumDecay)).mul(-0.5).add(1).mul(beta1) as Tensor;
    const [now, next] = [momentum(t), momentum(t.add(1) as Tensor)];
    const product = before.product.mul(now) as Tensor;
    const share = (part: Tensor, product: Tensor) =>
      lr.cast("float64").mul(part).div(product.constant(1).sub(product)).cast(lr.dtype);
    const ofGradient = share(now.constant(1).sub(now) as Tensor, product);
    const ofMean = share(next, product.mul(next) as Tensor);
    const scale = lackOf(beta2, t).rsqrt().cast(lr.dtype);
    const g = withL2(parameter, gradient, weightDecay);
    const m = before.m.mul(beta1).add(g.mul(1 - beta1)) as Tensor;
    const v = before.v.mul(beta2).add(g.square().mul(1 - beta2)) as Tensor;
    const change = g.mul(ofGradient).add(m.mul(ofMean)).div(v.sqrt().mul(scale).add(eps));
    return { value: parameter.sub(change) as Tensor, state: { m, v, t, product } };
  }
}
