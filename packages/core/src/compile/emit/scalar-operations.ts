import type { Code, Func, Local, Module, PlainOp, ValueType } from "../../wasm/encoder.js";
import { arityOf, type MathName, mathNames, type VectorMath } from "../../wasm/vector-math/index.js";
import type { Expression, Kind, NumberKind, Operation } from "../expression.js";
import type { ModuleContext } from "./context.js";

export type Apply = Extract<Expression, { readonly op: "apply" }>;

/** What a value of a kind is in a scalar program: a truth value is 0 or 1. */
export const typeOf = { f64: "f64", f32: "f32", i32: "i32", mask: "i32" } as const satisfies Record<Kind, ValueType>;

const comparisons: Partial<Record<Operation, readonly [float: string, integer: string]>> = {
  equal: ["eq", "eq"],
  notEqual: ["ne", "ne"],
  less: ["lt", "lt_s"],
  lessEqual: ["le", "le_s"],
  greater: ["gt", "gt_s"],
  greaterEqual: ["ge", "ge_s"],
};

/** Operations on floats that are one instruction, of the same name but for `round`. */
const instructions: ReadonlySet<Operation> = new Set<Operation>([
  ...(["add", "sub", "mul", "div", "min", "max", "neg", "abs", "floor", "ceil", "round", "sqrt"] as const),
]);

const mathNameSet: ReadonlySet<string> = new Set(mathNames);

const isMathName = (name: Operation): name is MathName & Operation => mathNameSet.has(name);

/** The operands in the order in which they lie on the stack. */
export function stackOrder({ name, args }: Apply): readonly Expression[] {
  if (name !== "select") return args;
  const [condition, x, y] = args as readonly [Expression, Expression, Expression];
  return [x, y, condition];
}

/** Whether the first two operands may change places. */
export function isCommutative({ name }: Apply): boolean {
  return name === "add" || name === "mul";
}

/** The operations on scalars; those that are no instruction are functions, which a module has once. */
export class ScalarOperations {
  private readonly module: Module;
  private readonly math: VectorMath;
  private readonly functions = new Map<string, Func>();

  constructor({ module, math }: Pick<ModuleContext, "module" | "math">) {
    this.module = module;
    this.math = math;
  }

  /** Appends the code that replaces the operands, on the stack in `stackOrder`, by the value. */
  emit(code: Code, e: Apply): void {
    const [x] = e.args as readonly [Expression];
    const comparison = comparisons[e.name];
    if (comparison !== undefined) {
      code.op(`${typeOf[x.kind]}.${comparison[typeOf[x.kind] === "i32" ? 1 : 0]}` as PlainOp);
      return;
    }
    switch (e.name) {
      case "select":
        code.op("select");
        return;
      case "convert":
        this.convert(code, x.kind, e.kind);
        return;
      case "toMask":
        nonZero(code, x.kind);
        return;
      case "fromMask":
        if (e.kind === "f64" || e.kind === "f32") code.op(`${e.kind}.convert_i32_s`);
        return;
      default:
        if (e.kind === "i32") this.integer(code, e.name);
        else if (e.kind === "mask") throw new Error(`${e.name} is no operation on truth values`);
        else this.float(code, e.kind, e.name);
    }
  }

  private float(code: Code, kind: "f64" | "f32", name: Operation): void {
    if (instructions.has(name)) code.op(`${kind}.${name === "round" ? "nearest" : name}` as PlainOp);
    else if (isMathName(name)) code.call(this.mathFunction(kind, name));
    else throw new Error(`${name} is no operation on ${kind}`);
  }

  private integer(code: Code, name: Operation): void {
    switch (name) {
      case "add":
      case "sub":
      case "mul":
        code.op(`i32.${name}`);
        return;
      case "neg":
        code.i32(-1).op("i32.mul");
        return;
      case "floor":
      case "ceil":
      case "round":
        return;
      case "abs":
      case "sign":
        code.call(this.once(`i32 ${name}`, (module) => module.func(unary("i32"), integerFunctions[name])));
        return;
      case "min":
      case "max":
      case "mod":
        code.call(this.once(`i32 ${name}`, (module) => module.func(binary("i32"), integerFunctions[name])));
        return;
      default:
        throw new Error(`${name} is no operation on int32`);
    }
  }

