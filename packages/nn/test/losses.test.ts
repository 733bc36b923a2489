import {
  assertGradcheck,
  ChainruleError,
  compile,
  concat,
  DTypeError,
  grad,
  oneHot,
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
import * as nn from "../src/index.js";
import {
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  cosineSimilarity,
  crossEntropy,
  gaussianNllLoss,
  huberLoss,
  klDivergence,
  multiMarginLoss,
  nllLoss,
  type Reduction,
  SGD,
  sigmoidWithLoss,
  smoothL1Loss,
  softmaxWithLoss,
  trainStep,
  tripletMarginLoss,
} from "../src/index.js";
import { lossExtremes } from "./support/loss-extremes.js";
import { type LossRow, lossRows, type Make } from "./support/loss-rows.js";
import { assertClose, assertFinite, assertThrows, derivatives, wave } from "./support.js";

/*
 * All that holds of every loss, for each row of the table: values, derivatives, compiled form, dtypes, errors. What is one
 * loss's own stands below.
 */

const all: readonly Reduction[] = ["mean", "sum", "none"];
const numbers = (x: Tensor): number[] => [...x.data];
const isFloat = (x: Tensor) => x.dtype !== "int32";

const random = new Random(7);
const drawn: Make = (shape, scale = 1, shift = 0) => random.normal(shape, { std: scale, mean: shift / 10 }) as Tensor;

/** The losses one by one, of the chunks of the inputs, and their parts in the mean. */
function naively({ naive, part, divisor }: LossRow, inputs: readonly Tensor[], count: number) {
  const chunks = Array.from({ length: count }, (_, i) =>
    inputs.map((x) => {
      const length = x.size / count;
      return numbers(x).slice(i * length, (i + 1) * length);
    }),
  );
  const each = chunks.map((chunk) => naive(...chunk));
  const sum = each.reduce((a, b) => a + b, 0);
  const parts = chunks.map((chunk) => part?.(...chunk) ?? 1).reduce((a, b) => a + b, 0);
  const divided = each.map((loss, i) => loss / (divisor?.(...(chunks[i] as number[][])) ?? 1));
  return { each, sum, mean: divided.reduce((a, b) => a + b, 0) / parts };
}

/** The results for all reductions one behind the other, as a function of the inputs that have derivatives. */
function everything({ f, reductions = all }: LossRow, inputs: readonly Tensor[], free: readonly number[]) {
  return (...given: Tensor[]): Tensor => {
    const whole = [...inputs];
    free.forEach((at, i) => {
      whole[at] = given[i] as Tensor;
    });
    return concat(reductions.map((reduction) => f(reduction, ...whole).reshape([-1])) as Tensor[]) as Tensor;
  };
}

const freeOf = ({ fixed = [] }: LossRow, inputs: readonly Tensor[]) =>
  inputs.flatMap((x, i) => (isFloat(x) && !fixed.includes(i) ? [i] : []));

for (const row of lossRows) {
  const { name, f, inputs: inputsOf, reductions = all, torch } = row;
  const op = name.split(/[ ,]/)[0] as string;
  const isByRow = f("none", ...inputsOf(wave, [3, 4])).size === 3 || name.startsWith("crossEntropyError");

  if (torch !== undefined) {
    test(`${name}: what PyTorch gives`, () => {
      const inputs = inputsOf(wave, [3, 4]);
      // PyTorch adds 1e-12 to squares of lengths in the losses of cosines.
      const tolerance = op.startsWith("cosine") ? 1e-12 : 1e-13;
      assertClose(f("none", ...inputs).reshape([-1]), tensor(torch.each as number[]), tolerance, "each");
      assertClose(f("mean", ...inputs), tensor(torch.mean), tolerance, "mean");
      assertClose(f("sum", ...inputs), tensor(torch.each.reduce((a, b) => a + b, 0)), tolerance, "sum");
    });
  }

  test(`${name}: what plain loops give, on any shape, of nothing, too`, () => {
    for (const shape of [[3, 4], [17, 3], [1, 5], [3, 1], [2, 3, 4], [4], [0, 3], [2, 0, 3]] as Shape[]) {
      const inputs = inputsOf(drawn, shape);
      const losses = isByRow ? shape.slice(0, -1) : shape;
      const expected = naively(
        row,
        inputs,
        losses.reduce((product, n) => product * n, 1),
      );
      for (const reduction of reductions) {
        const found = f(reduction, ...inputs);
        const what = `${reduction} of [${shape}]`;
        if (reduction === "none") {
          assert.equal([...found.shape], losses, what);
          assertClose(found.reshape([-1]), tensor(expected.each), 1e-12, what);
        } else if (Number.isNaN(expected[reduction])) assert.ok(Number.isNaN(found.item()), what);
        else assertClose(found, tensor(expected[reduction]), 1e-12, what);
      }
    }
  });

  const inputs = inputsOf(wave, [3, 4]);
  const free = freeOf(row, inputs);

  test(`${name}: the first and all second derivatives equal the numerical ones`, () => {
    const few = inputsOf(wave, [2, 3]);
    const point = free.map((i) => few[i] as Tensor);
    const y = everything(row, few, free);
    assertGradcheck((...xs) => y(...(xs as Tensor[])), point);
    // Weighted to a scalar, its gradients are functions of all inputs: mixed derivatives are checked, too. In some directions.
    const scalar = (...xs: Tensor[]): Tensor => {
      const found = y(...xs);
      return found.mul(wave(found.shape, 1, 5)).sum();
    };
    const argument = free.map((_, i) => i);
    const gradients = (...xs: Tensor[]) => grad(scalar, { argument })(...xs) as unknown as readonly Tensor[];
    const joined = (...xs: readonly unknown[]) => concat(gradients(...(xs as Tensor[])).map((g) => g.reshape([-1])));
    assertGradcheck(joined, point, { mode: "random", projections: 2 });
  });

  test(`${name}: compiled as in eager mode, float32 as float64 to its precision`, () => {
    const withGradients = (...given: Tensor[]): Tensor[] => {
      const xs = given.map((x, i) => (free.includes(i) ? variable(x) : x)) as Tensor[];
      const y = everything(row, xs, [])();
      y.mul(wave(y.shape, 1, 5).cast(y.dtype))
        .sum()
        .backward();
      return [y.detach(), ...xs.flatMap(({ grad }) => grad ?? [])] as Tensor[];
    };
    const compiled = compile(withGradients);
    const expected = withGradients(...inputs);
    assert.is(expected.length, free.length + 1);
    compiled(...inputs).forEach((y, i) => {
      assertClose(y, expected[i] as Tensor, 1e-13, `${i}`);
    });
    const narrow = inputs.map((x) => (isFloat(x) ? x.cast("float32") : x)) as Tensor[];
    for (const form of [withGradients, compiled]) {
      form(...narrow).forEach((y, i) => {
        assert.is(y.dtype, "float32");
        assertClose(y.cast("float64"), expected[i] as Tensor, 2e-5, `float32, ${i}`);
      });
    }
  });

  test(`${name}: dtypes, shapes and reductions that do not go together are errors`, () => {
    const [reduction] = reductions as [Reduction];
    const call = (...given: Tensor[]) => f(reduction, ...given);
    const own = op === "softmaxWithLoss" ? "SoftmaxWithLoss" : op;
    const named = new RegExp(`^${own}:`, "i");
    const refuses = (given: readonly Tensor[], kind: typeof ChainruleError, what: string) => {
      try {
        call(...given);
      } catch (error) {
        assert.instance(error, kind, what);
        assert.match((error as Error).message, named, what);
        return;
      }
      assert.unreachable(`${what}: nothing was thrown`);
    };
    inputs.forEach((x, i) => {
      if (isFloat(x) && inputs.filter(isFloat).length > 1)
        refuses(inputs.with(i, x.cast("float32")), DTypeError, `input ${i} of float32`);
      if (!isFloat(x)) refuses(inputs.with(i, x.add(4)), ShapeError, `labels of more classes than there are`);
      refuses(inputs.with(i, wave([5, 4]).cast(x.dtype)), ShapeError, `input ${i} of another shape`);
    });
    refuses(
      inputs.map((x) => (isFloat(x) ? x.cast("int32") : x)),
      DTypeError,
      "integers",
    );
    if (reductions.length < 3) return;
    assertThrows(
      () => f("average" as Reduction, ...inputs),
      ChainruleError,
      own,
      '"average"',
      '"mean", "sum" or "none"',
    );
  });
}

test("every loss of nn has its rows, and what PyTorch has its values", () => {
  const ops = new Set(lossRows.map(({ name }) => name.split(/[ ,]/)[0] as string));
  const isLoss = /^[a-z]\w*(Loss|Entropy|WithLogits|Error|Errors|Divergence)$/;
  assert.equal(
    [...ops].toSorted(),
    Object.keys(nn)
      .filter((name) => isLoss.test(name))
      .toSorted(),
  );
  const without = lossRows.filter(({ torch }) => torch === undefined).map(({ name }) => name);
  assert.equal(without, [
    "crossEntropyError of probabilities",
    "nllLoss of probabilities",
    "sumOfSquaredErrors",
    "hingeLoss, p 1",
    "hingeLoss, p 2",
  ]);
});

for (const { name, f, at, value, gradient } of lossExtremes) {
  test(`extreme inputs: ${name}`, () => {
    const x = tensor(at as number[]) as Tensor;
    const withGradient = (x: Tensor): Tensor[] => {
      const v = variable(x);
      const y = f(v);
      y.sum().backward();
      return [y.detach(), v.grad] as Tensor[];
    };
    for (const form of [withGradient, compile(withGradient)]) {
      const [losses, slopes] = form(x) as [Tensor, Tensor];
      assert.equal(numbers(losses).map((n) => n + 0), value, "value"); // biome-ignore format: a line
      assertClose(slopes, tensor(gradient as number[]), 1e-12, "gradient");
    }
    assertFinite(derivatives(f, x, tensor(1), tensor([1, 1, 1, 1])).second, "second derivative");
  });
}

// --- cross-entropy ---------------------------------------------------------------------------------------------------

const x23 = tensor([
  [1, 2, 0.5],
  [-1, 0, 3],
]);
// SciPy 1.17: -(smoothed one-hot * log_softmax(x)).sum(-1)
const smoothedLosses: Record<number, number[]> = {
  0: [1.464368784107945, 0.06588390375742911],
  0.1: [1.4477021174412785, 0.2992172370907624],
  1: [1.2977021174412782, 2.3992172370907623],
};
for (const [smoothing, losses] of Object.entries(smoothedLosses)) {
  test(`crossEntropy: label smoothing ${smoothing}, all reductions and forms of labels, known values`, () => {
    const labelSmoothing = Number(smoothing);
    const [a, b] = losses as [number, number];
    for (const t of [[0, 2], int32([0, 2]), Int32Array.of(0, 2), oneHot([0, 2], 3)]) {
      const each: Tensor<[2]> = crossEntropy(x23, t, { labelSmoothing, reduction: "none" });
      assertClose(each, tensor(losses), 1e-14);
      const sum: Tensor<[]> = crossEntropy(x23, t, { labelSmoothing, reduction: "sum" });
      assertClose(sum, tensor(a + b), 1e-14);
      const mean: Tensor<[]> = crossEntropy(x23, t, { labelSmoothing });
      assertClose(mean, tensor((a + b) / 2), 1e-14);
    }
  });
}

test("crossEntropy: without options it is softmaxWithLoss, node and all", () => {
  const x = variable(x23);
  const loss = crossEntropy(x, [0, 2]);
  assert.is(loss.node?.name, "SoftmaxWithLoss");
  assert.is(loss.item(), softmaxWithLoss(x23, [0, 2]).item());
});

test("crossEntropy: more axes, vectors, empty batches", () => {
  const more = crossEntropy(x23.reshape([2, 1, 3]), int32([0, 2]).reshape([2, 1]), { reduction: "none" });
  assert.equal([...more.shape], [2, 1]);
  for (const label of [1, [1], int32(1)]) {
    assertClose(crossEntropy(tensor([0, 0]), label, { reduction: "none" }), tensor(Math.log(2)), 1e-15);
  }
  assert.ok(Number.isNaN(crossEntropy(zeros([0, 3]), []).item()));
  assert.is(crossEntropy(zeros([0, 3]), [], { reduction: "sum" }).item(), 0);
  assert.equal(crossEntropy(zeros([0, 3]), [], { reduction: "none" }).toArray(), []);
});

// --- binary cross-entropy, Huber, Kullback-Leibler -------------------------------------------------------------------

test("binaryCrossEntropyWithLogits: known values, and the cross-entropy of two classes", () => {
  const x = tensor([-2, 0, 0.5, 30, -1000, 1000]);
  const t = tensor([1, 0.3, 0, 1, 1, 1]);
  // SciPy 1.17: t logaddexp(0, -x) + (1 - t) logaddexp(0, x)
  const expected = [2.1269280110429727, Math.LN2, 0.9740769841801067, 9.357622968839737e-14, 1000, 0];
  const losses: Tensor<[6]> = binaryCrossEntropyWithLogits(x, t, { reduction: "none" });
  assertClose(losses, tensor(expected), 1e-15);
  assertClose(losses.slice([3]).mul(1e14), tensor(9.357622968839737), 1e-14, "a small loss, relatively");
  const mean: Tensor<[]> = binaryCrossEntropyWithLogits(x, t);
  assertClose(mean, losses.mean(), 1e-15);
  const pairs = tensor([-2, 0, 0.5, 30, -1000, 1000].map((score) => [0, score]));
  const labels = tensor([1, 0.3, 0, 1, 1, 1].map((label) => [1 - label, label]));
  assertClose(crossEntropy(pairs, labels, { reduction: "none" }), losses, 1e-12);
});

test("huberLoss: known values, gradients, and the convention at the kink", () => {
  const errors = [-4, -1.5, -0.3, 0, 0.7, 1.5, 2.25];
  const y = tensor(errors).add(3) as Tensor;
  const t = y.sub(tensor(errors)) as Tensor;
  // SciPy 1.17: scipy.special.huber(1.5, e)
  const expected = tensor([4.875, 1.125, 0.045, 0, 0.245, 1.125, 2.25]);
  assertClose(huberLoss(y, t, { delta: 1.5, reduction: "none" }), expected, 1e-14);
  assertClose(huberLoss(y, t, { delta: 1.5, reduction: "sum" }), expected.sum(), 1e-14);
  const zero = zeros([7]) as Tensor;
  const found = derivatives(
    (e) => huberLoss(e, zero, { delta: 1.5, reduction: "sum" }),
    tensor(errors),
    tensor(1),
    tensor([1, 1, 1, 1, 1, 1, 1]),
  );
  assert.equal(numbers(found.gradient), [-1.5, -1.5, -0.3, 0, 0.7, 1.5, 1.5]);
  assert.equal(
    numbers(found.second).map((value) => value + 0),
    [0, 0, 1, 1, 1, 0, 0],
  );
});

test("klDivergence: known values, zero for equals, and the cross-entropy of one-hot targets", () => {
  const p = tensor([
    [0.1, 0.2, 0.7],
    [0.5, 0.5, 0],
  ]);
  const logQ = tensor([
    [0.3, 0.3, 0.4],
    [0.25, 0.25, 0.5],
  ]).log();
  // SciPy 1.17: rel_entr(p, q).sum(-1)
  const expected = tensor([0.20077680106635193, Math.LN2]);
  for (const [target, logTarget] of [
    [p, false],
    [p.log(), true],
  ] as const) {
    const each: Tensor<[2]> = klDivergence(logQ, target, { logTarget, reduction: "none" });
    assertClose(each, expected, 1e-15);
    assertClose(klDivergence(logQ, target, { logTarget }), expected.mean(), 1e-15);
    assertClose(klDivergence(logQ, target, { logTarget, reduction: "sum" }), expected.sum(), 1e-15);
    const self = logTarget ? target : target.log();
    assert.is(klDivergence(self, target, { logTarget }).item(), 0);
  }
  assertClose(klDivergence(x23.logSoftmax(), oneHot([0, 2], 3)), crossEntropy(x23, [0, 2]), 1e-15);
});

test("weights of classes are plain numbers or a tensor, which may have gradients; of labels that broadcast, too", () => {
  const weight = variable([1, 3, 2]);
  const plain = crossEntropy(x23, [0, 2], { weight: [1, 3, 2] });
  assertClose(crossEntropy(x23, [0, 2], { weight }), plain, 0);
  assertClose(nllLoss(x23.logSoftmax(), [0, 2], { weight: [1, 3, 2] }), plain, 1e-15);
  assertGradcheck((w) => crossEntropy(x23, [0, 2], { weight: w as Tensor }), [weight]);
  const hot = oneHot([0, 2], 3);
  const positive = binaryCrossEntropyWithLogits(x23, hot, { posWeight: weight, reduction: "none" });
  const each = binaryCrossEntropyWithLogits(x23, hot, { reduction: "none" });
  assertClose(positive, hot.equal(1).where(each.mul(weight), each), 1e-15);
});

test("a step on a batch of which all labels are ignored changes nothing, as the mean of no losses is NaN", () => {
  for (const compiled of [true, false]) {
    const w = variable([[1, -1], [2, 0]]); // biome-ignore format: a matrix
    const loss = (t: Tensor) => crossEntropy(x22.matmul(w), t, { ignoreIndex: -100 });
    const step = trainStep(loss, new SGD({ w }, { lr: 1 }), { compiled });
    assert.ok(Number.isNaN(step(int32([-100, -100]))));
    assert.equal(w.toArray(), [[1, -1], [2, 0]]); // biome-ignore format: a matrix
    const before = loss(int32([1, -100])).item();
    assert.is(step(int32([1, -100])), before);
    assert.ok(loss(int32([1, -100])).item() < before);
    const after = w.toArray();
    assertThrows(() => step(int32([1, 2])), ShapeError, "crossEntropy: label 2 (element 1)");
    assert.equal(w.toArray(), after);
  }
});

// --- misuse ---

const int32 = (values: number | number[]): Tensor => tensor(values as number[], { dtype: "int32" });
const x24 = wave([2, 4]) as Tensor;
const x22 = wave([2, 2]) as Tensor;
const narrow = x24.cast("float32");
type Kind = new (...args: never[]) => Error;
const misuses: readonly [what: string, call: () => unknown, kind: Kind, ...parts: string[]][] = [
  ["crossEntropy, labels", () => crossEntropy(x24, [0]), ShapeError, "crossEntropy", "int32 [1]", "[2, 4]"],
  ["crossEntropy, range", () => crossEntropy(x24, [0, 4]), ShapeError, "crossEntropy", "label 4", "0 to 3"],
  ["crossEntropy, dtype", () => crossEntropy(x24, narrow), DTypeError, "crossEntropy", "float32", "float64", "cast"],
  ["crossEntropy, integers", () => crossEntropy(int32([1, 2]), 0), DTypeError, "crossEntropy", "int32", "cast"],
  [
    "crossEntropy, smoothing",
    () => crossEntropy(x24, [0, 1], { labelSmoothing: 1.5 }),
    ChainruleError,
    "1.5",
    "0 to 1",
  ],
  [
    "crossEntropy, reduction",
    () => crossEntropy(x24, [0, 1], { reduction: "average" as Reduction }),
    ChainruleError,
    "crossEntropy",
    '"average"',
    '"mean", "sum" or "none"',
  ],
  [
    "binaryCrossEntropyWithLogits, shapes",
    () => binaryCrossEntropyWithLogits(x24, x24.reshape([4, 2])),
    ShapeError,
    "binaryCrossEntropyWithLogits",
    "[2, 4]",
    "[4, 2]",
    "reshape",
  ],
  [
    "binaryCrossEntropyWithLogits, bools",
    () => binaryCrossEntropyWithLogits(x24, x24.greater(0) as Tensor),
    DTypeError,
    "bool",
    'cast("float64")',
  ],
  ["huberLoss, shapes", () => huberLoss(x24, wave([4]) as Tensor), ShapeError, "huberLoss", "[2, 4]", "[4]"],
  ["huberLoss, delta", () => huberLoss(x24, x24, { delta: 0 }), ChainruleError, "huberLoss", "delta 0", "above 0"],
  ["klDivergence, shapes", () => klDivergence(x24, wave([4]) as Tensor), ShapeError, "klDivergence", "[4]"],
  ["klDivergence, scalars", () => klDivergence(tensor(0), tensor(1)), ShapeError, "klDivergence", "[classes]"],
  [
    "crossEntropy, ignored probabilities",
    () => crossEntropy(x24, x24, { ignoreIndex: -1 }),
    ChainruleError,
    "crossEntropy: ignoreIndex -1",
    "t.argMax(-1)",
  ],
  [
    "crossEntropy, a half label",
    () => crossEntropy(x24, [0, 1], { ignoreIndex: 0.5 }),
    ChainruleError,
    "ignoreIndex 0.5",
  ],
  [
    "crossEntropy, another bad label beside an ignored one",
    () => crossEntropy(x24, [-1, -2], { ignoreIndex: -1 }),
    ShapeError,
    "crossEntropy: label -2 (element 1)",
  ],
  ["softmaxWithLoss, weights", () => softmaxWithLoss(x24, [0, 1], { weight: [1, 2] }), ShapeError, "SoftmaxWithLoss: weight is [2]", "[4]"], // biome-ignore format: a line
  ["nllLoss, weights", () => nllLoss(x24, [0, 1], { weight: wave([4]).cast("float32") }), DTypeError, "nllLoss: weight is float32"], // biome-ignore format: a line
  ["nllLoss, no list", () => nllLoss(x24, [0, 1], { weight: "balanced" as never }), ChainruleError, "nllLoss: weight"],
  ["sigmoidWithLoss, weight", () => sigmoidWithLoss(x24, x24, { weight: wave([2]) }), ShapeError, "sigmoidWithLoss: weight [2]", "[2, 4]"], // biome-ignore format: a line
  ["sigmoidWithLoss, positive", () => sigmoidWithLoss(x24, x24, { posWeight: "3" as never }), ChainruleError, 'posWeight "3"'], // biome-ignore format: a line
  ["multiMarginLoss, one-hot", () => multiMarginLoss(x24, x24), DTypeError, "multiMarginLoss: labels", "argMax(-1)"],
  ["multiMarginLoss, p", () => multiMarginLoss(x24, [0, 1], { p: 3 as 1 }), ChainruleError, "p 3: 1 or 2"],
  ["smoothL1Loss, beta", () => smoothL1Loss(x24, x24, { beta: -1 }), ChainruleError, "smoothL1Loss: beta -1"],
  ["cosineSimilarity, scalars", () => cosineSimilarity(tensor(1), tensor(1)), ShapeError, "a is a scalar", "[N, D]"],
  ["cosineEmbeddingLoss, labels", () => cosineEmbeddingLoss(x24, x24, wave([4])), ShapeError, "t is [4]", "[2]"],
  ["cosineEmbeddingLoss, margin", () => cosineEmbeddingLoss(x24, x24, wave([2]), { margin: 2 }), ChainruleError, "margin 2", "-1 to 1"], // biome-ignore format: a line
  ["tripletMarginLoss, p", () => tripletMarginLoss(x24, x24, x24, { p: 3 as 1 }), ChainruleError, "p 3", "Infinity"],
  ["tripletMarginLoss, margin", () => tripletMarginLoss(x24, x24, x24, { margin: 0 }), ChainruleError, "margin 0"],
  ["gaussianNllLoss, eps", () => gaussianNllLoss(x24, x24, x24, { eps: 0 }), ChainruleError, "eps 0", "above 0"],
];
for (const [what, call, kind, ...parts] of misuses) {
  test(`misuse: ${what}: the error says what is wrong`, () => {
    assertThrows(call, kind, ...parts);
  });
}

test.run();
