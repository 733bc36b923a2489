import { ChainruleError, compile, Random, ShapeError, type Tensor, tensor, zeros } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  BatchNorm,
  Conv2d,
  Dropout,
  Flatten,
  Frozen,
  loadParameters,
  MaxPool2d,
  Momentum,
  ReLU,
  Sequential,
  softmaxWithLoss,
  trainStep,
} from "../src/index.js";
import { assertClose, assertThrows, wave } from "./support.js";

// Statistics that a layer keeps: when they change, and in what they take part. The numbers are those of the table of layers.

const training = { training: true } as const;

for (const mode of ["eager", "compiled"] as const) {
  const run = (layer: BatchNorm) => {
    const f = (x: Tensor) => layer.forward(x, training);
    return mode === "compiled" ? compile(f) : f;
  };

  test(`${mode}: the running statistics follow the batches, and a bad one changes nothing of them`, () => {
    const layer = new BatchNorm(2, { momentum: 0.5 });
    const step = run(layer);
    step(tensor([[1, 0], [3, 0]])); // biome-ignore format: a matrix
    assert.equal([layer.mean.toArray(), layer.variance.toArray()], [[1, 0], [1.5, 0.5]]); // biome-ignore format: pairs
    // Of one feature only: that of the other is taken.
    step(tensor([[Number.NaN, 2], [3, 6]])); // biome-ignore format: a matrix
    assert.equal([layer.mean.toArray(), layer.variance.toArray()], [[1, 2], [1.5, 4.25]]); // biome-ignore format: pairs
    step(tensor([[Number.POSITIVE_INFINITY, 2], [3, Number.NEGATIVE_INFINITY]])); // biome-ignore format: a matrix
    assert.equal([layer.mean.toArray(), layer.variance.toArray()], [[1, 2], [1.5, 4.25]]); // biome-ignore format: pairs
  });

  test(`${mode}: the textbook's statistics, from 0, with 0.9 of the old and the biased variance`, () => {
    const layer = new BatchNorm(1, { eps: 1e-6, unbiased: false, initialVariance: 0 });
    const step = run(layer);
    let [mean, variance] = [0, 0];
    for (const batch of [
      [1, 3],
      [2, 8],
    ] as const) {
      step(tensor([[batch[0]], [batch[1]]]));
      const m = (batch[0] + batch[1]) / 2;
      mean = 0.9 * mean + 0.1 * m;
      variance = 0.9 * variance + 0.1 * (((batch[0] - m) ** 2 + (batch[1] - m) ** 2) / 2);
    }
    assertClose(layer.mean, tensor([mean]), 1e-15, "mean");
    assertClose(layer.variance, tensor([variance]), 1e-15, "variance");
    const y = layer.forward(tensor([[1]]));
    assertClose(y, tensor([[(1 - mean) / Math.sqrt(variance + 1e-6)]]), 1e-14, "evaluation");
  });
}

test("an evaluation that is compiled before training sees what the statistics have become", () => {
  const layer = new BatchNorm(2, { momentum: 1 });
  const evaluate = compile((x: Tensor) => layer.forward(x));
  const train = compile((x: Tensor) => layer.forward(x, training));
  const x = wave([5, 2], 3, 1);
  assertClose(evaluate(x), x.div(Math.sqrt(1 + 1e-5)) as Tensor, 1e-14, "before");
  train(x);
  const eager = layer.forward(x);
  assertClose(evaluate(x), eager, 1e-14, "behind");
  assertClose(eager.mean({ axis: 0 }) as Tensor, zeros([2]), 1e-14, "mean");
});

test("an evaluation changes no statistics, nor does a frozen layer; a batch without rows is refused in training", () => {
  const layer = new BatchNorm(2);
  const saved = layer.state();
  layer.forward(wave([3, 2]));
  new Frozen(layer).forward(wave([3, 2]), training);
  assertThrows(() => layer.forward(zeros([0, 2]), training), ShapeError, "leave out empty batches");
  assertThrows(() => layer.forward(wave([3, 3]), training), ShapeError, "new BatchNorm(3)");
  for (const [name, value] of Object.entries(layer.state())) assertClose(value, saved[name] as Tensor, 0, name);
  assertThrows(() => layer.forward(wave([2, 2]).cast("float32"), training), ChainruleError, "float32");
  // A batch of one is normalised to the bias.
  assert.equal(layer.forward(tensor([[3, 4]]), training).toArray(), [[0, 0]]);
});

test("a convolutional network with all of them trains compiled as eagerly, and is saved with its statistics", () => {
  const make = () => {
    const random = new Random(1);
    return new Sequential({
      conv: new Conv2d(1, 4, 3, { padding: 1, random, bias: false }),
      norm: new BatchNorm(4),
      relu: new ReLU(),
      pool: new MaxPool2d(2),
      flatten: new Flatten(),
      dropout: new Dropout({ ratio: 0.2 }),
      affine: new Affine(16, 3, { random }),
    });
  };
  const [one, two] = [make(), make()];
  const [x, t] = [wave([6, 1, 4, 4]), tensor([0, 1, 2, 2, 1, 0], { dtype: "int32" })] as [Tensor, Tensor];
  const losses = [one, two].map((network, i) => {
    const step = trainStep(
      (x: Tensor, t: Tensor, random: Random) => softmaxWithLoss(network.forward(x, { training: true, random }), t),
      new Momentum(network, { lr: 0.1 }),
      { compiled: i === 0 },
    );
    return Array.from({ length: 5 }, (_, iteration) => step(x, t, new Random(7).fork(iteration)));
  });
  assertClose(tensor(losses[0] as number[]), tensor(losses[1] as number[]), 1e-12, "losses");
  assert.ok((losses[0]?.[4] as number) < (losses[0]?.[0] as number));
  for (const [name, value] of Object.entries(one.state())) {
    assertClose(value, two.state()[name] as Tensor, 1e-12, name);
  }
  assert.equal(Object.keys(one.state()), ["conv.W", "norm.weight", "norm.bias", "affine.W", "affine.b", "norm.mean", "norm.variance"]); // biome-ignore format: a list
  loadParameters(two, one.state());
  assertClose(two.forward(x), one.forward(x), 0, "loaded");
});

test("Dropout of channels: each is there as a whole, or not", () => {
  const y = new Dropout({ channels: true, ratio: 0.5 }).forward(wave([4, 8, 3], 0, 1).add(1) as Tensor, {
    training: true,
    random: new Random(1),
  });
  const rows = y.reshape([32, 3]).toArray() as number[][];
  assert.ok(rows.every(([a, b, c]) => a === b && b === c && (a === 0 || a === 2)));
  assert.ok(rows.some(([a]) => a === 0) && rows.some(([a]) => a === 2));
  const layer = new Dropout({ channels: true });
  assertThrows(() => layer.forward(wave([3]), { training: true, random: new Random(1) }), ShapeError, "no channels");
});

test.run();
