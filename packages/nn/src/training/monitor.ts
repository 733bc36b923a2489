import { ChainruleError, checkOptions, show } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import type { NamedTensors } from "../layers/layer.js";
import type { Evaluation } from "./history.js";

export interface MonitorOptions {
  /** What is watched: the name of an evaluation and of a value of it, as in `"test.accuracy"`, or `"loss"`, that of training. */
  readonly value: string;
  /** Whether more or less of it is better. By default less for what ends in "loss" or "error", and more for all else. */
  readonly mode?: "max" | "min" | undefined;
  /** Stop after so many evaluations in a row that brought no new best. By default training goes on to its end. */
  readonly patience?: number | undefined;
  /** By how much a value has to be better to count. Default 0. */
  readonly minDelta?: number | undefined;
  /** Whether the network has the best parameters and buffers at the end, and not the last ones. Default false. */
  readonly restoreBest?: boolean | undefined;
}

/** The best evaluation so far, and the network as it was then. */
export interface Best {
  readonly iteration: number;
  readonly value: number;
  readonly state: NamedTensors;
}

/** The value of an evaluation that an option of the trainer names. */
export function valueIn({ values }: Evaluation, option: string, name: string): number {
  const value = values[name];
  if (value !== undefined) return value;
  const known = Object.keys(values).join(", ");
  throw new ChainruleError(`Trainer: ${option}: there is no value ${show(name)}; an evaluation has ${known}`);
}

/** Watches a value: what was best, and whether it is time to stop. */
export class Monitor {
  readonly options: MonitorOptions;
  best: Best | null = null;
  /** Evaluations since the best one. */
  waited = 0;

  constructor(options: MonitorOptions) {
    const op = "Trainer: monitor";
    checkOptions(op, options, ["value", "mode", "patience", "minDelta", "restoreBest"], ["restoreBest"]);
    const { value, mode, patience = 1, minDelta = 0 } = options;
    if (typeof value !== "string")
      throw new ChainruleError(`${op}: value is a name such as "test.accuracy", got ${show(value)}`);
    if (mode !== undefined && mode !== "max" && mode !== "min") {
      throw new ChainruleError(`${op}: mode ${show(mode)}: "max" or "min" is needed`);
    }
    checkSetting(
      op,
      "patience",
      patience,
      () => Number.isSafeInteger(patience) && patience >= 1,
      "a whole number of at least 1",
    );
    checkSetting(op, "minDelta", minDelta, () => minDelta >= 0 && minDelta < Infinity, "a number of at least 0");
    this.options = options;
  }

  /** Whether it is time to stop: of a run that is resumed, too. */
  get isOver(): boolean {
    return this.waited >= (this.options.patience ?? Number.POSITIVE_INFINITY);
  }

  look(evaluation: Evaluation, state: () => NamedTensors): void {
    const value = valueIn(evaluation, "monitor", this.options.value);
    if (this.isBetter(value)) {
      this.best = { iteration: evaluation.iteration, value, state: state() };
      this.waited = 0;
    } else {
      this.waited++;
    }
  }

  private isBetter(value: number): boolean {
    if (Number.isNaN(value)) return false;
    if (this.best === null) return true;
    const { value: name, mode = /(loss|error)$/i.test(name) ? "min" : "max", minDelta = 0 } = this.options;
    const gain = mode === "max" ? value - this.best.value : this.best.value - value;
    return gain > minDelta;
  }
}
