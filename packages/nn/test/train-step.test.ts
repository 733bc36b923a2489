import {
  CompileError,
  GraphError,
  ones,
  Random,
  type RandomDType,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Adam,
  Affine,
  BatchSampler,
  batchNorm,
  dropout,
  Layer,
  Momentum,
  meanSquaredError,
  type NamedTensors,
  Optimizer,
  ReLU,
  Sequential,
  SGD,
  softmaxWithLoss,
  takeRows,
  trainStep,
  type Update,
} from "../src/index.js";
import { assertClose, assertThrows, wave } from "./support.js";

type Float = Extract<RandomDType, "float64" | "float32">;

function networkOf(dtype: Float) {
  const random = new Random(1);
  return new Sequential([new Affine(6, 8, { random, dtype }), new ReLU(), new Affine(8, 3, { random, dtype })]);
}

const size = 40;
const x = wave([size, 6]);
const t = x
  .slice([
    [0, size],
    [0, 3],
  ])
  .argMax(-1) as Tensor;

interface Run {
  readonly losses: readonly number[];
  readonly tensors: NamedTensors;
}

/** A hundred steps on batches that are taken in the step, with a change of the learning rate on the way. */
function run(optimizerOf: (network: Layer) => Optimizer, dtype: Float, compiled: boolean): Run {
  const network = networkOf(dtype);
  const optimizer = optimizerOf(network);
  const data = { x: x.cast(dtype) as Tensor, t };
  const lossOf = (rows: Tensor<[number]>) => {
    const batch = takeRows(data, rows);
    return softmaxWithLoss(network.forward(batch.x as Tensor), batch.t as Tensor);
  };
  const step = trainStep(lossOf, optimizer, { compiled });
  const sampler = new BatchSampler(size, 10, { random: new Random(2) });
  const losses = Array.from({ length: 100 }, (_, i) => {
    if (i === 60) optimizer.lr /= 4;
    return step(sampler.rows(i));
  });
  return { losses, tensors: { ...network.parameters(), ...optimizer.state() } };
}

/** The largest difference, each as a share of the number itself. */
function deviation(actual: readonly number[], expected: readonly number[]): number {
  assert.is(actual.length, expected.length);
  return Math.max(...expected.map((y, i) => Math.abs((actual[i] as number) - y) / Math.abs(y)));
}

for (const [name, optimizerOf] of [
  ["SGD", (network: Layer) => new SGD(network, { lr: 0.2 })],
  ["an optimizer with a state", (network: Layer) => new Momentum(network, { lr: 0.1 })],
  ["Adam", (network: Layer) => new Adam(network, { lr: 0.01 })],
] as const) {
  for (const [dtype, tolerance] of [
    ["float64", 1e-12],
    // Some numbers come close to 0, and have little more than the rounding of others in them.
    ["float32", 1e-3],
  ] as const) {
    test(`${name}, ${dtype}: a hundred compiled steps are those of eager mode`, () => {
      const [eager, compiled] = [run(optimizerOf, dtype, false), run(optimizerOf, dtype, true)];
      assert.ok((eager.losses.at(-1) as number) < 0.8 * (eager.losses[0] as number), "it learns");
      assert.ok(deviation(compiled.losses, eager.losses) < tolerance, "losses");
      assert.equal(Object.keys(compiled.tensors), Object.keys(eager.tensors));
      for (const [key, value] of Object.entries(eager.tensors)) {
        const found = deviation([...(compiled.tensors[key] as Tensor).data], [...value.data]);
        assert.ok(found < tolerance, `${key}: ${found}`);
      }
    });
  }
}

