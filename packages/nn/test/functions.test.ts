import {
  assertGradcheck,
  ChainruleError,
  DTypeError,
  grad,
  gradcheck,
  Random,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  scaledDotProductAttention as attention,
  batchNorm,
  batchNormInference,
  dropout,
  dropoutMask,
  embedding,
  groupNorm,
  layerNorm,
} from "../src/index.js";
import { assertClose, assertFinite, assertThrows, derivatives, wave } from "./support.js";

const int32 = (values: number | number[]): Tensor => tensor(values as number[], { dtype: "int32" });
const bools = (values: number[], shape: Shape): Tensor => tensor(values).notEqual(0).reshape(shape) as Tensor;
const numbers = (t: Tensor): number[] => [...t.data];

// --- derivatives of each function, to second order -------------------------------------------------------------------

interface Row {
  readonly name: string;
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly Tensor[];
}

const [q, k, v] = [wave([2, 3, 4]), wave([2, 5, 4], 1, 1), wave([2, 5, 2], 1, 2)];
const someKeys = bools([1, 0, 1, 1, 0, /**/ 0, 0, 0, 0, 0, /**/ 0, 1, 0, 0, 0], [3, 5]);
const dropped = dropoutMask([2, 3], { random: new Random(1), ratio: 0.4 });
const kept = bools([1, 0, 1, 1, 0, 1], [2, 3]);

const rows: Row[] = [
  { name: "attention", f: (a, b, c) => attention(a as Tensor, b as Tensor, c as Tensor), inputs: [q, k, v] },
  {
    name: "attention, masked, one query seeing nothing",
    f: (a, b, c) => attention(a as Tensor, b as Tensor, c as Tensor, { mask: someKeys, scale: 0.7 }),
    inputs: [q, k, v],
  },
  {
    name: "attention, causal and masked",
    f: (a, b, c) => attention(a as Tensor, b as Tensor, c as Tensor, { mask: someKeys, causal: true }),
    inputs: [q, k, v],
  },
  {
    name: "attention, broadcast over a batch",
    f: (a, b, c) => attention(a as Tensor, b as Tensor, c as Tensor, { causal: true }),
    inputs: [wave([2, 1, 2, 3]), wave([2, 2, 3], 1, 1), wave([2, 2], 1, 2)],
  },
  {
    name: "layerNorm",
    f: (x, weight, bias) => layerNorm(x as Tensor, { weight, bias }),
    inputs: [wave([3, 4]), wave([4], 1, 1), wave([4], 1, 2)],
  },
  {
    name: "layerNorm over two axes",
    f: (x, weight) => layerNorm(x as Tensor, { normalizedShape: [2, 3], weight, eps: 0.1 }),
    inputs: [wave([2, 2, 3]), wave([2, 3], 1, 1)],
  },
  {
    name: "groupNorm",
    f: (x, weight, bias) => groupNorm(x as Tensor, 2, { weight, bias }),
    inputs: [wave([2, 4, 2]), wave([4], 1, 1), wave([4], 1, 2)],
  },
  {
    name: "batchNorm of [N, C]",
    f: (x, weight, bias) => batchNorm(x as Tensor, { weight, bias }).output,
    inputs: [wave([4, 3]), wave([3], 1, 1), wave([3], 1, 2)],
  },
  {
    name: "batchNorm of [N, C, H, W]",
    f: (x, weight, bias) => batchNorm(x as Tensor, { weight, bias, eps: 0.01 }).output,
    inputs: [wave([2, 2, 2, 2]), wave([2], 1, 1), wave([2], 1, 2)],
  },
  {
    name: "batchNormInference",
    f: (x, mean, variance, weight, bias) =>
      batchNormInference(x as Tensor, { mean: mean as Tensor, variance: variance as Tensor }, { weight, bias }),
    inputs: [wave([2, 3, 2]), wave([3], 1, 1), wave([3], 0.4, 2).add(1), wave([3], 1, 3), wave([3], 1, 4)],
  },
  {
    name: "embedding",
    f: (table) => embedding(table as Tensor<[number, number]>, [2, 0, 2]).square(),
    inputs: [wave([4, 2])],
  },
  { name: "dropout", f: (x) => dropout((x as Tensor).square(), { mask: dropped, ratio: 0.4 }), inputs: [wave([2, 3])] },
  {
    name: "dropout, not inverted",
    f: (x) => dropout((x as Tensor).square(), { mask: dropped, inverted: false }),
    inputs: [wave([2, 3])],
  },
];
for (const { name, f, inputs } of rows) {
  test(`${name}: the first and all second derivatives equal the numerical ones`, () => {
    assertGradcheck((...xs) => f(...xs), inputs);
    // Weighted to a scalar, its gradient by each input is a function of all of them: mixed derivatives are checked, too.
    const scalar = (...xs: Tensor[]): Tensor => {
      const y = f(...xs);
      return y.mul(wave(y.shape, 1, 5)).sum();
    };
    inputs.forEach((_, argument) => {
      assertGradcheck((...xs) => grad(scalar, { argument })(...xs), inputs);
    });
  });
  test(`${name}: float32 stays float32`, () => {
    const wide = inputs.map((input) => variable(input));
    const narrow = inputs.map((input) => variable(input, { dtype: "float32" }));
    const [expected, actual] = [f(...wide), f(...narrow)];
    assert.is(actual.dtype, "float32");
    assertClose(actual.cast("float64"), expected, 1e-5);
    actual.sum().backward();
    assert.equal(
      narrow.map((input) => input.grad?.dtype),
      narrow.map(() => "float32"),
    );
  });
}

