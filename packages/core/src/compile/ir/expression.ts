import type { DType } from "../../dtype.js";
import { arithmeticOf, expressionOf, type ForwardArithmetic } from "../../graph/arithmetic.js";
import { Triples } from "../../triples.js";
import type { Buffer } from "./buffer.js";

/** What a value in a register is: a number of one of three types, or the truth value of a comparison. */
export type Kind = "f64" | "f32" | "i32" | "mask";
export type NumberKind = Exclude<Kind, "mask">;
const kinds: readonly Kind[] = ["f64", "f32", "i32", "mask"];

export function kindOf(dtype: DType): Kind {
  switch (dtype) {
    case "float64":
      return "f64";
    case "float32":
      return "f32";
    case "int32":
      return "i32";
    case "bool":
      return "mask";
    default:
      return dtype satisfies never;
  }
}

/** The kind in which arithmetic on a dtype is done: truth values are 0 and 1 there. */
export function numberKindOf(dtype: DType): NumberKind {
  const kind = kindOf(dtype);
  return kind === "mask" ? "i32" : kind;
}

/** An affine function of the indices of a kernel's axes: `offset` plus the sum of `strides[axis]` times the index. */
export interface Affine {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The arithmetic of an expression: that of `Arithmetic`, the conversions between kinds, and "either" of two truth values. */
export type Operation =
  | Exclude<keyof ForwardArithmetic<unknown>, "of" | "inDoubles">
  | "convert"
  | "toMask"
  | "fromMask"
  | "either";

/** What a kernel computes for each element. Equal expressions of a kernel are one object. */
export type Expression = {
  readonly id: number;
  readonly kind: Kind;
} & (
  | { readonly op: "constant"; readonly value: number }
  /**
   * An element of a buffer; `index` adds an i32 of this expression's own, times a stride, to the place (in elements).
   */
  | { readonly op: "load"; readonly buffer: Buffer; readonly at: Affine; readonly index: IndexTerm | null }
  /** The value of an affine function of the axes, an i32. */
  | { readonly op: "index"; readonly at: Affine }
  /** The state of a recurrence that carry number `carry` has come to; see `Recurrence`. */
  | { readonly op: "state"; readonly carry: number }
  | { readonly op: "apply"; readonly name: Operation; readonly args: readonly Expression[] }
);

/** An element of a buffer, and an operation. */
export type Load = Extract<Expression, { readonly op: "load" }>;
export type Apply = Extract<Expression, { readonly op: "apply" }>;

interface IndexTerm {
  readonly value: Expression;
  readonly stride: number;
}

/** Makes the expressions of one kernel, simplified where the result is the same to the bit. */
export class ExpressionBuilder {
  private readonly known = new Map<string, Expression>();
  /** Operations of one or two operands, which a program of scalars has a hundred thousand of; by their numbers in `made`. */
  private readonly applied = new Triples();
  private readonly made: Expression[] = [];
  private readonly operations = new Map<Operation, number>();
  private readonly arithmetics = new Map<NumberKind, ForwardArithmetic<Expression>>();
  private next = 0;

  constant(kind: NumberKind, value: number): Expression {
    const rounded = kind === "f32" ? Math.fround(value) : kind === "i32" ? value | 0 : value;
    const key = `c${kind}${Object.is(rounded, -0) ? "-0" : rounded}`;
    return this.intern(key, (id) => ({ id, op: "constant", kind, value: rounded }));
  }

  load(buffer: Buffer, at: Affine, index: IndexTerm | null = null): Expression {
    const by = index === null ? "" : `:${index.value.id}*${index.stride}`;
    const key = `l${buffer.id}:${at.offset}:${at.strides.join()}${by}`;
    return this.intern(key, (id) => ({ id, op: "load", kind: kindOf(buffer.dtype), buffer, at, index }));
  }

  index(at: Affine): Expression {
    if (at.strides.every((stride) => stride === 0)) return this.constant("i32", at.offset);
    return this.intern(`i${at.offset}:${at.strides.join()}`, (id) => ({ id, op: "index", kind: "i32", at }));
  }

  state(kind: NumberKind, carry: number): Expression {
    return this.intern(`s${carry}${kind}`, (id) => ({ id, op: "state", kind, carry }));
  }

