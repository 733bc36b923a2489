import { ChainruleError, show } from "@chainrule/core";
import { checkSetting } from "../checks.js";

/**
 * How the learning rate goes: the factor on it at a step, a number of at least 0 that counts batches, epochs or whatever one likes. A
 * schedule remembers nothing, so that a training that is resumed goes on exactly; any function of one's own will do.
 */
export type Schedule = (step: number) => number;

/** A schedule of a formula, which looks at what it is given. */
export function schedule(op: string, factor: Schedule): Schedule {
  return (step) => {
    if (typeof step === "number" && step >= 0 && step < Infinity) return factor(step);
    throw new ChainruleError(`${op}: the step is a number of at least 0, got ${show(step)}`);
  };
}

/** The options of a schedule that needs some: who gives none is told which. */
export function given<Options extends object>(options: Options): Options {
  return options ?? ({} as Options);
}

/** Throws unless it is a whole number of at least 1. */
export function checkCount(op: string, name: string, count: number): void {
  checkSetting(op, name, count, (x) => Number.isInteger(x) && x > 0, "a whole number of 1 or more");
}

/** Throws unless it is a finite number of at least 0, as a factor is. */
export function checkFactor(op: string, name: string, factor: number): void {
  checkSetting(op, name, factor, (x) => x >= 0 && x < Infinity, "a finite number of at least 0");
}

/** A half wave of the cosine from one value to another, where `part` is how far it has come. */
export function cosineBetween(from: number, to: number, part: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2;
}

export function lineBetween(from: number, to: number, part: number): number {
  return from + (to - from) * part;
}
