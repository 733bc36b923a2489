import {
  ChainruleError,
  DTypeError,
  GraphError,
  ones,
  Random,
  relu,
  ShapeError,
  type Tensor,
  tensor,
  variable,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  type AffineOptions,
  constant,
  Layer,
  type NamedTensors,
  Optimizer,
  ReLU,
  Sequential,
  SGD,
  trainStep,
  type Update,
} from "../src/index.js";
import { assertThrows } from "./support.js";

// What functions of the consumer's give (losses, updates, initializers, layers) is looked at where it comes in, and said to be
// theirs; what is given as a list or handed out as a record cannot be changed behind the checks.

const foreign: readonly (readonly [value: unknown, shown: string])[] = [
  [undefined, "undefined"],
  [null, "null"],
  [5, "5"],
  ["a", '"a"'],
  [Promise.resolve(1), "a Promise"],
  [[1, 2], "[1, 2]"],
  [structuredClone(tensor(1)), "the plain object that structuredClone makes of a tensor"],
];

for (const compiled of [true, false]) {
  test(`trainStep, ${compiled ? "compiled" : "eager"}: a loss that gives no scalar tensor`, () => {
    const w = variable([1, 2]);
    for (const [value, shown] of [...foreign, [tensor([1, 2]), "float64 [2]"] as const]) {
      const step = trainStep(() => value as Tensor, new SGD({ w }), { compiled });
      assertThrows(step, GraphError, `trainStep: the loss gave ${shown}`, "it must give a scalar");
    }
    assert.equal(w.toArray(), [1, 2]);
  });
}

/** An optimizer of one's own whose parts give what they are told to. */
class Own extends Optimizer {
  readonly given: unknown;
  readonly begins: unknown;

  constructor(w: Tensor, given: unknown, begins: unknown = {}) {
    super("Own", { w }, 0.1);
    this.given = given;
    this.begins = begins;
  }

  protected override initialState(): NamedTensors {
    return this.begins as NamedTensors;
  }

  protected override update(): Update {
    return this.given as Update;
  }
}

test("an update that is none, or whose parts are no tensors", () => {
  const value = tensor([1, 2]);
  const cases: readonly (readonly [given: unknown, ...parts: string[]])[] = [
    ...foreign.map(
      ([given, shown]) => [given, `Own: the update of parameter w gave ${shown}`, "{ value, state }"] as const,
    ),
    [{}, "Own: the update of parameter w gave an empty object; it must give { value, state }"],
    [{ value }, "gave an object with value; it must give { value, state }"],
    [{ value, state: 5 }, "it must give { value, state }"],
    [value, "Own: the update of parameter w gave a Tensor"],
    [{ value: 5, state: {} }, "Own: the update of parameter w: value is a tensor, got 5"],
    [{ value: structuredClone(value), state: {} }, "w: value: takes tensors and numbers, got the plain object"],
    [{ value, state: { v: 1 } }, "the update of parameter w: state: v is a tensor, got 1"],
    [{ value: tensor([1]), state: {} }, "the update of parameter w is float64 [1], expected float64 [2]"],
  ];
  for (const [given, ...parts] of cases) {
    const w = variable([1, 2]);
    w.sum().backward();
    assertThrows(() => new Own(w, given).step(), ChainruleError, ...parts);
    assert.equal(w.toArray(), [1, 2]);
  }
});

test("an initial state that holds no tensors", () => {
  for (const begins of [{ v: 1 }, null, 5, [1]]) {
    const w = variable([1, 2]);
    w.sum().backward();
    const own = new Own(w, { value: w.detach(), state: {} }, begins);
    assertThrows(() => own.step(), ChainruleError, "Own: the initial state of parameter w");
  }
});

test("what an optimizer hands out as its parameters is frozen", () => {
  const { parameters } = new SGD({ w: variable(1) });
  assert.ok(Object.isFrozen(parameters));
  assert.not(Reflect.deleteProperty(parameters, "w"));
});

test("an initializer that is none, or gives what does not belong to the parameter", () => {
  const cases: readonly (readonly [options: unknown, error: typeof ChainruleError, message: string])[] = [
    [{ initializer: "he" }, ChainruleError, 'Affine: initializer is a function, such as he() or zeros(), got "he"'],
    [
      { initializer: ones([2, 3]) },
      ChainruleError,
      "Affine: initializer is a function, such as he() or zeros(), got a Tensor",
    ],
    [
      { biasInitializer: false },
      ChainruleError,
      "Affine: biasInitializer is a function, such as he() or zeros(), got false",
    ],
    [
      { biasInitializer: null },
      ChainruleError,
      "Affine: biasInitializer is a function, such as he() or zeros(), got null",
    ],
    [{ initializer: () => 3 }, DTypeError, "Affine: what initializer gave is a tensor, got 3"],
    [{ initializer: () => undefined }, DTypeError, "Affine: what initializer gave"],
    [
      { initializer: () => ones([3, 2]) },
      ShapeError,
      "initializer gave float64 [3, 2] for a parameter that is float64 [2, 3]",
    ],
    [
      { initializer: () => ones([2, 3], { dtype: "float32" }) },
      ShapeError,
      "initializer gave float32 [2, 3] for a parameter that is float64 [2, 3]",
    ],
    [
      { dtype: "float32", biasInitializer: () => ones([3]) },
      ShapeError,
      "biasInitializer gave float64 [3] for a parameter that is float32 [3]",
    ],
  ];
  for (const [options, error, message] of cases) {
    const all = { random: new Random(1), ...(options as AffineOptions) };
    assertThrows(() => new Affine(2, 3, all), error, message);
  }
});

/** A layer of one's own whose parameters are what it is told. */
class Parametric extends Layer {
  readonly given: unknown;

  constructor(given: unknown) {
    super();
    this.given = given;
  }

  override forward(x: Tensor): Tensor {
    return x;
  }

  override parameters(): NamedTensors {
    return this.given as NamedTensors;
  }
}

test("a layer whose parameters are no tensors by name", () => {
  for (const given of [undefined, null, 5, [variable(1)], { W: 5 }, { W: structuredClone(tensor(1)) }]) {
    assertThrows(
      () => new Sequential([new Parametric(given)]),
      ChainruleError,
      "Sequential: the parameters of layer 0",
    );
    assertThrows(() => new SGD(new Parametric(given)), ChainruleError, "SGD: parameters");
  }
});

test("Sequential keeps a list of its own, and hands it out frozen", () => {
  const list: (Layer | typeof relu)[] = [relu];
  const network = new Sequential(list);
  list[0] = new Affine(9, 9, { initializer: constant(1) });
  list.push(network);
  const named: Record<string, Layer> = { a: new ReLU() };
  const other = new Sequential(named);
  named["b"] = other;
  for (const each of [network, other]) {
    assert.equal(each.forward(tensor([-1, 2])).toArray(), [0, 2]);
    assert.equal(each.parameters(), {});
    assert.ok(Object.isFrozen(each.layers));
  }
});

test.run();
