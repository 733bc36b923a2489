import {
  ChainruleError,
  CompileError,
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
  AdamW,
  Affine,
  Momentum,
  type NamedTensors,
  type OptimizedParameters,
  Optimizer,
  RMSprop,
  Sequential,
  SGD,
  trainStep,
  type Update,
} from "../src/index.js";
import { assertThrows } from "./support.js";

const isBias = (name: string) => name.endsWith("b");

test("groups: each has its own rate and settings, and steps as an optimizer of its own", () => {
  const network = () => {
    const random = new Random(3);
    return new Sequential([
      new Affine(2, 3, { random }),
      (x: Tensor) => x.tanh() as Tensor,
      new Affine(3, 1, { random }),
    ]);
  };
  const [together, apart] = [network(), network()];
  const parts = (pick: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(apart.parameters()).filter(([name]) => pick(name)));
  const one = new AdamW(
    [
      { parameters: together, where: isBias, lr: 0.02, weightDecay: 0 },
      { parameters: together, betas: [0.5, 0.9] },
    ],
    { lr: 0.1, weightDecay: 0.3 },
  );
  const two = [
    new AdamW(parts(isBias), { lr: 0.02, weightDecay: 0 }),
    new AdamW(
      parts((name) => !isBias(name)),
      { lr: 0.1, weightDecay: 0.3, betas: [0.5, 0.9] },
    ),
  ];
  assert.equal(one.groups.map(({ parameters }) => Object.keys(parameters)), [["0.b", "2.b"], ["0.W", "2.W"]]); // biome-ignore format: a line
  assert.equal(
    one.groups.map(({ lr }) => lr),
    [0.02, 0.1],
  );
  const x = tensor([[1, 2], [3, -4]]); // biome-ignore format: a matrix
  for (let i = 0; i < 5; i++) {
    together.forward(x).square().sum().backward();
    apart.forward(x).square().sum().backward();
    for (const optimizer of [one, ...two]) {
      optimizer.step();
      optimizer.zeroGrad();
    }
  }
  for (const [name, parameter] of Object.entries(apart.parameters())) {
    assert.equal(together.parameters()[name]?.toArray(), parameter.toArray(), name);
  }
  const states = Object.assign({}, ...two.map((optimizer) => optimizer.state())) as Record<string, Tensor>;
  assert.equal(Object.keys(one.state()), Object.keys(states));
});

for (const compiled of [false, true]) {
  test(`groups, ${compiled ? "compiled" : "eager"}: rates are changed one by one, and all by a factor`, () => {
    const [a, b] = [variable(0), variable(0)];
    const optimizer = new SGD([{ parameters: { a } }, { parameters: { b }, lr: 0.5 }], { lr: 1 });
    const step = trainStep(() => a.add(b), optimizer, { compiled });
    const moved = () => {
      a.assign(0);
      b.assign(0);
      step();
      return [-a.item(), -b.item()];
    };
    assert.equal(moved(), [1, 0.5]);
    optimizer.lr = 2;
    assert.equal(moved(), [2, 0.5]);
    optimizer.lrFactor = 0.25;
    assert.equal(moved(), [0.5, 0.125]);
    assert.equal([optimizer.lr, optimizer.lrFactor], [2, 0.25]);
    const [first, second] = optimizer.groups;
    if (second !== undefined) second.lr = 4;
    assert.equal(moved(), [0.5, 1]);
    if (first !== undefined) first.lr = 8;
    optimizer.lr = 100;
    assert.equal(moved(), [2, 1]);
    optimizer.lrFactor = 0;
    assert.equal(moved(), [0, 0]);
    assert.equal(
      optimizer.groups.map(({ lr }) => lr),
      [8, 4],
    );
  });
}

test("groups: a variable belongs to the first group that it is in", () => {
  const [w, b] = [variable(1), variable(1)];
  const optimizer = new SGD([{ parameters: { b }, lr: 1 }, { parameters: { w, b, tied: w } }], { lr: 2 });
  assert.equal(Object.keys(optimizer.parameters), ["b", "w"]);
  w.add(b).backward();
  optimizer.step();
  assert.equal([w.item(), b.item()], [-1, 0]);
});

