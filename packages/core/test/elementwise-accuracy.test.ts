import { test } from "uvu";
import * as assert from "uvu/assert";
import { observePrograms } from "../src/compile/run/observer.js";
import { Elementwise } from "../src/graph/elementwise.js";
import { compile, fromArray, grad, type Tensor } from "../src/index.js";
import { table } from "./op-table.js";
import { type Big, compare, difference, exactly, magnitude, toNumber } from "./support/big-float.js";
import { binaryFormulas, unaryFormulas } from "./support/elementwise-formulas.js";
import { type Derivatives, derivatives, variableJet } from "./support/jets.js";
import { sameNames } from "./support/names.js";
import type { Row } from "./support/row.js";
import { nameOf } from "./support/tensors.js";

// Here eager and compiled results are held to bounds of their own against hundreds of digits; the interpreter's, which are made of
// what rounding does between ops, know nothing of what cancels within one.
observePrograms(null);

/*
 * Value, first and second derivative of the elementwise ops, eager and compiled, against the formula of a textbook in
 * hundreds of digits, where what cancels, or leaves the range in between, shows. An error is at most 1e-5 (float32) or 1e-13
 * (float64) of the exact value, or half of the least number; near a root of the exact value, of what that is .1 beside it.
 */

const floats = ["float64", "float32"] as const;
type Float = (typeof floats)[number];
const arrays = { float64: Float64Array, float32: Float32Array };
const relative = { float64: 1e-13, float32: 1e-5 } as const;
const most = { float64: Number.MAX_VALUE, float32: 2 ** 128 - 2 ** 104 } as const;
/** Half of the least number, and a thousandth of that: a double is rounded, not the exact value. */
const half: Record<Float, Big> = { float64: { m: 1025n, e: -1085 }, float32: { m: 1025n, e: -160 } };

const vector = (values: readonly number[], dtype: Float): Tensor =>
  fromArray(arrays[dtype].from(values), [values.length]);

/** In float32, and so the same for both. */
const ordinary = [0.001, 0.1, 0.3, 0.5, 0.7, 1, 1.28, 1.5, 2, 2.4, 3, 3.5, 5, 7, 9, 12, 18, 30, 37, 50].map(
  Math.fround,
);
/** Where e^x, e^-x, e^(-x^2) and what is made of them overflow, or begin to be denormal numbers, or go to 0. */
const far = {
  float32: [3.7, 4.5, 9.3, 10.1, 13.2, 14.2, 44.5, 52, 88, 89.2, 95, 103, 1e-30, 1e-10, 1e13, 1e25],
  float64: [26.4, 37.7, 38.4, 200, 360, 372, 700, 709.9, 735, 744, 1e-200, 1e-20, 1e50, 1e180],
} as const;

/** Beyond, the derivatives are those of another formula, or nothing is left of the reference's digits. */
const largest: Readonly<Record<string, number>> = {
  ...{ Sin: 1e6, Cos: 1e6, Tan: 1e6, Erf: 40, Erfc: 40, Gelu: 45, GeluTanh: 20, Asin: 1, Acos: 1, Atanh: 1 },
  ...{ Exp: 800, Expm1: 800, Sinh: 800, Cosh: 800, Tanh: 800, Sigmoid: 800, LogSigmoid: 800, Softplus: 800, Silu: 800 },
};

function pointsOf(name: string, dtype: Float): number[] {
  const unit = dtype === "float32" ? 2 ** -24 : 2 ** -53;
  const bounds = { Asin: 1, Acos: 1, Atanh: 1, Acosh: 1 }[name] === undefined ? [] : besides1(unit);
  const bound = largest[name] ?? Infinity;
  return [...ordinary, ...far[dtype], ...bounds]
    .map((x) => (dtype === "float32" ? Math.fround(x) : x))
    .flatMap((x) => [x, -x])
    .filter((x) => Math.abs(x) <= bound);
}

const besides1 = (unit: number) => [1 - unit, 1 - 2 * unit, 1 + 2 * unit, 0.9999, 1.0001, 0.99, 0.9];

/** Roots of the first and of the second derivative, but for 0, where what is right is small and exact. */
const roots: Readonly<Record<string, readonly [first: readonly number[], second: readonly number[]]>> = {
  Silu: [[-1.2784645], [-2.3993573, 2.3993573]],
  Gelu: [[-0.7517916], [-Math.SQRT2, Math.SQRT2]],
  GeluTanh: [[-0.7524614], [-1.4, 1.4]],
};

const known = new Map<string, Derivatives | null>();
function referenceOf(name: string, x: number): Derivatives | null {
  const key = `${name} ${x}`;
  let found = known.get(key);
  if (found === undefined) {
    const formula = unaryFormulas[name] as (typeof unaryFormulas)[string];
    found = derivatives((k) => formula(k, variableJet(x)));
    known.set(key, found);
  }
  return found;
}

