import { ChainruleError, ShapeError, type Tensor, tensor, variable } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as nn from "../src/index.js";
import {
  cosineDecay,
  cosineRestarts,
  exponentialDecay,
  linearDecay,
  multiStepDecay,
  oneCycle,
  polynomialDecay,
  ReduceOnPlateau,
  type ReduceOnPlateauOptions,
  type Schedule,
  SGD,
  stepDecay,
  trainStep,
  warmUp,
} from "../src/index.js";
import { metrics, plateaus, rates } from "./support/pytorch-schedules.js";
import { assertThrows } from "./support.js";

/** By the name in pytorch-schedules.ts. */
const schedules: Readonly<Record<string, Schedule>> = {
  step: stepDecay({ stepSize: 5 }),
  "step, gamma": stepDecay({ stepSize: 3, gamma: 0.5 }),
  "multi-step": multiStepDecay({ milestones: [9, 2, 3] }),
  exponential: exponentialDecay({ gamma: 0.9 }),
  polynomial: polynomialDecay({ steps: 10 }),
  "polynomial, power": polynomialDecay({ steps: 9, power: 2.5 }),
  linear: linearDecay({ steps: 6, start: 1 / 3, end: 1 }),
  "linear, down": linearDecay({ steps: 7, end: 0.25 }),
  cosine: cosineDecay({ steps: 10 }),
  "cosine, min": cosineDecay({ steps: 7, min: 0.1 }),
  restarts: cosineRestarts({ steps: 5 }),
  "restarts, growth": cosineRestarts({ steps: 3, growth: 2, min: 0.05 }),
  "warm-up": warmUp(cosineDecay({ steps: 10 }), { steps: 4, start: 0.1 }),
  "warm-up alone": warmUp(() => 1, { steps: 5, start: 0.2 }),
  "one cycle": oneCycle({ steps: 20 }),
  "one cycle, linear": oneCycle({ steps: 15, pctStart: 0.4, anneal: "linear", divFactor: 10, finalDivFactor: 100 }),
  "one cycle, short": oneCycle({ steps: 3 }),
};

function assertNear(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.is(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] as number)) <= 1e-12, `${what}: ${value} at ${i}, expected ${expected[i]}`);
  });
}

test("schedules give the rates of PyTorch, whatever step they are asked for first", () => {
  assert.equal(Object.keys(schedules), Object.keys(rates));
  for (const [name, schedule] of Object.entries(schedules)) {
    const expected = rates[name] as readonly number[];
    assertNear(
      expected.map((_, step) => schedule(step)),
      expected,
      name,
    );
    assertNear(expected.map((_, i) => schedule(expected.length - 1 - i)).toReversed(), expected, name);
  }
});

test("schedules stay behind their last step where they have one, and take parts of steps", () => {
  for (const [name, last] of [
    ["polynomial", 10],
    ["linear, down", 7],
    ["cosine, min", 7],
    ["warm-up", 14],
    ["one cycle", 19],
  ] as const) {
    // biome-ignore format: pairs
    const schedule = schedules[name] as Schedule;
    assert.equal([schedule(last + 0.5), schedule(1e9)], [schedule(last), schedule(last)], name);
  }
  assert.is(linearDecay({ steps: 10 })(2.5), 0.75);
  assert.is(oneCycle({ steps: 10, pctStart: 0.1 })(0), 1);
  assert.is(cosineRestarts({ steps: 10 })(1e9), 1);
});

const plateauOptions: Readonly<Record<string, ReduceOnPlateauOptions>> = {
  min: { patience: 2 },
  max: { mode: "max", patience: 1, factor: 0.5 },
  abs: { patience: 1, factor: 0.5, threshold: 0.02, thresholdMode: "abs", min: 0.1 },
  cooldown: { patience: 1, factor: 0.5, cooldown: 3, threshold: 0.01 },
  "max, abs": { mode: "max", thresholdMode: "abs", threshold: 0.2, patience: 3, factor: 0.3, min: 0.25 },
};

