import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../src/compile/compile.js";
import { mergeScalarCopies } from "../src/compile/emit/scalar-copies.js";
import { planScalars } from "../src/compile/emit/scalar-plan.js";
import { emitScalars } from "../src/compile/emit/scalars.js";
import { type Expression, ExpressionBuilder, type Kind, type Operation } from "../src/compile/expression.js";
import { type Buffer, elementBytes, type Kernel, readsOf, type ScalarStore, writesOf } from "../src/compile/kernel.js";
import type { DType } from "../src/dtype.js";
import { type Tensor, variable } from "../src/index.js";
import { Module } from "../src/wasm/encoder.js";
import { webAssembly } from "../src/wasm/features.js";
import { GemmEmitter } from "../src/wasm/gemm-emit.js";
import { VectorMath } from "../src/wasm/vector-math/index.js";

const here = { offset: 0, strides: [] };
const dtypes = { f64: "float64", f32: "float32", i32: "int32", mask: "bool" } as const;
const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Buffers and expressions of one scalar kernel, and its run. */
class Program {
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
    const context = {
      module,
      math: new VectorMath(module),
      gemm: new GemmEmitter(module, { relaxed: false }),
      relaxed: false,
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

/** All results of operations on each combination of operands, against a function over plain numbers. */
function check(
  kind: Exclude<Kind, "mask">,
  names: readonly Operation[],
  operands: readonly (readonly number[])[],
  expected: (name: Operation, args: readonly number[]) => number,
  same: (actual: number, expected: number) => boolean = Object.is,
): void {
  const program = new Program();
  const cases: { readonly name: Operation; readonly args: readonly number[] }[] = [];
  for (const args of operands) {
    const loaded = args.map((value) => program.input(kind, value));
    for (const name of names) {
      cases.push({ name, args });
      program.store(program.apply(name, comparisons.has(name) ? "mask" : kind, ...loaded));
    }
  }
  program.run().results.forEach((actual, i) => {
    const { name, args } = cases[i] as (typeof cases)[number];
    const wanted = expected(name, args);
    assert.ok(same(actual, wanted), `${name} of ${kind} (${args.join(", ")}) is ${wanted}, got ${actual}`);
  });
}

const pairs = (values: readonly number[]) => values.flatMap((x) => values.map((y) => [x, y]));
const singles = (values: readonly number[]) => values.map((x) => [x]);

const comparisons: ReadonlySet<Operation> = new Set<Operation>([
  ...(["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"] as const),
]);
const floats = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, -1e-3, 7e5, -1e30, 5e-324, Infinity, -Infinity, NaN];
const integers = [0, 1, -1, 2, 3, -3, 7, -7, 65537, -65537, 2 ** 31 - 1, -(2 ** 31)];

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

const plain = (name: Operation, [x, y]: readonly number[]) =>
  (reference[name] as (x: number, y: number) => number)(x as number, y as number);

const unaryInstructions = ["neg", "abs", "sign", "floor", "ceil", "round", "sqrt"] as const;
const binaryInstructions = ["add", "sub", "mul", "div", "max", "min", ...comparisons] as const;

test("float64 arithmetic is that of JavaScript to the bit", () => {
  check("f64", unaryInstructions, singles(floats), plain);
  check("f64", binaryInstructions, pairs(floats), plain);
});

test("float32 arithmetic is that of float64, rounded", () => {
  const values = floats.map(Math.fround);
  const rounded = (name: Operation, args: readonly number[]) => Math.fround(plain(name, args));
  check("f32", unaryInstructions, singles(values), rounded);
  check("f32", binaryInstructions, pairs(values), rounded);
});

test("int32 arithmetic keeps the last 32 bits", () => {
  const wrapped = (name: Operation, args: readonly number[]) => {
    if (name === "mul") return Math.imul(args[0] as number, args[1] as number);
    return plain(name, args) | 0;
  };
  check("i32", ["neg", "abs", "sign", "floor", "ceil", "round"], singles(integers), wrapped);
  check("i32", ["add", "sub", "mul", "max", "min", "mod", ...comparisons], pairs(integers), wrapped);
});

test("functions without an instruction agree with Math in one lane", () => {
  const unary = [
    ...(["exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"] as const),
    ...(["asinh", "acosh", "atanh", "sigmoid"] as const),
  ];
  const binary = ["pow", "atan2", "hypot", "mod"] as const;
  const values = [0.3, -0.7, 0.999, 1.25, -2.5, 17.3, 0, Infinity, -Infinity, NaN];
  for (const [kind, tolerance, round] of [
    ["f64", 4e-15, (x: number) => x],
    ["f32", 3e-7, Math.fround],
  ] as const) {
    const near = (actual: number, wanted: number) =>
      Object.is(actual, wanted) || Math.abs(actual - wanted) <= tolerance * Math.abs(wanted);
    const expected = (name: Operation, args: readonly number[]) => round(plain(name, args));
    check(kind, unary, singles(values.map(round)), expected, near);
    check(kind, binary, pairs(values.map(round)), expected, near);
  }
});

test("erf and erfc agree with published values", () => {
  // Abramowitz and Stegun, Handbook of Mathematical Functions, table 7.1.
  const program = new Program();
  const half = program.input("f64", 0.5);
  program.store(program.apply("erf", "f64", half));
  program.store(program.apply("erfc", "f64", half));
  const [erf, erfc] = program.run().results as readonly [number, number];
  assert.ok(Math.abs(erf - 0.5204998778) < 5e-11 && Math.abs(erfc - 0.4795001222) < 5e-11, `${erf}, ${erfc}`);
});

test("conversions between kinds", () => {
  const doubles = [
    ...floats,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32 - 0.5,
    2 ** 53 + 2,
    3 * 2 ** 62,
    -5 * 2 ** 70,
    1e300,
    0.999,
  ];
  const program = new Program();
  const expected: number[] = [];
  const expectStore = (value: Expression, wanted: number) => {
    program.store(value);
    expected.push(wanted);
  };
  for (const x of doubles) {
    const double = program.input("f64", x);
    const single = program.input("f32", Math.fround(x));
    expectStore(program.builder.as(double, "i32"), x | 0);
    expectStore(program.builder.as(single, "i32"), Math.fround(x) | 0);
    expectStore(program.builder.as(double, "f32"), Math.fround(x));
    expectStore(program.builder.as(single, "f64"), Math.fround(x));
    expectStore(program.builder.as(double, "mask"), x === 0 ? 0 : 1);
    expectStore(program.builder.as(single, "mask"), Math.fround(x) === 0 ? 0 : 1);
  }
  for (const x of integers) {
    const integer = program.input("i32", x);
    expectStore(program.builder.as(integer, "f64"), x);
    expectStore(program.builder.as(integer, "f32"), Math.fround(x));
    expectStore(program.builder.as(integer, "mask"), x === 0 ? 0 : 1);
  }
  for (const truth of [0, 1]) {
    const mask = program.input("mask", truth);
    for (const kind of ["f64", "f32", "i32", "mask"] as const) expectStore(program.builder.as(mask, kind), truth);
  }
  program.run().results.forEach((actual, i) => {
    assert.ok(Object.is(actual, expected[i]), `result ${i} is ${expected[i]}, got ${actual}`);
  });
});

test("select takes its second operand where the mask is true", () => {
  for (const kind of ["f64", "f32", "i32"] as const) {
    for (const truth of [0, 1]) {
      const program = new Program();
      const [x, y] = [program.input(kind, 3), program.input(kind, 4)];
      program.store(program.apply("select", kind, program.input("mask", truth), x, y));
      assert.is(program.run().results[0], truth === 1 ? 3 : 4);
    }
  }
});

test("elements are read at an offset, and at an index of the program's own", () => {
  for (const dtype of ["float64", "float32", "int32", "bool"] as const) {
    const program = new Program();
    const buffer = program.buffer(dtype, dtype === "bool" ? [0, 0, 1, 0, 1] : [10, 11, 12, 13, 14]);
    const wanted = dtype === "bool" ? [1, 0, 0, 1] : [12, 13, 10, 14];
    program.store(program.builder.load(buffer, { offset: 2, strides: [] }));
    program.store(program.builder.load(buffer, { offset: 3, strides: [] }));
    const index = program.input("i32", -1);
    program.store(program.builder.load(buffer, { offset: 2, strides: [] }, { value: index, stride: 2 }));
    const computed = program.apply("add", "i32", index, program.builder.constant("i32", 3));
    program.store(program.builder.load(buffer, { offset: 0, strides: [] }, { value: computed, stride: 2 }));
    assert.equal(program.run().results, wanted, dtype);
  }
});

test("constants, copies and values with several targets are stored", () => {
  const program = new Program();
  const x = program.input("f64", 5);
  const square = program.apply("mul", "f64", x, x);
  for (const value of [x, square, square, program.builder.constant("f32", 0.1), program.builder.constant("i32", -7)]) {
    program.store(value);
  }
  program.store(program.builder.index({ offset: 9, strides: [] }));
  program.store(program.apply("sub", "f64", square, x));
  assert.equal(program.run().results, [5, 25, 25, Math.fround(0.1), -7, 9, 20]);
});

test("an operation that a kind does not have is an error with its name", () => {
  const program = new Program();
  program.store(program.apply("exp", "i32", program.input("i32", 1)));
  assert.throws(() => program.run(), /exp is no operation on int32/);
});

/** A small generator of its own: the same numbers in each run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * limit);
  };
}

/** A random program of all kinds with the values that it has; also old values are used again. */
function randomProgram(
  seed: number,
  length: number,
): { readonly program: Program; readonly wanted: readonly number[] } {
  const random = numbers(seed);
  const program = new Program();
  const value = new Map<Expression, number>();
  const known: Record<Kind, Expression[]> = { f64: [], f32: [], i32: [], mask: [] };
  const add = (e: Expression, number: number) => {
    if (value.has(e)) return;
    value.set(e, number);
    known[e.kind].push(e);
  };
  const pick = (kind: Kind) => known[kind][random(known[kind].length)] as Expression;
  for (const kind of ["f64", "f32", "i32", "mask"] as const) {
    for (const x of [0, 1, 3]) add(program.input(kind, kind === "mask" ? x & 1 : x), kind === "mask" ? x & 1 : x);
  }
  const binary = ["add", "sub", "mul", "max", "min", "less", "greaterEqual"] as const;
  for (let i = 0; i < length; i++) {
    const kind = (["f64", "f32", "i32"] as const)[random(3)] as "f64" | "f32" | "i32";
    const to = (x: number, kind: Kind) => (kind === "f32" ? Math.fround(x) : kind === "i32" ? x | 0 : x);
    const [x, y, mask] = [pick(kind), pick(kind), pick("mask")];
    const [a, b] = [value.get(x) as number, value.get(y) as number];
    switch (random(4)) {
      case 0: {
        const other = (["f64", "f32", "i32"] as const)[random(3)] as Kind;
        if (other !== kind) add(program.builder.as(x, other), to(a, other));
        break;
      }
      case 1:
        add(program.apply("select", kind, mask, x, y), value.get(mask) === 1 ? a : b);
        break;
      default: {
        const name = binary[random(binary.length)] as Operation;
        const exact = kind === "i32" && name === "mul" ? Math.imul(a, b) : plain(name, [a, b]);
        if (comparisons.has(name)) add(program.apply(name, "mask", x, y), exact);
        else add(program.apply(name, kind, x, y), to(exact, kind));
      }
    }
  }
  const stored = [...value.keys()].filter((_, i) => i % 7 === 0);
  for (const e of stored) program.store(e);
  return { program, wanted: stored.map((e) => value.get(e) as number) };
}

test("random programs have the same values however they are cut", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { program, wanted } = randomProgram(seed, 400);
    for (const size of [10, 25, 60, 300, 5000]) {
      const { results, functions } = program.run(size);
      assert.ok(functions > 1 === size < 5000, `${functions} functions of size ${size}`);
      results.forEach((actual, i) => {
        assert.ok(Object.is(actual, wanted[i]), `seed ${seed}, size ${size}: ${i} is ${wanted[i]}, got ${actual}`);
      });
    }
  }
});