/** What an error is to be compared with. */
function scaleOf(name: string, x: number, order: number, exact: Big): Big {
  const root = (order === 0 ? [] : (roots[name]?.[(order - 1) as 0 | 1] ?? [])).find((at) => Math.abs(at - x) < 0.1);
  if (root === undefined) return magnitude(exact);
  const [left, right] = [root - 0.1, root + 0.1].map((at) => magnitude(referenceOf(name, at)?.[order] as Big));
  return compare(left as Big, right as Big) > 0 ? (left as Big) : (right as Big);
}

function check(found: number, exact: Big, scale: Big, dtype: Float, what: string): void {
  const wanted = toNumber(exact);
  if (Math.abs(wanted) > most[dtype]) {
    assert.is(found, Math.sign(wanted) * Infinity, what);
    return;
  }
  assert.ok(Number.isFinite(found), `${what}: ${found} is not ${wanted}`);
  const error = magnitude(difference(exactly(found), exact));
  // 1 / 1e5 and 1 / 1e13 of it, all in whole numbers.
  const within = compare({ m: error.m * BigInt(Math.round(1 / relative[dtype])), e: error.e }, scale) <= 0;
  assert.ok(within || compare(error, half[dtype]) <= 0, `${what}: ${found} is not ${wanted}`);
}

/** Sums, so that the gradient has an element for each point. */
function orders(call: (x: Tensor) => Tensor): readonly ((x: Tensor) => Tensor)[] {
  const first = grad((x: Tensor) => call(x).sum()) as (x: Tensor) => Tensor;
  return [call, first, grad((x: Tensor) => first(x).sum()) as (x: Tensor) => Tensor];
}

const differentiable = table.filter(
  ({ Node, gradient }) => Node?.prototype instanceof Elementwise && gradient === true,
);
/** One program for all of them. */
const together =
  (functions: readonly ((x: Tensor) => Tensor)[]) =>
  (x: Tensor): Tensor[] =>
    functions.map((f) => f(x));

const arityOf = ({ Node }: Row): number => ((Node?.prototype as Elementwise | undefined)?.rule.forward.length ?? 0) - 1;
const callOf = (row: Row, ...inputs: Tensor[]) => row.call(inputs, null);

test("every op of one number has a formula", () => {
  // Steps are right or wrong in the op table, and slopes are derivatives of others here.
  const others = ["Sign", "Floor", "Ceil", "Round"];
  const names = differentiable.flatMap((row) => (arityOf(row) === 1 ? [row.Node?.name ?? ""] : []));
  const formulas = [...Object.keys(unaryFormulas), ...others];
  sameNames(
    formulas,
    names.filter((name) => !name.endsWith("Slope")),
    {
      missing: "has none: give it one in test/support/elementwise-formulas.ts",
      excess: "is none, and has a formula",
    },
  );
});

for (const [name, formula] of Object.entries(unaryFormulas)) {
  const row = differentiable.find(({ Node }) => Node?.name === name);
  test(`${name}: value and derivatives at ordinary and extreme points`, () => {
    assert.ok(row !== undefined && formula !== undefined, `${name} has no row`);
    for (const dtype of floats) {
      const xs = pointsOf(name, dtype).filter((x) => referenceOf(name, x) !== null);
      assert.ok(xs.length > 10);
      const inputs = vector(xs, dtype);
      const all = together(orders((x) => callOf(row as Row, x)));
      for (const [way, run] of [["eager", all] as const, ["compiled", compile(all)] as const]) {
        for (const [order, { data }] of run(inputs).entries()) {
          data.forEach((found, i) => {
            const x = xs[i] as number;
            const exact = referenceOf(name, x)?.[order] as Big;
            const what = `${name}, derivative ${order}, at ${x}, ${dtype}, ${way}`;
            check(found, exact, scaleOf(name, x, order, exact), dtype, what);
          });
        }
      }
    }
  });
}

const large = [3.7e-20, 1e-5, 0.3, 1, 2.5, 88.5, 89.2, 1e13, 2.1e19, 1e30, 3.4e38];
const lengths = [1e-45, 1.2e-38, 1e-35, ...large].map(Math.fround);
const signed = lengths.flatMap((x) => [x, -x]);
const factors = [1e-3, 1, 1e3];

/** The derivatives of c times the op by each of its inputs. */
function gradients(row: Row): (inputs: readonly Tensor[], c: Tensor) => Tensor[] {
  return (inputs, c) => {
    const f = (given: readonly Tensor[]) =>
      callOf(row, ...given)
        .mul(c)
        .sum();
    return (grad(f) as (inputs: readonly Tensor[]) => Tensor[])(inputs);
  };
}

/** The derivative of an op of two numbers by one of them, for those where eager loops, which read the rounded result, are off. */
function exactSlope({ Node }: Row, at: readonly number[], input: number): number {
  const formula = binaryFormulas[Node?.name ?? ""];
  const [x, y] = at.map((value, i) => variableJet(value, i === input ? 1 : 0));
  if (formula === undefined || x === undefined || y === undefined) return Number.NaN;
  const found = derivatives((k) => formula(k, x, y));
  return found === null ? Number.NaN : toNumber(found[1]);
}