for (const compiled of [false, true]) {
  const mode = compiled ? "compiled" : "eager";

  test(`${mode}: a step is W - lr g, with the learning rate that holds when it is taken; it gives the loss before`, () => {
    const w = variable([1, 2], { name: "w" });
    const optimizer = new SGD({ w }, { lr: 0.5 });
    const step = trainStep((g: Tensor) => w.mul(g).sum(), optimizer, { compiled });
    assert.is(step(tensor([1, 1])), 3);
    assert.equal(w.toArray(), [0.5, 1.5]);
    optimizer.lr = 0.25;
    assert.is(step(tensor([2, -2])), -2);
    assert.equal(w.toArray(), [0, 2]);
    assert.is(optimizer.lr, 0.25);
    w.assign([10, 20]);
    assert.is(step(tensor([1, 0])), 10);
    assert.equal(w.toArray(), [9.75, 20]);
    assert.is(w.grad, null);
  });

  test(`${mode}: a state that is loaded between steps is gone on from`, () => {
    const w = variable([0]);
    const optimizer = new Momentum({ w }, { lr: 1 });
    const step = trainStep(() => w.sum(), optimizer, { compiled });
    step();
    assert.equal(optimizer.state()["w.velocity"]?.toArray(), [-1]);
    const saved = optimizer.state();
    step();
    assert.equal(w.toArray(), [-1 + -1.9]);
    assert.equal(saved["w.velocity"]?.toArray(), [-1]);
    optimizer.loadState({ "w.velocity": tensor([100]) });
    step();
    assert.equal(optimizer.state()["w.velocity"]?.toArray(), [89]);
    assertClose(w.detach(), tensor([-2.9 + 89]), 1e-14);
  });

  test(`${mode}: a loss that is not finite is given, and nothing has changed`, () => {
    const w = variable([1, 2]);
    const optimizer = new Momentum({ w }, { lr: 0.1 });
    const step = trainStep((x: Tensor) => w.mul(x).log().sum(), optimizer, { compiled });
    step(tensor([1, 1]));
    const [before, state] = [w.toArray(), optimizer.state()["w.velocity"]?.toArray()];
    assert.is(step(tensor([0, 1])), -Infinity);
    assert.ok(Number.isNaN(step(tensor([-1, 1]))));
    assert.equal(w.toArray(), before);
    assert.equal(optimizer.state()["w.velocity"]?.toArray(), state);
    step(tensor([1, 1]));
    assert.not.equal(w.toArray(), before);
  });

  test(`${mode}: settings among the arguments, and a tensor for what changes from step to step`, () => {
    const w = variable([1, 2]);
    const step = trainStep(
      (x: Tensor, isRegular: boolean, power: number, weight: Tensor) => {
        const loss = x.sub(w).abs().pow(power).sum();
        return isRegular ? loss.add(w.square().sum().mul(weight)) : loss;
      },
      new SGD({ w }, { lr: 0 }),
      { compiled },
    );
    const x = tensor([3, 5]);
    for (let i = 0; i < 20; i++) {
      assert.is(step(x, true, 2, tensor(i)), 13 + 5 * i);
      assert.is(step(x, false, 2, tensor(i)), 13);
      assert.is(step(x, false, 1, tensor(i)), 5);
    }
  });

  test(`${mode}: batches of another size, and variables that are not trained`, () => {
    const network = networkOf("float64");
    const [first, , last] = network.layers;
    const optimizer = new SGD(last, { lr: 0.1 });
    const step = trainStep((x: Tensor, t: Tensor) => softmaxWithLoss(network.forward(x), t), optimizer, { compiled });
    const frozen = first.W.toArray();
    const sampler = new BatchSampler(size, 16, { random: new Random(2), replace: false });
    const seen = Array.from({ length: 6 }, (_, i) => {
      const batch = takeRows({ x, t }, sampler.rows(i));
      const expected = softmaxWithLoss(network.forward(batch.x as Tensor), batch.t as Tensor).item();
      const loss = step(batch.x as Tensor, batch.t as Tensor);
      assert.ok(Math.abs(loss - expected) < 1e-14 * Math.max(1, expected));
      return batch.t.size;
    });
    assert.equal(seen, [16, 16, 8, 16, 16, 8]);
    assert.equal(first.W.toArray(), frozen);
    assert.equal([first.W.grad, last.W.grad], [null, null]);
  });

  test(`${mode}: a step that is refused changes nothing`, () => {
    const network = networkOf("float64");
    const optimizer = new Momentum(network, { lr: 0.1 });
    const step = trainStep((x: Tensor, t: Tensor) => softmaxWithLoss(network.forward(x), t), optimizer, { compiled });
    const [inputs, targets] = [x.slice([[0, 2]]) as Tensor, tensor([0, 1], { dtype: "int32" })];
    step(inputs, targets);
    const all = () => Object.entries({ ...network.parameters(), ...optimizer.state() }).map(([n, p]) => [n, ...p.data]);
    const before = all();
    assertThrows(() => step(inputs, tensor([0, 3], { dtype: "int32" })), ShapeError, "3 (element 1");
    assertThrows(() => step(inputs, tensor([0], { dtype: "int32" })), ShapeError, "int32 [1]");
    assert.equal(all(), before);
    const w = variable(1);
    const apart = trainStep(() => w.square(), new SGD({ w, other: variable(2) }), { compiled });
    assertThrows(() => apart(), GraphError, "parameter other has no gradient");
    assert.is(w.item(), 1);
  });

  test(`${mode}: dropout masks of each step, and running statistics`, () => {
    /** Keeps the statistics of its inputs in tensors that it assigns to. */
    class Normalized extends Layer {
      readonly mean = zeros([6]);
      readonly variance = ones([6]);
      override forward(x: Tensor): Tensor {
        const { output, running } = batchNorm(x, { running: this });
        this.mean.assign(running.mean);
        this.variance.assign(running.variance);
        return output;
      }
    }
    const normalized = new Normalized();
    const w = variable(wave([6]));
    const random = new Random(9);
    const step = trainStep(
      (x: Tensor) =>
        meanSquaredError(dropout(normalized.forward(x), { random }).matmul(w) as Tensor, x.slice([[0, 20], 0])),
      new SGD({ w }, { lr: 0.1 }),
      { compiled },
    );
    const losses = [0, 1, 2].map(() => step(x.slice([[0, 20]]) as Tensor));
    const found = { losses: tensor(losses), w: w.detach(), mean: normalized.mean, variance: normalized.variance };
    reference ??= found;
    for (const [name, value] of Object.entries(found)) {
      assertClose(value, reference[name as keyof typeof found], 1e-13, name);
    }
    assert.is(new Set(losses).size, 3);
    assertClose(
      normalized.mean,
      x
        .slice([[0, 20]])
        .mean({ axis: 0 })
        .mul(1 - 0.9 ** 3) as Tensor,
      1e-13,
      "mean",
    );
  });
}

