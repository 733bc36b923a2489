import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arithmetic, numberArithmetic, tensorArithmetic } from "../src/graph/arithmetic.js";
import { type Tensor, tensor, variable } from "../src/index.js";

// The arithmetic that rules are written over says the same over tensors, where backward becomes graph, as over numbers.

// What forwards alone may use is not there over tensors.
const { select: _select, of: _of, inDoubles: _inDoubles, erfcx: _erfcx, ...operations } = numberArithmetic;
type Name = keyof typeof operations;

const binaries: ReadonlySet<Name> = new Set<Name>(
  "add sub mul div pow max min equal notEqual less lessEqual greater greaterEqual atan2 hypot mod".split(" ") as Name[],
);
const sizes = [
  0, 5e-324, 1e-310, 1e-160, 1e-8, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 6, 9.5, 20, 27, 40, 89, 300, 360, 400, 720, 1e8,
];
const numbers = [...sizes, 1e154, 1.7e308, Infinity].flatMap((x) => [x, -x]).concat(Number.NaN);

function agree(name: string, k: number, over: Tensor, what: string): void {
  const value = over.cast("float64").item();
  const isNear = Object.is(value, k) || value === k || Math.abs(value - k) <= 1e-14 * Math.abs(k) + 1e-323;
  assert.ok(isNear, `${name} of ${what}: ${value} over tensors, ${k} over numbers`);
}

for (const name of Object.keys(operations) as Name[]) {
  test(`${name}: over tensors as over numbers`, () => {
    const [scalar, array] = [numberArithmetic, tensorArithmetic] as unknown as Record<
      Name,
      (...x: unknown[]) => unknown
    >[];
    for (const x of numbers) {
      if (name === "sigmoidSlope" || name === "tanhSlope") {
        const z = name === "tanhSlope" ? Math.tanh(x) : numberArithmetic.sigmoid(x);
        agree(name, scalar?.[name](x, z) as number, array?.[name](tensor(x), tensor(z)) as Tensor, String(x));
      } else if (!binaries.has(name)) {
        agree(name, scalar?.[name](x) as number, array?.[name](tensor(x)) as Tensor, String(x));
      } else {
        for (const y of numbers) {
          const wanted = scalar?.[name](x, y) as number;
          for (const operands of [
            [tensor(x), tensor(y)],
            [x, tensor(y)],
            [tensor(x), y],
          ]) {
            agree(name, wanted, array?.[name](...operands) as Tensor, `${x} and ${y}`);
          }
        }
      }
    }
  });
}

test("what is composed over tensors has its derivative everywhere, also where parts of it would overflow", () => {
  assert.equal(
    Object.keys(tensorArithmetic).toSorted(),
    [...Object.keys(operations), "inDoubles", "of", "select"].toSorted(),
  );
  const { sigmoid, tanhSlope, sigmoidSlope } = numberArithmetic;
  for (const dtype of ["float64", "float32"] as const) {
    const [rounding, least] = dtype === "float64" ? [1e-14, 1e-322] : [1e-6, 1e-44];
    for (const x of numbers.map((x) => (dtype === "float32" ? Math.fround(x) : x))) {
      const [z, s] = [Math.tanh(x), sigmoid(x)];
      const slopes = [
        ["tanhSlope", -2 * z * tanhSlope(x, z)],
        ["sigmoidSlope", -Math.tanh(x / 2) * sigmoidSlope(x, s)],
      ] as const;
      for (const [name, wanted] of slopes) {
        const v = variable(x, { dtype });
        tensorArithmetic[name](v, name === "tanhSlope" ? v.tanh() : v.sigmoid()).backward();
        const value = v.grad?.item() as number;
        const isNear = Math.abs(value - wanted) <= rounding * Math.abs(wanted) + least;
        assert.ok(isNear || Object.is(value, wanted), `${dtype} ${name}' at ${x}: ${value}, not ${wanted}`);
      }
    }
  }
});

test("a formula in doubles: its operands, and its result, keep their dtype", () => {
  const formula = <T>(k: Arithmetic<T>, x: T, y: T): T => k.div(k.mul(x, x), y);
  const [x, y] = [tensor([1e30], { dtype: "float32" }), tensor([1e30], { dtype: "float32" })];
  const z = tensorArithmetic.inDoubles(formula, x, y);
  assert.is(z.dtype, "float32");
  assert.is(z.data[0], Math.fround(1e30));
  assert.is(tensorArithmetic.inDoubles(formula, tensor([3]), tensor([2])).data[0], 4.5);
  assert.is(numberArithmetic.inDoubles(formula, 3, 2), 4.5);
});

test.run();