  private convert(code: Code, from: Kind, to: Kind): void {
    if (from === "f64" && to === "f32") code.op("f32.demote_f64");
    else if (from === "f32" && to === "f64") code.op("f64.promote_f32");
    else if (from === "i32" && (to === "f64" || to === "f32")) code.op(`${to}.convert_i32_s`);
    else if ((from === "f64" || from === "f32") && to === "i32") {
      if (from === "f32") code.op("f64.promote_f32");
      code.call(this.once("f64 to i32", (module) => module.func({ params: ["f64"], results: ["i32"] }, truncation)));
    } else throw new Error(`nothing to convert from ${from} to ${to}`);
  }

  /** The function of vectors, of which one lane is wanted. */
  private mathFunction(kind: "f64" | "f32", name: MathName): Func {
    const vector = kind === "f64" ? "f64x2" : "f32x4";
    return this.once(`${kind} ${name}`, (module) => {
      const write = (code: Code, ...operands: readonly Local[]) => {
        for (const operand of operands) code.get(operand).op(`${vector}.splat`);
        this.math.emit(code, kind, name);
        code.lane(`${vector}.extract_lane`, 0);
      };
      return arityOf(name) === 1 ? module.func(unary(kind), write) : module.func(binary(kind), write);
    });
  }

  private once(key: string, make: (module: Module) => Func): Func {
    const known = this.functions.get(key);
    if (known !== undefined) return known;
    const func = make(this.module);
    this.functions.set(key, func);
    return func;
  }
}

const unary = (type: NumberKind) => ({ params: [type], results: [type] }) as const;
const binary = (type: NumberKind) => ({ params: [type, type], results: [type] }) as const;

const integerFunctions = {
  /** That of the least integer is itself. */
  abs: (code: Code, x: Local) => {
    code.i32(0).get(x).op("i32.sub").get(x).get(x).i32(0).op("i32.lt_s").op("select");
  },
  sign: (code: Code, x: Local) => {
    code.get(x).i32(0).op("i32.gt_s").get(x).i32(0).op("i32.lt_s").op("i32.sub");
  },
  min: (code: Code, x: Local, y: Local) => {
    code.get(x).get(y).get(x).get(y).op("i32.lt_s").op("select");
  },
  max: (code: Code, x: Local, y: Local) => {
    code.get(x).get(y).get(x).get(y).op("i32.gt_s").op("select");
  },
  /** The remainder with the sign of y; 0 where y is 0. */
  mod: (code: Code, x: Local, y: Local) => {
    code
      .get(y)
      .op("i32.eqz")
      .if(() => code.i32(0).op("return"));
    code.get(x).get(y).op("i32.rem_s").set(x);
    const differs = () =>
      code.get(x).get(y).op("i32.xor").i32(0).op("i32.lt_s").get(x).i32(0).op("i32.ne").op("i32.and");
    code.get(x).get(y).i32(0);
    differs().op("select").op("i32.add");
  },
} as const;

function nonZero(code: Code, kind: Kind): void {
  switch (kind) {
    case "f64":
      code.f64(0).op("f64.ne");
      return;
    case "f32":
      code.f32(0).op("f32.ne");
      return;
    case "i32":
      code.i32(0).op("i32.ne");
      return;
    case "mask":
      return;
    default:
      kind satisfies never;
  }
}

/**
 * The double x as an integer: cut off at the point, the last 32 bits of what is beyond; 0 for NaN and the infinities. Every
 * step is exact: x less a multiple of 2^32 has bits of x only.
 */
function truncation(code: Code, x: Local): void {
  code.get(x).op("f64.trunc").tee(x).get(x);
  code
    .f64(2 ** -32)
    .op("f64.mul")
    .op("f64.floor")
    .f64(2 ** 32)
    .op("f64.mul");
  code.op("f64.sub").op("i64.trunc_sat_f64_s").op("i32.wrap_i64");
}