// --- extreme inputs --------------------------------------------------------------------------------------------------

const inf = Number.POSITIVE_INFINITY;
interface Extreme {
  readonly name: string;
  readonly f: (x: Tensor) => Tensor;
  readonly at: number[];
  readonly value: number[];
  readonly gradient: number[];
}
const one = [1, 1, 1, 1];
const extremes: Extreme[] = [
  {
    name: "attention",
    f: (x) =>
      attention(
        x.reshape([2, 2]),
        tensor([
          [1, 0],
          [0, 1],
        ]) as Tensor,
        tensor([[1], [2]]) as Tensor,
      ),
    at: [1000, -1000, -1000, 1000],
    value: [1, 2],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "layerNorm of equal values",
    f: (x) => layerNorm(x.reshape([1, 4])),
    at: [1000, 1000, 1000, 1000],
    value: [0, 0, 0, 0],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "dropout of infinities that are dropped",
    f: (x) => dropout(x, { mask: bools([1, 0, 0, 1], [4]) }),
    at: [1000, inf, Number.NaN, -1000],
    value: [2000, 0, 0, -2000],
    gradient: [2, 0, 0, 2],
  },
];
for (const { name, f, at, value, gradient } of extremes) {
  test(`extreme inputs: ${name}`, () => {
    const found = derivatives(f, tensor(at), tensor(1), tensor(one));
    assert.equal(
      numbers(found.value).map((n) => n + 0),
      value,
      "value",
    );
    assertClose(found.gradient, tensor(gradient), 1e-12, "gradient");
    assertFinite(found.second, "second derivative");
  });
}

// --- attention -------------------------------------------------------------------------------------------------------

