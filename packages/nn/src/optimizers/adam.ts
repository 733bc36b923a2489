import { checkNoMore, checkOptions, type Tensor, tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";
import type { OptimizedParameters } from "./parameter-groups.js";
import { checkForm, checkSettings, decayed, type OptimizerForm, withL2 } from "./settings.js";

export interface AdamSettings {
  /** Which part of the two moments is kept at each step, each at least 0 and below 1. Default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** What is added to the root of the second moment, so that nothing is divided by 0. */
  readonly eps: number;
  /** At least 0. */
  readonly weightDecay: number;
}

export interface AdamWOptions extends OptimizerOptions, Partial<AdamSettings> {
  /** Whether the second moment is the largest that there has been. Default false. */
  readonly amsgrad?: boolean;
}

export interface AdamOptions extends AdamWOptions {
  /** Whose formula it is. Default "book". */
  readonly form?: OptimizerForm;
}

/** What is remembered: the moments, the largest of the second ones if it is asked for, and the number of steps. */
type Moments = { m: Tensor; v: Tensor; t: Tensor; vMax?: Tensor };

abstract class AdaptiveMoments extends Optimizer<AdamSettings> {
  private readonly form: OptimizerForm;
  private readonly amsgrad: boolean;

  protected constructor(
    name: string,
    parameters: OptimizedParameters<AdamSettings>,
    settings: AdamSettings,
    { lr = 0.001, amsgrad = false, form }: AdamOptions & { readonly form: OptimizerForm },
  ) {
    super(name, parameters, lr, settings);
    checkSettings(name, this.groups);
    this.form = form;
    this.amsgrad = amsgrad;
  }

  protected override initialState({ shape, dtype }: Tensor): NamedTensors {
    const none = () => zeros(shape, { dtype });
    // Steps are counted in doubles whatever the dtype: 1 - 0.999^t is small at first.
    return { m: none(), v: none(), t: tensor(0), ...(this.amsgrad ? { vMax: none() } : {}) };
  }

  /** What is to be subtracted from a parameter, and the new state. */
  protected change(g: Tensor, before: Moments, lr: Tensor, { betas: [beta1, beta2], eps }: AdamSettings) {
    const t = before.t.add(1) as Tensor;
    // All scalars first: then a program computes the rest in one loop over the elements.
    const [correction1, correction2] = [lackOf(beta1, t), lackOf(beta2, t)];
    const isBook = this.form === "book";
    const wide = lr.cast("float64").div(correction1);
    const rate = (isBook ? wide.mul(correction2.sqrt()) : wide).cast(lr.dtype);
    const scale = isBook ? undefined : correction2.rsqrt().cast(lr.dtype);
    const m = before.m.mul(beta1).add(g.mul(1 - beta1)) as Tensor;
    const v = before.v.mul(beta2).add(g.square().mul(1 - beta2)) as Tensor;
    const vMax = before.vMax?.maximum(v) as Tensor | undefined;
    const root = (vMax ?? v).sqrt();
    const change = m.mul(rate).div((scale === undefined ? root : root.mul(scale)).add(eps)) as Tensor;
    return { change, state: { m, v, t, ...(vMax === undefined ? {} : { vMax }) } };
  }
}

/** What a moment that began at 0 lacks after t steps: 1 - beta^t is the part of it that is there. */
export function lackOf(beta: number, t: Tensor): Tensor {
  return t.constant(1).sub(t.constant(beta).pow(t)) as Tensor;
}

/**
 * D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015), lr 0.001 and betas [0.9, 0.999] unless said
 * otherwise. In both forms m <- beta1 m + (1 - beta1) g and v <- beta2 v + (1 - beta2) g^2; then, after t steps,
 *
 * - the book's form, the default (chapter 6; the end of section 2 of the paper): the rate is
 *   r = lr sqrt(1 - beta2^t) / (1 - beta1^t), and W <- W - r m / (sqrt(v) + eps), eps 1e-7.
 * - `form: "pytorch"` (https://pytorch.org/docs/1.13/generated/torch.optim.Adam.html; algorithm 1 of the paper):
 *   W <- W - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps), eps 1e-8. In the first steps eps counts for less.
 *
 * `weightDecay` is L2: g <- g + weightDecay W; for the decoupled one see `AdamW`. With `amsgrad` the root is that of the largest
 * v so far. The state holds m, v and t of each parameter.
 *
 * @example
 * const w = variable([1, -100]);
 * const optimizer = new Adam({ w }, { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // about [0.9, -99.9]
 */
export class Adam extends AdaptiveMoments {
  constructor(parameters: OptimizedParameters<AdamSettings>, options: AdamOptions = {}, ...none: []) {
    checkNoMore("Adam", none);
    checkOptions("Adam", options, ["lr", "betas", "eps", "weightDecay", "amsgrad", "form"], ["amsgrad"]);
    const { betas = [0.9, 0.999], weightDecay = 0, form = "book" } = options;
    checkForm("Adam", form);
    const { eps = form === "book" ? 1e-7 : 1e-8 } = options;
    super("Adam", parameters, { betas, eps, weightDecay }, { ...options, form });
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    moments: Moments,
    lr: Tensor,
    settings: AdamSettings,
  ): Update {
    const { change, state } = this.change(withL2(parameter, gradient, settings.weightDecay), moments, lr, settings);
    return { value: parameter.sub(change) as Tensor, state };
  }
}

/**
 * I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019), as PyTorch's `AdamW`: first
 * W <- W - lr weightDecay W, decoupled from the gradient, then the step of `Adam` in PyTorch's form. lr 0.001, betas [0.9, 0.999],
 * eps 1e-8 and weightDecay 0.01 unless said otherwise.
 *
 * @example
 * const w = variable([[1, 2]]);
 * const b = variable([1]);
 * const isBias = (name: string, parameter: Tensor) => parameter.rank < 2;
 * const parameters = { w, b };
 * const groups = [{ parameters, where: isBias, weightDecay: 0 }, { parameters }];
 * const optimizer = new AdamW(groups, { lr: 0.1, weightDecay: 0.5 });
 * w.sum().add(b.sum()).backward();
 * optimizer.step();
 * w.toArray(); // about [[0.85, 1.8]]
 * b.toArray(); // about [0.9]
 */
export class AdamW extends AdaptiveMoments {
  constructor(parameters: OptimizedParameters<AdamSettings>, options: AdamWOptions = {}, ...none: []) {
    checkNoMore("AdamW", none);
    checkOptions("AdamW", options, ["lr", "betas", "eps", "weightDecay", "amsgrad"], ["amsgrad"]);
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = options;
    super("AdamW", parameters, { betas, eps, weightDecay }, { ...options, form: "pytorch" });
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    moments: Moments,
    lr: Tensor,
    settings: AdamSettings,
  ): Update {
    const kept = decayed(parameter, settings.weightDecay, lr);
    const { change, state } = this.change(gradient, moments, lr, settings);
    return { value: kept.sub(change) as Tensor, state };
  }
}
