import { ChainruleError, GraphError, Random, ShapeError, type Tensor, tensor, variable } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Adadelta,
  AdaGrad,
  Adam,
  AdamW,
  Affine,
  Lion,
  Momentum,
  NAdam,
  type NamedTensors,
  Nesterov,
  Optimizer,
  ReLU,
  RMSprop,
  Sequential,
  SGD,
  softmaxWithLoss,
  type Update,
} from "../src/index.js";
import { assertClose, assertThrows, wave } from "./support.js";

/** f = x^2/20 + y^2, the textbook's bowl (chapter 6). */
function bowl(p: Tensor): Tensor {
  return p
    .square()
    .mul(tensor([1 / 20, 1]))
    .sum() as Tensor;
}

test("SGD: x0^2 + x1^2 from (-3, 4), lr 0.1, 100 steps: the textbook's numbers (chapter 4)", () => {
  const x = variable([-3, 4]);
  const optimizer = new SGD({ x }, { lr: 0.1 });
  for (let i = 0; i < 100; i++) {
    optimizer.zeroGrad();
    x.square().sum().backward();
    optimizer.step();
  }
  assertClose(x.detach(), tensor([-6.11110793e-10, 8.14814391e-10]), 1e-17);
});

test("SGD: one step is W - lr g, lr 0.01 unless said otherwise, float32 stays", () => {
  for (const dtype of ["float64", "float32"] as const) {
    const w = variable([1, 2], { dtype });
    const optimizer = new SGD({ w });
    assert.is(optimizer.lr, 0.01);
    w.mul(tensor([3, -5], { dtype }))
      .sum()
      .backward();
    optimizer.step();
    assertClose(w.detach().cast("float64"), tensor([0.97, 2.05]), 1e-6);
    assert.is(w.dtype, dtype);
    optimizer.lr = 1;
    optimizer.step();
    assertClose(w.detach().cast("float64"), tensor([-2.03, 7.05]), 1e-6);
  }
});

test("SGD: a step makes no graph, and a graph of the old values says so", () => {
  const w = variable([1, 2]);
  const loss = w.square().sum();
  loss.backward();
  new SGD({ w }).step();
  assert.ok(w.node === null && w.isVariable);
  assertThrows(() => loss.backward(), GraphError, "updated with assign()");
});

test("An update is computed without graph", () => {
  const seen: boolean[] = [];
  class Probe extends Optimizer {
    protected override update(parameter: Tensor, gradient: Tensor, state: NamedTensors): Update {
      const value = parameter.sub(gradient) as Tensor;
      seen.push(value.requiresGrad);
      return { value, state };
    }
  }
  const w = variable([1, 2]);
  w.sum().backward();
  new Probe("Probe", { w }, 1).step();
  assert.equal(seen, [false]);
  assert.equal(w.toArray(), [0, 1]);
});

test("SGD: a scalar, and a parameter whose old values are still in use", () => {
  const w = variable(2);
  const old = w.detach();
  w.square().backward();
  new SGD({ w }, { lr: 0.25 }).step();
  assert.equal([w.item(), old.item()], [1, 2]);
  const v = variable([2]);
  const kept = v.detach();
  v.square().sum().backward();
  new SGD({ v }, { lr: 0.25 }).step();
  assert.equal([v.toArray(), kept.toArray()], [[1], [2]]);
});

test("zeroGrad: gradients add up without it", () => {
  const w = variable(3);
  const optimizer = new SGD({ w });
  w.mul(2).backward();
  w.mul(2).backward();
  assert.is(w.grad?.item(), 4);
  optimizer.zeroGrad();
  assert.is(w.grad, null);
});

