import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../src/compile/compile.js";
import type { Buffer } from "../src/compile/ir/buffer.js";
import { type Expression, ExpressionBuilder, type Kind, type Operation } from "../src/compile/ir/expression.js";
import { type Kernel, readsOf, writesOf } from "../src/compile/ir/kernel.js";
import { mergeScalarCopies } from "../src/compile/schedule/scalar-copies.js";
import { type Tensor, variable } from "../src/index.js";
import { comparisons, plain, ScalarProgram } from "./support/scalar-program.js";

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
): { readonly program: ScalarProgram; readonly wanted: readonly number[] } {
  const random = numbers(seed);
  const program = new ScalarProgram();
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
  const program = new ScalarProgram();
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
  const program = new ScalarProgram();
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
