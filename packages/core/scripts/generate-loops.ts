import { readFileSync } from "node:fs";
import {
  type ElementwiseRule,
  expressionOf,
  type Formula,
  type ForwardArithmetic,
  stableSigmoid,
} from "../src/graph/arithmetic.js";
import { Elementwise } from "../src/graph/elementwise.js";
import * as ops from "../src/ops/index.js";
import * as normalFormulas from "../src/random/normal-formulas.js";

/*
 * Prints `loops/generated.ts`: for each elementwise op and dtype the loops that its one expression stands for, the
 * loops of `loops/rows.ts` and `loops/windows.ts` for each dtype, and the formulas of `random/normal-formulas.ts` as functions of
 * numbers. Each loop is text of its own, so that the JavaScript engine sees one type of array in it; nothing is evaluated at run time.
 */

/** A value in a program text: where it stands, and as a condition if it is one. */
interface Term {
  readonly text: string;
  readonly condition?: string;
}

/** The arithmetic over program text: each operation is written once however often its value is used, on a line of its own where it is twice. */
class Printer implements ForwardArithmetic<Term> {
  private readonly lines: string[] = [];
  private readonly known = new Map<string, Term>();
  private readonly integer: boolean;

  constructor(integer: boolean) {
    this.integer = integer;
  }

  private line(text: string): Term {
    const known = this.known.get(text);
    if (known) return known;
    const term = { text: `t${this.lines.length}` };
    this.lines.push(text);
    this.known.set(text, term);
    return term;
  }

  /**
   * The lines for a result, of operands that are read as these texts say. What is used once stands where it is used, unless that is one
   * of two branches: an engine computes both ahead and selects, which is faster than to jump around one of them.
   */
  print(
    result: string,
    reads: ReadonlyMap<string, string>,
  ): { readonly lines: readonly string[]; readonly result: string } {
    const names = [...reads.keys(), ...this.lines.map((_, i) => `t${i}`)];
    const texts = [...reads.values(), ...this.lines];
    const inlined = new Map<string, string>();
    const lines: string[] = [];
    const filled = (text: string) => text.replace(/\b(?:t\d+|[a-e])\b/g, (name) => inlined.get(name) ?? name);
    names.forEach((name, i) => {
      const text = filled(texts[i] as string);
      const users = [...this.lines, result].filter((user) => new RegExp(`\\b${name}\\b`).test(user));
      const uses = users.join(";").match(new RegExp(`\\b${name}\\b`, "g"))?.length ?? 0;
      if (uses === 1 && !users[0]?.includes("?")) inlined.set(name, `(${text})`);
      else if (uses > 0) lines.push(`const ${name} = ${text};`);
    });
    return { lines, result: filled(result) };
  }

  get size(): number {
    return this.lines.length;
  }

  get text(): string {
    return this.lines.join(" ");
  }

  private infix(x: Term | number, operator: string, y: Term | number): Term {
    return this.line(`${show(x)} ${operator} ${show(y)}`);
  }

  private call(name: string, ...args: (Term | number)[]): Term {
    return this.line(`Math.${name}(${args.map(show).join(", ")})`);
  }

  private compare(x: Term | number, operator: string, y: Term | number): Term {
    const condition = `${show(x)} ${operator} ${show(y)}`;
    return { text: `(${condition} ? 1 : 0)`, condition };
  }

