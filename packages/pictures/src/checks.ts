import { ChainruleError, show } from "@chainrule/core";

/** Options that are no values of their kind are errors that name the function. */

export function checkWhole(op: string, name: string, value: unknown, most: number): void {
  const isWhole = Number.isInteger(value) || (value === Number.POSITIVE_INFINITY && most === value);
  if (isWhole && (value as number) >= 1 && (value as number) <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? "of at least 1" : `from 1 to ${most}`;
  throw new ChainruleError(`${op}: ${name} ${show(value)}: a whole number ${range} is needed`);
}

export function checkChoice(op: string, name: string, value: unknown, values: readonly string[]): void {
  if (values.includes(value as string)) return;
  throw new ChainruleError(`${op}: ${name} ${show(value)}: ${values.map((each) => show(each)).join(" or ")} is meant`);
}

export function checkText(op: string, name: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw new ChainruleError(`${op}: ${name} ${show(value)}: a text is needed`);
}

export function checkPixels(op: string, name: string, value: unknown): void {
  if (typeof value === "number" && value > 0) return;
  throw new ChainruleError(`${op}: ${name} ${show(value)}: a number of pixels above 0 is needed`);
}
