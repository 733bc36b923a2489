import {
  ChainruleError,
  clipByNorm,
  clipByValue,
  compile,
  GraphError,
  Random,
  type Tensor,
  tensor,
  variable,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Adam,
  Affine,
  AveragedWeights,
  Momentum,
  ReLU,
  Sequential,
  SGD,
  softmaxWithLoss,
  type TrainStepOptions,
  trainStep,
} from "../src/index.js";
import { assertClose, assertThrows, wave } from "./support.js";

const x = wave([12, 6]);
const t = tensor(
  Array.from({ length: 12 }, (_, i) => (5 * i) % 3),
  { dtype: "int32" },
);
const rowsOf = (all: Tensor, from: number, to: number) => all.slice([[from, to]]) as Tensor;

/** A network, its parameters as one list of numbers, and steps on it. */
function training(options: TrainStepOptions, dtype: "float64" | "float32" = "float64") {
  const random = new Random(1);
  const network = new Sequential([
    new Affine(6, 4, { random, dtype }),
    new ReLU(),
    new Affine(4, 3, { random, dtype }),
  ]);
  const optimizer = new Adam(network, { lr: 0.05 });
  const step = trainStep((x: Tensor, t: Tensor) => softmaxWithLoss(network.forward(x), t), optimizer, options);
  const take = (from: number, to: number) =>
    step(rowsOf(x, from, to).cast(dtype) as Tensor, rowsOf(t as Tensor, from, to));
  const numbers = () => tensor(Object.values(network.parameters()).flatMap(({ data }) => [...data]));
  return { step, take, numbers };
}

for (const compiled of [false, true]) {
  const mode = compiled ? "compiled" : "eager";

  for (const [dtype, tolerance] of [
    ["float64", 1e-12],
    ["float32", 1e-5],
  ] as const) {
    // biome-ignore format: pairs
    test(`${mode}, ${dtype}: accumulating batches gives the step of the large batch, clipped or not`, () => {
      for (const clip of dtype === "float32" ? [{}] : [{}, { clipValue: 0.01, clipNorm: 0.05 }]) {
        const whole = training({ compiled, ...clip }, dtype);
        const parts = training({ compiled, accumulate: 3, ...clip }, dtype);
        const before = parts.numbers();
        for (let i = 0; i < 2; i++) {
          const loss = whole.take(0, 12);
          const losses = [parts.take(0, 4), parts.take(4, 8)];
          if (i === 0) assert.equal(parts.numbers().toArray(), before.toArray(), "no step yet");
          losses.push(parts.take(8, 12));
          assert.ok(Math.abs(losses.reduce((a, b) => a + b) / 3 - loss) < tolerance);
          assertClose(parts.numbers(), whole.numbers(), tolerance * 10, `step ${i}`);
        }
      }
    });
  }

  test(`${mode}: gradients are clipped by value, then by norm`, () => {
    const gradient = tensor([3, -4, 0.5]);
    for (const [options, expected] of [
      [{ clipNorm: 1 }, clipByNorm(gradient, 1)],
      [{ clipNorm: 100 }, gradient],
      [{ clipValue: 2 }, clipByValue(gradient, 2)],
      [{ clipValue: 2, clipNorm: 1 }, clipByNorm(clipByValue(gradient, 2), 1)],
    ] as const) {
      const w = variable([0, 0, 0]);
      trainStep(() => w.dot(gradient), new SGD({ w }, { lr: 1 }), { compiled, ...options })();
      assertClose(w.detach().neg() as Tensor, expected as Tensor, 1e-15);
      assert.is(w.grad, null);
    }
  });

  test(`${mode}: a loss that is not finite in one of the batches of a step leaves the step out`, () => {
    const w = variable(1);
    const optimizer = new Momentum({ w }, { lr: 1 });
    const average = new AveragedWeights({ w });
    const step = trainStep((x: Tensor) => w.mul(x).log(), optimizer, { compiled, accumulate: 2, average });
    step(tensor(1));
    assert.is(w.item(), 1);
    step(tensor(1));
    const after = w.item();
    assert.is(after, 0);
    w.assign(1);
    for (const [one, other] of [
      [0, 1],
      [1, -1],
      [-1, 0],
    ] as const) {
      // biome-ignore format: pairs
      step(tensor(one));
      step(tensor(other));
    }
    assert.equal([w.item(), optimizer.state()["w.velocity"]?.item()], [1, -1]);
    assert.is(average.state()["count"]?.item(), 1);
    step(tensor(1));
    step(tensor(1));
    assert.is(w.item(), 1 - (0.9 + 1));
    assert.is(average.state()["count"]?.item(), 2);
  });

  test(`${mode}: a batch that is refused belongs to no step, and one without a gradient is named`, () => {
    const { step, take, numbers } = training({ compiled, accumulate: 2 });
    const other = training({ compiled, accumulate: 2 });
    take(0, 4);
    assertThrows(() => step(rowsOf(x, 4, 8), rowsOf(t as Tensor, 4, 7)), ChainruleError, "int32 [3]");
    take(4, 8);
    other.take(0, 4);
    other.take(4, 8);
    assert.equal(numbers().toArray(), other.numbers().toArray());
    const [w, v] = [variable(1), variable(2)];
    const choosing = trainStep((both: boolean) => (both ? w.mul(v) : w.square()), new SGD({ w, v }), {
      compiled,
      accumulate: 2,
    });
    assertThrows(() => choosing(false), GraphError, "trainStep: parameter v has no gradient");
    choosing(true);
    assertThrows(() => choosing(false), GraphError, "trainStep: parameter v has no gradient");
    assert.equal([w.item(), v.item()], [1, 2]);
    choosing(true);
    assert.equal([w.item(), v.item()], [1 - 0.02, 2 - 0.01]);
  });

  test(`${mode}: averages of each step, moving or of all; saved and gone on from`, () => {
    for (const options of [{ decay: 0.75 }, {}]) {
      const w = variable([0, 8]);
      const average = new AveragedWeights({ w }, options);
      const step = trainStep((x: Tensor) => w.dot(x), new SGD({ w }, { lr: 1 }), { compiled, average });
      assert.equal(average.parameters["w"]?.toArray(), [0, 8]);
      const seen: number[][] = [];
      for (let i = 0; i < 6; i++) {
        if (i === 3) {
          const saved = average.state();
          step(tensor([5, 5]));
          w.assign(seen[2] as [number, number]);
          average.loadState(saved);
        }
        step(tensor([i, 1 - i]));
        seen.push(w.toArray());
      }
      const moving = seen.reduce((a, b) => a.map((value, k) => 0.75 * value + 0.25 * (b[k] as number)));
      const mean = [0, 1].map((k) => seen.reduce((sum, row) => sum + (row[k] as number), 0) / 6);
      assertClose(average.parameters["w"] as Tensor, tensor("decay" in options ? moving : mean), 1e-14);
      assert.equal(Object.keys(average.state()), ["w.average", "count"]);
    }
  });
}

