import {
  ChainruleError,
  compile,
  fromArray,
  Random,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  embedding,
  GRU,
  type Layer,
  Linear,
  LSTM,
  MultiHeadAttention,
  positionalEncoding,
  RNN,
  SGD,
  scaledDotProductAttention,
  softmaxWithLoss,
  TransformerBlock,
  trainStep,
} from "../src/index.js";
import { assertClose, assertThrows, wave } from "./support.js";

// What recurrent networks and attention do besides what the table of layers looks at: states, masks, the order of time.

const random = () => new Random(1);
const flat = (values: readonly number[], like: Tensor): Tensor => fromArray(Float64Array.from(values), like.shape);

function fill<L extends Layer>(layer: L): L {
  Object.values(layer.parameters()).forEach((parameter, i) => {
    parameter.assign(wave(parameter.shape, 0.5, i + 1));
  });
  return layer;
}

test("LSTM and GRU: outputs and last states from a state that is given are PyTorch 1.13's", () => {
  const lstm = fill(new LSTM(2, 3, { bidirectional: true, random: random() }));
  const begin = { h: wave([2, 1, 3], 0.5, 1), c: wave([2, 1, 3], 0.5, 2) };
  const { output, state } = lstm.run(wave([1, 2, 2]), { state: begin });
  const y = [
    0.14100026362045487, 0.0017823590608337055, -0.22725582746117032, -0.13403813431263265, -0.1189374214531647,
    0.09288564176401552, 0.24404960319000146, -0.011183581382419686, -0.16895279043444236, -0.07647350767188342,
    0.041163982216922856, -0.02937335767037849,
  ];
  const h = [
    0.24404960319000146, -0.011183581382419686, -0.16895279043444236, -0.13403813431263265, -0.1189374214531647,
    0.09288564176401552,
  ];
  const c = [
    0.48839630981444526, -0.01878648825412089, -0.40826108819594764, -0.21036898008906454, -0.38784108326894234,
    0.23746631430624554,
  ];
  assertClose(output, flat(y, output), 1e-14, "output");
  assertClose(state.h, flat(h, begin.h), 1e-14, "h");
  assertClose(state.c, flat(c, begin.c), 1e-14, "c");
  const gru = fill(new GRU(2, 3, { random: random() }));
  const last = gru.run(wave([1, 2, 2]), { state: { h: wave([1, 1, 3], 0.5, 1) } }).state.h;
  assertClose(last, flat([0.35667439075788054, 0.1303400885893578, -0.2996822695114567], last), 1e-14, "GRU");
});

for (const [name, make] of [
  ["RNN", () => new RNN(2, 3, { layers: 2, random: random() })],
  ["LSTM", () => new LSTM(2, 3, { layers: 2, random: random() })],
  ["GRU", () => new GRU(2, 3, { layers: 2, random: random() })],
] as const) {
  test(`${name}: a sequence in two pieces, the state handed on, is the sequence as a whole, compiled, too`, () => {
    const network = make() as LSTM;
    const x = wave([2, 5, 2]);
    const [first, second] = [x.slice([null, [0, 2]]), x.slice([null, [2, 5]])] as unknown as [Tensor, Tensor];
    const whole = network.run(x);
    for (const run of [
      (x: Tensor, state?: object) => network.run(x, state === undefined ? {} : { state: state as never }),
      compile((x: Tensor, state?: object) => network.run(x, state === undefined ? {} : { state: state as never })),
    ]) {
      const one = run(first);
      const two = run(second, one.state);
      assertClose(two.output, whole.output.slice([null, [2, 5]]) as Tensor, 1e-14, name);
      for (const [key, value] of Object.entries(whole.state)) {
        assertClose((two.state as unknown as Record<string, Tensor>)[key] as Tensor, value as Tensor, 1e-14, key);
      }
    }
    assertThrows(() => network.run(x, { state: 5 as never }), ChainruleError, name, "as run gives it", "got 5");
    assertThrows(() => network.run(x, { state: {} as never }), ChainruleError, name, "the state is { h");
    const other = { h: zeros([2, 1, 3]), c: zeros([2, 1, 3]) } as never;
    assertThrows(() => network.run(x, { state: other }), ShapeError, "the state h is [2, 1, 3]", "[2, 2, 3]");
    const wrong = { h: tensor(1), c: tensor(1) } as never;
    assertThrows(() => network.run(x, { state: wrong }), ShapeError, "the state h is []");
    assertThrows(() => network.run(x, { zustand: 1 } as never), ChainruleError, "unknown option zustand");
  });
}