  add = (x: Term | number, y: Term | number) => this.infix(x, "+", y);
  sub = (x: Term | number, y: Term | number) => this.infix(x, "-", y);
  mul = (x: Term | number, y: Term | number) => (this.integer ? this.call("imul", x, y) : this.infix(x, "*", y));
  div = (x: Term | number, y: Term | number) => this.infix(x, "/", y);
  pow = (x: Term | number, y: Term | number) => this.line(`power(${show(x)}, ${show(y)})`);
  max = (x: Term | number, y: Term | number) => this.call("max", x, y);
  min = (x: Term | number, y: Term | number) => this.call("min", x, y);
  equal = (x: Term | number, y: Term | number) => this.compare(x, "===", y);
  notEqual = (x: Term | number, y: Term | number) => this.compare(x, "!==", y);
  less = (x: Term | number, y: Term | number) => this.compare(x, "<", y);
  lessEqual = (x: Term | number, y: Term | number) => this.compare(x, "<=", y);
  greater = (x: Term | number, y: Term | number) => this.compare(x, ">", y);
  greaterEqual = (x: Term | number, y: Term | number) => this.compare(x, ">=", y);
  select = (condition: Term, x: Term | number, y: Term | number) =>
    this.line(`${condition.condition ?? `${condition.text} !== 0`} ? ${show(x)} : ${show(y)}`);
  of = (op: new () => Elementwise, ...inputs: Term[]) => expressionOf(op)<Term>(this, ...inputs);
  inDoubles = (formula: Formula, ...operands: Term[]) => formula<Term>(this, ...operands);
  atan2 = (y: Term | number, x: Term | number) => this.call("atan2", y, x);
  hypot = (x: Term | number, y: Term | number) => this.line(`hypot(${show(x)}, ${show(y)})`);
  mod = (x: Term | number, y: Term | number) => this.line(`floorMod(${show(x)}, ${show(y)})`);
  neg = (x: Term) => this.line(`-${x.text}`);
  abs = (x: Term) => this.call("abs", x);
  sign = (x: Term) => this.call("sign", x);
  floor = (x: Term) => this.call("floor", x);
  ceil = (x: Term) => this.call("ceil", x);
  round = (x: Term) => this.line(`roundHalfEven(${x.text})`);
  sqrt = (x: Term) => this.call("sqrt", x);
  exp = (x: Term) => this.call("exp", x);
  expm1 = (x: Term) => this.call("expm1", x);
  log = (x: Term) => this.call("log", x);
  log1p = (x: Term) => this.call("log1p", x);
  sin = (x: Term) => this.call("sin", x);
  cos = (x: Term) => this.call("cos", x);
  tan = (x: Term) => this.call("tan", x);
  asin = (x: Term) => this.call("asin", x);
  acos = (x: Term) => this.call("acos", x);
  atan = (x: Term) => this.call("atan", x);
  sinh = (x: Term) => this.call("sinh", x);
  cosh = (x: Term) => this.call("cosh", x);
  tanh = (x: Term) => this.call("tanh", x);
  asinh = (x: Term) => this.call("asinh", x);
  acosh = (x: Term) => this.call("acosh", x);
  atanh = (x: Term) => this.call("atanh", x);
  erf = (x: Term) => this.line(`erf(${x.text})`);
  erfc = (x: Term) => this.line(`erfc(${x.text})`);
  erfcx = (x: Term) => this.line(`erfcx(${x.text})`);
  sigmoid = (x: Term) => stableSigmoid<Term>(this, x);
  sigmoidSlope = (x: Term, z: Term) => this.line(`sigmoidSlope(${x.text}, ${z.text})`);
  tanhSlope = (x: Term, z: Term) => this.line(`tanhSlope(${x.text}, ${z.text})`);
}

function show(x: Term | number): string {
  return typeof x === "number" ? String(x) : x.text;
}

const arrays = { float64: "Float64Array", float32: "Float32Array", int32: "Int32Array", bool: "Uint8Array" } as const;
type DType = keyof typeof arrays;

const operands = ["a", "b", "c", "d", "e"];

