import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, type Tensor } from "../src/index.js";
import { tested } from "./op-table.js";
import { agrees, gradientsOf, inAnyDType, tolerance, unitsOf } from "./support/compiled.js";
import { forAll, near } from "./support/property.js";
import { constant, isDifferentiable, like, nameOf, weights } from "./support/tensors.js";

// Every op of the table, and its first and second derivatives, compiled against eager mode.

for (const row of tested) {
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
