import { h } from "../dom.js";
import type { Names } from "./names.js";

const signs: Readonly<Record<string, string>> = {
  " * ": " × ",
  " - ": " − ",
  " == ": " = ",
  " != ": " ≠ ",
  " <= ": " ≤ ",
  " >= ": " ≥ ",
  "-": "−",
  pi: "π",
  sqrt: "√",
};

const pattern = /\^(\([^()]*\)|-?[\w.]+)| (?:\*|-|==|!=|<=|>=) |(?<![\w.)])-|(?<![\w.])[A-Za-z]\w*/g;

/**
 * A formula as a textbook prints it: tensors slanted, by their names, powers raised, derivatives one above the other.
 *
 * @param names whose letters are in the formula: d in front of one is its gradient
 */
export function math(formula: string, names?: Names): HTMLElement {
  const element = h("span", { class: "math" });
  let end = 0;
  for (const { 0: text, 1: exponent, index } of formula.matchAll(pattern)) {
    const before = formula.slice(end, index);
    element.append(before, piece(text, exponent, names, /[-+*/] ?$/.test(formula.slice(0, index))));
    end = index + text.length;
  }
  element.append(formula.slice(end));
  return element;
}

/** @param isBehindSign whether a sign stands before it, which no minus follows */
function piece(
  text: string,
  exponent: string | undefined,
  names: Names | undefined,
  isBehindSign: boolean,
): Node | string {
  if (exponent !== undefined) {
    const inner = exponent.replace(/^\((.*)\)$/, "$1");
    const [before, behind] = inner === exponent ? ["^", ""] : ["^(", ")"];
    return h("sup", {}, unseen(before), math(inner, names), behind === "" ? null : unseen(behind));
  }
  if (Object.hasOwn(signs, text)) return signs[text] as string;
  const place = names?.letters.indexOf(text) ?? -1;
  if (names !== undefined && place >= 0) {
    const name = names.input(place);
    return isBehindSign && isNumber(name) ? h("span", { class: "math" }, signed(name)) : symbol(name);
  }
  const gradient = text.startsWith("d") ? (names?.letters.indexOf(text.slice(1)) ?? -1) : -1;
  return names !== undefined && gradient >= 0 ? fraction(names.top, names.input(gradient)) : text;
}

/** For who hears the text, or copies it. */
function unseen(text: string): HTMLElement {
  return h("span", { class: "unseen" }, text);
}

/** The name of a tensor; a number is one without a name. */
export function symbol(name: string): HTMLElement {
  return isNumber(name) ? h("span", { class: "math" }, minus(name)) : h("i", { class: "math" }, name);
}

const isNumber = (name: string) => name.trim() !== "" && !Number.isNaN(Number(name));

/** The derivative of one by the other. */
export function fraction(over: string, under: string): HTMLElement {
  return h("span", { class: "fraction" }, h("span", {}, `∂${over}`), unseen("/"), h("span", {}, `∂${under}`));
}

/** Parts with a sign of equality between them, those that say the same as the one before left out. */
export function equation(...parts: readonly (HTMLElement | null)[]): HTMLElement {
  const element = h("p", { class: "equation" });
  let before: string | null = null;
  for (const part of parts) {
    if (part === null || part.textContent === before) continue;
    // A line is broken before a sign of equality.
    if (before === null) element.append(part);
    else element.append(" ", h("span", { class: "right" }, h("span", { class: "equals" }, "= "), part));
    before = part.textContent;
  }
  return element;
}

/** Parts with a sign of multiplication, or of a sum, between them. */
export function joined(sign: "×" | "+", ...parts: readonly (HTMLElement | string)[]): HTMLElement {
  const all = parts.flatMap((part, i) => (i === 0 ? [part] : [` ${sign} `, part]));
  return h("span", { class: "math" }, ...all);
}

/** A number as a textbook prints it. */
export function minus(text: string): string {
  return text.replace(/^-/, "−");
}

/** A number among others, in parentheses if it is less than 0. */
export function signed(text: string): string {
  return text.startsWith("-") ? `(${minus(text)})` : text;
}
