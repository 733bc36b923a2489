import { ChainruleError, show, type Tensor } from "@chainrule/core";
import { checkChoice } from "../checks.js";
import type { ParameterGroup } from "./parameter-groups.js";

/** Whose formula an optimizer follows, where the textbook and PyTorch have different ones. */
export type OptimizerForm = "book" | "pytorch";

export function checkForm(op: string, form: OptimizerForm): void {
  checkChoice(op, "form", form, ["book", "pytorch"]);
}

type Rule = readonly [holds: (value: unknown) => boolean, wanted: string];

const isFraction = (x: unknown): boolean => typeof x === "number" && x >= 0 && x < 1;
const fraction: Rule = [isFraction, "a number of at least 0 and below 1"];
const atLeast0: Rule = [(x) => typeof x === "number" && x >= 0 && x < Infinity, "a finite number of at least 0"];

/** What the settings of the optimizers may be, by their names. */
const rules: Readonly<Record<string, Rule>> = {
  alpha: fraction,
  betas: [
    (x) => Array.isArray(x) && x.length === 2 && x.every(isFraction),
    "a pair of numbers of at least 0 and below 1, as in [0.9, 0.999],",
  ],
  eps: atLeast0,
  momentum: fraction,
  rho: fraction,
  weightDecay: atLeast0,
};

/** Throws where a setting of a group, or one of all groups, is out of its range. */
export function checkSettings(op: string, groups: readonly ParameterGroup[]): void {
  for (const { settings } of groups) {
    for (const [name, value] of Object.entries(settings)) {
      const [holds, wanted] = rules[name] ?? atLeast0;
      if (!holds(value)) throw new ChainruleError(`${op}: ${name} ${show(value)}: ${wanted} is needed`);
    }
  }
}

/** The gradient of the loss with 1/2 weightDecay sum W^2 added to it: weight decay that is *coupled* to the gradient, L2. */
export function withL2(parameter: Tensor, gradient: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : (gradient.add(parameter.mul(weightDecay)) as Tensor);
}

/** A parameter after weight decay that is *decoupled* from the gradient: W <- W - lr weightDecay W. */
export function decayed(parameter: Tensor, weightDecay: number, lr: Tensor): Tensor {
  return weightDecay === 0 ? parameter : (parameter.sub(parameter.mul(lr.mul(weightDecay))) as Tensor);
}