/** One matrix of each, in loops: the weights are exponentials over their sum, 0 where nothing is visible. */
function naiveAttention(
  q: number[][],
  k: number[][],
  v: number[][],
  visible: (i: number, j: number) => boolean,
): number[][] {
  return q.map((query, i) => {
    const weights = k.map((key, j) => {
      const product = key.reduce((sum, value, e) => sum + value * (query[e] as number), 0);
      return visible(i, j) ? Math.exp(product / Math.sqrt(query.length)) : 0;
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return (v[0] as number[]).map((_, d) =>
      total === 0 ? 0 : v.reduce((sum, value, j) => sum + ((weights[j] as number) / total) * (value[d] as number), 0),
    );
  });
}

const visibilities = [
  { name: "all", options: {}, visible: () => true },
  { name: "causal", options: { causal: true }, visible: (i: number, j: number) => j <= i },
  { name: "masked", options: { mask: someKeys }, visible: (i: number, j: number) => someKeys.data[i * 5 + j] === 1 },
  {
    name: "causal and masked",
    options: { mask: someKeys, causal: true },
    visible: (i: number, j: number) => j <= i && someKeys.data[i * 5 + j] === 1,
  },
  {
    name: "masked keys, one row for all queries",
    options: { mask: bools([1, 0, 0, 1, 1], [5]) },
    visible: (_: number, j: number) => [0, 3, 4].includes(j),
  },
  { name: "masked queries", options: { mask: bools([1, 0, 1], [3, 1]) }, visible: (i: number) => i !== 1 },
  { name: "nothing at all", options: { mask: bools([0], []) }, visible: () => false },
];
for (const { name, options, visible } of visibilities) {
  test(`attention: ${name}: equals the loops, and no gradient is NaN`, () => {
    const inputs = [q, k, v].map((input) => variable(input)) as [Tensor, Tensor, Tensor];
    const out = attention(...inputs, options);
    [0, 1].forEach((n) => {
      const [a, b, c] = [q, k, v].map((input) => input.slice([n]).toArray() as number[][]) as [
        number[][],
        number[][],
        number[][],
      ];
      assertClose(out.slice([n]), tensor(naiveAttention(a, b, c, visible)), 1e-14);
    });
    out.sum().backward();
    for (const { grad } of inputs) assertFinite(grad as Tensor, "gradient");
    const hidden = [0, 1, 2].filter((i) => ![0, 1, 2, 3, 4].some((j) => visible(i, j)));
    for (const i of hidden) {
      assert.ok(numbers((inputs[0].grad as Tensor).slice([null, i])).every((value) => value === 0));
    }
  });
}

test("attention: batches broadcast, nothing to look at gives 0, shapes are known", () => {
  const [a, b, c] = [wave([2, 1, 2, 3]), wave([3, 4, 3], 1, 1), wave([4, 2], 1, 2)];
  const whole = attention(a, b, c);
  assert.equal([...whole.shape], [2, 3, 2, 2]);
  const part = attention(a.slice([1, 0]) as Tensor, b.slice([2]) as Tensor, c);
  assertClose(whole.slice([1, 2]), part, 1e-15);
  const typed: Tensor<[2, 1]> = attention(tensor([[1], [2]]), tensor([[1]]), tensor([[5]]));
  assert.equal(typed.toArray(), [[5], [5]]);
  assert.equal(attention(zeros([2, 3]), zeros([0, 3]), zeros([0, 1])).toArray(), [[0], [0]]);
  assert.equal(attention(zeros([1, 3]), zeros([0, 3]), zeros([0, 1]), { causal: true }).toArray(), [[0]]);
  assert.equal(attention(zeros([1, 0]), zeros([2, 0]), tensor([[1], [3]])).toArray(), [[2]]);
});

// --- normalisation ---------------------------------------------------------------------------------------------------

/** Each value less the mean of its group, over the root of the group's variance plus eps; `groupOf` sorts by position. */
function naiveNorm(
  x: Tensor,
  groupOf: (index: number[]) => string,
  eps: number,
): { output: Tensor; groups: Map<string, number[]> } {
  const names = numbers(x).map((_, i) => {
    let rest = i;
    const index = [...x.shape].reverse().map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    });
    return groupOf(index.reverse());
  });
  const groups = new Map<string, number[]>();
  numbers(x).forEach((value, i) => {
    const name = names[i] as string;
    groups.set(name, [...(groups.get(name) ?? []), value]);
  });
  const output = numbers(x).map((value, i) => {
    const { mean, variance } = momentsOf(groups.get(names[i] as string) as number[]);
    return (value - mean) / Math.sqrt(variance + eps);
  });
  return { output: tensor(output).reshape(x.shape) as Tensor, groups };
}