test("An optimizer takes a model; parameters have its names", () => {
  const network = new Sequential([
    new Affine(3, 4, { random: new Random(1) }),
    new ReLU(),
    new Affine(4, 2, { random: new Random(2) }),
  ]);
  const optimizer = new SGD(network, { lr: 0.5 });
  assert.equal(Object.keys(optimizer.parameters), ["0.W", "0.b", "2.W", "2.b"]);
  const x = wave([6, 3]);
  const loss = () => softmaxWithLoss(network.forward(x), [0, 1, 0, 1, 1, 0]);
  const before = loss().item();
  for (let i = 0; i < 20; i++) {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  }
  assert.ok(loss().item() < before);
});

test("A parameter under two names is updated once", () => {
  const w = variable(1);
  const optimizer = new SGD({ encoder: w, decoder: w }, { lr: 1 });
  w.mul(0.25).backward();
  optimizer.step();
  assert.is(w.item(), 0.75);
});

test("A refused step leaves all parameters and the state as they were", () => {
  const [a, b] = [variable([1, 2]), variable([3, 4])];
  for (const optimizer of [new SGD({ a, b }), new Momentum({ a, b }, { lr: 0.1 })]) {
    a.zeroGrad();
    a.sum().backward();
    assertThrows(() => optimizer.step(), GraphError, optimizer.name, "parameter b has no gradient", "loss.backward()");
    assert.equal(
      [a.toArray(), b.toArray()],
      [
        [1, 2],
        [3, 4],
      ],
    );
    assert.is(a.version, 0);
    for (const value of Object.values(optimizer.state())) assert.equal([...value.data], [0, 0]);
  }
});

test("An update that fails or gives another shape or dtype leaves all parameters as they were", () => {
  class Broken extends Optimizer {
    readonly wrong: (parameter: Tensor) => Tensor;
    constructor(parameters: NamedTensors, wrong: (parameter: Tensor) => Tensor) {
      super("Broken", parameters, 1);
      this.wrong = wrong;
    }
    protected override update(parameter: Tensor, gradient: Tensor, state: NamedTensors): Update {
      return { value: parameter.name === "b" ? this.wrong(parameter) : gradient, state };
    }
  }
  const [a, b] = [variable([1, 2], { name: "a" }), variable([3, 4], { name: "b" })];
  a.add(b).sum().backward();
  const fail = (): Tensor => {
    throw new RangeError("no");
  };
  assertThrows(() => new Broken({ a, b }, fail).step(), RangeError, "no");
  assertThrows(
    () => new Broken({ a, b }, () => tensor([1, 2, 3])).step(),
    ShapeError,
    "Broken",
    "parameter b",
    "[3]",
    "[2]",
  );
  assertThrows(() => new Broken({ a, b }, (p) => p.cast("float32")).step(), ShapeError, "Broken", "float32");
  assert.equal(
    [a.toArray(), b.toArray()],
    [
      [1, 2],
      [3, 4],
    ],
  );
});

test("Impossible learning rates and parameters are errors", () => {
  const w = variable(1);
  for (const lr of [Number.NaN, -0.1, Infinity]) {
    assertThrows(() => new SGD({ w }, { lr }), ChainruleError, "SGD", `lr is ${lr}`);
    const optimizer = new SGD({ w }, { lr: 0.5 });
    assertThrows(
      () => {
        optimizer.lr = lr;
      },
      ChainruleError,
      `lr is ${lr}`,
    );
    assert.is(optimizer.lr, 0.5);
  }
  assertThrows(() => new SGD({}), ChainruleError, "no parameters");
  assertThrows(() => new SGD(new ReLU()), ChainruleError, "no parameters");
  assertThrows(() => new SGD({ w, c: tensor(1) }), GraphError, "parameter c", "variable(...)");
});