  apply(name: Operation, kind: Kind, args: readonly Expression[]): Expression {
    const simple = this.simplified(name, kind, args);
    if (simple !== null) return simple;
    if (args.length > 2) {
      const key = `a${name}${kind}:${args.map((arg) => arg.id).join()}`;
      return this.intern(key, (id) => ({ id, op: "apply", kind, name, args }));
    }
    const operation = this.operation(name, kind);
    const first = (args[0] as Expression).id;
    const second = args[1]?.id ?? -1;
    const known = this.applied.find(operation, first, second);
    if (known >= 0) return this.made[known] as Expression;
    const made: Expression = { id: this.next++, op: "apply", kind, name, args };
    this.made[this.applied.add(operation, first, second)] = made;
    return made;
  }

  private operation(name: Operation, kind: Kind): number {
    let known = this.operations.get(name);
    if (known === undefined) {
      known = 4 * this.operations.size;
      this.operations.set(name, known);
    }
    return known + kinds.indexOf(kind);
  }

  /** The expression as a number of a kind, or as a truth value. */
  as(x: Expression, kind: Kind): Expression {
    if (x.kind === kind) return x;
    if (kind === "mask") return this.apply("toMask", "mask", [x]);
    if (x.kind === "mask") return this.apply("fromMask", kind, [x]);
    return this.apply("convert", kind, [x]);
  }

  /** Whether one of two truth values holds. */
  either(x: Expression, y: Expression): Expression {
    return this.apply("either", "mask", [x, y]);
  }

  /** The arithmetic of `Arithmetic` over expressions of a kind. */
  arithmetic(kind: NumberKind): ForwardArithmetic<Expression> {
    let known = this.arithmetics.get(kind);
    if (known === undefined) {
      known = this.makeArithmetic(kind);
      this.arithmetics.set(kind, known);
    }
    return known;
  }

  private makeArithmetic(kind: NumberKind): ForwardArithmetic<Expression> {
    const operand = (x: Expression | number) => (typeof x === "number" ? this.constant(kind, x) : this.as(x, kind));
    const unary = (name: Operation) => (x: Expression) => this.apply(name, kind, [operand(x)]);
    const binary = (name: Operation) => (x: Expression | number, y: Expression | number) =>
      this.apply(name, kind, [operand(x), operand(y)]);
    const comparison = (name: Operation) => (x: Expression | number, y: Expression | number) =>
      this.apply(name, "mask", [operand(x), operand(y)]);
    return {
      select: (condition, x, y) => this.apply("select", kind, [this.as(condition, "mask"), operand(x), operand(y)]),
      of: (op, ...inputs) => expressionOf(op)(this.arithmetic(kind), ...inputs),
      inDoubles: (formula, ...operands) => {
        const doubles = operands.map((x) => this.as(operand(x), "f64"));
        return this.as(formula(this.arithmetic("f64"), ...doubles), kind);
      },
      add: binary("add"),
      sub: binary("sub"),
      mul: binary("mul"),
      div: binary("div"),
      pow: binary("pow"),
      max: binary("max"),
      min: binary("min"),
      atan2: binary("atan2"),
      hypot: binary("hypot"),
      mod: binary("mod"),
      equal: comparison("equal"),
      notEqual: comparison("notEqual"),
      less: comparison("less"),
      lessEqual: comparison("lessEqual"),
      greater: comparison("greater"),
      greaterEqual: comparison("greaterEqual"),
      neg: unary("neg"),
      abs: unary("abs"),
      sign: unary("sign"),
      floor: unary("floor"),
      ceil: unary("ceil"),
      round: unary("round"),
      sqrt: unary("sqrt"),
      exp: unary("exp"),
      expm1: unary("expm1"),
      log: unary("log"),
      log1p: unary("log1p"),
      sin: unary("sin"),
      cos: unary("cos"),
      tan: unary("tan"),
      asin: unary("asin"),
      acos: unary("acos"),
      atan: unary("atan"),
      sinh: unary("sinh"),
      cosh: unary("cosh"),
      tanh: unary("tanh"),
      asinh: unary("asinh"),
      acosh: unary("acosh"),
      atanh: unary("atanh"),
      erf: unary("erf"),
      erfc: unary("erfc"),
      erfcx: unary("erfcx"),
      sigmoid: unary("sigmoid"),
      sigmoidSlope: binary("sigmoidSlope"),
      tanhSlope: binary("tanhSlope"),
    };
  }