test("float32: where an eager gradient is finite, the compiled one is the same", () => {
  for (const row of differentiable) {
    const arity = arityOf(row);
    // Derivatives that are nodes of their own are defined beyond their op, where nothing asks for them.
    if (arity > 2 || row.fn === null) continue;
    // What scales an activation is of ordinary size.
    const seconds = ["Elu", "LeakyRelu"].includes(row.Node?.name ?? "") ? [0.01, 1, 3] : lengths;
    const points = arity === 1 ? signed.map((x) => [x]) : signed.flatMap((x) => seconds.map((y) => [x, y]));
    const inputs = Array.from({ length: arity }, (_, i) =>
      vector(
        points.map((at) => at[i] as number),
        "float32",
      ),
    );
    const f = gradients(row);
    const program = compile(f);
    const values = callOf(row, ...inputs).data;
    for (const c of factors) {
      const factor = fromArray(Float32Array.of(c), []);
      const compiled = program(inputs, factor);
      f(inputs, factor).forEach((eager, input) => {
        eager.data.forEach((wanted, i) => {
          // Outside of the domain there is no derivative.
          if (!Number.isFinite(wanted) || Number.isNaN(values[i])) return;
          const found = compiled[input]?.data[i] as number;
          const near = (value: number) => Math.abs(found - value) <= 1e-5 * Math.abs(value) + 2 ** -149;
          assert.ok(
            near(wanted) || near(c * exactSlope(row, points[i] as number[], input)),
            `${nameOf(row)}, ${c} times, input ${input} of ${points[i]}: ${found} is not ${wanted}`,
          );
        });
      });
    }
  }
});

test("a factor of a gradient does not overflow on its way", () => {
  // 1e-3 / x^2 is finite where 1 / x^2 is not.
  const f = compile(grad((x: Tensor) => x.reciprocal().mul(1e-3).sum()));
  const [found] = f(vector([3.7e-20], "float32")).data;
  assert.ok(Math.abs((found as number) / (-1e-3 / Math.fround(3.7e-20) ** 2) - 1) < 1e-6, `${found}`);
});

test("the derivative of every op of one number at NaN is NaN, unless it is the same everywhere, or in pieces", () => {
  // First derivatives, and second ones.
  const constant = new Set(["Neg", "Floor", "Ceil", "Round", "Sign", "Relu"]);
  const linear = new Set([...constant, "Square", "Abs", "HardSwish"]);
  for (const row of differentiable) {
    const name = row.Node?.name ?? "";
    if (arityOf(row) !== 1) continue;
    for (const dtype of floats) {
      const all = together(orders((x) => callOf(row, x)));
      for (const run of [all, compile(all)]) {
        for (const [order, result] of run(vector([Number.NaN, 1], dtype)).entries()) {
          if (order > 0 && (order === 1 ? constant : linear).has(name)) continue;
          const [found] = result.data;
          const repair = "NaN is to come through, or the op belongs into the list here that says why it need not";
          assert.ok(Number.isNaN(found), `${name}, derivative ${order} at NaN, ${dtype}: ${found}; ${repair}`);
        }
      }
    }
  }
});

test("pow as IEEE 754 has it", () => {
  const { NaN: none } = Number;
  const cases = [
    ...[Infinity, -Infinity, none, 0, 5].map((y) => [1, y] as const),
    ...[Infinity, -Infinity].map((y) => [-1, y] as const),
    ...[0, -0].flatMap((y) => [none, Infinity, -Infinity].map((x) => [x, y] as const)),
  ];
  const [xs, ys] = [cases.map(([x]) => x), cases.map(([, y]) => y)];
  for (const dtype of floats) {
    for (const pow of [(x: Tensor, y: Tensor) => x.pow(y), compile((x: Tensor, y: Tensor) => x.pow(y))]) {
      assert.equal(
        [...pow(vector(xs, dtype), vector(ys, dtype)).data],
        cases.map(() => 1),
        dtype,
      );
      cases.forEach(([x, y]) => {
        const scalar = (value: number) => fromArray(arrays[dtype].of(value), []);
        assert.is(pow(scalar(x), scalar(y)).item(), 1, `${x} to the power ${y}, ${dtype}`);
      });
      const [left] = pow(vector([-1], dtype), vector([none], dtype)).data;
      assert.ok(Number.isNaN(left), "-1 to the power NaN");
    }
  }
});

test("the reference: binary formulas agree with the ops", () => {
  for (const [name, formula] of Object.entries(binaryFormulas)) {
    const row = differentiable.find(({ Node }) => Node?.name === name) as Row;
    const [x, y] = [1.25, 0.5];
    const exact = derivatives((k) => formula(k, variableJet(x), variableJet(y))) as Derivatives;
    const f = (t: Tensor) => callOf(row, t.add(x), t.add(y)).sum();
    const found = orders(f).map((g, order) => (order === 0 ? f : g)(vector([0], "float64")).data[0] as number);
    found.forEach((value, order) => {
      const wanted = toNumber(exact[order] as Big);
      assert.ok(
        Math.abs(value - wanted) <= 1e-13 * Math.max(1, Math.abs(wanted)),
        `${name}, derivative ${order}: ${value} is not ${wanted}`,
      );
    });
  }
});

test.run();