test("An optimizer with a state: the closed form of momentum, and a state that is saved goes on the same", () => {
  // With a constant gradient g the velocity after n steps is -lr g (1 - 0.9^n) / 0.1.
  const w = variable([0]);
  const constantGradient = new Momentum({ w }, { lr: 0.1 });
  w.sum().backward();
  for (let i = 0; i < 5; i++) constantGradient.step();
  const velocity = constantGradient.state()["w.velocity"] as Tensor;
  assertClose(velocity, tensor([(-0.1 * (1 - 0.9 ** 5)) / 0.1]), 1e-15);

  const run = (p: Tensor, optimizer: Optimizer, steps: number) => {
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      bowl(p).backward();
      optimizer.step();
    }
  };
  const whole = variable([-7, 2]);
  run(whole, new Momentum({ p: whole }, { lr: 0.1 }), 30);
  const first = variable([-7, 2]);
  const before = new Momentum({ p: first }, { lr: 0.1 });
  run(first, before, 12);
  const second = variable(first.detach());
  const after = new Momentum({ p: second }, { lr: 0.1 });
  after.loadState(before.state());
  run(second, after, 18);
  assert.equal(second.toArray(), whole.toArray());
});

test("The state that an update gives has the names, shapes and dtypes that it began with", () => {
  class Forgetful extends Momentum {
    wrong: NamedTensors = {};
    protected override update(parameter: Tensor): Update {
      return { value: parameter.mul(2) as Tensor, state: this.wrong };
    }
  }
  const p = variable([1, 2]);
  const optimizer = new Forgetful({ p });
  p.sum().backward();
  for (const [wrong, kind, ...parts] of [
    [{}, ChainruleError, "parameter p", "no new state velocity"],
    [{ velocity: tensor([1, 2]), speed: tensor(1) }, ChainruleError, "state speed", "initialState"],
    [{ velocity: tensor([1, 2, 3]) }, ShapeError, "p.velocity", "[3]", "[2]"],
  ] as const) {
    optimizer.wrong = wrong;
    assertThrows(() => optimizer.step(), kind, "Momentum", ...parts);
    assert.equal([p.toArray(), p.version], [[1, 2], 0]);
  }
});

test("New values and new state are those computed of the old ones, whatever is assigned first", () => {
  /** Its state are the values before the last step, and before the one before. */
  class Remembering extends Optimizer {
    protected override initialState(parameter: Tensor): NamedTensors {
      return { last: parameter, older: parameter };
    }
    protected override update(parameter: Tensor, gradient: Tensor, { last = gradient }: NamedTensors): Update {
      return { value: parameter.sub(gradient) as Tensor, state: { older: last, last: parameter } };
    }
  }
  const p = variable([10]);
  const optimizer = new Remembering("Remembering", { p }, 1);
  const numbers = (state: NamedTensors) => Object.entries(state).map(([name, { data }]) => [name, ...data]);
  const begin = optimizer.state();
  optimizer.loadState({ "p.last": tensor([1]), "p.older": tensor([2]) });
  p.sum().backward();
  optimizer.step();
  assert.equal(p.toArray(), [9]);
  assert.equal(numbers(optimizer.state()), [
    ["p.last", 10],
    ["p.older", 1],
  ]);
  assert.equal(numbers(begin), [
    ["p.last", 10],
    ["p.older", 10],
  ]);
});

test("step({ when }): a false condition leaves parameters and state as they were, NaN or not", () => {
  const p = variable([1, 2]);
  const optimizer = new Momentum({ p }, { lr: 0.1 });
  const [yes, no] = [tensor(true), tensor(false)];
  p.div(p.sub(1)).sum().backward();
  assert.not(p.grad?.data.every(Number.isFinite));
  optimizer.step({ when: no });
  assert.equal(p.toArray(), [1, 2]);
  assert.equal([...(optimizer.state()["p.velocity"] as Tensor).data], [0, 0]);
  p.zeroGrad();
  p.mul(10).sum().backward();
  optimizer.step({ when: yes });
  assert.equal(p.toArray(), [0, 1]);
  assertThrows(() => optimizer.step({ when: tensor(1) }), ShapeError, "Momentum", "when is float64 []", "bool scalar");
  assertThrows(() => optimizer.step({ when: tensor([true, true]) }), ShapeError, "when is bool [2]");
  assert.equal(p.toArray(), [0, 1]);
});

