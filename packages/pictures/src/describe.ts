import {
  formatShape,
  type GraphEdge,
  type GraphNode,
  type Node,
  type ProgramBuffer,
  type ProgramValue,
  showSetting,
  type Tensor,
} from "@chainrule/core";
import { shortened } from "./text.js";

/** From here on a number is written with an exponent: its last places would be zeros that say nothing. */
const LONG = 1e10;

/** Up to how many elements a tensor is shown by its values. */
const WHOLE = 4;

/** Ops that have a sign; the others go by the name of their function, mostly that of the node with a small letter. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ["Add", "+"],
  ["Sub", "\u2212"],
  ["Neg", "\u2212"],
  ["Mul", "\u00d7"],
  ["Div", "\u00f7"],
  ["MatMul", "dot"],
  ["Square", "^2"],
  ["Pow", "^"],
  ["Reciprocal", "1/x"],
  ["Sum", "\u03a3"],
  ["Sqrt", "\u221a"],
  ["Prod", "\u03a0"],
  ["Equal", "="],
  ["NotEqual", "\u2260"],
  ["Less", "<"],
  ["LessEqual", "\u2264"],
  ["Greater", ">"],
  ["GreaterEqual", "\u2265"],
  ["LogicalAnd", "\u2227"],
  ["LogicalOr", "\u2228"],
  ["LogicalNot", "\u00ac"],
]);

/** What stands in a node, and which of its inputs it says by itself. */
export interface Sign {
  readonly sign: string;
  /** The settings, one a line. */
  readonly settings: readonly string[];
  /** An input that is no line of its own: the 2 of x^2, the 1 of 1/x. */
  readonly absorbed: GraphEdge | undefined;
}

export function signOf({ node, inputs }: GraphNode, digits: number): Sign {
  const settings = settingsOf(node);
  const [first, second] = inputs;
  if (node.name === "Pow" && second?.isLiteral) {
    return { sign: `^${literalText(second, digits)}`, settings, absorbed: second };
  }
  if (node.name === "Div" && first?.isLiteral && first.label === "1") return { sign: "1/x", settings, absorbed: first };
  return { sign: signOfName(node.name), settings, absorbed: undefined };
}

/** The sign of an op that has one, or the name of its function. */
export function signOfName(name: string): string {
  return SIGNS.get(name) ?? shortened(functionName(name));
}

/** A number in a formula. */
export function literalText({ tensor }: GraphEdge, digits: number): string {
  return valueLines(tensor, digits).join("");
}

function functionName(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

function settingsOf(node: Node): string[] {
  return settingLines(node.attributes());
}

export function settingLines(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).map(([key, value]) =>
    shortened(value === true ? key : `${key}: ${showSetting(value, "\u2026")}`),
  );
}

/** The values in a few lines: a scalar as a number, a short tensor by its elements, a longer one by its mean and deviation. */
export function valueLines(t: Tensor, digits: number): string[] {
  const values = t.data;
  if (values.length === 0) return ["no elements"];
  const text = (value: number) => (t.dtype === "bool" ? String(value === 1) : numberText(value, digits));
  if (values.length <= WHOLE) return elementLines(Array.from(values, text), t.shape);
  const { mean, deviation, least, most } = summaryOf(values);
  if (t.dtype === "bool") return [`${Math.round(mean * values.length)} of ${values.length} true`];
  if (t.dtype === "int32") return [`${text(least)} .. ${text(most)}`];
  // A mean is not worth more places than the deviation has.
  const place = digits - 1 - Math.floor(Math.log10(Math.max(Math.abs(mean), deviation)));
  const rounded = place >= 0 && place <= 100 ? Number(mean.toFixed(place)) + 0 : mean;
  return [`${text(rounded)} \u00b1 ${text(deviation)}`];
}

/** A number to some digits, without zeros at its end: 0.5 and 1e+20. */
export function numberText(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  return Math.abs(rounded) >= LONG && Number.isFinite(rounded) ? rounded.toExponential() : String(rounded);
}

function summaryOf(values: Tensor["data"]) {
  let [sum, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += ((values[i] as number) - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length), least, most };
}

/** The elements in brackets, the rows of a matrix below one another. */
function elementLines(texts: readonly string[], shape: readonly number[]): string[] {
  const columns = shape.at(-1) ?? 1;
  if (shape.length < 2 || columns === 1 || columns === texts.length) return [nested(texts, shape)];
  return nested(texts, shape).split(/(?<=\],) /);
}

function nested(texts: readonly string[], shape: readonly number[]): string {
  const [size, ...inner] = shape;
  if (size === undefined) return texts.join();
  const step = texts.length / size;
  return `[${Array.from({ length: size }, (_, i) => nested(texts.slice(i * step, (i + 1) * step), inner)).join(", ")}]`;
}

/** The shape, behind the dtype where that is not the default; nothing for a number of a kind that is clear. */
export function kindText({ dtype, shape }: Pick<Tensor | ProgramValue | ProgramBuffer, "dtype" | "shape">): string {
  const kind = dtype === "float64" ? "" : dtype;
  if (shape.length === 0) return dtype === "bool" ? "" : kind;
  return kind === "" ? formatShape(shape) : `${kind} ${formatShape(shape)}`;
}

/** The same as a line of its own, if there is one. */
export function kindLines(t: Tensor): string[] {
  const kind = kindText(t);
  return kind === "" ? [] : [kind];
}
