import { formatValues } from "../graph/literal.js";
import type { Node } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, isRecord } from "../options.js";
import { formatShape } from "../shape/shape.js";
import { show } from "../show.js";
import type { GraphEdge } from "./graph.js";

/** Up to how many elements, none of its axes longer than the second number, a tensor is shown whole. */
const WHOLE = 12;
const WHOLE_AXIS = 6;
/** How many characters of an attribute are shown: a node of one's own may hold a long list. */
const ATTRIBUTE = 60;
/** And how deep: it may hold itself. */
const DEEPEST = 4;

/** Ops that have a sign of their own; the others go by the name of their function, mostly that of the node with a small letter. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ["Add", "+"],
  ["Sub", "\u2212"],
  ["Mul", "\u00d7"],
  ["Div", "/"],
  ["MatMul", "matmul"],
]);

/** What a picture shows besides the ops. */
export interface InspectOptions {
  /** Whether values are shown. Default true. */
  readonly values?: boolean;
  /** Whether the gradients that `backward` found are shown. Default true. */
  readonly gradients?: boolean;
}

/** The elements to six digits: a scalar as a number, a small tensor whole, a larger one as its least, greatest and mean. */
export function shortValues(t: Tensor): string {
  const lines = valueLines(t);
  return lines.length === 1 ? lines.join() : `(${lines.join(", ")})`;
}

/** The same on lines of their own. */
function valueLines(t: Tensor): string[] {
  if (t.size <= WHOLE && t.shape.every((size) => size <= WHOLE_AXIS)) return [formatValues(t.array, t.shape, t.dtype)];
  const array = t.array;
  if (array.length === 0) return ["no elements"];
  let [least, most, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  // Math.min and Math.max keep a NaN, and so does the sum: it is not hidden by the summary.
  for (const value of array) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  return [`min ${rough(least)}, max ${rough(most)}`, `mean ${rough(sum / array.length)}`];
}

/** A summary is not what numbers are compared by: four digits keep it short. */
function rough(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** The shape, behind the dtype where that is not the default: `[2, 3]`, `float32 [2, 3]`. */
export function kindOf(t: Tensor): string {
  return t.dtype === "float64" ? formatShape(t.shape) : `${t.dtype} ${formatShape(t.shape)}`;
}

/** What stands at the line that a tensor is: above it name, kind and values, below it the gradient. */
export function linesOf(
  { tensor, maker, name, label }: GraphEdge,
  { values = true, gradients = true }: InspectOptions,
): { readonly above: readonly string[]; readonly below: readonly string[] } {
  const isPlain = tensor.rank === 0 && tensor.dtype === "float64";
  const gradient = gradients ? tensor.grad : null;
  return {
    above: [
      // A leaf has its name in its box.
      ...(name !== undefined && maker !== null ? [label] : []),
      ...(isPlain ? [] : [kindOf(tensor)]),
      ...(values ? valueLines(tensor) : []),
    ],
    below: gradient === null ? [] : valueLines(gradient),
  };
}

/** The settings of an op, as `axis: 0`. */
export function attributesOf(node: Node): string[] {
  return Object.entries(node.attributes()).map(([key, value]) => `${key}: ${shorten(showSetting(value))}`);
}

/**
 * A setting of an op as `print` and pictures write it: lists and records four deep, of each the first 60. Unlike `show` it reads what is in
 * records.
 *
 * @param more what stands in the place of what lies deeper
 *
 * @example
 * showSetting([1, 2]); // "[1, 2]"
 * showSetting({ kernel: [2, 2] }); // "{ kernel: [2, 2] }"
 */
export function showSetting(value: unknown, more = "...", ...none: []): string {
  checkNoMore("showSetting", none);
  return settingAt(value, more, 0);
}

function settingAt(value: unknown, more: string, depth: number): string {
  if (typeof value === "function") return show(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === DEEPEST) return more;
  const inner = (each: unknown) => settingAt(each, more, depth + 1);
  if (Array.isArray(value)) return `[${Array.from(value.slice(0, ATTRIBUTE), inner).join(", ")}]`;
  if (!isRecord(value)) return show(value);
  const fields = Object.entries(value).slice(0, ATTRIBUTE);
  return `{ ${fields.map(([key, each]) => `${key}: ${inner(each)}`).join(", ")} }`;
}

function shorten(text: string): string {
  return text.length <= ATTRIBUTE ? text : `${text.slice(0, ATTRIBUTE - 3)}...`;
}

/** What stands in the place of an op. */
export function signOf({ name }: Node): string {
  return LABELS.get(name) ?? `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

/** What stands in the place of a character that XML cannot hold. */
export function codeOf(c: string): string {
  return `U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
