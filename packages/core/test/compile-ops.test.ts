import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, type Tensor } from "../src/index.js";
import { tested } from "./op-table.js";
import { agrees, gradientsOf, inAnyDType, tolerance, unitsOf } from "./support/compiled.js";
import { forAll, near } from "./support/property.js";
import { constant, isDifferentiable, like, nameOf, weights } from "./support/tensors.js";

// Every op of the table, and its first and second derivatives, compiled against eager mode.

/** Functions are compiled once for settings that are alike, so that a program is made once, and runs on all that is drawn for it. */
function bySetting<S, F>(make: (setting: S) => F): (setting: S) => F {
  const made = new Map<string, F>();
  return (setting) => {
    const key = fc.stringify(setting);
    const known = made.get(key) ?? make(setting);
    made.set(key, known);
    return known;
  };
}

/** All programs of a setting are kept. */
const options = { verify: true, cacheSize: 100 } as const;

type Compared = readonly { readonly eager: Several; readonly compiled: Several }[];
type Several = (...inputs: Tensor[]) => Tensor[];

for (const row of tested) {
  const name = nameOf(row);
  const runs = 12;

  test(`${name}: compiled as eager in ${row.dtypes.join(", ")}`, () => {
    const compiled = bySetting((setting) => compile((...given: Tensor[]) => row.call(given, setting), options));
    forAll(inAnyDType(row), runs * row.dtypes.length, ({ dtype, drawn }) => {
      const inputs = drawn.operands.map((operand) => constant(operand, dtype));
      const expected = row.call(inputs, drawn.setting);
      const actual = compiled(drawn.setting)(...inputs);
      assert.equal(actual.shape, expected.shape);
      assert.is(actual.dtype, expected.dtype);
      agrees(actual, expected, unitsOf(name), `${name} in ${dtype}`);
    });
  });

  if (typeof row.gradient === "string") continue;

  test(`${name}: compiled derivatives`, () => {
    const derivatives = bySetting(({ setting, which }: { setting: unknown; which: readonly number[] }): Compared => {
      const first: Several = (...given) =>
        gradientsOf((...xs) => row.call(xs, setting), given, which).map((g) => g.detach());
      const second: Several = (...given) =>
        gradientsOf(
          (...xs) =>
            gradientsOf((...ys) => row.call(ys, setting), xs, which)
              .map((g) => g.mul(like(g, weights(g.size)).reshape(g.shape)).sum())
              .reduce((a, b) => a.add(b), xs[which[0] as number]?.sum().mul(0) as Tensor),
          given,
          which,
        ).map((g) => g.detach());
      return [first, second].map((eager) => ({ eager, compiled: compile(eager, options) }));
    });
    forAll(row.cases, runs, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      const { operands, setting } = drawn;
      const which = operands.flatMap(({ kind }, i) => (kind === "float" ? [i] : []));
      for (const dtype of ["float64", "float32"] as const) {
        if (!row.dtypes.includes(dtype)) continue;
        const inputs = operands.map((operand) => constant(operand, dtype));
        for (const { eager, compiled } of derivatives({ setting, which })) {
          const expected = eager(...inputs);
          const actual = compiled(...inputs);
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
