import {
  compile,
  fromArray,
  grad,
  Random,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  variable,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  scaledDotProductAttention as attention,
  batchNorm,
  batchNormInference,
  crossEntropy,
  crossEntropyError,
  dropout,
  dropoutMask,
  embedding,
  groupNorm,
  layerNorm,
  multiMarginLoss,
  nllLoss,
  ReLU,
  Sequential,
  Sigmoid,
  softmaxWithLoss,
  Tanh,
  takeRows,
} from "../src/index.js";
import { assertClose, assertThrows, wave } from "./support.js";

/*
 * Every layer, loss and function of nn, compiled: its results, and the gradients of its inputs, are those of eager mode. The
 * numbers of eager mode are checked in the tests of each.
 */

type Function = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

interface Row {
  readonly name: string;
  readonly f: Function;
  readonly inputs: readonly Tensor[];
}

const int32 = (values: readonly number[], shape: Shape = [values.length]): Tensor =>
  fromArray(Int32Array.from(values), shape) as Tensor;
const bools = (values: readonly number[], shape: Shape): Tensor =>
  tensor(values as number[])
    .notEqual(0)
    .reshape(shape) as Tensor;

const scores = wave([3, 4], 5);
const soft = wave([3, 4], 3, 1).softmax() as Tensor;
const masked = scores.add(tensor([0, -Infinity, 0, 0])) as Tensor;
const labels = int32([2, 0, 3]);
const targets = wave([2, 3], 0.5, 2).add(0.5) as Tensor;
const [q, k, v] = [wave([2, 3, 4]), wave([2, 5, 4], 1, 1), wave([2, 5, 2], 1, 2)];
const someKeys = bools([1, 0, 1, 1, 0, /**/ 0, 0, 0, 0, 0, /**/ 0, 1, 0, 0, 0], [3, 5]);
const images = wave([2, 4, 3, 2]);
const [weight, bias] = [wave([4], 1, 4), wave([4], 1, 5)];
const kept = bools([1, 0, 1, 1, 0, 1], [2, 3]);
const table = wave([5, 3]) as Tensor<[number, number]>;

const rows: Row[] = [
  {
    name: "Affine, also of more axes and of a vector",
    f: (x, image, vector) => {
      const affine = new Affine(4, 2, { random: new Random(1), dtype: x?.dtype === "float32" ? "float32" : "float64" });
      return [x, image, vector].map((input) => affine.forward(input as Tensor) as Tensor);
    },
    inputs: [scores, wave([2, 2, 2]), wave([4])],
  },
  {
    name: "Sequential of activations",
    f: (x) => new Sequential([new ReLU(), new Sigmoid(), new Tanh()]).forward(x as Tensor),
    inputs: [scores],
  },
  { name: "softmaxWithLoss, indices, scores of -infinity", f: softmaxWithLoss as Function, inputs: [masked, labels] },
  { name: "crossEntropyError, indices", f: crossEntropyError as Function, inputs: [soft, labels] },
  { name: "softmaxWithLoss, a vector", f: softmaxWithLoss as Function, inputs: [wave([4]), int32([1], [])] },
  { name: "softmaxWithLoss, plain labels", f: (x) => softmaxWithLoss(x as Tensor, [1, 0, 3]), inputs: [scores] },
  ...[{}, { mask: someKeys }, { causal: true }, { mask: someKeys, causal: true, scale: 0.3 }].map(
    (options, i): Row => ({
      name: `scaledDotProductAttention ${i}: ${Object.keys(options).join(", ") || "plain"}`,
      f: (...inputs) => attention(...(inputs as [Tensor, Tensor, Tensor]), options) as Tensor,
      inputs: [q, k, v],
    }),
  ),
  {
    name: "batchNorm, output and statistics",
    f: (x, weight, bias) => {
      const { output, running } = batchNorm(x as Tensor, { weight, bias });
      return [output, running.mean, running.variance];
    },
    inputs: [images, weight, bias],
  },
  {
    name: "batchNormInference",
    f: (x, weight, mean, variance) =>
      batchNormInference(x as Tensor, { mean: mean as Tensor, variance: variance as Tensor }, { weight }),
    inputs: [images, weight, bias, weight.square() as Tensor],
  },
  {
    name: "layerNorm",
    f: (x, weight, bias) => layerNorm(x as Tensor, { weight, bias }),
    inputs: [scores, weight, bias],
  },
  {
    name: "groupNorm",
    f: (x, weight, bias) => groupNorm(x as Tensor, 2, { weight, bias }),
    inputs: [images, weight, bias],
  },
  { name: "dropout, a mask", f: (x) => dropout(x as Tensor, { mask: kept, ratio: 0.4 }), inputs: [targets] },
  {
    name: "dropout, the textbook's forms",
    f: (x) => [
      dropout(x as Tensor, { mask: kept, inverted: false }),
      dropout(x as Tensor, { training: false, inverted: false }),
    ],
    inputs: [targets],
  },
  {
    name: "dropout, masks that are drawn",
    f: (x) => {
      const random = new Random(3).fork(5);
      const mask = dropoutMask([2, 1], { random, ratio: 0.3 });
      return [dropout(x as Tensor, { random, ratio: 0.4 }), dropout(x as Tensor, { mask: mask as Tensor })];
    },
    inputs: [targets],
  },
  {
    name: "embedding",
    f: (weights, indices) => embedding(weights as typeof table, indices as Tensor),
    inputs: [table, int32([4, 0, 4, 1], [2, 2])],
  },
  {
    name: "takeRows",
    f: (x, t, rows) => {
      const batch = takeRows({ x: x as Tensor, t: t as Tensor }, rows as Tensor);
      return [batch.x as Tensor, batch.t as Tensor];
    },
    inputs: [table, wave([5]), int32([3, 3, 0])],
  },
];