test("a program has a loop for each direction, and the same kernels for any number of steps", () => {
  for (const make of [RNN, LSTM, GRU]) {
    const network = new make(2, 3, { bidirectional: true, random: random() });
    const step = (x: Tensor) => {
      const slope = variable(x);
      network.forward(slope).square().mean().backward();
      return slope.grad as Tensor;
    };
    const kernelsOf = (steps: number) =>
      compile(step)
        .program(wave([2, steps, 2]))
        .print("kernels")
        .split("\n").length;
    assert.is(kernelsOf(4), kernelsOf(40), make.name);
  }
});

test("dropout stands between the layers, in training only, and asks for random numbers", () => {
  const network = new LSTM(2, 3, { layers: 2, dropout: 0.5, random: random() });
  const x = wave([1, 3, 2]);
  assertThrows(() => network.forward(x, { training: true }), ChainruleError, "Dropout", "random.fork(step)");
  const dropped = network.forward(x, { training: true, random: random() });
  assert.not.equal(dropped.toArray(), network.forward(x).toArray());
  assert.equal(dropped.toArray(), network.run(x, { training: true, random: random() }).output.toArray());
  const single = new LSTM(2, 3, { dropout: 0.5, random: random() });
  assert.equal(single.forward(x, { training: true }).toArray(), single.forward(x).toArray());
});

test("MultiHeadAttention: another sequence, with keys that are padding, or a mask, as PyTorch 1.13 has it", () => {
  const attention = fill(new MultiHeadAttention(4, 2, { random: random() }));
  const [q, kv] = [wave([1, 2, 4]), wave([1, 3, 4], 1, 1)];
  const cases: readonly (readonly [mask: Tensor | undefined, expected: readonly number[]])[] = [
    [
      undefined,
      [
        0.5006642906761773, -0.13808855415292545, -0.46508039082051056, 0.2579346496769927, 0.5007338992120381,
        -0.13771727632192804, -0.46524567356512736, 0.25760596338928715,
      ],
    ],
    [
      tensor([[[[true, true, false]]]]),
      [
        0.4927830034935846, -0.19013081857982128, -0.44378838515376307, 0.30449019869854943, 0.492803501358944,
        -0.19001927000694413, -0.443837627858046, 0.30439133942833446,
      ],
    ],
    [
      tensor([[true, false, false], [false, true, true]]), // biome-ignore format: a matrix
      [
        0.486219888007131, -0.2357878871815348, -0.4254599458373017, 0.34542423031035163, 0.5083024714428921,
        -0.08451692367272037, -0.4865233908628429, 0.20988864419005404,
      ],
    ],
  ];
  for (const [mask, expected] of cases) {
    for (const attend of [
      (q: Tensor, kv: Tensor) => attention.attend(q, kv, kv, { mask }),
      compile((q: Tensor, kv: Tensor) => attention.attend(q, kv, kv, { mask })),
    ]) {
      const y = attend(q, kv) as Tensor;
      assertClose(y, flat(expected, y), 1e-13, String(mask));
    }
  }
  assertThrows(() => attention.attend(q, kv, q), ShapeError, "3 keys and 2 values");
  assertThrows(() => attention.attend(q, q, q, { mask: wave([2, 2]) }), ChainruleError, "the mask is bool");
  assertThrows(() => attention.attend(q, q, q, { causal: true } as never), ChainruleError, "unknown option causal");
});

