import { ChainruleError, compile, GraphError } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as nn from "../src/index.js";
import { type NamedTensors, Optimizer } from "../src/index.js";
import { eagerStep, gradientAt, parametersAt, start, takeSteps, valuesOf } from "./support/optimizer-problem.js";
import { optimizerRows } from "./support/optimizer-table.js";
import { shown, trajectories } from "./support/pytorch-optimizers.js";
import { assertThrows } from "./support.js";

// Each row of the table against what it is to give: PyTorch's numbers, formulas by hand, and the same in other ways of running.

function assertNear(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    const other = expected[i] as number;
    const isNear = Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(other));
    assert.ok(isNear, `${what}: number ${i} is ${value}, expected ${other} within ${tolerance}`);
  });
}

test("every optimizer has a row, and every row numbers to be met", () => {
  const classes = Object.entries(nn).filter(
    ([, value]) => (value as { prototype?: unknown }).prototype instanceof Optimizer,
  );
  const made = optimizerRows.map((row) => row.make(parametersAt(start)).constructor);
  assert.equal(
    classes.filter(([, value]) => !made.includes(value as never)).map(([name]) => name),
    [],
  );
  for (const { name, pytorch, rule } of optimizerRows) assert.ok(pytorch ?? rule, name);
  const used = new Set(optimizerRows.map((row) => row.pytorch));
  assert.equal(
    Object.keys(trajectories).filter((name) => !used.has(name)),
    [],
  );
});

test("settings out of their range are refused, of every optimizer, and a parameter without a gradient is named", () => {
  type Make = new (parameters: object, options: object) => Optimizer;
  for (const { name, make } of optimizerRows) {
    const optimizer = make(parametersAt(start));
    const Class = optimizer.constructor as unknown as Make;
    for (const [setting, value] of Object.entries(optimizer.groups[0]?.settings ?? {})) {
      for (const wrong of [-0.1, Number.NaN, Infinity].map((x) => (Array.isArray(value) ? [0.5, x] : x))) {
        assertThrows(
          () => new Class(parametersAt(start), { [setting]: wrong }),
          ChainruleError,
          `: ${setting} `,
          "is needed",
        );
      }
    }
    assertThrows(() => optimizer.step(), GraphError, optimizer.name, "parameter w has no gradient");
    assert.ok(optimizer.name === Class.name, name);
  }
});

/** The state as plain numbers. */
const numbersOf = (state: NamedTensors) => Object.fromEntries(Object.entries(state).map(([key, { data }]) => [key, [...data]])); // biome-ignore format: a line

for (const { name, make, pytorch, rule } of optimizerRows) {
  test(`${name}: a hundred steps are those of the source, saved and gone on from, compiled, and in float32`, () => {
    const parameters = parametersAt(start);
    const optimizer = make(parameters);
    const first = optimizer.lr;
    const expected = pytorch === undefined ? undefined : trajectories[pytorch];
    const rules = start.map(() => rule?.());
    let byHand = [...start];
    const check = (t: number, values: readonly number[]) => {
      const lr = first * (t > 60 ? 0.5 : 1);
      if (rule !== undefined) {
        byHand = byHand.map((w, i) => rules[i]?.(w, gradientAt(t, i, w), lr) as number);
        assertNear(values, byHand, 1e-12, `step ${t} by hand`);
      }
      const at = expected === undefined ? undefined : expected[shown.indexOf(t)];
      if (at !== undefined) assertNear(values, at, 1e-12, `step ${t} of PyTorch`);
    };
    const step = eagerStep(optimizer, parameters);
    takeSteps(optimizer, parameters, [1, 37], step, check);
    const [state, middle] = [optimizer.state(), valuesOf(parameters)];
    takeSteps(optimizer, parameters, [38, 100], step, check);
    const end = valuesOf(parameters);

    const later = parametersAt(middle);
    const goingOn = make(later);
    goingOn.loadState(state);
    takeSteps(goingOn, later, [38, 100], eagerStep(goingOn, later));
    assert.equal(valuesOf(later), end, "gone on from what was saved");

    const traced = parametersAt(start);
    const other = make(traced);
    const program = compile(eagerStep(other, traced) as (gradients: object) => void);
    takeSteps(other, traced, [1, 100], program as never);
    assertNear(valuesOf(traced), end, 1e-12, "compiled");
    assert.equal(Object.keys(other.state()), Object.keys(optimizer.state()));
    for (const [key, values] of Object.entries(numbersOf(optimizer.state()))) {
      assertNear(numbersOf(other.state())[key] as number[], values, 1e-12, `${key}, compiled`);
    }

    const single = parametersAt(start, "float32");
    const rough = make(single);
    takeSteps(rough, single, [1, 100], eagerStep(rough, single));
    assertNear(valuesOf(single), end, 1e-4, "float32");
  });
}

test.run();
