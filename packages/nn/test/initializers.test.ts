import { ChainruleError, Random, type Shape, ShapeError } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { constant, he, type Initializer, normal, xavier, zeros } from "../src/index.js";
import { assertThrows } from "./support.js";

interface Row {
  readonly name: string;
  readonly initializer: Initializer;
  readonly shape: Shape;
  readonly std: number;
}
const drawn: Row[] = [
  { name: "normal()", initializer: normal(), shape: [100, 70], std: 0.01 },
  { name: "normal({ std: 2 })", initializer: normal({ std: 2 }), shape: [7000], std: 2 },
  { name: "he() of a matrix", initializer: he(), shape: [50, 140], std: Math.sqrt(2 / 50) },
  { name: "he() of filters", initializer: he(), shape: [100, 3, 5, 5], std: Math.sqrt(2 / 75) },
  { name: "xavier() of a matrix", initializer: xavier(), shape: [100, 70], std: 0.1 },
  { name: "xavier() of filters", initializer: xavier(), shape: [100, 4, 5, 5], std: 0.1 },
];
for (const { name, initializer, shape, std } of drawn) {
  for (const dtype of ["float64", "float32"] as const) {
    test(`${name}, ${dtype}: mean 0 and standard deviation ${std.toFixed(4)}, of a seed`, () => {
      const values = initializer(shape, { random: new Random(5), dtype });
      assert.is(values.dtype, dtype);
      assert.equal([...values.shape], [...shape]);
      const all = [...values.data];
      const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
      const deviation = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
      // Five standard errors of each estimate.
      assert.ok(Math.abs(mean) < (5 * std) / Math.sqrt(all.length), `mean ${mean}`);
      assert.ok(Math.abs(deviation / std - 1) < 5 / Math.sqrt(2 * all.length), `deviation ${deviation}`);
      assert.equal([...initializer(shape, { random: new Random(5), dtype }).data], all);
      const source = new Random(5);
      initializer(shape, { random: source, dtype });
      assert.not.equal([...initializer(shape, { random: source, dtype }).data], all, "each draw moves the source on");
    });
  }
}

test("constant and zeros draw nothing", () => {
  assert.equal(constant(0.5)([2, 2]).toArray(), [
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  assert.equal(zeros()([2], { dtype: "float32" }).toArray(), [0, 0]);
  assert.is(zeros()([2], { dtype: "float32" }).dtype, "float32");
  assert.is(constant(1)([]).item(), 1);
  const random = new Random(1);
  constant(1)([5], { random });
  assert.is(random.generator.position, 0);
});

test("What an initializer cannot do is an error that names the repair", () => {
  for (const [name, initializer] of [
    ["normal", normal()],
    ["he", he()],
    ["xavier", xavier()],
  ] as const) {
    assertThrows(() => initializer([2, 2]), ChainruleError, name, "new Random(42)");
  }
  for (const initializer of [he(), xavier()]) {
    assertThrows(() => initializer([5], { random: new Random(1) }), ShapeError, "[5] has no fan-in", "normal({ std })");
    assert.equal([...initializer([0, 5], { random: new Random(1) }).shape], [0, 5]);
  }
  assertThrows(() => normal({ std: -1 })([2], { random: new Random(1) }), ChainruleError, "std -1");
});

test.run();