test("causal: what comes later changes nothing before it; masked places change nothing at all", () => {
  const [x, later] = [wave([1, 4, 4]), wave([1, 4, 4])];
  later.assign(later.mul(tensor([1, 1, 1, 5]).reshape([1, 4, 1])));
  const block = new TransformerBlock(4, 2, { causal: true, random: random() });
  const before = (y: Tensor) => y.slice([null, [0, 3]]).toArray();
  assert.equal(before(block.forward(x)), before(block.forward(later)));
  assert.not.equal(block.forward(x).toArray(), block.forward(later).toArray());
  const open = new TransformerBlock(4, 2, { random: random() });
  const mask = tensor([true, true, true, false]);
  assert.equal(before(open.run(x, { mask })), before(open.run(later, { mask })));
  assert.not.equal(before(open.run(x)), before(open.run(later)));
});

test("scaledDotProductAttention: dropout of weights, the same with and without a mask that hides nothing", () => {
  const [q, k, v] = [wave([3, 2]), wave([4, 2], 1, 1), wave([4, 2], 1, 2)];
  const how = () => ({ dropout: 0.5, random: random() });
  const dropped = scaledDotProductAttention(q, k, v, how()) as Tensor;
  const mask = tensor([true, true, true, true]);
  assertClose(scaledDotProductAttention(q, k, v, { ...how(), mask }) as Tensor, dropped, 1e-14, "masked");
  assert.not.equal(dropped.toArray(), scaledDotProductAttention(q, k, v).toArray());
  // With the mean over many masks it comes near what is not dropped.
  const source = random();
  const runs = Array.from({ length: 400 }, () =>
    scaledDotProductAttention(q, k, v, { dropout: 0.5, random: source }),
  ) as Tensor[];
  const mean = runs.reduce((a, b) => a.add(b) as Tensor).div(400) as Tensor;
  assertClose(mean, scaledDotProductAttention(q, k, v) as Tensor, 0.1, "mean");
  assertThrows(() => scaledDotProductAttention(q, k, v, { dropout: 0.5 }), ChainruleError, "random");
  assertThrows(() => scaledDotProductAttention(q, k, v, { dropout: 1 }), ChainruleError, "dropout 1");
});

test("positionalEncoding: rows tell places apart, products depend on the distance only", () => {
  const rows = positionalEncoding(9, 6) as Tensor;
  assert.equal([...rows.shape], [9, 6]);
  const products = rows.matmul(rows.transpose());
  for (const distance of [0, 1, 5]) {
    const at = (i: number) => products.slice([i, i + distance]).item();
    assertClose(tensor(at(3)), tensor(at(0)), 1e-14, `distance ${distance}`);
  }
  assert.is(positionalEncoding(0, 3).size, 0);
  assert.is(positionalEncoding(2, 3, { dtype: "float32" }).dtype, "float32");
  assertThrows(() => positionalEncoding(1.5, 2), ChainruleError, "steps 1.5");
});

test("an LSTM learns to tell which letter came first, compiled", () => {
  const source = new Random(2);
  const network = new LSTM(2, 8, { random: source });
  const head = new Linear(8, 2, { random: source });
  const optimizer = new SGD({ ...network.parameters(), W: head.W as Tensor, b: head.b as Tensor }, { lr: 1 });
  const step = trainStep((x: Tensor, t: Tensor) => {
    const last = network.forward(x).slice([null, -1]) as Tensor;
    return softmaxWithLoss(head.forward(last as never) as Tensor, t);
  }, optimizer);
  const vectors = tensor([[1, 0], [0, 1]]); // biome-ignore format: a matrix
  const letters = Array.from({ length: 16 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1, (i >> 3) & 1]);
  const x = embedding(vectors, tensor(letters, { dtype: "int32" }) as Tensor) as Tensor;
  const t = tensor(
    letters.map(([first]) => first as number),
    { dtype: "int32" },
  ) as Tensor;
  const losses = Array.from({ length: 60 }, () => step(x, t));
  assert.ok((losses[0] as number) > 0.6, `${losses[0]}`);
  assert.ok((losses.at(-1) as number) < 0.05, `${losses.at(-1)}`);
});

test.run();