/** The results, and the gradients of a weighted sum of all of them. */
function derivatives(f: Function): (...inputs: Tensor[]) => Tensor[] {
  return (...inputs) => {
    const given = inputs.map((input) => (input.dtype === "int32" ? input : (variable(input) as Tensor)));
    const results = [f(...given)].flat() as Tensor[];
    const sums = results.map((y, i) => y.mul(wave(y.shape, 1, i).cast(y.dtype)).sum() as Tensor);
    sums.reduce((sum, y) => sum.add(y) as Tensor).backward();
    return [...results.map((y) => y.detach()), ...given.flatMap(({ grad }) => grad ?? [])];
  };
}

for (const { name, f, inputs } of rows) {
  test(`${name}: compiled as in eager mode, with gradients`, () => {
    const inEagerMode = derivatives(f);
    const compiled = compile(inEagerMode);
    for (const [dtype, tolerance] of [
      ["float64", 1e-13],
      ["float32", 2e-5],
    ] as const) {
      const given = inputs.map((input) => (input.dtype === "float64" ? (input.cast(dtype) as Tensor) : input));
      const [actual, expected] = [compiled(...given), inEagerMode(...given)];
      assert.is(actual.length, expected.length);
      assert.ok(expected.length > 1);
      expected.forEach((y, i) => {
        const [a, b] = [actual[i] as Tensor, y];
        assert.is(a.dtype, b.dtype);
        assertClose(a.cast("float64"), b.cast("float64"), tolerance, `${name}, ${dtype}, ${i}`);
      });
    }
  });
}

/** What takes indices, each as a function of them and of what has a gradient. */
const withIndices: readonly (readonly [
  name: string,
  f: (x: Tensor, indices: Tensor) => Tensor,
  x: Tensor,
  what: string,
])[] = [
  ["embedding", (x, at) => (embedding(x as never, at) as Tensor).sum(), table, "index"],
  ["SoftmaxWithLoss", softmaxWithLoss, scores, "label"],
  ["crossEntropy", (x, t) => crossEntropy(x, t) as Tensor, scores, "label"],
  ["crossEntropy", (x, t) => crossEntropy(x, t, { reduction: "none" }).sum() as Tensor, scores, "label"],
  ["crossEntropy", (x, t) => crossEntropy(x, t, { labelSmoothing: 0.1 }) as Tensor, scores, "label"],
  ["nllLoss", (x, t) => nllLoss(x, t, { weight: [1, 2, 3, 4] }) as Tensor, scores, "label"],
  ["multiMarginLoss", (x, t) => multiMarginLoss(x, t) as Tensor, scores, "label"],
  ["crossEntropyError", crossEntropyError, soft, "label"],
];

test("Indices and labels that are out of range are refused in the same words, eagerly and in compiled values and gradients", () => {
  for (const [name, f, x, what] of withIndices) {
    const compiled = compile((at: Tensor) => f(x, at));
    const slope = compile((at: Tensor) => grad((x: Tensor) => f(x, at))(x));
    const good = int32([0, 1, 2]);
    const size = (what === "index" ? x.shape[0] : x.shape.at(-1)) as number;
    for (const [bad, at] of [
      [[0, size, 0], 1],
      [[0, 1, -1], 2],
      [[-(2 ** 31), 0, 2 ** 31 - 1], 0],
    ] as const) {
      // biome-ignore format: pairs
      const text = `${name}: ${what} ${bad[at]} (element ${at}) is out of range for `;
      for (const form of [(t: Tensor) => f(x, t), compiled, slope]) {
        assertThrows(() => form(int32(bad)), ShapeError, text, `from 0 to ${size - 1}`);
      }
    }
    // Looked at once, by the first kernel: no gradient of the call before has to be kept for a failure behind the work.
    for (const own of [compiled, slope]) {
      const checks = own
        .program(good)
        .print("kernels")
        .split("\n")
        .filter((line) => /^\d+ check /.test(line));
      assert.equal(checks, [`0 check ${name}:  from i0`]);
    }
    assertClose(compiled(good), f(x, good), 1e-14, name);
    assertClose(slope(good), grad((x: Tensor) => f(x, good))(x), 1e-14, name);
  }
});

test.run();
