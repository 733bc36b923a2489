import { ChainruleError, checkNoMore, checkOptions, show } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { checkCount, checkFactor, given, lineBetween, type Schedule, schedule } from "./schedule.js";

export interface StepDecayOptions {
  /** After how many steps the factor becomes smaller each time, a whole number of 1 or more. */
  readonly stepSize: number;
  /** What it is multiplied with then. Default 0.1. */
  readonly gamma?: number;
}

/**
 * gamma^floor(step / stepSize): PyTorch's `StepLR`.
 *
 * @example
 * const optimizer = new SGD({ w: variable(1) }, { lr: 0.5 });
 * const schedule = stepDecay({ stepSize: 30 });
 * optimizer.lrFactor = schedule(29);
 * optimizer.lrFactor; // 1
 * optimizer.lrFactor = schedule(30);
 * optimizer.lrFactor; // 0.1
 */
export function stepDecay(options: StepDecayOptions, ...none: []): Schedule {
  checkNoMore("stepDecay", none);
  checkOptions("stepDecay", options, ["stepSize", "gamma"]);
  const { stepSize, gamma = 0.1 } = given(options);
  checkCount("stepDecay", "stepSize", stepSize);
  checkFactor("stepDecay", "gamma", gamma);
  return schedule("stepDecay", (step) => gamma ** Math.floor(step / stepSize));
}

export interface MultiStepDecayOptions {
  /** The steps from which the factor is smaller, each time. */
  readonly milestones: readonly number[];
  /** What it is multiplied with then. Default 0.1. */
  readonly gamma?: number;
}

/**
 * gamma to the power of the number of milestones that have been reached: PyTorch's `MultiStepLR`.
 *
 * @example
 * const schedule = multiStepDecay({ milestones: [30, 80], gamma: 0.5 });
 * [29, 30, 79, 80].map((step) => schedule(step)); // [1, 0.5, 0.5, 0.25]
 */
export function multiStepDecay(options: MultiStepDecayOptions, ...none: []): Schedule {
  checkNoMore("multiStepDecay", none);
  checkOptions("multiStepDecay", options, ["milestones", "gamma"]);
  const { milestones, gamma = 0.1 } = given(options);
  if (!Array.isArray(milestones) || !milestones.every((step) => typeof step === "number" && step >= 0)) {
    throw new ChainruleError(
      `multiStepDecay: milestones ${show(milestones)}: a list of steps is needed, as in [30, 80]`,
    );
  }
  checkFactor("multiStepDecay", "gamma", gamma);
  const own = [...milestones];
  return schedule("multiStepDecay", (step) => gamma ** own.filter((milestone) => milestone <= step).length);
}

export interface ExponentialDecayOptions {
  /** What the factor is multiplied with at each step. */
  readonly gamma: number;
}

/**
 * gamma^step: PyTorch's `ExponentialLR`.
 *
 * @example
 * exponentialDecay({ gamma: 0.5 })(3); // 0.125
 */
export function exponentialDecay(options: ExponentialDecayOptions, ...none: []): Schedule {
  checkNoMore("exponentialDecay", none);
  checkOptions("exponentialDecay", options, ["gamma"]);
  const { gamma } = given(options);
  checkFactor("exponentialDecay", "gamma", gamma);
  return schedule("exponentialDecay", (step) => gamma ** step);
}

export interface PolynomialDecayOptions {
  /** The step from which the factor is 0, a whole number of 1 or more. */
  readonly steps: number;
  /** Above 0. Default 1, a line. */
  readonly power?: number;
}

/**
 * (1 - step / steps)^power, and 0 from there on: PyTorch's `PolynomialLR`.
 *
 * @example
 * polynomialDecay({ steps: 10, power: 2 })(5); // 0.25
 */
export function polynomialDecay(options: PolynomialDecayOptions, ...none: []): Schedule {
  checkNoMore("polynomialDecay", none);
  checkOptions("polynomialDecay", options, ["steps", "power"]);
  const { steps, power = 1 } = given(options);
  checkCount("polynomialDecay", "steps", steps);
  checkSetting("polynomialDecay", "power", power, (x) => x > 0 && x < Infinity, "a finite number above 0");
  return schedule("polynomialDecay", (step) => (1 - Math.min(step / steps, 1)) ** power);
}

export interface LinearDecayOptions {
  /** The step from which the factor stays, a whole number of 1 or more. */
  readonly steps: number;
  /** The factor at step 0. Default 1. */
  readonly start?: number;
  /** The factor at the end. Default 0. */
  readonly end?: number;
}

/**
 * A line from `start` to `end`, and `end` from there on: PyTorch's `LinearLR`, whose default start is 1/3 and end 1.
 *
 * @example
 * linearDecay({ steps: 10, end: 0.5 })(5); // 0.75
 */
export function linearDecay(options: LinearDecayOptions, ...none: []): Schedule {
  checkNoMore("linearDecay", none);
  checkOptions("linearDecay", options, ["steps", "start", "end"]);
  const { steps, start = 1, end = 0 } = given(options);
  checkCount("linearDecay", "steps", steps);
  checkFactor("linearDecay", "start", start);
  checkFactor("linearDecay", "end", end);
  return schedule("linearDecay", (step) => lineBetween(start, end, Math.min(step / steps, 1)));
}