test("on plateau: the rates of PyTorch, saved and gone on from at any place", () => {
  assert.equal(Object.keys(plateauOptions), Object.keys(plateaus));
  for (const [name, options] of Object.entries(plateauOptions)) {
    const expected = plateaus[name] as readonly number[];
    let plateau = new ReduceOnPlateau(options);
    const found = metrics.map((metric) => {
      const saved = plateau.state();
      plateau = new ReduceOnPlateau(options);
      plateau.loadState(saved);
      return plateau.step(metric);
    });
    assertNear(found, expected, name);
    assert.ok(new Set(found).size > 1, name);
  }
  const plateau = new ReduceOnPlateau();
  const { best, ...rest } = plateau.state();
  assert.is(best?.item(), Infinity);
  assertThrows(() => plateau.loadState(rest), ChainruleError, "ReduceOnPlateau: the saved state has no best");
  const wrong = { ...plateau.state(), best: tensor([1]) };
  assertThrows(() => plateau.loadState(wrong as Record<string, Tensor>), ShapeError, "the saved best is float64 [1]");
});

for (const compiled of [false, true]) {
  test(`${compiled ? "compiled" : "eager"}: a schedule acts on the steps of all groups`, () => {
    const [a, b] = [variable(0), variable(0)];
    const optimizer = new SGD([{ parameters: { a } }, { parameters: { b }, lr: 10 }], { lr: 1 });
    const step = trainStep(() => a.add(b), optimizer, { compiled });
    const schedule = multiStepDecay({ milestones: [1, 2], gamma: 0.5 });
    for (let i = 0; i < 3; i++) {
      optimizer.lrFactor = schedule(i);
      step();
    }
    assert.equal([a.item(), b.item()], [-1.75, -17.5]);
  });
}

test("what schedules cannot be, and what they cannot be asked", () => {
  const refused: readonly (readonly [make: string, args: readonly unknown[], part: string])[] = [
    ["stepDecay", [], "stepSize undefined: a whole number of 1 or more"],
    ["stepDecay", [10], "options are a record"],
    ["stepDecay", [{ stepSize: 0 }], "stepSize 0"],
    ["stepDecay", [{ stepSize: 2, gamma: -1 }], "gamma -1"],
    ["multiStepDecay", [{}], "milestones undefined: a list of steps"],
    ["multiStepDecay", [{ milestones: [1, "2"] }], "milestones"],
    ["exponentialDecay", [{}], "gamma undefined"],
    ["polynomialDecay", [{ steps: 1.5 }], "steps 1.5"],
    ["polynomialDecay", [{ steps: 5, power: 0 }], "power 0"],
    ["linearDecay", [{ steps: 5, end: Number.NaN }], "end NaN"],
    ["cosineDecay", [{ steps: 5, min: -1 }], "min -1"],
    ["cosineRestarts", [{ steps: 5, growth: 0.5 }], "growth 0.5"],
    ["warmUp", [Math.sqrt, { steps: 0 }], "steps 0"],
    ["warmUp", [5, { steps: 1 }], "what comes then is a schedule"],
    ["oneCycle", [{ steps: 1 }], "steps 1: a whole number of 2 or more"],
    ["oneCycle", [{ steps: 5, pctStart: 1 }], "pctStart 1"],
    ["oneCycle", [{ steps: 5, divFactor: 0 }], "divFactor 0"],
    ["oneCycle", [{ steps: 5, anneal: "cos" }], 'anneal is "cosine" or "linear", got "cos"'],
  ];
  const library = nn as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  for (const [make, args, part] of refused) {
    assertThrows(() => library[make]?.(...args), ChainruleError, `${make}: `, part);
  }
  for (const step of [-1, Number.NaN, Infinity, "1", tensor(1), undefined]) {
    for (const schedule of Object.values(schedules)) {
      assertThrows(() => schedule(step as number), ChainruleError, "the step is a number of at least 0, got");
    }
  }
  for (const [options, part] of [
    [{ factor: 1 }, "factor 1: a number of at least 0 and below 1"],
    [{ patience: -1 }, "patience -1"],
    [{ cooldown: 0.5 }, "cooldown 0.5"],
    [{ mode: "least" }, 'mode is "min" or "max", got "least"'],
    [{ thresholdMode: "relative" }, 'thresholdMode is "rel" or "abs"'],
    [{ threshold: -1 }, "threshold -1"],
  ] as const) {
    assertThrows(
      () => new ReduceOnPlateau(options as ReduceOnPlateauOptions),
      ChainruleError,
      "ReduceOnPlateau: ",
      part,
    );
  }
  assertThrows(
    () => new ReduceOnPlateau().step(tensor(1) as never),
    ChainruleError,
    "the metric is a number",
    "item()",
  );
});

test.run();
