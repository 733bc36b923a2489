import { ChainruleError } from "../errors.js";
import { Argument } from "../graph/argument.js";
import type { Formula } from "../graph/arithmetic.js";
import { Elementwise } from "../graph/elementwise.js";
import { type FormulaText, Node } from "../graph/node.js";
import { nodeClasses } from "../ops/methods.js";
import { checkNoMore } from "../options.js";
import { show } from "../show.js";
import { type Expression, number, operand } from "./formula/expression.js";
import { plain } from "./formula/plain.js";
import { symbolic } from "./formula/symbolic.js";
import { formulas } from "./formula/table.js";
import { written } from "./formula/write.js";

/** The local formulas of a node, as text. */
export interface NodeFormula {
  /** What the formulas call the inputs, and the result. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** `z = x * y` */
  readonly forward: string;
  /**
   * For each input its local derivative, `dz/dx = y`, by which the gradient of the result is multiplied; or where it is no number
   * for each element its gradient, `dA = dC Bᵀ`, in which dC is that of the result. `null` where an input has none.
   */
  readonly backward: readonly (string | null)[];
}

/**
 * The local formulas of an op, as a textbook has them: forward, and for each input the local derivative or the gradient. Those of
 * elementwise ops, one's own among them, are written out of their rule.
 *
 * @param node of a graph, or alone: `new Mul()`
 * @param names what stands in the place of the letters, the inputs' first and the result's last: names, or numbers
 * @returns `undefined` for a node that says nothing about itself: a function of one's own, a loop
 * @throws ChainruleError for names that are no texts, or not as many as there are letters
 *
 * @example
 * const { forward, backward } = formulaOf(new Square()) as NodeFormula;
 * forward; // "z = x^2"
 * backward[0]; // "dz/dx = 2 * x"
 * formulaOf(new Mul(), ["100", "2", "200"])?.forward; // "200 = 100 * 2"
 */
export function formulaOf(node: Node, names?: readonly string[], ...none: []): NodeFormula | undefined {
  checkNoMore("formulaOf", none);
  if (!(node instanceof Node)) {
    throw new ChainruleError(
      `formulaOf: ${show(node)} is no node; take that of a tensor, t.node, or a new one, new Mul()`,
    );
  }
  const made = node instanceof Elementwise ? (tabled(node) ?? elementwise(node)) : (told(node) ?? tabled(node));
  if (made === undefined) return undefined;
  const { letters } = made;
  checkNames(node, letters, names);
  const shown = names ?? letters;
  const output = shown.at(-1) as string;
  const inputs = shown.slice(0, -1);
  return {
    inputs,
    output,
    forward: `${output} = ${made.forward(shown)}`,
    backward: inputs.map((input, i) => {
      const gradient = made.backward[i] ?? null;
      if (gradient === null) return null;
      return `${made.isDerivative ? `d${output}/d${input}` : `d${input}`} = ${gradient(shown)}`;
    }),
  };
}

function checkNames(node: Node, letters: readonly string[], names: unknown): void {
  if (names === undefined) return;
  const isList = Array.isArray(names) && names.length === letters.length;
  if (isList && names.every((name) => typeof name === "string")) return;
  throw new ChainruleError(
    `formulaOf: ${node.name} has the letters ${letters.join(", ")}; names are a list of as many texts, got ${show(names)}`,
  );
}

type Writer = (names: readonly string[]) => string;

interface Made {
  readonly letters: readonly string[];
  readonly forward: Writer;
  readonly backward: readonly (Writer | null)[];
  /** Whether the backward formulas are what the gradient of the result is multiplied by. */
  readonly isDerivative: boolean;
}

const usual: Readonly<Record<number, string>> = { 1: "x z", 2: "x y z", 3: "x y w z" };

/** A rule is linear in the gradient of the result: with 1 in the place of that it is the derivative. */
function elementwise(node: Elementwise): Made {
  const { name, rule, inputCount } = node;
  const known = isOfCore(node) ? plain[name] : undefined;
  const { letters = usual[inputCount] as string, forward = rule.forward, derivatives = [], exponent } = known ?? {};
  const operands = Array.from({ length: inputCount + 1 }, (_, i) => operand(i));
  const inDerivatives = operands.map((each, i) => (i === exponent ? (literal(node, i) ?? each) : each));
  const evaluated = (formula: Formula, ...inputs: Expression[]): Writer => {
    const result = formula(symbolic, ...inputs);
    // A rule may give a number as it is.
    const made = typeof result === "number" ? number(result) : result;
    return (names) => written(made, names);
  };
  const gradients = typeof rule.backward === "string" ? [] : rule.backward;
  return {
    letters: letters.split(" "),
    forward: evaluated(forward, ...operands.slice(0, -1)),
    backward: gradients.map((gradient, i) => {
      const derivative = derivatives[i] ?? null;
      if (derivative !== null) return evaluated(derivative, ...inDerivatives);
      if (gradient !== null) return evaluated(gradient, number(1), ...operands);
      return rule.takes === "where" ? null : () => "0";
    }),
    isDerivative: true,
  };
}

/** An input that is a number in the program, and has no name. */
function literal(node: Node, i: number): Expression | undefined {
  if (i >= node.arity) return undefined;
  const { rank, name, requiresGrad, data } = node.input(i);
  if (rank > 0 || name !== undefined || requiresGrad) return undefined;
  // To as many digits as its label has.
  return number(Number((data[0] as number).toPrecision(6)));
}

/** What a class says of itself, which may be a consumer's. */
function told(node: Node): Made | undefined {
  const given: unknown = node.formula?.();
  if (given === undefined) return undefined;
  const [letters, ...texts] = Array.isArray(given) ? given : [];
  const isText = typeof letters === "string" && texts.length > 1 && texts.length === letters.split(" ").length;
  if (isText && texts.every((text, i) => typeof text === "string" || (text === null && i > 0))) {
    return textual(given as FormulaText);
  }
  throw new ChainruleError(
    `${node.name}: its formula is a list of the letters, the result and the gradient of each input, ["x z", "2 * x", "2 * dz"], got ${show(given)}`,
  );
}

/** The tables are by name, and an op of one's own may have any. */
function isOfCore(node: Node): boolean {
  return node instanceof Argument || Object.values(nodeClasses()).includes(node.constructor);
}

function tabled(node: Node): Made | undefined {
  const name = node.name.replace(/[12]d$/, "");
  const entry = isOfCore(node) && Object.hasOwn(formulas, name) ? formulas[name] : undefined;
  return entry === undefined ? undefined : textual(typeof entry === "function" ? entry(node) : entry);
}

/** Text that has letters in it, in the place of which names are put. */
function textual([given, forward, ...gradients]: FormulaText): Made {
  const letters = given.split(" ");
  // A letter as a word of its own, or behind the d of a gradient.
  const pattern = new RegExp(`(?<![A-Za-z0-9_])(d?)(${letters.join("|")})(?![A-Za-z0-9_])`, "g");
  const writer =
    (text: string): Writer =>
    (names) =>
      text.replace(pattern, (_, d: string, letter: string) => d + names[letters.indexOf(letter)]);
  return {
    letters,
    forward: writer(forward),
    backward: gradients.map((text) => (text === null ? null : writer(text))),
    isDerivative: false,
  };
}
