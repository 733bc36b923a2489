/** What curves are made of. */
import type { Evaluation } from "@chainrule/nn";
import type { Point } from "./chart.js";

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Noise taken out: the mean of each `window` values, in the middle of the places from which they are. */
export function meansOf(values: readonly number[], window: number): Point[] {
  return Array.from({ length: Math.floor(values.length / window) }, (_, i) => [
    (i + 0.5) * window,
    mean(values.slice(i * window, (i + 1) * window)),
  ]);
}

/** The accuracies on a set, one of each evaluation. */
export function accuraciesOf(evaluations: readonly Evaluation[], set: string): number[] {
  return evaluations.map(({ values }) => values[`${set}.accuracy`] as number);
}

/** A point for each value, at 0, 1, ... */
export function points(values: readonly number[]): Point[] {
  return values.map((value, i) => [i, value]);
}