/** What takes so long that the steps of `strided` cost little beside it: a flat loop, if it is not unrolled, is only text to load. */
const calls =
  /\bMath\.(?!abs|ceil|floor|imul|max|min|sign|sqrt)\w+\(|\b(?:erfc?x?|floorMod|hypot|power|roundHalfEven)\(/;

/**
 * One expression as a Loop: `types` are the dtypes of the operands, in order. `broadcast` says which of them may have a smaller shape
 * than the result: without one among those that are used no strides are needed.
 */
function loop(
  out: DType,
  types: readonly DType[],
  evaluate: (k: Printer, terms: Term[]) => Term | number,
  broadcast: (operand: number) => boolean,
  unroll = false,
): string {
  const printer = new Printer(types.includes("int32"));
  const terms = types.map((_, i) => ({ text: operands[i] as string }));
  const result = show(evaluate(printer, terms));
  const text = `${printer.text} ${result}`;
  const uses = types.flatMap((_, i) => (new RegExp(`\\b${operands[i]}\\b`).test(text) ? [i] : []));
  const name = (i: number) => operands[i] as string;
  const array = (i: number) => arrays[types[i] as DType];
  const body = (place: (i: number) => string, write: string) => {
    const read = new Map(uses.map((i) => [name(i), `A${name(i)}[${place(i)}] as number`]));
    const printed = printer.print(result, read);
    return [...printed.lines, `${write} = ${printed.result};`].join(" ");
  };
  const at = (place: string) => body(() => place, `o[${place}]`);
  const needsStrides = uses.some(broadcast);
  const isSlow = calls.test(text);
  // Where the arithmetic is little, half of a loop's time is the turn itself; but text is not free either.
  const isUnrolled = unroll && printer.size <= 1;
  const flat = uses.map((i) => `, A${name(i)}: ${array(i)}`).join("");
  const strided = uses
    .map((i) => `, A${name(i)}: ${array(i)}, p${name(i)}: number, s${name(i)}: number, j${name(i)}: number`)
    .join("");
  const steps = uses.map((i) => `p${name(i)} += s${name(i)};`).join(" ");
  const jumps = uses.map((i) => `p${name(i)} += j${name(i)};`).join(" ");
  const steps4 = ["i", "i + 1", "i + 2", "i + 3"].map((place) => `{ ${at(place)} }`).join(" ");
  const turns = isUnrolled
    ? `let i = 0;
      for (const end = n - 3; i < end; i += 4) { ${steps4} }
      for (; i < n; i++) { ${at("i")} }`
    : `for (let i = 0; i < n; i++) { ${at("i")} }`;
  const flatLoop =
    needsStrides && isSlow && !isUnrolled
      ? ""
      : `flat(o: ${arrays[out]}, n: number${flat}) {
      ${turns}
    },
    `;
  const stridedLoop = !needsStrides
    ? ""
    : `strided(o: ${arrays[out]}, at: number, rows: number, n: number${strided}) {
      for (let i = at; rows > 0; rows--) {
        for (const end = i + n; i < end; i++) { ${body((i) => `p${name(i)}`, "o[i]")} ${steps} }
        ${jumps}
      }
    },
  `;
  return `{
    uses: [${uses.join(", ")}],
    ${flatLoop}${stridedLoop}}`;
}

function loopSet(rule: ElementwiseRule): string {
  const { takes = "float", gives, forward, backward } = rule;
  const arity = forward.length - 1;
  const all: DType[] = ["float64", "float32", "int32", "bool"];
  const dtypes = { float: all.slice(0, 2), number: all.slice(0, 3), bool: all.slice(3), any: all, where: all }[takes];
  const inputTypes = (dtype: DType) =>
    Array.from({ length: arity }, (_, i): DType => (takes === "where" && i === 0 ? "bool" : dtype));
  const forwards = dtypes.map((dtype) => {
    const isFloat = gives === undefined && (dtype === "float64" || dtype === "float32");
    return `${dtype}: ${loop(
      gives ?? dtype,
      inputTypes(dtype),
      (k, terms) => forward<Term>(k, ...terms),
      () => arity > 1,
      isFloat,
    )}`;
  });
  const parts = [`forward: { ${forwards.join(",\n")} }`];
  if (typeof backward !== "string") {
    // The gradient of the result, and the result, have its shape.
    const isInput = (i: number) => arity > 1 && i > 0 && i <= arity;
    const gradients = backward.map((gradient) => {
      if (gradient === null) return "null";
      const loops = (["float64", "float32"] as const).map(
        (dtype) =>
          `${dtype}: ${loop(dtype, [dtype, ...inputTypes(dtype), dtype], (k, terms) => gradient<Term>(k, ...(terms as [Term, ...Term[]])), isInput)}`,
      );
      const dout = { text: "dout" };
      const unchanged =
        gradient<Term>(new Printer(false), dout, ...Array.from({ length: arity + 1 }, () => ({ text: "x" }))) === dout;
      return unchanged ? '"dout"' : `{ ${loops.join(",\n")} }`;
    });
    parts.push(`backward: [${gradients.join(", ")}]`);
  }
  return `{ ${parts.join(",\n")} }`;
}

/** The loops of the files, written for Float64Array, and copies with another array in the place of it. */
function rowLoops(sources: readonly string[]): string {
  const parts = sources.flatMap((source) => source.split(/^(?=\/\*\*|export function)/m));
  const functions = parts.filter((part) => part.startsWith("export function"));
  return Object.entries(arrays)
    .map(([dtype, array]) => {
      if (dtype === "float64") return "float64: { ...rows, ...windows }";
      const copies = functions.map((text) =>
        text.replace("export function ", "").replaceAll(": Float64Array", `: ${array}`).trim(),
      );
      return `${dtype}: { ${copies.join(",\n")} }`;
    })
    .join(",\n");
}

const sets = Object.values(ops).flatMap((value) => {
  if (typeof value !== "function" || !(value.prototype instanceof Elementwise)) return [];
  const { name, rule } = value.prototype as Elementwise;
  return [`${name}: ${loopSet(rule)}`];
});

type NumberFormula = (k: Printer, ...terms: Term[]) => Term | number;

/** A formula over any arithmetic as a function of numbers. */
function numberFunction([name, formula]: [string, NumberFormula]): string {
  const printer = new Printer(false);
  const parameters = operands.slice(0, formula.length - 1);
  const { lines, result } = printer.print(show(formula(printer, ...parameters.map((text) => ({ text })))), new Map());
  return `export function ${name}(${parameters.map((each) => `${each}: number`).join(", ")}): number {
  ${[...lines, `return ${result};`].join("\n  ")}
}`;
}

process.stdout.write(`// Printed by scripts/generate-loops.ts from the expressions of the ops, from rows.ts and windows.ts, and from normal-formulas.ts. Do not edit.
import type { LoopSet } from "./loop.js";
import { erf, erfc, erfcx, floorMod, hypot, power, roundHalfEven, sigmoidSlope, tanhSlope } from "./math.js";
import * as rows from "./rows.js";
import type { Moments } from "./rows.js";
import * as windows from "./windows.js";
import type { PoolWindows } from "./windows.js";
import type { Windows } from "../shape/window.js";

export const elementwiseLoops: Readonly<Record<string, LoopSet>> = {
${sets.join(",\n")}
};

export const rowLoops = {
${rowLoops(process.argv.slice(2).map((file) => readFileSync(file, "utf8")))}
};

${Object.entries(normalFormulas).map(numberFunction).join("\n\n")}
`);
