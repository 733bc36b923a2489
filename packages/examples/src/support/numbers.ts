/** Lists of numbers as curves. */
import type { Point } from "./chart.js";

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The values over their places, from 0. */
export function points(values: readonly number[]): Point[] {
  return values.map((value, i) => [i, value]);
}

/** The means of `window` values each, over the middle of their places. */
export function means(values: readonly number[], window: number): Point[] {
  return Array.from({ length: Math.floor(values.length / window) }, (_, i) => {
    return [(i + 0.5) * window, mean(values.slice(i * window, (i + 1) * window))];
  });
}