test("groups: momentum may be that of one group only", () => {
  const [a, b] = [variable(0), variable(0)];
  const optimizer = new SGD([{ parameters: { a }, momentum: 0.5 }, { parameters: { b } }], { lr: 1 });
  for (let i = 0; i < 2; i++) {
    a.add(b).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  assert.equal([a.item(), b.item()], [-2.5, -2]);
  assert.equal(Object.keys(optimizer.state()), ["a.velocity"]);
});

test("groups: settings of an optimizer of one's own", () => {
  class Decaying extends Optimizer<{ readonly decay: number }> {
    constructor(parameters: OptimizedParameters<{ readonly decay: number }>, decay: number) {
      super("Decaying", parameters, 1, { decay });
    }
    protected override update(
      parameter: Tensor,
      gradient: Tensor,
      state: NamedTensors,
      lr: Tensor,
      { decay }: { readonly decay: number },
    ): Update {
      return { value: parameter.mul(decay).sub(gradient.mul(lr)) as Tensor, state };
    }
  }
  const [a, b] = [variable(8), variable(8)];
  const optimizer = new Decaying([{ parameters: { a }, decay: 0.25, lr: 2 }, { parameters: { b } }], 0.5);
  a.add(b).backward();
  optimizer.step();
  assert.equal([a.item(), b.item()], [0, 3]);
  assert.equal(
    optimizer.groups.map(({ settings }) => settings),
    [{ decay: 0.25 }, { decay: 0.5 }],
  );
  const misspelt = [{ parameters: { a }, decai: 1 }] as never;
  assertThrows(() => new Decaying(misspelt, 1), ChainruleError, "Decaying: unknown option decai; did you mean decay?");
});

test("groups: what they cannot be", () => {
  const w = variable(1);
  const parameters = { w };
  const cases: readonly (readonly [groups: unknown, ...parts: string[]])[] = [
    [[], "Adam: there are no parameters to update"],
    [[{ parameters, where: () => false }], "Adam: there are no parameters to update"],
    [[{ parameters, where: "w" }], "where is a function of the name and the parameter", '"w"'],
    [
      [{ parameters, decay: 1 }],
      "unknown option decay; did you mean weightDecay? there are parameters, where, lr, betas, eps",
    ],
    [
      [{ parameters }, { parameters: { w: variable(2) } }],
      "Adam, group 1: an earlier group has other parameters of the names w",
    ],
    [[{ parameters, lr: -1 }], "the learning rate lr is -1"],
    [[{ parameters, lr: null }], "the learning rate lr is null"],
    [[{ parameters, weightDecay: -1 }], "Adam: weightDecay -1: a finite number of at least 0 is needed"],
    [
      [{ parameters, betas: [0.9, 1] }],
      "Adam: betas [0.9, 1]: a pair of numbers of at least 0 and below 1, as in [0.9, 0.999], is",
    ],
    [[{ parameters, betas: 0.9 }], "Adam: betas 0.9"],
    [[{ parameters, eps: "1" }], 'Adam: eps "1"'],
    [[{}], "Adam: parameters are tensors by name"],
    [[w], "Adam: parameters are tensors by name"],
    [w, "Adam: parameters are tensors by name"],
  ];
  for (const [groups, ...parts] of cases) {
    assertThrows(() => new Adam(groups as never), ChainruleError, ...parts);
  }
  assertThrows(() => new SGD([{ parameters: { c: tensor(1) } }]), GraphError, "parameter c is no variable");
  assertThrows(
    () => new Momentum({ w }, { momentum: 1 }),
    ChainruleError,
    "momentum 1: a number of at least 0 and below 1",
  );
  assertThrows(() => new RMSprop({ w }, { alpha: Number.NaN }), ChainruleError, "alpha NaN");
  const optimizer = new SGD({ w });
  for (const factor of [-1, Number.NaN, Infinity, "1"]) {
    assertThrows(() => { optimizer.lrFactor = factor as number; }, ChainruleError, "SGD: lrFactor"); // biome-ignore format: a line
  }
  assert.is(optimizer.lrFactor, 1);
});

test("a rate is no number in a function that is being compiled", () => {
  const w = variable(1);
  const optimizer = new SGD({ w }, { lr: 0.5 });
  const [group] = optimizer.groups;
  for (const use of [
    () => optimizer.lr,
    () => optimizer.lrFactor,
    () => group?.lr,
    () => { optimizer.lr = 1; }, // biome-ignore format: a line
    () => { optimizer.lrFactor = 2; }, // biome-ignore format: a line
    () => { if (group !== undefined) group.lr = 3; }, // biome-ignore format: a line
  ]) {
    const f = compile((x: Tensor) => {
      use();
      return x;
    });
    assertThrows(() => f(tensor(1)), CompileError, "SGD: lr is ", "in a function that is being compiled");
  }
  assert.equal([optimizer.lr, optimizer.lrFactor, group?.lr], [0.5, 1, 0.5]);
});

test.run();