test("a chain of 10^5 operations and its gradient", () => {
  const program = new Program();
  const [w, b] = [program.input("f64", 0.75), program.input("f64", 0.5)];
  const xs = [program.input("f64", 1)];
  for (let i = 0; i < 50_000; i++) {
    xs.push(program.apply("add", "f64", program.apply("mul", "f64", xs[i] as Expression, w), b));
  }
  let dx = program.input("f64", 1);
  let dw = program.builder.constant("f64", 0);
  for (let i = 50_000 - 1; i >= 0; i--) {
    dw = program.apply("add", "f64", dw, program.apply("mul", "f64", dx, xs[i] as Expression));
    dx = program.apply("mul", "f64", dx, w);
  }
  program.store(xs[50_000] as Expression);
  program.store(dw);
  const { results, functions, slots } = program.run();
  // In the limit x is b / (1 - w), and its derivative by w is b / (1 - w)^2.
  for (const [i, limit] of [2, 8].entries()) {
    assert.ok(Math.abs((results[i] as number) - limit) < 1e-14, `${results[i]} in the place of ${limit}`);
  }
  assert.ok(functions > 50 && slots < 51_000, `${functions} functions, ${slots} slots`);
});

test("slots are used again by values that live later", () => {
  const program = new Program();
  let x = program.input("f64", 1);
  for (let i = 0; i < 1000; i++) x = program.apply("add", "f64", program.apply("neg", "f64", x), x);
  program.store(x);
  const { results, slots } = program.run(30);
  assert.equal(results, [0]);
  assert.ok(slots <= 6, `${slots} slots`);
});

