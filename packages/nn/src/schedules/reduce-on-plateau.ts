import { ChainruleError, checkNoMore, checkOptions, show, tensor } from "@chainrule/core";
import { checkChoice, checkSetting } from "../checks.js";
import type { NamedTensors } from "../layers/layer.js";
import { detached, restore } from "../saved-state.js";
import { checkFactor } from "./schedule.js";

export interface ReduceOnPlateauOptions {
  /** Whether the metric is better when it is smaller ("min", the default), as a loss, or larger ("max"), as an accuracy. */
  readonly mode?: "min" | "max";
  /** What the factor is multiplied with, below 1. Default 0.1. */
  readonly factor?: number;
  /** How many times in a row the metric may be no better without consequence, a whole number. Default 10. */
  readonly patience?: number;
  /** By how much a better metric is better, of at least 0. Default 0.0001. */
  readonly threshold?: number;
  /** Whether the threshold is a part of the best metric ("rel", the default) or a number to be added to it ("abs"). */
  readonly thresholdMode?: "rel" | "abs";
  /** For how many metrics behind a reduction none that is no better is counted. Default 0. */
  readonly cooldown?: number;
  /** The factor never falls below. Default 0. */
  readonly min?: number;
}

/**
 * Makes the learning rate smaller when a metric, such as the loss on the validation data after each epoch, has stopped getting better:
 * PyTorch's `ReduceLROnPlateau`. Other than a `Schedule` it remembers something, which `state` gives to be saved.
 *
 * @example
 * const plateau = new ReduceOnPlateau({ patience: 1, factor: 0.5 });
 * [3, 2, 2, 2, 1].map((loss) => plateau.step(loss)); // [1, 1, 1, 0.5, 0.5]
 * const optimizer = new SGD({ w: variable(1) }, { lr: 0.1 });
 * optimizer.lrFactor = plateau.step(1);
 */
export class ReduceOnPlateau {
  private readonly options: Required<ReduceOnPlateauOptions>;
  /** The factor, the best metric, how many were no better since, and for how many more they are not counted. */
  private readonly own;

  constructor(options: ReduceOnPlateauOptions = {}, ...none: []) {
    const op = "ReduceOnPlateau";
    checkNoMore(op, none);
    checkOptions(op, options, ["mode", "factor", "patience", "threshold", "thresholdMode", "cooldown", "min"]);
    const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = "rel" } = options;
    const { cooldown = 0, min = 0 } = options;
    checkChoice(op, "mode", mode, ["min", "max"]);
    checkChoice(op, "thresholdMode", thresholdMode, ["rel", "abs"]);
    checkSetting(op, "factor", factor, (x) => x >= 0 && x < 1, "a number of at least 0 and below 1");
    for (const [name, count] of Object.entries({ patience, cooldown })) {
      checkSetting(op, name, count, (x) => Number.isInteger(x) && x >= 0, "a whole number of 0 or more");
    }
    checkFactor(op, "threshold", threshold);
    checkFactor(op, "min", min);
    this.options = { mode, factor, patience, threshold, thresholdMode, cooldown, min };
    const worst = mode === "min" ? Infinity : -Infinity;
    this.own = { factor: tensor(1), best: tensor(worst), bad: tensor(0), cooldown: tensor(0) };
  }

  /** The factor on the learning rate after one more metric; NaN is no better than any. */
  step(metric: number, ...none: []): number {
    checkNoMore("ReduceOnPlateau.step", none);
    if (typeof metric !== "number") {
      throw new ChainruleError(
        `ReduceOnPlateau.step: the metric is a number, got ${show(metric)}; item() gives that of a tensor`,
      );
    }
    const { factor, patience, cooldown, min } = this.options;
    const { own } = this;
    let bad = own.bad.item() + 1;
    if (this.isBetter(metric)) {
      own.best.assign(metric);
      bad = 0;
    }
    const waiting = own.cooldown.item();
    if (waiting > 0) {
      own.cooldown.assign(waiting - 1);
      bad = 0;
    }
    if (bad > patience) {
      const before = own.factor.item();
      own.factor.assign(Math.min(before, Math.max(before * factor, min)));
      own.cooldown.assign(cooldown);
      bad = 0;
    }
    own.bad.assign(bad);
    return own.factor.item();
  }

  /** What it remembers: scalars by name, to be saved. */
  state(...none: []): NamedTensors {
    checkNoMore("ReduceOnPlateau.state", none);
    return detached(this.own);
  }

  /**
   * Goes on from a saved `state()`.
   *
   * @throws ShapeError or ChainruleError when it is no such state; then nothing has changed.
   */
  loadState(saved: NamedTensors, ...none: []): void {
    checkNoMore("ReduceOnPlateau.loadState", none);
    restore("ReduceOnPlateau", "it", this.own, saved);
  }

  private isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const best = this.own.best.item();
    const sign = mode === "min" ? -1 : 1;
    const wanted = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === "min" ? metric < wanted : metric > wanted;
  }
}