test("within: the model has the averages while a function runs, also one that is compiled or fails or waits", async () => {
  const w = variable([1, 2], { dtype: "float32" });
  const average = new AveragedWeights({ w });
  average.update();
  w.assign([3, 6]);
  average.update();
  const sum = compile(() => w.sum());
  assert.equal([sum().item(), average.within(() => sum().item()), sum().item()], [9, 6, 9]);
  assertThrows(() => average.within(() => { throw new RangeError("no"); }), RangeError, "no"); // biome-ignore format: a line
  assert.equal(w.toArray(), [3, 6]);
  const later = average.within(async () => {
    await Promise.resolve();
    return w.toArray();
  });
  assertThrows(() => average.update(), GraphError, "AveragedWeights.update: the model has the averages");
  assertThrows(() => average.within(() => 1), GraphError, "AveragedWeights.within: the model has the averages");
  assert.equal(await later, [2, 4]);
  assert.equal(w.toArray(), [3, 6]);
  const failing = average.within(() => Promise.reject(new RangeError("later")));
  assert.is(await failing.catch((error: Error) => error.message), "later");
  assert.equal(w.toArray(), [3, 6]);
  assert.is(average.parameters["w"]?.dtype, "float32");
});

test("what the options of a step and of averages cannot be", () => {
  const w = variable(1);
  const step = (options: unknown) => () => trainStep(() => w.square(), new SGD({ w }), options as TrainStepOptions);
  for (const [options, part] of [
    [{ clipNorm: 0 }, "clipNorm 0: a finite number above 0"],
    [{ clipValue: -1 }, "clipValue -1"],
    [{ accumulate: 0 }, "accumulate 0: a whole number of 1 or more"],
    [{ accumulate: 1.5 }, "accumulate 1.5"],
    [{ average: { w } }, "average is an AveragedWeights of the model"],
  ] as const) {
    assertThrows(step(options), ChainruleError, "trainStep: ", part);
  }
  for (const decay of [1, -0.1, Number.NaN]) {
    assertThrows(() => new AveragedWeights({ w }, { decay }), ChainruleError, `AveragedWeights: decay ${decay}`);
  }
  assertThrows(() => new AveragedWeights({ c: tensor(1) }), GraphError, "AveragedWeights: parameter c is no variable");
  const average = new AveragedWeights({ w });
  assertThrows(() => average.update({ when: tensor(1) }), ChainruleError, "AveragedWeights: when is float64 []");
  assertThrows(
    () => average.loadState({ count: tensor(1) }),
    ChainruleError,
    "AveragedWeights: the saved state has no w.average",
  );
  average.update({ when: tensor(false) });
  assert.is(average.state()["count"]?.item(), 0);
});

test.run();
