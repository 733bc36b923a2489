import { CompileError } from "../../errors.js";
import type { Code, Func, Local, Module, PlainOp, ValueType } from "../../wasm/encoder.js";
import { vectorOf } from "../../wasm/simd.js";
import { arityOf, type MathName, mathNames, type VectorMath } from "../../wasm/vector-math/index.js";
import type { ModuleContext } from "../ir/context.js";
import type { Apply, Expression, Kind, NumberKind, Operation } from "../ir/expression.js";

/** What a value of a kind is in a scalar program: a truth value is 0 or 1. */
export const typeOf = { f64: "f64", f32: "f32", i32: "i32", mask: "i32" } as const satisfies Record<Kind, ValueType>;

/** The operations that are one instruction, by the type of their operands; `null` where there is nothing to do. */
const instructions: Readonly<Record<NumberKind, ReadonlyMap<Operation, PlainOp | null>>> = {
  f64: floatInstructions("f64"),
  f32: floatInstructions("f32"),
  i32: new Map<Operation, PlainOp | null>([
    ["add", "i32.add"],
    ["sub", "i32.sub"],
    ["mul", "i32.mul"],
    ["floor", null],
    ["ceil", null],
    ["round", null],
    ["equal", "i32.eq"],
    ["notEqual", "i32.ne"],
    ["less", "i32.lt_s"],
    ["lessEqual", "i32.le_s"],
    ["greater", "i32.gt_s"],
    ["greaterEqual", "i32.ge_s"],
  ]),
};

function floatInstructions(type: "f64" | "f32"): ReadonlyMap<Operation, PlainOp> {
  const same = ["add", "sub", "mul", "div", "min", "max", "neg", "abs", "floor", "ceil", "sqrt"] as const;
  return new Map<Operation, PlainOp>([
    ...same.map((name) => [name, `${type}.${name}`] as const),
    ["round", `${type}.nearest`],
    ["equal", `${type}.eq`],
    ["notEqual", `${type}.ne`],
    ["less", `${type}.lt`],
    ["lessEqual", `${type}.le`],
    ["greater", `${type}.gt`],
    ["greaterEqual", `${type}.ge`],
  ]);
}

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

/** The error for a rule of the consumer's: those of the engine have on integers what integers have. */
export function notOnIntegers(name: Operation): CompileError {
  return new CompileError(
    `compile: an elementwise rule uses k.${name} on int32, which programs compute on floats alone; give the op a float, as in ` +
      'x.cast("float64"), or call the function without compile',
  );
}

/** The operations on scalars; those that are no instruction are functions, which a module has once. */
export class ScalarOperations {
  private readonly module: Module;
  private readonly math: VectorMath;

  constructor({ module, math }: Pick<ModuleContext, "module" | "math">) {
    this.module = module;
    this.math = math;
  }

  /** Appends the code that replaces the operands, on the stack in `stackOrder`, by the value. */
  emit(code: Code, e: Apply): void {
    const [first] = e.args as readonly [Expression];
    switch (e.name) {
      case "select":
        code.op("select");
        return;
      case "convert":
        this.convert(code, first.kind, e.kind);
        return;
      case "toMask":
        nonZero(code, first.kind);
        return;
      case "either":
        code.op("i32.or");
        return;
      case "fromMask":
        if (e.kind === "f64" || e.kind === "f32") code.op(`${e.kind}.convert_i32_s`);
        return;
      default: {
        const type = typeOf[first.kind];
        const instruction = instructions[type].get(e.name);
        if (instruction === undefined) this.function(code, type, e.name);
        else if (instruction !== null) code.op(instruction);
      }
    }
  }

  /** What is more than one instruction. */
  private function(code: Code, type: NumberKind, name: Operation): void {
    if (type !== "i32") {
      if (!isMathName(name)) throw new Error(`${name} is no operation on ${type}`);
      code.call(this.mathFunction(type, name));
      return;
    }
    switch (name) {
      case "neg":
        code.i32(-1).op("i32.mul");
        return;
      case "abs":
      case "sign":
        code.call(
          this.module.shared(`scalar i32 ${name}`, (module) => module.func(unary("i32"), integerFunctions[name])),
        );
        return;
      case "min":
      case "max":
      case "mod":
        code.call(
          this.module.shared(`scalar i32 ${name}`, (module) => module.func(binary("i32"), integerFunctions[name])),
        );
        return;
      default:
        throw notOnIntegers(name);
    }
  }

  private convert(code: Code, from: Kind, to: Kind): void {
    if (from === "f64" && to === "f32") code.op("f32.demote_f64");
    else if (from === "f32" && to === "f64") code.op("f64.promote_f32");
    else if (from === "i32" && (to === "f64" || to === "f32")) code.op(`${to}.convert_i32_s`);
    else if ((from === "f64" || from === "f32") && to === "i32") {
      if (from === "f32") code.op("f64.promote_f32");
      code.call(
        this.module.shared("scalar f64 to i32", (module) =>
          module.func({ params: ["f64"], results: ["i32"] }, truncation),
        ),
      );
    } else throw new Error(`nothing to convert from ${from} to ${to}`);
  }

  /** The function of vectors, of which one lane is wanted. */
  private mathFunction(kind: "f64" | "f32", name: MathName): Func {
    const vector = vectorOf[kind];
    return this.module.shared(`scalar ${kind} ${name}`, (module) => {
      const write = (code: Code, ...operands: readonly Local[]) => {
        for (const operand of operands) code.get(operand).op(`${vector}.splat`);
        this.math.emit(code, kind, name);
        code.lane(`${vector}.extract_lane`, 0);
      };
      return arityOf(name) === 1 ? module.func(unary(kind), write) : module.func(binary(kind), write);
    });
  }
}

const unary = (type: NumberKind) => ({ params: [type], results: [type] }) as const;
const binary = (type: NumberKind) => ({ params: [type, type], results: [type] }) as const;

const integerFunctions = {
  /** That of the least integer is itself. */
  abs: (code: Code, x: Local) => {
    code.i32(0).get(x).op("i32.sub").get(x).get(x.less(0)).op("select");
  },
  sign: (code: Code, x: Local) => {
    code.get(x.greater(0).sub(x.less(0)));
  },
  min: (code: Code, x: Local, y: Local) => {
    code.get(x).get(y).get(x.less(y)).op("select");
  },
  max: (code: Code, x: Local, y: Local) => {
    code.get(x).get(y).get(x.greater(y)).op("select");
  },
  /** The remainder with the sign of y; 0 where y is 0. */
  mod: (code: Code, x: Local, y: Local) => {
    code.get(y.not()).if(() => code.i32(0).op("return"));
    code.get(x).get(y).op("i32.rem_s").set(x);
    const differs = () => code.get(x.xor(y).less(0).and(x.notEqual(0)));
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
 * The double x as an integer: cut off at the point, the last 32 bits of what is beyond; 0 for NaN and the infinities.
 * Every step is exact: x less a multiple of 2^32 has bits of x only.
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
