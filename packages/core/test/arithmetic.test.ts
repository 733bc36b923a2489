import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arithmetic, numberArithmetic, tensorArithmetic } from "../src/graph/arithmetic.js";
import { type Tensor, tensor } from "../src/index.js";

// The arithmetic that rules are written over says the same over tensors, where backward becomes graph, as over numbers.

const { select: _select, of: _of, inDoubles: _inDoubles, ...operations } = numberArithmetic;
type Name = keyof typeof operations;

const binaries: ReadonlySet<Name> = new Set<Name>(
  "add sub mul div pow max min equal notEqual less lessEqual greater greaterEqual atan2 hypot mod".split(" ") as Name[],
);
const numbers = [0.25, 0.5, -0.5, 0.75, 1.5, 2, -2, 2.5];

function agree(name: string, k: number, over: Tensor, what: string): void {
  const value = over.cast("float64").item();
  const isNear = Object.is(value, k) || value === k || Math.abs(value - k) <= 1e-14 * Math.abs(k);
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
