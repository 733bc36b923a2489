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
 * How far a compiled result may be from the eager one, as a part of the larger of it and 1: exp and its kin are computed by
 * vectors of their own (to 2 units in the last place, see the tests of the vector functions), sums in another order.
 */
const tolerance: Readonly<Record<DType, number>> = { float64: 4e-14, float32: 4e-6, int32: 0, bool: 0 };

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

const allowed = (name: string, dtype: DType) => (exact.has(name) ? 0 : tolerance[dtype]);

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
      near(actual.data, expected.data, allowed(name, expected.dtype), name);
    });
  });

  if (typeof row.gradient === "string") continue;

  test(`${name}: compiled derivatives`, () => {
    forAll(row.cases, runs, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      for (const dtype of row.dtypes.filter((d) => d === "float64" || d === "float32")) {
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
            near((actual[i] as Tensor).data, g.data, 20 * tolerance[dtype], `${name}, gradient ${i} in ${dtype}`);
          });
        }
      }
    });
  });
}

test.run();