  private simplified(name: Operation, kind: Kind, args: readonly Expression[]): Expression | null {
    const x = args[0] as Expression;
    const y = args[1] as Expression;
    const w = args[2] as Expression;
    if (name === "select") {
      if (y === w) return y;
      return null;
    }
    if (name === "toMask" && x.op === "apply" && x.name === "fromMask") return x.args[0] as Expression;
    if (name === "convert" || name === "toMask" || name === "fromMask") {
      return name === "convert" && x.op === "constant" && kind !== "mask" ? this.constant(kind, x.value) : null;
    }
    if (name === "either") return x === y ? x : null;
    const isOfConstants = x.op === "constant" && args.every((arg) => arg.op === "constant");
    if (kind !== "mask" && isOfConstants) {
      const f = arithmeticOf(kind === "i32" ? "int32" : "float64")[name] as (...values: number[]) => number;
      // Of what is not one instruction the program computes its own value, to the last bit.
      if (exact.has(name)) return this.constant(kind, f(...args.map((arg) => (arg as { value: number }).value)));
    }
    if ((name === "mul" || name === "div") && isConstant(y, 1)) return x;
    if (name === "mul" && isConstant(x, 1)) return y;
    if (name === "sub" && isConstant(y, 0)) return x;
    if (name === "neg" && x.op === "apply" && x.name === "neg") return x.args[0] as Expression;
    if (name === "pow" && isConstant(y, 2)) return this.apply("mul", kind, [x, x]);
    if (name === "pow" && isConstant(y, 1)) return x;
    if (name === "div" && kind !== "i32" && y.op === "constant" && isPowerOfTwo(y.value)) {
      return this.apply("mul", kind, [x, this.constant(kind as NumberKind, 1 / y.value)]);
    }
    return null;
  }

  private intern(key: string, make: (id: number) => Expression): Expression {
    let known = this.known.get(key);
    if (known === undefined) {
      known = make(this.next++);
      this.known.set(key, known);
    }
    return known;
  }
}

/** Operations whose result IEEE 754 (or the integers) define to the bit. */
const exact: ReadonlySet<Operation> = new Set([
  "add",
  "sub",
  "mul",
  "div",
  "max",
  "min",
  "neg",
  "abs",
  "sign",
  "floor",
  "ceil",
  "round",
  "sqrt",
] as const);

/** Whether dividing by a number is the same as multiplying by its inverse, in float32 as well. */
function isPowerOfTwo(value: number): boolean {
  const magnitude = Math.abs(value);
  return (
    magnitude >= 2 ** -100 &&
    magnitude <= 2 ** 100 &&
    Number.isInteger(Math.log2(magnitude)) &&
    2 ** Math.log2(magnitude) === magnitude
  );
}

function isConstant(e: Expression | undefined, value: number): boolean {
  return e?.op === "constant" && Object.is(e.value, value);
}

const none: readonly Expression[] = [];

/** The operands of an expression, the index of a load included. */
export function operandsOf(e: Expression): readonly Expression[] {
  if (e.op === "apply") return e.args;
  return e.op === "load" && e.index !== null ? [e.index.value] : none;
}

/** Calls `visit` for expressions and all that they are made of, operands first and each once. */
export function visitExpressions(roots: readonly Expression[], visit: (e: Expression) => void): void {
  const seen = new Set<Expression>();
  const stack: { readonly e: Expression; next: number }[] = [];
  const open = (e: Expression) => {
    if (seen.has(e)) return;
    seen.add(e);
    stack.push({ e, next: 0 });
  };
  for (const root of roots) {
    open(root);
    // Iterative: a scalar program may be a chain of a million operations.
    for (let top = stack[stack.length - 1]; top !== undefined; top = stack[stack.length - 1]) {
      const operand = operandsOf(top.e)[top.next++];
      if (operand !== undefined) open(operand);
      else {
        stack.pop();
        visit(top.e);
      }
    }
  }
}
