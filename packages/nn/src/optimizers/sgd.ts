import { ChainruleError, checkNoMore, checkOptions, type Tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.js";
import type { OptimizedParameters } from "./parameter-groups.js";
import { checkForm, checkSettings, type OptimizerForm, withL2 } from "./settings.js";

export interface SGDSettings {
  /** Which part of the velocity is kept at each step, at least 0 and below 1. */
  readonly momentum: number;
  /** L2: weightDecay W is added to the gradient. At least 0. */
  readonly weightDecay: number;
}

export interface MomentumOptions extends OptimizerOptions, Partial<SGDSettings> {
  /** Whose formula it is. */
  readonly form?: OptimizerForm;
}

export interface SGDOptions extends MomentumOptions {
  /** Whether the step is that of Nesterov's accelerated gradient. Default false. */
  readonly nesterov?: boolean;
}

/** Gradient descent with a velocity, in the two forms that differ where the learning rate changes on the way. */
abstract class Descent extends Optimizer<SGDSettings> {
  private readonly form: OptimizerForm;
  private readonly nesterov: boolean;

  protected constructor(
    name: string,
    parameters: OptimizedParameters<SGDSettings>,
    { lr = 0.01, momentum = 0.9, weightDecay = 0, form = "book", nesterov = false }: SGDOptions,
  ) {
    checkForm(name, form);
    super(name, parameters, lr, { momentum, weightDecay });
    checkSettings(name, this.groups);
    if (nesterov && this.groups.every(({ settings }) => settings.momentum === 0)) {
      throw new ChainruleError(
        `${name}: nesterov without a momentum is no more than SGD; give a momentum, such as 0.9`,
      );
    }
    this.form = form;
    this.nesterov = nesterov;
  }

  protected override initialState({ shape, dtype }: Tensor, { momentum }: SGDSettings): NamedTensors {
    return momentum === 0 ? {} : { velocity: zeros(shape, { dtype }) };
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    { velocity: before }: { velocity?: Tensor },
    lr: Tensor,
    { momentum, weightDecay }: SGDSettings,
  ): Update {
    const g = withL2(parameter, gradient, weightDecay);
    if (before === undefined) return { value: parameter.sub(g.mul(lr)) as Tensor, state: {} };
    const change = this.form === "book" ? g.mul(lr).neg() : g;
    const velocity = before.mul(momentum).add(change) as Tensor;
    const direction = this.nesterov ? velocity.mul(momentum).add(change) : velocity;
    const value = this.form === "book" ? parameter.add(direction) : parameter.sub(direction.mul(lr));
    return { value: value as Tensor, state: { velocity } };
  }
}

/**
 * Stochastic gradient descent: W <- W - lr g, the book's SGD, with lr 0.01 unless said otherwise. It is PyTorch's `SGD` with its
 * other options as well, all 0 or false by default:
 *
 * - `weightDecay`: g <- g + weightDecay W (coupled, L2).
 * - `momentum`, in PyTorch's form (https://pytorch.org/docs/1.13/generated/torch.optim.SGD.html), the default:
 *   v <- momentum v + g, then W <- W - lr v, and with `nesterov` W <- W - lr (g + momentum v).
 * - `form: "book"` puts the rate into the velocity, as `Momentum` and `Nesterov` do; the two are the same while lr is.
 *
 * @example
 * const w = variable([3, 4]);
 * const optimizer = new SGD({ w }, { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // [2.4, 3.2]
 */
export class SGD extends Descent {
  constructor(parameters: OptimizedParameters<SGDSettings>, options: SGDOptions = {}, ...none: []) {
    checkNoMore("SGD", none);
    checkOptions("SGD", options, ["lr", "momentum", "nesterov", "weightDecay", "form"], ["nesterov"]);
    const { momentum = 0, form = "pytorch" } = options;
    super("SGD", parameters, { ...options, momentum, form });
  }
}

/**
 * SGD with momentum, lr 0.01 and momentum 0.9 unless said otherwise:
 *
 * - the book's form, the default (chapter 6): v <- momentum v - lr g, then W <- W + v.
 * - `form: "pytorch"`, which is PyTorch's `SGD(momentum=0.9)`: v <- momentum v + g, then W <- W - lr v. When lr changes, the
 *   whole velocity goes on at the new rate, and not only what is added to it.
 *
 * `weightDecay` is L2: g <- g + weightDecay W.
 *
 * @example
 * const w = variable(0);
 * const optimizer = new Momentum({ w }, { lr: 1 });
 * w.backward();
 * optimizer.step();
 * w.item(); // -1
 * optimizer.step();
 * w.item(); // about -2.9
 */
export class Momentum extends Descent {
  constructor(parameters: OptimizedParameters<SGDSettings>, options: MomentumOptions = {}, ...none: []) {
    checkNoMore("Momentum", none);
    checkOptions("Momentum", options, ["lr", "momentum", "weightDecay", "form"]);
    super("Momentum", parameters, options);
  }
}

/**
 * Nesterov's accelerated gradient, lr 0.01 and momentum 0.9 unless said otherwise:
 *
 * - the book's form, the default: W <- W + momentum^2 v - (1 + momentum) lr g, then v <- momentum v - lr g. This is the simplified
 *   form of Y. Bengio, N. Boulanger-Lewandowski and R. Pascanu, "Advances in optimizing recurrent networks" (2012), eq. 7. The
 *   listing that comes with the book takes the new v in the place of the old one, which is a slip.
 * - `form: "pytorch"`, which is PyTorch's `SGD(momentum=0.9, nesterov=True)`: v <- momentum v + g, then
 *   W <- W - lr (g + momentum v). The two are the same while lr is.
 *
 * `weightDecay` is L2: g <- g + weightDecay W.
 *
 * @example
 * const w = variable(0);
 * const optimizer = new Nesterov({ w }, { lr: 1 });
 * w.backward();
 * optimizer.step();
 * w.item(); // about -1.9
 */
export class Nesterov extends Descent {
  constructor(parameters: OptimizedParameters<SGDSettings>, options: MomentumOptions = {}, ...none: []) {
    checkNoMore("Nesterov", none);
    checkOptions("Nesterov", options, ["lr", "momentum", "weightDecay", "form"]);
    super("Nesterov", parameters, { ...options, nesterov: true });
  }
}
