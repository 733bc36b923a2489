// What a program in the playground finds besides JavaScript itself and the packages.

/**
 * Shows values below the editor, and of tensors the graph.
 *
 * @example
 * const x = variable(3);
 * show(x.mul(x));
 */
declare function show(...values: unknown[]): void;

/** Numbers to plot: a list, a typed array, or a tensor. */
type PlotNumbers = ArrayLike<number> | import("@chainrule/core").Tensor | readonly import("@chainrule/core").Tensor[];

interface PlotOptions {
  title?: string;
  /** What stands at the axes. */
  x?: string;
  y?: string;
}

/**
 * Draws lines: one, or one for each name.
 *
 * @example
 * plot([1, 4, 9]);
 * plot([0, 1, 2], { sin: [0, 0.84, 0.91], cos: [1, 0.54, -0.42] }, { title: "Sine and cosine" });
 */
declare function plot(ys: PlotNumbers | Readonly<Record<string, PlotNumbers>>, options?: PlotOptions): void;
declare function plot(
  xs: PlotNumbers,
  ys: PlotNumbers | Readonly<Record<string, PlotNumbers>>,
  options?: PlotOptions,
): void;

interface Console {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}
declare var console: Console;
declare var performance: { now(): number };
declare function setTimeout(callback: () => void, milliseconds?: number): number;
declare function clearTimeout(timer: number): void;
declare function setInterval(callback: () => void, milliseconds?: number): number;
declare function clearInterval(timer: number): void;
declare function structuredClone<T>(value: T): T;
