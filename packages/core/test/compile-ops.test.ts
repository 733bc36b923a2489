import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, type DType, type Tensor, variable } from "../src/index.js";
import { table } from "./op-table.js";
import type { Case } from "./support/draw.js";
import { forAll, near } from "./support/property.js";
import type { Row } from "./support/row.js";
import { constant, isDifferentiable, like, nameOf, weights } from "./support/tensors.js";

// Every op of the table, and its first and second derivatives, compiled against eager mode.

/**
 * How far a compiled result may be from the eager one, in units in the last place of the largest element of the result: exp and
 * its kin are computed by vectors of their own (each to 2 units of its own, see the tests of the vector functions), float32 in
 * float32, sums in another order.
 */
const units = 4;

/** For negative inputs these are a small factor whose argument float32 has rounded; eager mode computes it in doubles. */
const sensitive: ReadonlySet<string> = new Set(["gelu", "GeluTanh"]);
const unitsOf = (name: string) => (exact.has(name) ? 0 : sensitive.has(name) ? 16 : units);

/** A unit in the last place of a number, as a part of it, at most. */
const epsilon: Readonly<Record<DType, number>> = { float64: 2 ** -52, float32: 2 ** -23, int32: 0, bool: 0 };

/** How far gradients may be, as a part of the larger of them and 1: several ops one after the other. */
const tolerance = { float64: 1e-12, float32: 1e-4 } as const;

function agrees(actual: Tensor, expected: Tensor, most: number, what: string): void {
  let largest = 0;
  for (const value of expected.data) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const allowed = most * Math.max(largest * epsilon[expected.dtype], 5e-324);
  expected.data.forEach((value: number, i: number) => {
    const got = actual.data[i] as number;
    const isNear = Object.is(got, value) || got === value || Math.abs(got - value) <= allowed;
    assert.ok(isNear, `${what}, element ${i}: ${got}, eager ${value}: more than ${most} units of ${largest}`);
  });
}

/** Ops that do no arithmetic, or one operation that IEEE 754 defines to the bit. */
const exact = new Set(
  (
    "abs add argMax argMin argSort broadcastTo cast ceil clamp concat count diagonal div equal expandDims eye flip floor gather " +
    "greater greaterEqual im2col isFinite isNaN leakyRelu less lessEqual logicalAnd logicalNot logicalOr max maxPool1d maxPool2d " +
    "maximum min minimum mul neg notEqual oneHot pad reciprocal relu reshape roll round sign slice sort split sqrt square squeeze " +
    "stack sub take tile topK transpose tril triu unstack where"
  ).split(" "),
);

function inAnyDType(row: Row): fc.Arbitrary<{ dtype: DType; drawn: Case<unknown> }> {
  return fc.record({ dtype: fc.constantFrom(...row.dtypes), drawn: row.cases });
}

/** The gradients by all float inputs, of the sum of `f` times fixed weights. */
function gradientsOf(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  which: readonly number[],
): Tensor[] {
  const leaves = inputs.map((input, i) => (which.includes(i) ? variable(input) : input));
  const output = f(...leaves);
  if (!output.requiresGrad) return [];
  output
    .mul(like(output, weights(output.size)).reshape(output.shape))
    .sum()
    .backward({ createGraph: true });
  return which.flatMap((i) => leaves[i]?.grad ?? []);
}

for (const row of table) {
  const name = nameOf(row);
  const runs = 12;

  test(`${name}: compiled as eager in ${row.dtypes.join(", ")}`, () => {
    forAll(inAnyDType(row), runs * row.dtypes.length, ({ dtype, drawn }) => {
      const inputs = drawn.operands.map((operand) => constant(operand, dtype));
      const f = (...given: Tensor[]) => row.call(given, drawn.setting);
      const expected = f(...inputs);
      const actual = compile(f, { verify: true })(...inputs);
      assert.equal(actual.shape, expected.shape);
      assert.is(actual.dtype, expected.dtype);
      agrees(actual, expected, unitsOf(name), `${name} in ${dtype}`);
    });
  });

  if (typeof row.gradient === "string") continue;

  test(`${name}: compiled derivatives`, () => {
    forAll(row.cases, runs, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      for (const dtype of ["float64", "float32"] as const) {
        if (!row.dtypes.includes(dtype)) continue;
        const inputs = drawn.operands.map((operand) => constant(operand, dtype));
        const which = drawn.operands.flatMap(({ kind }, i) => (kind === "float" ? [i] : []));
        const first = (...given: Tensor[]) =>
          gradientsOf((...xs) => row.call(xs, drawn.setting), given, which).map((g) => g.detach());
        const second = (...given: Tensor[]) =>
          gradientsOf(
            (...xs) =>
              gradientsOf((...ys) => row.call(ys, drawn.setting), xs, which)
                .map((g) => g.mul(like(g, weights(g.size)).reshape(g.shape)).sum())
                .reduce((a, b) => a.add(b), xs[which[0] as number]?.sum().mul(0) as Tensor),
            given,
            which,
          ).map((g) => g.detach());
        for (const f of [first, second]) {
          const expected = f(...inputs);
          const actual = compile(f, { verify: true })(...inputs);
          assert.is(actual.length, expected.length);
          expected.forEach((g, i) => {
            near((actual[i] as Tensor).data, g.data, tolerance[dtype], `${name}, gradient ${i} in ${dtype}`);
          });
        }
      }
    });
  });
}

test.run();
