import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Expression, Kind, Operation } from "../src/compile/ir/expression.js";
import { comparisons, plain, ScalarProgram } from "./support/scalar-program.js";

/** All results of operations on each combination of operands, against a function over plain numbers. */
function check(
  kind: Exclude<Kind, "mask">,
  names: readonly Operation[],
  operands: readonly (readonly number[])[],
  expected: (name: Operation, args: readonly number[]) => number,
  same: (actual: number, expected: number) => boolean = Object.is,
): void {
  const program = new ScalarProgram();
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

const floats = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, -1e-3, 7e5, -1e30, 5e-324, Infinity, -Infinity, NaN];
const integers = [0, 1, -1, 2, 3, -3, 7, -7, 65537, -65537, 2 ** 31 - 1, -(2 ** 31)];

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
  const program = new ScalarProgram();
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
  const program = new ScalarProgram();
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
      const program = new ScalarProgram();
      const [x, y] = [program.input(kind, 3), program.input(kind, 4)];
      program.store(program.apply("select", kind, program.input("mask", truth), x, y));
      assert.is(program.run().results[0], truth === 1 ? 3 : 4);
    }
  }
});

test("elements are read at an offset, and at an index of the program's own", () => {
  for (const dtype of ["float64", "float32", "int32", "bool"] as const) {
    const program = new ScalarProgram();
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
  const program = new ScalarProgram();
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
  const program = new ScalarProgram();
  program.store(program.apply("exp", "i32", program.input("i32", 1)));
  assert.throws(
    () => program.run(),
    /an elementwise rule uses k\.exp on int32, which programs compute on floats alone/,
  );
});

test.run();
