import type { Expression, Power } from "./expression.js";

/** How tightly what is written holds together: what is looser than its place needs stands in parentheses. */
const LEVELS = { choice: 0, relation: 1, sum: 2, product: 3, power: 4, atom: 5 } as const;
type Level = (typeof LEVELS)[keyof typeof LEVELS];

interface Text {
  readonly text: string;
  readonly level: Level;
}

type Quotient = readonly [value: number, over: string | undefined, under?: string];

/** Numbers that are written as what they are a quotient of. A function: a list of calls would be loaded by who writes no formula. */
const quotients = (): readonly Quotient[] => [
  [Math.PI, "pi"],
  [Math.SQRT2, "sqrt(2)"],
  [Math.SQRT1_2, undefined, "sqrt(2)"],
  [2 / Math.sqrt(Math.PI), "2", "sqrt(pi)"],
  [4 / Math.sqrt(Math.PI), "4", "sqrt(pi)"],
  [1 / Math.sqrt(2 * Math.PI), undefined, "sqrt(2 * pi)"],
  [Math.sqrt(2 / Math.PI), "sqrt(2 / pi)"],
];

/** What stands above and below the line for a number above 0, nothing for 1; thirds and the like are quotients as well. */
function quotientOf(size: number): readonly [over: string | undefined, under: string | undefined] {
  const isNear = (value: number) => Math.abs(size / value - 1) < 1e-15;
  for (const [value, over, under] of quotients()) if (isNear(value)) return [over, under];
  const divisor = Math.round(1 / size);
  if (divisor > 1 && isNear(1 / divisor)) return [undefined, String(divisor)];
  return [size === 1 ? undefined : String(size), undefined];
}

/** An expression of these operands: `2 * x`, `1 / (1 + exp(-x))`. */
export function written(x: Expression, operands: readonly string[]): string {
  return write(x, operands).text;
}

function write(x: Expression, names: readonly string[]): Text {
  switch (x.kind) {
    case "number":
      return numberText(x.value);
    case "operand":
      return { text: names[x.index] as string, level: LEVELS.atom };
    case "sum":
      return { text: sumText(x.terms, names), level: LEVELS.sum };
    case "product":
      return { text: productText(x.factor, x.powers, names), level: LEVELS.product };
    case "power":
      return { text: `${tight(x.base, names)}^${tight(x.exponent, names)}`, level: LEVELS.power };
    case "call": {
      const inputs = x.inputs.map((input) => write(input, names).text).join(", ");
      return { text: x.name === "abs" ? `|${inputs}|` : `${x.name}(${inputs})`, level: LEVELS.atom };
    }
    case "relation": {
      const [left, right] = [x.left, x.right].map((side) => within(write(side, names), LEVELS.sum));
      return { text: `${left} ${x.sign} ${right}`, level: LEVELS.relation };
    }
    case "choice": {
      const [when, yes] = [x.when, x.yes].map((part) => within(write(part, names), LEVELS.relation));
      return { text: `${when} ? ${yes} : ${write(x.no, names).text}`, level: LEVELS.choice };
    }
    default:
      return x satisfies never;
  }
}

/** In parentheses where it is looser than its place, or where a minus would follow another sign. */
function within({ text, level }: Text, least: Level, isFirst = true): string {
  return level < least || (!isFirst && text.startsWith("-")) ? `(${text})` : text;
}

/** As the base of a power, or its exponent. */
function tight(x: Expression, names: readonly string[]): string {
  return within(write(x, names), LEVELS.atom, false);
}

/** By itself a number is one, and no quotient. */
function numberText(value: number): Text {
  const [over, under] = quotientOf(Math.abs(value));
  const text = under === undefined && over !== undefined ? over : String(Math.abs(value));
  return { text: `${value < 0 ? "-" : ""}${text}`, level: LEVELS.atom };
}

function sumText(terms: readonly Expression[], names: readonly string[]): string {
  return terms
    .map((term, i) => {
      const text = within(write(term, names), LEVELS.product);
      if (i === 0) return text;
      const isNegative = (term.kind === "number" && term.value < 0) || (term.kind === "product" && term.factor < 0);
      if (isNegative) return ` - ${text.slice(1)}`;
      return ` + ${text.startsWith("-") ? `(${text})` : text}`;
    })
    .join("");
}

function productText(factor: number, powers: readonly Power[], names: readonly string[]): string {
  const asText = (text: string | undefined): Text[] => (text === undefined ? [] : [{ text, level: LEVELS.atom }]);
  const [over, under] = quotientOf(Math.abs(factor)).map(asText) as [Text[], Text[]];
  for (const power of powers) (power.exponent > 0 ? over : under).push(powerText(power, names));
  const joined = (parts: readonly Text[], isFirst: boolean) =>
    parts.map((part, i) => within(part, LEVELS.product, isFirst && i === 0)).join(" * ");
  const numerator = over.length === 0 ? "1" : joined(over, factor > 0);
  const sign = factor < 0 ? "-" : "";
  if (under.length === 0) return `${sign}${numerator}`;
  const [only] = under;
  const denominator =
    only !== undefined && under.length === 1 ? within(only, LEVELS.power, false) : `(${joined(under, true)})`;
  return `${sign}${numerator} / ${denominator}`;
}

/** A power without its sign; halves are written as roots. */
function powerText({ base, exponent }: Power, names: readonly string[]): Text {
  const size = Math.abs(exponent);
  if (size === 1) return write(base, names);
  if (Number.isInteger(size) || !Number.isInteger(2 * size))
    return { text: `${tight(base, names)}^${Number(size.toPrecision(6))}`, level: LEVELS.power };
  const root = `sqrt(${write(base, names).text})`;
  return size === 0.5 ? { text: root, level: LEVELS.atom } : { text: `${root}^${2 * size}`, level: LEVELS.power };
}
