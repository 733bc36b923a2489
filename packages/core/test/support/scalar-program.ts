import * as assert from "uvu/assert";
import { emitScalars } from "../../src/compile/emit/scalars.js";
import { type Buffer, elementBytes } from "../../src/compile/ir/buffer.js";
import { type Expression, ExpressionBuilder, type Kind, type Operation } from "../../src/compile/ir/expression.js";
import type { ScalarStore } from "../../src/compile/ir/kernel.js";
import { planScalars } from "../../src/compile/schedule/plan-scalars.js";
import type { DType } from "../../src/dtype.js";
import { Module } from "../../src/wasm/encoder.js";
import { webAssembly } from "../../src/wasm/features.js";
import { GemmEmitter } from "../../src/wasm/gemm-emit.js";
import { targetOf } from "../../src/wasm/target.js";
import { VectorMath } from "../../src/wasm/vector-math/index.js";

export const here = { offset: 0, strides: [] };
export const dtypes = { f64: "float64", f32: "float32", i32: "int32", mask: "bool" } as const;
const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Buffers and expressions of one scalar kernel, and its run. */
export class ScalarProgram {
  readonly builder = new ExpressionBuilder();
  private readonly values = new Map<Buffer, readonly number[]>();
  private readonly stores: ScalarStore[] = [];
  private count = 0;

  buffer(dtype: DType, values: readonly number[], role: Buffer["role"] = "input"): Buffer {
    const buffer: Buffer = { id: this.count++, dtype, shape: [values.length], size: values.length, role };
    this.values.set(buffer, values);
    return buffer;
  }

  input(kind: Kind, value: number): Expression {
    return this.builder.load(this.buffer(dtypes[kind], [value]), here);
  }

  apply(name: Operation, kind: Kind, ...args: readonly Expression[]): Expression {
    return this.builder.apply(name, kind, args);
  }

  /** The value is one of what `run` gives. */
  store(value: Expression): void {
    this.stores.push({ value, target: this.buffer(dtypes[value.kind], [0], "output") });
  }

  /** @param size of a function; see `planScalars` */
  run(size?: number): { readonly results: readonly number[]; readonly functions: number; readonly slots: number } {
    const plan = size === undefined ? planScalars(this.stores) : planScalars(this.stores, size);
    // Filled with what is no plausible value: a slot that is read before it is written shows.
    const scratch = this.buffer("bool", new Array<number>(8 * plan.slotCount).fill(0xa5), "scratch");
    const addresses = new Map<Buffer, number>();
    let end = 16;
    for (const buffer of this.values.keys()) {
      addresses.set(buffer, end);
      end += Math.ceil((buffer.size * elementBytes[buffer.dtype]) / 16) * 16;
    }
    const module = new Module();
    const target = targetOf(false);
    const context = {
      module,
      math: new VectorMath(module),
      gemm: new GemmEmitter(module, target),
      ...target,
      address: (buffer: Buffer) => addresses.get(buffer) as number,
    };
    const kernel = { kind: "scalars", name: "scalars", stores: this.stores, plan, scratch } as const;
    const functions = emitScalars(kernel, context);
    module.func({ name: "run", params: [] }, (code) => {
      for (const func of functions) code.call(func);
    });
    const api = webAssembly();
    assert.ok(api !== undefined);
    const instance = new api.Instance(new api.Module(module.encode(Math.ceil(end / 65536))));
    const { memory, run } = instance.exports as unknown as { memory: { buffer: ArrayBuffer }; run: () => void };
    const view = (buffer: Buffer) =>
      new arrays[buffer.dtype](memory.buffer, addresses.get(buffer) as number, buffer.size);
    for (const [buffer, values] of this.values) view(buffer).set(values);
    run();
    const results = this.stores.map(({ target }) => view(target)[0] as number);
    return { results, functions: functions.length, slots: plan.slotCount };
  }
}

export const comparisons: ReadonlySet<Operation> = new Set<Operation>([
  ...(["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"] as const),
]);

/** What JavaScript itself says. */
const reference: Partial<Record<Operation, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  max: Math.max,
  min: Math.min,
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  sqrt: Math.sqrt,
  // The nearest double to x + 2^52 is whole, and the even one of two.
  round: (x) => (Math.abs(x) < 2 ** 51 ? Math.sign(x) * (Math.abs(x) + 2 ** 52 - 2 ** 52) || x * 0 : x),
  equal: (x, y) => Number(x === y),
  notEqual: (x, y) => Number(x !== y),
  less: (x, y) => Number(x < y),
  lessEqual: (x, y) => Number(x <= y),
  greater: (x, y) => Number(x > y),
  greaterEqual: (x, y) => Number(x >= y),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  pow: (x, y) => x ** y,
  atan2: Math.atan2,
  hypot: Math.hypot,
  mod: (x, y) => {
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
  },
};

export const plain = (name: Operation, [x, y]: readonly number[]) =>
  (reference[name] as (x: number, y: number) => number)(x as number, y as number);