/** What the first of the two modes has found. */
let reference: Readonly<Record<"losses" | "w" | "mean" | "variance", Tensor>> | undefined;

test("An update that reads numbers is refused when it is compiled, with the way out", () => {
  class ByNumber extends Optimizer {
    protected override update(parameter: Tensor, gradient: Tensor, state: NamedTensors): Update {
      return { value: parameter.sub(gradient.mul(this.lr)) as Tensor, state };
    }
  }
  class Counting extends Optimizer {
    protected override initialState(): NamedTensors {
      return { t: tensor(0) };
    }
    protected override update(parameter: Tensor, gradient: Tensor, { t = gradient }: NamedTensors): Update {
      return { value: parameter.sub(gradient.div(t.item() + 1)) as Tensor, state: { t: t.add(1) as Tensor } };
    }
  }
  const w = variable(1);
  for (const [optimizer, ...parts] of [
    [new ByNumber("ByNumber", { w }, 0.5), "ByNumber: lr is read", "use the argument lr of update"],
    [new Counting("Counting", { w }, 0.5), "item()", "not known"],
  ] as const) {
    assertThrows(() => trainStep(() => w.square(), optimizer, { compiled: true })(), CompileError, ...parts);
    assert.is(w.item(), 1);
  }
  trainStep(() => w.square(), new ByNumber("ByNumber", { w }, 0.5), { compiled: false })();
  assert.is(w.item(), 0);
});

test("a step gives its program, which has not run; one that is not compiled has none", () => {
  const w = variable([0, 0], { name: "w" });
  const loss = (x: Tensor, t: Tensor) => meanSquaredError(x.matmul(w), t);
  const [x, t] = [tensor([[1, 0], [0, 1]]), tensor([1, 2])]; // biome-ignore format: a matrix
  const step = trainStep(loss, new SGD({ w }, { lr: 0.5 }));
  assert.match(step.program(x, t).print("graph"), /-> w$/m);
  assert.equal(w.toArray(), [0, 0]);
  assert.is(step(x, t), 2.5);
  const eager = trainStep(loss, new SGD({ w }, { lr: 0.5 }), { compiled: false });
  assert.throws(() => eager.program(x, t), /^trainStep: this step is not compiled, and has no program/);
});

test.run();
