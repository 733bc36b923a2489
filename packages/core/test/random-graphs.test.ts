import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { customOp, gradcheck, type Tensor } from "../src/index.js";
import {
  assertGradients,
  broadcastableShapes,
  graphs,
  type RandomGraph,
  type RandomOp,
  randomOps,
  shapes,
  tensors,
} from "../src/testing/index.js";
import { at, broadcastShape, elementwise, fill, line, type Plain, reduce, sizeOf } from "./support/plain.js";
import { forAll, near } from "./support/property.js";

// Graphs of 1 to 60 random ops: values against plain loops, gradients against differences. FC_SEED draws others.

const total = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0);
const whole =
  (f: (list: number[]) => number) =>
  ([x]: readonly Plain[]) =>
    reduce(x as Plain, undefined, false, f);
const alongLast =
  (f: (x: number, list: readonly number[]) => number) =>
  ([x]: readonly Plain[]) =>
    fill((x as Plain).shape, (index) => f(at(x as Plain, index), line(x as Plain, index, index.length - 1)));
const each = (f: (x: number, y: number) => number) => elementwise((x, y = 0) => f(x, y));
/** The error function: its Taylor series, and Laplace's continued fraction where that has converged (A&S 7.1.5, 7.1.14). */
function erf(x: number): number {
  if (Math.abs(x) > 3) {
    let fraction = 0;
    for (let n = 60; n > 0; n--) fraction = n / 2 / (Math.abs(x) + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.abs(x) + fraction) / Math.sqrt(Math.PI));
  }
  let [sum, term] = [0, x];
  for (let n = 0; n < 80; n++) {
    sum += term / (2 * n + 1);
    term *= -(x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** What each op computes, said once more over plain arrays of numbers. */
const plain: Readonly<Record<string, (operands: readonly Plain[]) => Plain>> = {
  sin: each(Math.sin),
  cos: each(Math.cos),
  tanh: each((x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1)),
  sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  softplus: each((x) => Math.log(1 + Math.exp(x))),
  atan: each(Math.atan),
  erf: each(erf),
  neg: each((x) => -x),
  exp: each(Math.exp),
  log: each(Math.log),
  sqrt: each(Math.sqrt),
  square: each((x) => x * x),
  reciprocal: each((x) => 1 / x),
  abs: each(Math.abs),
  relu: each((x) => Math.max(x, 0)),
  add: each((x, y) => x + y),
  sub: each((x, y) => x - y),
  mul: each((x, y) => x * y),
  div: each((x, y) => x / y),
  maximum: each((x, y) => Math.max(x, y)),
  minimum: each((x, y) => Math.min(x, y)),
  where: each((x, y) => (x > y ? Math.sin(x) : y)),
  sum: whole(total),
  sumLast: ([x]) => reduce(x as Plain, -1, true, total),
  mean: whole((list) => total(list) / list.length),
  meanFirst: ([x]) => reduce(x as Plain, 0, false, (list) => total(list) / list.length),
  maxLast: ([x]) => reduce(x as Plain, -1, false, (list) => list.reduce((a, b) => Math.max(a, b))),
  logSumExp: whole((list) => Math.log(total(list.map(Math.exp)))),
  softmax: alongLast((x, list) => Math.exp(x) / total(list.map(Math.exp))),
  logSoftmax: alongLast((x, list) => x - Math.log(total(list.map(Math.exp)))),
  transpose: ([x]) => fill((x as Plain).shape.toReversed(), (index) => at(x as Plain, index.toReversed())),
  flatten: ([x]) => ({ shape: [(x as Plain).values.length], values: (x as Plain).values }),
  firstRow: ([x]) => fill((x as Plain).shape.slice(1), (index) => at(x as Plain, [0, ...index])),
  twice: ([x]) => {
    const { shape, values } = x as Plain;
    return {
      shape: shape.with(0, 2 * (shape[0] as number)),
      values: [...values, ...values.map((value) => value * 0.5)],
    };
  },
  cumsum: ([x]) =>
    fill((x as Plain).shape, (index) =>
      total(line(x as Plain, index, index.length - 1).slice(0, (index.at(-1) as number) + 1)),
    ),
  outer: ([x]) => {
    const { values } = x as Plain;
    return { shape: [values.length, values.length], values: values.flatMap((a) => values.map((b) => a * b)) };
  },
  gram: ([x]) => {
    const [rows, inner] = (x as Plain).shape as [number, number];
    return fill([rows, rows], ([i, j]) =>
      total(
        Array.from({ length: inner }, (_, k) => at(x as Plain, [i as number, k]) * at(x as Plain, [j as number, k])),
      ),
    );
  },
};

function evaluate({ inputs, steps }: RandomGraph): number {
  const all: Plain[] = inputs.map(({ shape, data }) => ({ shape, values: [...data] }));
  const used = new Set<number>();
  for (const { op, operands } of steps) {
    for (const i of operands) used.add(i);
    all.push((plain[op.name] as (operands: readonly Plain[]) => Plain)(operands.map((i) => all[i] as Plain)));
  }
  return total(
    all.flatMap(({ values }, i) => (i < inputs.length || used.has(i) ? [] : [total(values) / values.length])),
  );
}

test("there is a plain form of each op of a random graph", () => {
  assert.equal(
    randomOps.map(({ name }) => name).filter((name) => plain[name] === undefined),
    [],
  );
});

test("values of random graphs of 1 to 60 ops are those of plain loops", () => {
  const seen = new Map<string, number>();
  let [drawn, longest] = [0, 0];
  forAll(graphs(), 400, (graph) => {
    drawn++;
    for (const { op } of graph.steps) seen.set(op.name, (seen.get(op.name) ?? 0) + 1);
    longest = Math.max(longest, graph.steps.length);
    near([graph.f(...graph.inputs).item()], [evaluate(graph)], 1e-11, "value");
  });
  assert.ok(longest >= 50, `${longest} steps`);
  // So that no op is left out because its rule lets nothing through.
  assert.equal(
    randomOps.map(({ name }) => name).filter((name) => (seen.get(name) ?? 0) < drawn / 100),
    [],
  );
});

test("gradients of random graphs of 1 to 60 ops are those of differences", () => {
  forAll(graphs(), 200, ({ f, inputs }) => {
    const report = gradcheck(f, inputs, { atol: 1e-6 });
    if (!report.ok) throw new Error(report.toString());
  });
});

test("second derivatives of random graphs are those of differences", () => {
  forAll(graphs({ maxOps: 15 }), 40, ({ f, inputs }) => {
    const report = gradcheck(f, inputs, { order: 2 });
    if (!report.ok) throw new Error(report.toString());
  });
});

test("the entry for tests goes by its name in the package, and fast-check is an optional peer", async () => {
  const byName = (await import("@chainrule/core/testing" as string)) as Record<string, unknown>;
  assert.is(byName["graphs"], graphs);
  const { readFile } = await import("node:fs/promises");
  const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
  assert.ok(manifest.peerDependencies["fast-check"]);
  assert.is(manifest.peerDependenciesMeta["fast-check"]?.optional, true);
});

// --- what consumers get --------------------------------------------------------------------------------------------------

const broken = customOp("Broken", {
  arity: 1,
  shape: (x) => x,
  forward: (out, x) => out.set(Array.from(x.data, Math.sin)),
  backward: [(dout, x) => dout.mul(x.sin())],
});
const brokenOp: RandomOp = { name: "broken", arity: 1, apply: (x) => broken(x), growth: () => 1 };

test("a wrong op in random graphs shrinks to a small graph, which is printed with the seed", () => {
  const property = fc.property(graphs({ ops: [brokenOp] }), ({ f, inputs }) => gradcheck(f, inputs).ok);
  const result = fc.check(property, { seed: 7, numRuns: 50 });
  assert.ok(result.failed);
  const [graph] = result.counterexample as [RandomGraph];
  assert.equal(
    graph.steps.map(({ op }) => op.name),
    ["broken"],
  );
  assert.is(sizeOf((graph.inputs[0] as Tensor).shape), 1);
  const message = fc.defaultReportMessage(result) ?? "";
  assert.match(message, /seed: 7/);
  assert.match(message, /1 step\nx0: variable .*\nt1: Broken\(x0\)/);
});

test("assertGradients: three lines for an op of one's own, and a failure that names it at a small input", () => {
  assertGradients((x) => x.sin().mul(x), [tensors()], { order: 2 });
  assertGradients((x) => x.abs().add(x.maximum(1)), [tensors({ awayFrom: [0, 1] })]);
  assert.throws(
    () => assertGradients((x) => broken(x), [tensors()]),
    (error: unknown) =>
      error instanceof Error &&
      /seed: 1/.test(error.message) &&
      /culprit is Broken/.test(`${error.message} ${String(error.cause)}`),
  );
});

test("shapes and tensors are within what was asked for, and reach its ends", () => {
  const drawn = fc.sample(shapes({ minRank: 1, maxRank: 3, minSize: 0, maxSize: 5, maxElements: 30 }), {
    seed: 1,
    numRuns: 300,
  });
  assert.ok(drawn.every((shape) => shape.length >= 1 && shape.length <= 3 && sizeOf(shape) <= 30));
  assert.ok(drawn.some((shape) => sizeOf(shape) === 0) && drawn.some((shape) => shape.includes(5)));
  for (const list of fc.sample(broadcastableShapes(3), { seed: 1, numRuns: 100 })) {
    assert.is(list.length, 3);
    const joint = broadcastShape(list);
    for (const shape of list) {
      assert.ok(
        shape.every((size, axis) => size === 1 || size === joint[joint.length - shape.length + axis]),
        JSON.stringify(list),
      );
    }
  }
  const domain = fc.sample(tensors({ min: -1, max: 3, awayFrom: [0, 2], distance: 0.1, distinct: true }), {
    seed: 1,
    numRuns: 200,
  });
  for (const { data } of domain) {
    assert.ok(data.every((x) => x >= -1 && x <= 3 && Math.abs(x) >= 0.1 && Math.abs(x - 2) >= 0.1));
    assert.is(new Set(data).size, data.length);
  }
  assert.is(fc.sample(tensors({ dtype: "float32" }), { seed: 1, numRuns: 1 })[0]?.dtype, "float32");
  assert.throws(() => tensors({ min: 0, max: 1, awayFrom: [0.5], distance: 1 }), /nothing is 1 away/);
  assert.throws(() => tensors({ min: 2, max: 1 }), /no numbers from 2 to 1/);
  assert.throws(() => shapes({ minRank: 3, minSize: 4 }), /more than 24/);
});

test.run();
