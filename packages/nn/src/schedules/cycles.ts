import { ChainruleError, checkNoMore, checkOptions, show } from "@chainrule/core";
import { checkChoice, checkSetting } from "../checks.js";
import { checkCount, checkFactor, cosineBetween, given, lineBetween, type Schedule, schedule } from "./schedule.js";

export interface CosineDecayOptions {
  /** The step from which the factor is `min`, a whole number of 1 or more. */
  readonly steps: number;
  /** The factor at the end. Default 0. */
  readonly min?: number;
}

/**
 * min + (1 - min) (1 + cos(pi step / steps)) / 2, and `min` from there on: PyTorch's `CosineAnnealingLR` up to its T_max, behind which
 * that one rises again. I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), eq. 5.
 *
 * @example
 * const schedule = cosineDecay({ steps: 100, min: 0.2 });
 * [0, 50, 100, 200].map((step) => schedule(step)); // about [1, 0.6, 0.2, 0.2]
 */
export function cosineDecay(options: CosineDecayOptions, ...none: []): Schedule {
  checkNoMore("cosineDecay", none);
  checkOptions("cosineDecay", options, ["steps", "min"]);
  const { steps, min = 0 } = given(options);
  checkCount("cosineDecay", "steps", steps);
  checkFactor("cosineDecay", "min", min);
  return schedule("cosineDecay", (step) => cosineBetween(1, min, Math.min(step / steps, 1)));
}

export interface CosineRestartsOptions {
  /** How many steps the first decay takes, a whole number of 1 or more. */
  readonly steps: number;
  /** How many times longer each next one is, a whole number of 1 or more. Default 1. */
  readonly growth?: number;
  /** The factor that each decay leads to. Default 0. */
  readonly min?: number;
}

/**
 * `cosineDecay` again and again, from 1 each time: PyTorch's `CosineAnnealingWarmRestarts` (T_0 is `steps`, T_mult `growth`).
 *
 * @example
 * const schedule = cosineRestarts({ steps: 10, growth: 2 });
 * [0, 5, 10, 20, 30].map((step) => schedule(step)); // about [1, 0.5, 1, 0.5, 1]
 */
export function cosineRestarts(options: CosineRestartsOptions, ...none: []): Schedule {
  checkNoMore("cosineRestarts", none);
  checkOptions("cosineRestarts", options, ["steps", "growth", "min"]);
  const { steps, growth = 1, min = 0 } = given(options);
  checkCount("cosineRestarts", "steps", steps);
  checkCount("cosineRestarts", "growth", growth);
  checkFactor("cosineRestarts", "min", min);
  return schedule("cosineRestarts", (step) => {
    let [length, into] = [steps, growth === 1 ? step % steps : step];
    while (into >= length) [length, into] = [length * growth, into - length];
    return cosineBetween(1, min, into / length);
  });
}

export interface WarmUpOptions {
  /** How many steps it takes, a whole number of 1 or more. */
  readonly steps: number;
  /** The factor at step 0. Default 0. */
  readonly start?: number;
}

/**
 * A line from `start` to 1, and behind it another schedule from its step 0 on, which is `() => 1` where the rate is to stay: PyTorch's
 * `SequentialLR([LinearLR(start, total_iters=steps), then], [steps])`.
 *
 * @example
 * const schedule = warmUp(cosineDecay({ steps: 100 }), { steps: 4 });
 * [0, 1, 4, 54, 104].map((step) => schedule(step)); // about [0, 0.25, 1, 0.5, 0]
 */
export function warmUp(then: Schedule, options: WarmUpOptions, ...none: []): Schedule {
  checkNoMore("warmUp", none);
  checkOptions("warmUp", options, ["steps", "start"]);
  const { steps, start = 0 } = given(options);
  if (typeof then !== "function") {
    throw new ChainruleError(
      `warmUp: what comes then is a schedule, such as cosineDecay({ steps: 100 }), got ${show(then)}`,
    );
  }
  checkCount("warmUp", "steps", steps);
  checkFactor("warmUp", "start", start);
  return schedule("warmUp", (step) => (step < steps ? lineBetween(start, 1, step / steps) : then(step - steps)));
}

export interface OneCycleOptions {
  /** How many steps there are in all, 2 or more; behind them the factor stays what it was at the last. */
  readonly steps: number;
  /** Which part of them leads to the peak, between 0 and 1. Default 0.3. */
  readonly pctStart?: number;
  /** The factor at step 0 is one of this many parts, above 0. Default 25. */
  readonly divFactor?: number;
  /** The factor at the last step is one of this many parts of that at step 0, above 0. Default 10000. */
  readonly finalDivFactor?: number;
  /** The form of the way up and down: "cosine", the default, or "linear". */
  readonly anneal?: "cosine" | "linear";
}

/**
 * From 1 / divFactor up to 1 and down to 1 / (divFactor finalDivFactor): PyTorch's `OneCycleLR`, whose max_lr is the learning rate
 * here; its two phases, and without a cycle of the momentum. L. N. Smith and N. Topin, "Super-convergence" (2018).
 *
 * @example
 * const schedule = oneCycle({ steps: 101, pctStart: 0.25, divFactor: 10 });
 * [0, 100].map((step) => schedule(step)); // about [0.1, 0.00001]
 */
export function oneCycle(options: OneCycleOptions, ...none: []): Schedule {
  checkNoMore("oneCycle", none);
  checkOptions("oneCycle", options, ["steps", "pctStart", "divFactor", "finalDivFactor", "anneal"]);
  const { steps, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4, anneal = "cosine" } = given(options);
  checkSetting("oneCycle", "steps", steps, (x) => Number.isInteger(x) && x > 1, "a whole number of 2 or more");
  checkSetting("oneCycle", "pctStart", pctStart, (x) => x > 0 && x < 1, "a number between 0 and 1");
  for (const [name, factor] of Object.entries({ divFactor, finalDivFactor })) {
    checkSetting("oneCycle", name, factor, (x) => x > 0 && x < Infinity, "a finite number above 0");
  }
  checkChoice("oneCycle", "anneal", anneal, ["cosine", "linear"]);
  const between = anneal === "cosine" ? cosineBetween : lineBetween;
  const [first, final] = [1 / divFactor, 1 / divFactor / finalDivFactor];
  // With few steps the peak may stand before the first one.
  const [peak, last] = [pctStart * steps - 1, steps - 1];
  return schedule("oneCycle", (step) =>
    step < peak ? between(first, 1, step / peak) : between(1, final, (Math.min(step, last) - peak) / (last - peak)),
  );
}
