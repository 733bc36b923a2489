import type { ProgramValue } from "@chainrule/core";
import { numberText, settingLines, signOfName } from "../describe.js";
import type { Head } from "../units.js";
import { signHead } from "../units.js";

/** What stands in an op, and which of its inputs it says by itself. */
export interface Op {
  readonly head: Head;
  /** The place of an input that is no line of its own: the 2 of x^2. */
  readonly absorbed: number | undefined;
}

/** A number of a program: its label is the number, in full. */
export const numberOf = ({ label }: ProgramValue, digits: number): string => {
  const value = Number(label);
  return Number.isNaN(value) ? label : numberText(value, digits);
};

/** @param inputOf the value of an id, where it is in the same graph */
export function opOf(value: ProgramValue, inputOf: (id: number) => ProgramValue | undefined, digits: number): Op {
  const { label, inputs } = value;
  // What checks indices is called by the op that uses them, and says so once.
  const { op, ...others } = value.settings ?? {};
  const settings = op === undefined || op === label ? others : { op, ...others };
  const [first, second] = inputs.map(inputOf);
  const title = `%${value.id} ${label}(${inputs.map((id) => `%${id}`).join(", ")})`;
  const lines = settingLines(settings);
  if (label === "Pow" && second?.kind === "number") {
    return { head: signHead(`^${numberOf(second, digits)}`, lines, title), absorbed: 1 };
  }
  if (label === "Div" && first?.kind === "number" && first.label === "1") {
    return { head: signHead("1/x", lines, title), absorbed: 0 };
  }
  return { head: signHead(signOfName(label), lines, title), absorbed: undefined };
}
