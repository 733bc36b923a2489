import { Tensor } from "@chainrule/core";
import type { PlotOutput, Series } from "./messages.js";

/** How many points of a line are drawn: more cannot be seen. */
const MOST_POINTS = 2000;

const usage =
  "plot takes ys, or xs and ys, each a list of numbers, or { name: ys } in the place of ys; then perhaps { title, x, y }";

/** What a call of `plot` asks for. */
export function readPlot(given: readonly unknown[]): PlotOutput {
  const rest = [...given];
  const options = isOptions(rest.at(-1)) ? (rest.pop() as Readonly<Record<string, string>>) : {};
  for (const key of Object.keys(options)) {
    if (!["title", "x", "y"].includes(key)) throw new TypeError(`plot: unknown option "${key}"; ${usage}`);
  }
  if (rest.length < 1 || rest.length > 2) throw new TypeError(`plot: got ${given.length} arguments; ${usage}`);
  const lines = rest.pop();
  const series = isNumbers(lines) ? [{ name: options["y"] ?? "", ys: numbers(lines) }] : readSeries(lines);
  const longest = Math.max(0, ...series.map(({ ys }) => ys.length));
  const xs = rest.length === 1 ? numbers(rest[0]) : Array.from({ length: longest }, (_, i) => i);
  for (const { name, ys } of series) {
    if (ys.length !== xs.length)
      throw new TypeError(`plot: ${xs.length} numbers xs, but ${ys.length} ys${name && ` (${name})`}`);
  }
  const { title = "", x = "", y = "" } = options;
  return { title, x, y, ...thinned(xs, series) };
}

function readSeries(lines: unknown): Series[] {
  if (typeof lines !== "object" || lines === null) throw new TypeError(`plot: ${usage}`);
  return Object.entries(lines).map(([name, ys]) => ({ name, ys: numbers(ys) }));
}

function isOptions(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((option) => typeof option === "string");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isNumbers(value: unknown): boolean {
  return value instanceof Tensor || Array.isArray(value) || ArrayBuffer.isView(value);
}

function numbers(value: unknown): number[] {
  if (value instanceof Tensor) return [...value.data].map(Number);
  if (!isNumbers(value)) throw new TypeError(`plot: ${usage}`);
  return Array.from(value as ArrayLike<unknown>, (one) => {
    const number = one instanceof Tensor ? one.item() : one;
    if (typeof number !== "number") throw new TypeError(`plot: a list has a ${typeof number} in it; ${usage}`);
    return number;
  });
}

function thinned(xs: readonly number[], series: readonly Series[]): Pick<PlotOutput, "xs" | "series"> {
  const stride = Math.ceil(xs.length / MOST_POINTS);
  const thin = (of: readonly number[]) =>
    stride <= 1 ? [...of] : of.filter((_, i) => i % stride === 0 || i === of.length - 1);
  return { xs: thin(xs), series: series.map(({ name, ys }) => ({ name, ys: thin(ys) })) };
}