test("copies of scalars are merged where none of them depends on another", () => {
  const builder = new ExpressionBuilder();
  const [a, b, c, d] = [0, 1, 2, 3].map(
    (id): Buffer => ({ id, dtype: "float64", shape: [], size: 1, role: "temporary" }),
  ) as [Buffer, Buffer, Buffer, Buffer];
  const copy = (from: Buffer, target: Buffer): Kernel => ({
    kind: "loop",
    name: "copy",
    sizes: [1],
    reduced: 0,
    reduction: null,
    stores: [{ value: builder.load(from, { offset: 0, strides: [1] }), target, to: { offset: 0, strides: [1] } }],
  });
  const moved = (kernels: readonly Kernel[]) =>
    mergeScalarCopies(kernels).map((kernel) => writesOf(kernel).map(({ id }) => id));
  assert.equal(moved([copy(a, b), copy(a, c), copy(a, d)]), [[1, 2, 3]]);
  assert.equal(moved([copy(a, b), copy(b, c), copy(a, d)]), [[1], [2, 3]], "b is read after it is written");
  assert.equal(moved([copy(a, b), copy(c, a), copy(c, d)]), [[1], [0, 3]], "a is written after it is read");
  assert.equal(moved([copy(a, b), copy(c, b)]), [[1], [1]], "b is written twice");
  const [merged] = mergeScalarCopies([copy(a, b), copy(c, d)]) as [Kernel];
  assert.equal(
    readsOf(merged).map(({ id }) => id),
    [0, 2],
  );
});

test("scalar variables are updated together, each from the old values of all", () => {
  const variables = Array.from({ length: 20 }, (_, i) => variable(i));
  const rotate = compile(
    () => {
      const next = variables.map((_, i) => variables[(i + 1) % 20]?.mul(2) as Tensor);
      variables.forEach((v, i) => {
        v.assign(next[i] as Tensor);
      });
    },
    { verify: true },
  );
  rotate();
  rotate();
  assert.equal(
    variables.map((v) => v.item()),
    Array.from({ length: 20 }, (_, i) => 4 * ((i + 2) % 20)),
  );
  assert.match(rotate.program().print("kernels"), /copies/);
});

test.run();