test("What the optimizers do unless told otherwise: the book's numbers, PyTorch's where the form is", () => {
  const w = variable(1);
  const betas = [0.9, 0.999];
  const momentum = { momentum: 0.9, weightDecay: 0 };
  const cases: readonly (readonly [optimizer: Optimizer, lr: number, settings: object])[] = [
    [new SGD({ w }), 0.01, { momentum: 0, weightDecay: 0 }],
    [new Momentum({ w }), 0.01, momentum],
    [new Nesterov({ w }), 0.01, momentum],
    [new AdaGrad({ w }), 0.01, { eps: 1e-7, weightDecay: 0 }],
    [new RMSprop({ w }), 0.01, { alpha: 0.99, eps: 1e-7, momentum: 0, weightDecay: 0 }],
    [new Adam({ w }), 0.001, { betas, eps: 1e-7, weightDecay: 0 }],
    [new Adam({ w }, { form: "pytorch" }), 0.001, { betas, eps: 1e-8, weightDecay: 0 }],
    [new AdamW({ w }), 0.001, { betas, eps: 1e-8, weightDecay: 0.01 }],
    [new Adadelta({ w }), 1, { rho: 0.9, eps: 1e-6, weightDecay: 0 }],
    [new NAdam({ w }), 0.002, { betas, eps: 1e-8, weightDecay: 0, momentumDecay: 0.004 }],
    [new Lion({ w }), 0.0001, { betas: [0.9, 0.99], weightDecay: 0 }],
  ];
  for (const [optimizer, lr, settings] of cases) {
    assert.equal([optimizer.lr, optimizer.lrFactor], [lr, 1], optimizer.name);
    assert.equal(optimizer.groups[0]?.settings, settings, optimizer.name);
  }
});

test("nesterov without a momentum, which would do nothing, is an error", () => {
  const parameters = { w: variable(1) };
  assertThrows(() => new SGD(parameters, { nesterov: true }), ChainruleError, "SGD: nesterov", "momentum");
  assertThrows(() => new Nesterov(parameters, { momentum: 0 }), ChainruleError, "Nesterov: nesterov");
  assert.is(new SGD([{ parameters, momentum: 0.5 }], { nesterov: true }).name, "SGD");
});

test("RMSprop, centered: rounding makes no variance of an even gradient negative", () => {
  const gradients = Array.from({ length: 60 }, (_, i) => Math.sin(i + 1));
  const w = variable(new Array<number>(60).fill(0));
  const optimizer = new RMSprop({ w }, { centered: true, alpha: 0.5 });
  for (let i = 0; i < 60; i++) {
    w.grad = tensor(gradients);
    optimizer.step();
  }
  assert.ok(w.data.every(Number.isFinite));
});

test("A state that does not belong to the optimizer is refused, and changes nothing", () => {
  const p = variable([1, 2]);
  const optimizer = new Momentum({ p }, { lr: 0.1 });
  const state = { "p.velocity": tensor([5, 6]) };
  optimizer.loadState(state);
  for (const [saved, kind, part] of [
    [{}, ChainruleError, "no p.velocity"],
    [{ ...state, other: tensor(1) }, ChainruleError, "other"],
    [{ "p.velocity": tensor([1, 2, 3]) }, ShapeError, "[3]"],
    [{ "p.velocity": tensor([1, 2], { dtype: "float32" }) }, ShapeError, "float32"],
  ] as const) {
    assertThrows(() => optimizer.loadState(saved), kind, part);
    assert.equal([...(optimizer.state()["p.velocity"] as Tensor).data], [5, 6]);
  }
  assert.equal(new SGD({ p }).state(), {});
  new SGD({ p }).loadState({});
  assertThrows(() => new SGD({ p }).loadState(state), ChainruleError, "p.velocity");
});

test.run();
