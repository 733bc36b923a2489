import {
  ChainruleError,
  compile,
  DTypeError,
  exp,
  noGrad,
  numericalGradient,
  ones,
  Random,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  zeros as zeroTensor,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  BatchNorm,
  Conv1d,
  constant,
  DataError,
  Dropout,
  encodeSafetensors,
  type ForwardOptions,
  Frozen,
  GroupNorm,
  InstanceNorm,
  identity,
  Layer,
  LayerNorm,
  Linear,
  loadParameters,
  normal,
  ReLU,
  RMSNorm,
  Sequential,
  SGD,
  Sigmoid,
  softmaxWithLoss,
  Tanh,
  trainStep,
} from "../src/index.js";
import { assertClose, assertFinite, assertThrows, derivatives, wave } from "./support.js";

const random = () => new Random(1);
const std1 = { initializer: normal({ std: 1 }), biasInitializer: normal({ std: 1 }) };

test("Affine: x W + b, with the numbers of a hand calculation", () => {
  const affine = new Affine(2, 3, { initializer: constant(0) });
  affine.W.assign([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  affine.b.assign([10, 20, 30]);
  assert.equal(
    affine
      .forward(
        tensor([
          [1, 0],
          [1, -1],
        ]),
      )
      .toArray(),
    [
      [11, 22, 33],
      [7, 17, 27],
    ],
  );
  assert.equal(affine.forward(tensor([1, -1])).toArray(), [7, 17, 27]);
});

const inputs: { shape: Shape; out: Shape }[] = [
  { shape: [6], out: [4] },
  { shape: [1, 6], out: [1, 4] },
  { shape: [5, 6], out: [5, 4] },
  { shape: [0, 6], out: [0, 4] },
  { shape: [5, 2, 3], out: [5, 4] },
  { shape: [2, 1, 3, 2], out: [2, 4] },
  { shape: [0, 2, 3], out: [0, 4] },
];
for (const { shape, out } of inputs) {
  test(`Affine: input [${shape}] equals the two-dimensional form, values and gradients, and the numerical gradient`, () => {
    const affine = new Affine(6, 4, { ...std1, random: random() });
    const at = wave(shape);
    const weights = wave(out, 1, 2);
    const rows = out.length === 1 ? 1 : (out[0] as number);
    const run = (x: Tensor): Tensor =>
      affine
        .forward(x)
        .mul(weights.reshape(affine.forward(x).shape))
        .sum();
    const gradientsOf = (x: Tensor) => {
      const found = derivatives(run, x, tensor(1), zeroTensor(x.shape));
      const parameters = [affine.W.grad as Tensor, affine.b.grad as Tensor];
      affine.W.zeroGrad();
      affine.b.zeroGrad();
      return { value: found.value, x: found.gradient, parameters };
    };
    assert.equal([...affine.forward(at).shape], [...out]);
    const given = gradientsOf(at);
    const flat = gradientsOf(at.reshape([rows, 6]));
    assertClose(given.value, flat.value, 1e-14, "value");
    assert.equal([...given.x.shape], [...shape], "the gradient has the shape of the input");
    assertClose(given.x, flat.x.reshape(shape), 1e-14, "dx");
    given.parameters.forEach((gradient, i) => {
      assertClose(gradient, flat.parameters[i] as Tensor, 1e-14, `parameter ${i}`);
    });
    assertClose(given.x, numericalGradient(run, at), 1e-9, "dx, numerically");
    assertClose(
      given.parameters[0] as Tensor,
      numericalGradient(() => run(at), affine.W as Tensor),
      1e-9,
      "dW, numerically",
    );
    assertClose(
      given.parameters[1] as Tensor,
      numericalGradient(() => run(at), affine.b as Tensor),
      1e-9,
      "db, numerically",
    );
  });
}

test("Affine: its first values come from the initializers, W drawn before b", () => {
  const affine = new Affine(3, 2, { ...std1, random: new Random(7), dtype: "float32" });
  const source = new Random(7);
  assert.equal([...affine.W.data], [...source.normal([3, 2], { dtype: "float32" }).data]);
  assert.equal([...affine.b.data], [...source.normal([2], { dtype: "float32" }).data]);
  assert.is(affine.W.dtype, "float32");
  assert.is(affine.inputs, 3);
  assert.is(affine.outputs, 2);
  assert.equal(new Affine(3, 2, { random: random() }).b.toArray(), [0, 0]);
  assert.ok(affine.W.isVariable && affine.b.isVariable);
  assert.is(affine.parameters().W, affine.W);
});

test("Affine: wrong inputs are errors that name the sizes and a repair", () => {
  const affine = new Affine(6, 4, { initializer: constant(1) }) as Layer;
  assertThrows(
    () => affine.forward(wave([5, 7])),
    ShapeError,
    "[N, 6]",
    "[5, 7]",
    "7 values a row",
    "new Affine(7, 4)",
  );
  assertThrows(() => affine.forward(wave([6, 4, 1, 3])), ShapeError, "12 values a row");
  assertThrows(() => affine.forward(wave([6, 1])), ShapeError, "1 values a row");
  assertThrows(() => affine.forward(tensor(3)), ShapeError, "[N, 6]", "[]");
  assertThrows(
    () => affine.forward(wave([2, 6]).cast("float32")),
    DTypeError,
    "float32 and float64",
    '{ dtype: "float32" }',
  );
  assertThrows(() => affine.forward(ones([2, 6], { dtype: "int32" })), DTypeError, "input with cast");
  assertThrows(() => new Affine(6, 4), ChainruleError, "he", "new Random(42)");
});

interface Kind {
  readonly name: string;
  readonly layer: Layer;
  /** The same function composed of other nodes, for inputs of one sign. */
  readonly composed: (x: Tensor, positive: boolean) => Tensor;
}
const kinds: Kind[] = [
  { name: "ReLU", layer: new ReLU(), composed: (x, positive) => x.mul(positive ? 1 : 0) },
  {
    name: "Sigmoid",
    layer: new Sigmoid(),
    composed: (x, positive) => (positive ? exp(x.neg()).add(1).pow(-1) : exp(x).div(exp(x).add(1))),
  },
  {
    name: "Tanh",
    layer: new Tanh(),
    composed: (x, positive) => {
      const e = exp(x.mul(positive ? -2 : 2));
      return e
        .sub(1)
        .div(e.add(1))
        .mul(positive ? -1 : 1);
    },
  },
];
const magnitudes = tensor([0.001, 0.5, 1, 3, 20, 700, 1000]);
for (const { name, layer, composed } of kinds) {
  for (const positive of [true, false]) {
    test(`${name}: equals the form composed of nodes at ${positive ? "positive" : "negative"} inputs up to 1000, to second order`, () => {
      const at = magnitudes.mul(positive ? 1 : -1);
      const weights = wave([7], 1, 1);
      const direction = wave([7], 2, 5);
      const closed = derivatives((x) => layer.forward(x), at, weights, direction);
      const form = derivatives((x) => composed(x, positive), at, weights, direction);
      for (const key of ["value", "gradient", "second"] as const) {
        assertFinite(closed[key], `${name} ${key}`);
        assertClose(closed[key], form[key], 1e-14, `${name} ${key}`);
      }
    });
  }
  test(`${name}: any shape, and the numerical gradient`, () => {
    const at = wave([2, 3, 2], 3);
    const found = derivatives((x) => layer.forward(x), at, wave([2, 3, 2]), at);
    assert.equal([...found.value.shape], [2, 3, 2]);
    assertClose(
      found.gradient,
      numericalGradient(
        (x) =>
          layer
            .forward(x)
            .mul(wave([2, 3, 2]))
            .sum(),
        at,
      ),
      1e-8,
    );
    assert.equal(layer.parameters(), {});
  });
}

test("Activations at 0: relu'(0) is 0, sigmoid'(0) is 1/4, tanh'(0) is 1", () => {
  const at = (layer: Layer) =>
    derivatives((x) => layer.forward(x), tensor([0]), tensor([1]), tensor([1])).gradient.item();
  assert.is(at(new ReLU()), 0);
  assert.is(at(new Sigmoid()), 0.25);
  assert.is(at(new Tanh()), 1);
});

test("Sequential: one layer behind the other, parameters by position or by name, nested", () => {
  const affine1 = new Affine(2, 3, { initializer: constant(1) });
  const affine2 = new Affine(3, 1, { initializer: constant(2) });
  const list = new Sequential([affine1, new ReLU(), affine2]);
  assert.equal(
    list
      .forward(
        tensor([
          [1, 2],
          [-1, -2],
        ]),
      )
      .toArray(),
    [[18], [0]],
  );
  assert.equal(Object.keys(list.parameters()), ["0.W", "0.b", "2.W", "2.b"]);
  const named = new Sequential({ body: list, head: new Affine(1, 1, { initializer: constant(1) }) });
  assert.equal(Object.keys(named.parameters()), ["body.0.W", "body.0.b", "body.2.W", "body.2.b", "head.W", "head.b"]);
  assert.is(named.parameters()["body.2.W"], affine2.W);
  assert.is(affine2.W.name, "body.2.W");
  assert.is(named.layers.body, list);
  assert.equal(new Sequential([]).forward(tensor([1])).toArray(), [1]);
  assertThrows(() => new Sequential({ "1": affine1 }), ChainruleError, '"1"', "affine1");
  assertThrows(() => new Sequential({ "a.b": affine1 }), ChainruleError, '"a.b"');
  for (const layers of [[affine1], [affine1, affine2]]) {
    const Many = Sequential as unknown as new (...layers: Layer[]) => Sequential;
    assertThrows(() => new Many(...layers), ChainruleError, "new Sequential([affine, relu])", "got an Affine");
  }
});

test("One layer that was made without the dtype of the others says so by its own name", () => {
  const x = ones([2, 4, 4], { dtype: "float32" }) as Tensor;
  const initializer = constant(1);
  const layers = {
    Affine: new Affine(16, 1, { initializer }),
    Linear: new Linear(4, 1, { initializer }),
    Conv1d: new Conv1d(4, 1, 1, { initializer }),
    BatchNorm: new BatchNorm(4),
    LayerNorm: new LayerNorm(4),
    RMSNorm: new RMSNorm(4),
    GroupNorm: new GroupNorm(2, 4),
    InstanceNorm: new InstanceNorm(4, { affine: true }),
  };
  for (const [name, layer] of Object.entries<Layer>(layers)) {
    for (const training of [true, false]) {
      assertThrows(() => layer.forward(x, { training }), DTypeError, `${name}: the input`, '{ dtype: "float32" }');
    }
  }
});

test("A layer derived from another one: its own fields are parameters, too", () => {
  class Gated extends Affine<2, 1> {
    readonly gain = variable([3]);
  }
  const gated = new Gated(2, 1, { initializer: constant(1) });
  assert.equal(Object.keys(gated.parameters()), ["W", "b", "gain"]);
});

/** A block with a part that two share, and some in a list, in a map and in a record. */
class Composite extends Layer {
  readonly gain = variable([2, 2]);
  readonly note = tensor([5]);
  readonly inner = new Sequential([new Affine(2, 2, { initializer: constant(1) })]);
  readonly list = [new Affine(2, 2, { initializer: constant(1) }), new ReLU()] as const;
  readonly map = new Map([["a", new Affine(2, 2, { initializer: identity() })]]);
  readonly record = { head: new Affine(2, 1, { initializer: constant(1) }), shared: this.gain };
  readonly settings = { eps: 1e-3, name: "x", none: null };
  override forward(x: Tensor): Tensor {
    const mapped = this.map.get("a")?.forward(this.inner.forward(x)) as Tensor;
    return this.record.head.forward(this.list[0].forward(mapped).mul(this.gain));
  }
}

test("A composite layer: names of parameters follow from its fields", () => {
  const composite = new Composite();
  const names = [
    "gain",
    "inner.0.W",
    "inner.0.b",
    "list.0.W",
    "list.0.b",
    "map.a.W",
    "map.a.b",
    "record.head.W",
    "record.head.b",
    "record.shared",
  ];
  assert.equal(Object.keys(composite.parameters()), names);
  assert.is(composite.parameters()["record.shared"], composite.gain);
  assert.equal(
    Object.keys(new Sequential([composite]).parameters()),
    names.map((name) => `0.${name}`),
  );
  // A variable under two names is updated once.
  const optimizer = new SGD(composite, { lr: 1 });
  assert.equal(Object.keys(optimizer.parameters), names.slice(0, -1));
  assert.is(composite.list[0].W.name, "list.0.W");
  trainStep((x: Tensor) => composite.forward(x).sum(), optimizer)(ones([1, 2]));
  assert.equal(composite.gain.toArray(), [-2, -2]);
});

test("A layer that is among its own parts is an error", () => {
  class Ring extends Layer {
    readonly inside: Layer[] = [];
    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  const [a, b] = [new Ring(), new Ring()];
  a.inside.push(b);
  b.inside.push(a);
  assertThrows(() => a.parameters(), ChainruleError, "Ring", "a part of itself");
  b.inside.pop();
  assert.equal(a.parameters(), {});
});

class Counting extends Layer {
  readonly count = tensor(0);
  override forward(x: Tensor, { training = false }: ForwardOptions = {}): Tensor {
    if (training) this.count.assign(this.count.add(1));
    return x;
  }
  override buffers() {
    return { count: this.count };
  }
}

test("Buffers: saved with the parameters, not trained, and changed by compiled steps", () => {
  const network = new Sequential({ counting: new Counting(), affine: new Affine(2, 1, { initializer: constant(1) }) });
  assert.equal(Object.keys(network.parameters()), ["affine.W", "affine.b"]);
  assert.equal(Object.keys(network.buffers()), ["counting.count"]);
  const before = network.state();
  const step = trainStep((x: Tensor) => network.forward(x, { training: true }).sum(), new SGD(network));
  for (let i = 0; i < 3; i++) step(ones([1, 2]));
  network.forward(ones([1, 2]));
  const after = network.state();
  assert.is(after["counting.count"]?.item(), 3);
  loadParameters(network, before);
  assert.is(network.layers.counting.count.item(), 0);
  assert.equal(network.layers.affine.W.toArray(), [[1], [1]]);
  assert.is(after["counting.count"]?.item(), 3, "what state() gave stays as it was");
});

test("A buffer with the name of a parameter is an error", () => {
  class Twice extends Counting {
    override parameters() {
      return { count: this.count };
    }
  }
  assertThrows(() => new Twice().state(), ChainruleError, "Twice", "count is a parameter and a buffer");
});

test("Frozen: not trained, but saved; the gradient goes through it, in the form of evaluation", () => {
  const body = new Sequential([new Affine(2, 2, { initializer: constant(1) }), new Dropout()]);
  const network = new Sequential({ first: new Affine(2, 2, { initializer: constant(1) }), body: new Frozen(body) });
  assert.equal(Object.keys(network.state()), ["first.W", "first.b", "body.0.W", "body.0.b"]);
  const before = body.state();
  for (const compiled of [true, false]) {
    const optimizer = new SGD(network, { lr: 0.1 });
    const step = trainStep((x: Tensor) => network.forward(x, { training: true }).sum(), optimizer, { compiled });
    const { b } = network.layers.first;
    const [was] = b.toArray() as number[];
    step(ones([1, 2]));
    assert.ok(Math.abs((b.toArray()[0] as number) - ((was as number) - 0.2)) < 1e-15);
  }
  assert.equal(body.state(), before);
});

test("Dropout: drops in training only, from the source of the call, each layer other elements", () => {
  const network = new Sequential([new Dropout(), new Dropout({ ratio: 0.25 })]);
  const x = ones([4000]);
  assert.equal(network.forward(x).toArray(), x.toArray());
  const random = new Random(3);
  const [once, again] = [0, 0].map(() => network.forward(x, { training: true, random: random.fork(7) }));
  assert.equal(once?.toArray(), again?.toArray());
  const kept = [...(once as Tensor).data].filter((value) => value !== 0);
  assert.ok(Math.abs(kept.length / 4000 - 0.375) < 0.03, `${kept.length} of 4000`);
  assert.ok(kept.every((value) => Math.abs(value - 8 / 3) < 1e-12));
  const compiled = compile((source: Random) => network.forward(x, { training: true, random: source }));
  assert.equal(compiled(random.fork(7)).toArray(), once?.toArray());
  assert.equal(new Dropout({ ratio: 0.25, inverted: false }).forward(tensor([4])).toArray(), [3]);
  assertThrows(() => network.forward(x, { training: true }), ChainruleError, "Dropout", "random.fork(step)");
  assertThrows(() => new Dropout({ ratio: 1 }), ChainruleError, "ratio 1");
  assertThrows(() => network.forward(x, { train: true } as object), ChainruleError, "unknown option train");
  assertThrows(() => network.forward(x, { training: 1 } as object), ChainruleError, "training");
});

test("loadParameters: a part of what was saved, with a report", () => {
  const make = (outputs: number) =>
    new Sequential({
      body: new Affine(2, 3, { initializer: constant(1) }),
      head: new Affine(3, outputs, { initializer: constant(1) }),
    });
  const [from, to] = [make(4), make(2)];
  from.layers.body.b.assign([1, 2, 3]);
  const saved = from.state();
  assertThrows(
    () => loadParameters(to, saved, { strict: false }),
    DataError,
    "head.W is float64 [3, 2]",
    "leave it out",
  );
  assert.equal(to.layers.body.b.toArray(), [0, 0, 0]);
  const { "head.W": _W, "head.b": b, ...body } = saved;
  assertThrows(() => loadParameters(to, body), DataError, "missing: head.W, head.b", "{ strict: false }");
  // What holds tensors is not them.
  const holders = [
    [to, "got a Sequential; give its state()"],
    [{ tensors: body, metadata: {} }, "give its tensors"],
  ] as const;
  for (const [holder, repair] of holders) {
    assertThrows(() => loadParameters(to, holder as never), ChainruleError, "loadParameters: saved values", repair);
    assertThrows(() => encodeSafetensors(holder as never), ChainruleError, "safetensors: tensors", repair);
  }
  const report = loadParameters(to, { ...body, old: b as Tensor }, { strict: false });
  assert.equal(report, { loaded: ["body.W", "body.b"], missing: ["head.W", "head.b"], unexpected: ["old"] });
  assert.equal(to.layers.body.b.toArray(), [1, 2, 3]);
  assertThrows(() => loadParameters(to, { "0.W": saved["body.W"] as Tensor }, { strict: false }), DataError, "no name");
});

test("A layer of one's own needs a forward only", () => {
  class Flatten extends Layer {
    override forward(x: Tensor): Tensor {
      return x.reshape([-1]);
    }
  }
  const network = new Sequential([new Flatten(), new Affine(4, 1, { initializer: constant(1) })]);
  assert.equal(
    network
      .forward(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      .toArray(),
    [10],
  );
  assert.equal(Object.keys(network.parameters()), ["1.W", "1.b"]);
});

for (const [name, activation] of [
  ["relu", new ReLU()],
  ["sigmoid", new Sigmoid()],
  ["tanh", new Tanh()],
] as const) {
  test(`A network of two affine layers with ${name}: gradients equal numerical ones`, () => {
    const source = random();
    const initializer = normal({ std: 0.5 });
    const network = new Sequential({
      affine1: new Affine(8, 5, { initializer, random: source }),
      activation,
      affine2: new Affine(5, 4, { initializer, random: source }),
    });
    const x = source.normal([6, 8]);
    const loss = () => softmaxWithLoss(network.forward(x), [0, 1, 2, 3, 3, 0]);
    loss().backward();
    for (const [parameter, value] of Object.entries(network.parameters())) {
      assertClose(value.grad as Tensor, numericalGradient(loss, value), 1e-8, parameter);
    }
    assert.ok(noGrad(loss).node === null);
  });
}

test.run();