function momentsOf(values: number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

interface NormCase {
  readonly name: string;
  readonly shape: Shape;
  readonly f: (x: Tensor, eps: number | undefined) => Tensor;
  readonly groupOf: (index: number[]) => string;
}
const at = (index: number[], ...axes: number[]) => axes.map((axis) => index[axis]).join();
const norms: NormCase[] = [
  { name: "layerNorm", shape: [2, 3, 4], f: (x, eps) => layerNorm(x, { eps }), groupOf: (i) => at(i, 0, 1) },
  { name: "layerNorm of a vector", shape: [5], f: (x, eps) => layerNorm(x, { eps }), groupOf: () => "" },
  {
    name: "layerNorm over two axes",
    shape: [2, 3, 4],
    f: (x, eps) => layerNorm(x, { normalizedShape: [3, 4], eps }),
    groupOf: (i) => at(i, 0),
  },
  {
    name: "groupNorm",
    shape: [2, 6, 3, 2],
    f: (x, eps) => groupNorm(x, 3, { eps }),
    groupOf: (i) => `${i[0]},${Math.floor((i[1] as number) / 2)}`,
  },
  { name: "groupNorm, one group", shape: [2, 4], f: (x, eps) => groupNorm(x, 1, { eps }), groupOf: (i) => at(i, 0) },
  {
    name: "groupNorm, a group a channel",
    shape: [2, 3, 4],
    f: (x, eps) => groupNorm(x, 3, { eps }),
    groupOf: (i) => at(i, 0, 1),
  },
  { name: "batchNorm [N, C]", shape: [5, 3], f: (x, eps) => batchNorm(x, { eps }).output, groupOf: (i) => at(i, 1) },
  {
    name: "batchNorm [N, C, L]",
    shape: [2, 3, 4],
    f: (x, eps) => batchNorm(x, { eps }).output,
    groupOf: (i) => at(i, 1),
  },
  {
    name: "batchNorm [N, C, H, W]",
    shape: [2, 3, 2, 2],
    f: (x, eps) => batchNorm(x, { eps }).output,
    groupOf: (i) => at(i, 1),
  },
];
for (const { name, shape, f, groupOf } of norms) {
  test(`${name}: equals the loops, with the default eps and with another`, () => {
    const x = wave(shape, 3, 1).add(2) as Tensor;
    assertClose(f(x, undefined), naiveNorm(x, groupOf, 1e-5).output, 1e-13);
    assertClose(f(x, 0.5), naiveNorm(x, groupOf, 0.5).output, 1e-13);
  });
}

test("normalisation: weight and bias, each in its place", () => {
  const x = wave([2, 3, 2]);
  const parameters = { weight: tensor([1, 2, 3]) as Tensor, bias: tensor([10, 20, 30]) as Tensor };
  const [weight, bias] = [parameters.weight.reshape([3, 1]), parameters.bias.reshape([3, 1])] as [Tensor, Tensor];
  const running = { mean: tensor([0.1, 0.2, 0.3]), variance: tensor([1, 4, 9]) };
  for (const f of [
    (options: object) => batchNorm(x, options).output,
    (options: object) => groupNorm(x, 3, options),
    (options: object) => batchNormInference(x, running, options),
  ]) {
    assertClose(f(parameters), f({}).mul(weight).add(bias) as Tensor, 1e-15);
    assertClose(f({ bias: parameters.bias }), f({}).add(bias) as Tensor, 1e-15);
  }
  const last = { weight: tensor([1, 2]) as Tensor, bias: tensor([10, 20]) as Tensor };
  assertClose(layerNorm(x, last), layerNorm(x).mul(last.weight).add(last.bias) as Tensor, 1e-15);
  // SciPy: (x - mean) / sqrt(var + 1e-5) of [1, 2, 4]
  assertClose(
    layerNorm(tensor([1, 2, 4])),
    tensor([-1.0690415314502977, -0.26726038286257453, 1.3363019143128718]),
    1e-15,
  );
});

test("batchNorm: running statistics begin at 0 and 1, move by the momentum, and are returned, not changed", () => {
  const x = wave([4, 3, 2], 2, 1);
  const { groups } = naiveNorm(x, (i) => at(i, 1), 1e-5);
  const batch = ["0", "1", "2"].map((channel) => momentsOf(groups.get(channel) as number[]));
  const first = batchNorm(variable(x));
  assertClose(first.running.mean, tensor(batch.map(({ mean }) => 0.1 * mean)), 1e-15);
  assertClose(first.running.variance, tensor(batch.map(({ variance }) => 0.9 + (0.1 * variance * 8) / 7)), 1e-15);
  assert.not.ok(first.running.mean.requiresGrad || first.running.variance.requiresGrad);

  // The textbook's: 0.9 of the old, biased, the variance beginning with 0.
  const running = { mean: tensor([5, 6, 7]), variance: zeros([3]) };
  const second = batchNorm(x, { running, unbiased: false, momentum: 0.1, eps: 1e-6 });
  assertClose(second.running.mean, tensor(batch.map(({ mean }, i) => 0.9 * (5 + i) + 0.1 * mean)), 1e-15);
  assertClose(second.running.variance, tensor(batch.map(({ variance }) => 0.1 * variance)), 1e-15);
  assert.equal(running.mean.toArray(), [5, 6, 7]);
  assert.equal(running.variance.toArray(), [0, 0, 0]);

  const all = batchNorm(x, { momentum: 1, unbiased: false });
  assertClose(batchNormInference(x, all.running), all.output, 1e-14);
  const none = batchNorm(x, { running, momentum: 0 });
  assertClose(none.running.mean, running.mean, 0);
});

test("batchNorm: of a batch of one every gradient is 0, which makes a gradient check of it worthless", () => {
  const parameters = { weight: variable([2, 3]) as Tensor, bias: variable([0.5, 0]) as Tensor };
  const x = variable([[7, -4]]);
  const { output, running } = batchNorm(x, parameters);
  assert.equal(output.toArray(), [[0.5, 0]]);
  output
    .mul(wave([1, 2]))
    .sum()
    .backward();
  assert.equal(x.grad?.toArray(), [[0, 0]]);
  assert.equal(numbers(parameters.weight.grad as Tensor), [0, 0]);
  assert.equal(running.variance.toArray(), [0.9, 0.9]);
  // The gradient of this one is half of what it should be, and the check passes.
  const wrong = (a: Tensor) => batchNorm(a.add(a.detach()), {}).output;
  assert.ok(gradcheck(wrong, [wave([1, 2])]).ok);
  assert.not.ok(gradcheck(wrong, [wave([3, 2])]).ok);
});

// --- dropout ---------------------------------------------------------------------------------------------------------

test("dropout: inverted or not, in training and in evaluation", () => {
  const x = wave([2, 3]);
  const product = x.mul(kept.cast("float64")) as Tensor;
  assertClose(dropout(x, { mask: kept, ratio: 0.2 }), product.div(0.8) as Tensor, 1e-15);
  assertClose(dropout(x, { mask: kept, ratio: 0.2, inverted: false }), product, 0);
  assert.is(dropout(x, { training: false, ratio: 0.2 }), x);
  assertClose(dropout(x, { training: false, ratio: 0.2, inverted: false }), x.mul(0.8) as Tensor, 1e-15);
  // A mask with axes of size 1 drops all of a row.
  assert.equal(
    dropout(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      { mask: bools([1, 0], [2, 1]) },
    ).toArray(),
    [
      [2, 4],
      [0, 0],
    ],
  );
});

test("dropout: the share that is kept, the seed, and what the mean becomes", () => {
  const ones = zeros([100, 100]).add(1);
  for (const ratio of [0, 0.2, 0.5, 0.9]) {
    const mask = dropoutMask([100, 100], { random: new Random(5), ratio });
    const share = mask.cast("float64").mean().item();
    // Six standard deviations of the mean of 10,000 draws.
    assert.ok(Math.abs(share - (1 - ratio)) <= 6 * Math.sqrt((ratio * (1 - ratio)) / 10_000), `${ratio}: ${share}`);
    assertClose(dropout(ones, { random: new Random(5), ratio }), dropout(ones, { mask, ratio }), 0);
  }
  const random = new Random(5);
  const [a, b] = [dropout(ones, { random }), dropout(ones, { random })];
  assert.not.equal(numbers(a), numbers(b));
});

test("dropout: a gradient check says that a mask is redrawn, and passes with one that is held", () => {
  const x = wave([20]);
  const random = new Random(3);
  const redrawn = gradcheck((a) => dropout(a as Tensor, { random }), [x]);
  assert.is(redrawn.kind, "not deterministic");
  assert.match(redrawn.explanation, "dropout mask");
  assertGradcheck((a) => dropout(a as Tensor, { random: random.fork(7) }), [x]);
  assertGradcheck((a) => dropout(a as Tensor, { mask: dropoutMask([20], { random: new Random(1) }) }), [x]);
});

// --- embedding -------------------------------------------------------------------------------------------------------

test("embedding: rows at indices of any shape, and gradients that add up", () => {
  const table = variable([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const list: Tensor<[number, 2]> = embedding(table, [2, 0, 2]);
  assert.equal(list.toArray(), [
    [5, 6],
    [1, 2],
    [5, 6],
  ]);
  const single: Tensor<[2]> = embedding(table, 1);
  assert.equal(single.toArray(), [3, 4]);
  const matrix: Tensor<[2, 1, 2]> = embedding(table, tensor([[1], [0]], { dtype: "int32" }));
  assert.equal(matrix.toArray(), [[[3, 4]], [[1, 2]]]);
  assert.equal([...embedding(table, []).shape], [0, 2]);
  list
    .mul(tensor([[1], [10], [100]]))
    .sum()
    .backward();
  assert.equal(table.grad?.toArray(), [
    [10, 10],
    [0, 0],
    [101, 101],
  ]);
});

// --- misuse ----------------------------------------------------------------------------------------------------------

const x24 = wave([2, 4]) as Tensor;
const narrow = x24.cast("float32");
type Kind = new (...args: never[]) => Error;
const misuses: readonly [what: string, call: () => unknown, kind: Kind, ...parts: string[]][] = [
  ["attention, ranks", () => attention(wave([4]), x24, x24), ShapeError, "[4]", "[L, E]"],
  ["attention, sizes", () => attention(wave([2, 3]), x24, x24), ShapeError, "[2, 3]", "[2, 4]", "3", "4"],
  ["attention, values", () => attention(x24, x24, wave([3, 4])), ShapeError, "2 keys", "3 values"],
  [
    "attention, batches",
    () => attention(wave([2, 1, 4]), wave([3, 1, 4]), wave([1, 4])),
    ShapeError,
    "scaledDotProductAttention",
    "2 and 3",
    "axis -3",
  ],
  ["attention, dtypes", () => attention(x24, narrow, x24), DTypeError, "k is float32", "q is float64"],
  ["attention, mask dtype", () => attention(x24, x24, x24, { mask: wave([2, 2]) }), DTypeError, "bool", "notEqual(0)"],
  [
    "attention, mask shape",
    () => attention(x24, x24, x24, { mask: bools([1, 1, 1], [3]) }),
    ShapeError,
    "the mask [3]",
    "[2, 2]",
  ],
  ["attention, scale", () => attention(x24, x24, x24, { scale: Number.NaN }), ChainruleError, "scale NaN", "finite"],
  ["layerNorm, shape", () => layerNorm(x24, { normalizedShape: [3] }), ShapeError, "layerNorm", "[2, 4]", "[3]"],
  ["layerNorm, scalar", () => layerNorm(tensor(1)), ShapeError, "layerNorm", "[]"],
  ["layerNorm, weight", () => layerNorm(x24, { weight: wave([2]) }), ShapeError, "weight is [2]", "[4]"],
  ["layerNorm, eps", () => layerNorm(x24, { eps: 0 }), ChainruleError, "eps 0", "above 0"],
  ["layerNorm, bias", () => layerNorm(x24, { bias: wave([4]).cast("float32") }), DTypeError, "bias", "float32"],
  ["groupNorm, groups", () => groupNorm(x24, 3), ShapeError, "groupNorm", "4 channels", "3 groups"],
  ["groupNorm, no groups", () => groupNorm(x24, 0), ShapeError, "0 groups"],
  ["groupNorm, rank", () => groupNorm(wave([4]), 1), ShapeError, "groupNorm", "[4]", "[N, C]"],
  ["batchNorm, rank", () => batchNorm(wave([4])), ShapeError, "batchNorm", "[4]", "[N, C]"],
  ["batchNorm, nothing", () => batchNorm(wave([0, 4])), ShapeError, "batchNorm", "[0, 4]", "empty"],
  ["batchNorm, momentum", () => batchNorm(x24, { momentum: 2 }), ChainruleError, "momentum 2", "0 to 1"],
  [
    "batchNorm, running",
    () => batchNorm(x24, { running: { mean: wave([4]), variance: wave([2]) } }),
    ShapeError,
    "the running variance is [2]",
    "[4]",
  ],
  ["batchNorm, integers", () => batchNorm(int32([1, 2]).reshape([1, 2])), DTypeError, "batchNorm", "int32"],
  [
    "batchNormInference, running",
    () => batchNormInference(x24, { mean: wave([2]), variance: wave([4]) }),
    ShapeError,
    "batchNormInference",
    "the running mean is [2]",
  ],
  ["dropout, ratio", () => dropout(x24, { ratio: 1, random: new Random(1) }), ChainruleError, "ratio 1", "less than 1"],
  ["dropout, no mask", () => dropout(x24), ChainruleError, "dropout", "neither", "new Random(42)"],
  ["dropout, both", () => dropout(x24, { random: new Random(1), mask: bools([1], [1]) }), ChainruleError, "both"],
  ["dropout, mask dtype", () => dropout(x24, { mask: x24 }), DTypeError, "dropout", "bool"],
  ["dropout, mask shape", () => dropout(x24, { mask: bools([1, 0], [2]) }), ShapeError, "[2]", "[2, 4]"],
  ["dropoutMask, ratio", () => dropoutMask([2], { random: new Random(1), ratio: -0.1 }), ChainruleError, "-0.1"],
  [
    "embedding, range",
    () => embedding(wave([2, 4]) as Tensor<[2, 4]>, [0, 2]),
    ShapeError,
    "index 2 (element 1)",
    "0 to 1",
  ],
  ["embedding, negative", () => embedding(wave([2, 4]) as Tensor<[2, 4]>, [-1]), ShapeError, "index -1 (element 0)"],
  ["embedding, table", () => embedding(wave([4]) as unknown as Tensor<[2, 2]>, [0]), ShapeError, "[V, D]", "[4]"],
  ["embedding, floats", () => embedding(wave([2, 4]) as Tensor<[2, 4]>, wave([1])), DTypeError, "float64", "int32"],
  ["embedding, fractions", () => embedding(wave([2, 4]) as Tensor<[2, 4]>, [0.5]), DTypeError, "index 0.5"],
  [
    "embedding, more than an int32",
    () => embedding(wave([2, 4]) as Tensor<[2, 4]>, [0, 2 ** 32]),
    DTypeError,
    "index 4294967296 (element 1)",
  ],
];
for (const [what, call, kind, ...parts] of misuses) {
  test(`misuse: ${what}: the error says what is wrong`, () => {
    assertThrows(call, kind, ...parts);
  });
}

test.run();
