import { checkNoMore, checkOptions, type Tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";
import type { OptimizedParameters } from "./parameter-groups.js";
import { checkSettings, withL2 } from "./settings.js";

export interface RMSpropSettings {
  /** Which part of the mean of squares is kept at each step, at least 0 and below 1. Default 0.99. */
  readonly alpha: number;
  /** What is added to the root, so that nothing is divided by 0. Default 1e-7. */
  readonly eps: number;
  /** Which part of the velocity is kept at each step, at least 0 and below 1. Default 0. */
  readonly momentum: number;
  /** L2: weightDecay W is added to the gradient. Default 0. */
  readonly weightDecay: number;
}

export interface RMSpropOptions extends OptimizerOptions, Partial<RMSpropSettings> {
  /** Whether the mean gradient is taken off: the root is that of a variance then. Default false. */
  readonly centered?: boolean;
}

/**
 * T. Tieleman and G. Hinton, "RMSprop" (lecture 6.5 of Neural networks for machine learning, 2012), the book's form (chapter 6):
 * h <- alpha h + (1 - alpha) g^2, then W <- W - lr g / (sqrt(h) + eps), with lr 0.01, alpha 0.99 (the book's decay rate) and eps 1e-7
 * unless said otherwise. PyTorch's `RMSprop` is the same formula, with eps 1e-8, and its other options are here as well:
 *
 * - `centered`: a <- alpha a + (1 - alpha) g, and the root is that of h - a^2, at least 0 (there rounding gives PyTorch NaN).
 * - `momentum`: v <- momentum v + g / (root + eps), then W <- W - lr v.
 * - `weightDecay`: g <- g + weightDecay W (L2).
 *
 * @example
 * const w = variable([1, -20]);
 * const optimizer = new RMSprop({ w }, { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // about [5.0e-7, -19]
 */
export class RMSprop extends Optimizer<RMSpropSettings> {
  private readonly centered: boolean;

  constructor(parameters: OptimizedParameters<RMSpropSettings>, options: RMSpropOptions = {}, ...none: []) {
    checkNoMore("RMSprop", none);
    checkOptions("RMSprop", options, ["lr", "alpha", "eps", "momentum", "weightDecay", "centered"], ["centered"]);
    const { lr = 0.01, alpha = 0.99, eps = 1e-7, momentum = 0, weightDecay = 0, centered = false } = options;
    super("RMSprop", parameters, lr, { alpha, eps, momentum, weightDecay });
    checkSettings("RMSprop", this.groups);
    this.centered = centered;
  }

  protected override initialState({ shape, dtype }: Tensor, { momentum }: RMSpropSettings): NamedTensors {
    const none = () => zeros(shape, { dtype });
    return {
      h: none(),
      ...(this.centered ? { mean: none() } : {}),
      ...(momentum > 0 ? { velocity: none() } : {}),
    };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    before: { h: Tensor; mean?: Tensor; velocity?: Tensor },
    lr: Tensor,
    { alpha, eps, momentum, weightDecay }: RMSpropSettings,
  ): Update {
    const g = withL2(parameter, gradient, weightDecay);
    const h = before.h.mul(alpha).add(g.square().mul(1 - alpha)) as Tensor;
    const mean = before.mean?.mul(alpha).add(g.mul(1 - alpha)) as Tensor | undefined;
    const variance = mean === undefined ? h : h.sub(mean.square()).maximum(0);
    const direction = g.div(variance.sqrt().add(eps));
    const velocity = before.velocity?.mul(momentum).add(direction) as Tensor | undefined;
    return {
      value: parameter.sub((velocity ?? direction).mul(lr)) as Tensor,
      state: { h, ...(mean === undefined ? {} : { mean }), ...(velocity === undefined ? {} : { velocity }) },
    };
  }
}
