import {
  compile,
  DTypeError,
  detectAnomaly,
  jvp,
  noGrad,
  numericalGradient,
  oneHot,
  Random,
  ShapeError,
  type Tensor,
  tensor,
  variable,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  accuracy,
  crossEntropy,
  crossEntropyError,
  klDivergence,
  type Labels,
  MeanSquaredError,
  meanSquaredError,
  SoftmaxWithLoss,
  SumOfSquaredErrors,
  softmaxWithLoss,
  sumOfSquaredErrors,
} from "../src/index.js";
import { assertClose, assertFinite, assertThrows, derivatives, wave } from "./support.js";

const int32 = (values: number | number[]): Tensor => tensor(values as number[], { dtype: "int32" });

/** The loss composed of nodes. */
function composed(x: Tensor, t: Tensor): Tensor {
  return x
    .logSoftmax()
    .mul(t)
    .sum()
    .neg()
    .div(x.rank === 1 ? 1 : x.size / (x.shape.at(-1) as number));
}

const scores: Record<string, Tensor> = {
  "ordinary scores": wave([3, 4], 2),
  "a vector": wave([4], 2),
  "more axes": wave([2, 3, 4], 2),
  "scores of +-1000": tensor([
    [1000, -1000, 0, 999],
    [-1000, -1000, -1000, 1000],
    [0, 0, 0, 0],
  ]),
  "equal scores of 1000": tensor([[1000, 1000, 1000, 1000]]),
};
for (const [name, x] of Object.entries(scores)) {
  const rows = x.size / 4;
  const indices = Array.from({ length: rows }, (_, i) => (i * 2 + 1) % 4);
  const index = int32(indices).reshape(x.shape.slice(0, -1)) as Tensor;
  const hot = oneHot(index, 4) as Tensor;
  test(`softmaxWithLoss: ${name}: equals the form composed of nodes, to second order`, () => {
    const direction = wave(x.shape, 1, 3);
    const one = tensor(1);
    const form = derivatives((v) => composed(v, hot), x, one, direction);
    for (const [labels, t] of [
      ["one-hot", hot],
      ["index", index],
    ] as const) {
      const fused = derivatives((v) => softmaxWithLoss(v, t), x, one, direction);
      for (const key of ["value", "gradient", "second"] as const) {
        assertFinite(fused[key], `${labels} ${key}`);
        assertClose(fused[key], form[key], 1e-14, `${labels} ${key}`);
      }
      if (!name.includes("1000")) {
        assertClose(
          fused.gradient,
          numericalGradient((v) => softmaxWithLoss(v, t), x),
          1e-9,
          `${labels} numerically`,
        );
      }
    }
  });
  test(`softmaxWithLoss: ${name}: without graph and with it the gradient is the same`, () => {
    for (const t of [hot, index]) {
      const [plain, graph] = [variable(x), variable(x)];
      softmaxWithLoss(plain, t).backward();
      softmaxWithLoss(graph, t).backward({ createGraph: true });
      assertClose(plain.grad as Tensor, graph.grad as Tensor, 1e-15);
    }
  });
}

test("softmaxWithLoss: known values", () => {
  assert.is(softmaxWithLoss(tensor([[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]), [3]).item(), Math.log(10));
  // log(1 + e^-2000) is 0; the wrong class costs the whole difference.
  assert.is(softmaxWithLoss(tensor([1000, -1000]), 0).item(), 0);
  assert.is(softmaxWithLoss(tensor([1000, -1000]), 1).item(), 2000);
  // softmax([0.3, 2.9, 4.0]) of the textbook, chapter 3
  const x = variable([0.3, 2.9, 4.0]);
  softmaxWithLoss(x, 0).backward();
  assertClose(x.grad as Tensor, tensor([0.01821127 - 1, 0.24519181, 0.73659691]), 1e-8);
});

test("softmaxWithLoss: a masked class leaves nothing for detectAnomaly to stop at", () => {
  for (const dtype of ["float64", "float32"] as const) {
    for (const t of [[0], tensor([[1, 0]], { dtype })]) {
      const x = variable([[0, -Infinity]], { dtype });
      detectAnomaly(() => {
        const loss = softmaxWithLoss(x, t);
        assert.is(loss.item(), 0);
        loss.backward();
      });
      assert.equal(x.grad?.toArray(), [[0, 0]]);
    }
  }
});

test("Labels that no int32 holds are not wrapped", () => {
  for (const label of [2 ** 32, -(2 ** 32), 2 ** 31, 0.5, Number.NaN]) {
    for (const loss of [softmaxWithLoss, crossEntropyError, accuracy]) {
      assertThrows(() => loss(tensor([[1, 2]]), [label]), DTypeError, `label ${label} (element 0)`, "float tensor");
    }
  }
  assertThrows(() => softmaxWithLoss(tensor([1, 2]), 2 ** 32), DTypeError, "SoftmaxWithLoss: label 4294967296");
});

test("softmaxWithLoss: a vector is a batch of one; plain numbers are indices", () => {
  const vector = wave([4], 2);
  const expected = softmaxWithLoss(vector.reshape([1, 4]), [2]).item();
  for (const t of [2, [2], int32(2), int32([2]), Int32Array.of(2), tensor([0, 0, 1, 0])]) {
    assert.is(softmaxWithLoss(vector, t).item(), expected);
    const x = variable(vector);
    softmaxWithLoss(x, t).backward();
    assert.equal([...(x.grad as Tensor).shape], [4]);
  }
});

test("softmaxWithLoss: any probabilities as labels, and gradients of the labels", () => {
  const x = wave([2, 3]);
  for (const t of [
    tensor([
      [0.2, 0.3, 0.5],
      [0, 0.1, 0.9],
    ]),
    tensor([
      [1, 2, 3],
      [0, -1, 2],
    ]),
  ]) {
    const gradientOfX = derivatives((v) => softmaxWithLoss(v, t), x, tensor(1), wave([2, 3]));
    assertClose(
      gradientOfX.gradient,
      numericalGradient((v) => softmaxWithLoss(v, t), x),
      1e-9,
    );
    const ofT = derivatives((v) => softmaxWithLoss(x, v), t, tensor(1), wave([2, 3]));
    assertClose(
      ofT.gradient,
      numericalGradient((v) => softmaxWithLoss(x, v), t),
      1e-9,
    );
    // The mixed second derivative: the gradient of x, differentiated for the labels.
    const [a, b] = [variable(x), variable(t)];
    softmaxWithLoss(a, b).backward({ createGraph: true });
    const mixed = (a.grad as Tensor).mul(wave([2, 3])).sum();
    b.zeroGrad();
    mixed.backward();
    const gradientAt = (labels: Tensor) =>
      derivatives((v) => softmaxWithLoss(v, labels), x, tensor(1), x)
        .gradient.mul(wave([2, 3]))
        .sum();
    // numericalGradient records no graph in its function, and this function is a gradient itself: differences by hand.
    const h = 1e-4;
    const numerical = Array.from({ length: t.size }, (_, i) => {
      const step = (sign: number) =>
        gradientAt(
          t.add(
            oneHot(i, t.size)
              .reshape(t.shape as [2, 3])
              .mul(sign * h),
          ) as Tensor,
        ).item();
      return (step(1) - step(-1)) / (2 * h);
    });
    assertClose(b.grad as Tensor, tensor(numerical).reshape([2, 3]), 1e-9);
  }
});

test("softmaxWithLoss: a class that is masked with -infinity costs nothing where it is not the label", () => {
  const x = variable([[0, -Infinity, 0]]);
  const loss = softmaxWithLoss(x, tensor([[1, 0, 0]]));
  loss.backward();
  assert.is(loss.item(), Math.log(2));
  assert.equal((x.grad as Tensor).toArray(), [[-0.5, 0, 0.5]]);
});

test("softmaxWithLoss: float32 stays float32; an empty batch has no mean", () => {
  const x = variable(wave([3, 4]), { dtype: "float32" });
  const loss = softmaxWithLoss(x, [0, 1, 2]);
  loss.backward();
  assert.is(loss.dtype, "float32");
  assert.is(Math.fround(loss.item()), loss.item());
  assert.is(x.grad?.dtype, "float32");
  assertClose(loss.cast("float64"), softmaxWithLoss(wave([3, 4]), [0, 1, 2]), 1e-6);
  assert.ok(Number.isNaN(softmaxWithLoss(wave([0, 4]), []).item()));
});

test("SoftmaxWithLoss: the node alone, forward and backward as in the textbook", () => {
  const node = new SoftmaxWithLoss();
  const x = wave([2, 3]);
  assert.is(node.forward(x, int32([2, 0])).item(), softmaxWithLoss(x, [2, 0]).item());
  const [dx, dt] = node.backward(tensor(1)) as [Tensor, Tensor];
  const t = oneHot([2, 0], 3) as Tensor;
  assertClose(dx, x.softmax().sub(t).div(2) as Tensor, 1e-15);
  assert.equal(dt.toArray(), [0, 0]);
});

test("The losses as compositions of ops, which compiled programs run, give what their loops give", () => {
  const hot = oneHot([1, 0, 3], 4) as Tensor;
  const soft = wave([3, 4]).softmax() as Tensor;
  const x = wave([3, 4], 30);
  const masked = tensor([0, -Infinity, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0]).reshape([3, 4]).add(x) as Tensor;
  const rows: [SoftmaxWithLoss | MeanSquaredError | SumOfSquaredErrors, Tensor, Tensor][] = [
    ...[x, x.mul(100) as Tensor, masked].flatMap((scores): (typeof rows)[number][] => [
      [new SoftmaxWithLoss(), scores, int32([1, 0, 3])],
      [new SoftmaxWithLoss(), scores, int32([0, 0, 3])],
      [new SoftmaxWithLoss(), scores, hot],
      [new SoftmaxWithLoss(), scores, oneHot([0, 2, 2], 4) as Tensor],
      [new SoftmaxWithLoss(), scores, soft],
    ]),
    [new SoftmaxWithLoss(), wave([4]), int32(2)],
    [new SoftmaxWithLoss(), wave([4]), int32([2])],
    [new SoftmaxWithLoss(), wave([2, 3, 4]), int32([0, 1, 2, 3, 0, 1]).reshape([2, 3]) as Tensor],
    [new SoftmaxWithLoss(), wave([0, 4]), int32([])],
    [new SoftmaxWithLoss(), x.mul(Number.NaN) as Tensor, int32([1, 0, 3])],
    [new MeanSquaredError(), wave([2, 3]), wave([2, 3], 1, 1)],
    [new MeanSquaredError(), wave([0, 3]), wave([0, 3])],
    [new SumOfSquaredErrors(), wave([2, 3]), wave([2, 3], 1, 1)],
  ];
  for (const [node, a, b] of rows) {
    const [inLoops, inOps] = [node.apply(a, b).item(), node.composed(a, b).item()];
    const what = `${node.name} of ${a} and ${b}`;
    if (Number.isFinite(inLoops)) assert.ok(Math.abs(inOps - inLoops) <= 1e-14 * Math.max(1, inLoops), what);
    else assert.ok(Object.is(inOps, inLoops), what);
    if (a.size === 0) continue;
    const singles = [a.cast("float32"), b.dtype === "int32" ? b : b.cast("float32")] as const;
    const [loops, ops] = [node.apply(...singles), node.composed(...singles)];
    assert.equal([ops.dtype, ops.shape], [loops.dtype, loops.shape], what);
    if (Number.isFinite(inLoops)) assertClose(ops.cast("float64"), loops.cast("float64"), 1e-6, what);
  }
  assertThrows(() => new SoftmaxWithLoss().composed(x, int32([0, 4, 0])), ShapeError, "label 4");
  assertThrows(() => new SoftmaxWithLoss().composed(x, int32([0, -1, 0])), ShapeError, "label -1");
});

test("Labels that do not belong to the scores are errors that say why", () => {
  const x = wave([2, 3]);
  for (const [name, f] of [
    ["SoftmaxWithLoss", softmaxWithLoss],
    ["crossEntropyError", crossEntropyError],
    ["accuracy", accuracy],
    ["crossEntropy", (x: Tensor, t: Labels) => crossEntropy(x, t)],
    ["crossEntropy", (x: Tensor, t: Labels) => crossEntropy(x, t, { labelSmoothing: 0.5 })],
  ] as const) {
    assertThrows(() => f(x, [0, 3]), ShapeError, name, "label 3 (element 1)", "0 to 2");
    assertThrows(() => f(x, [-1, 0]), ShapeError, name, "label -1 (element 0)");
    assertThrows(() => f(x, [0.5, 0]), DTypeError, name, "label 0.5");
    assertThrows(() => f(x, [0]), ShapeError, name, "int32 [1]", "[2, 3]", "int32 [2]");
    assertThrows(() => f(x, 0), ShapeError, name, "int32 []");
    assertThrows(() => f(x, tensor([0, 1])), ShapeError, name, "float64 [2]", "convert with cast");
    assertThrows(() => f(x, int32([1, 0, 0, 0, 1, 0]).reshape([2, 3])), ShapeError, name, "int32 [2, 3]");
    assertThrows(
      () =>
        f(
          x,
          tensor([
            [true, false, false],
            [true, false, false],
          ]),
        ),
      DTypeError,
      name,
      "bool",
    );
    assertThrows(() => f(tensor(1), 0), ShapeError, name, "have no classes");
  }
  assertThrows(() => softmaxWithLoss(x, wave([2, 3]).cast("float32")), DTypeError, "float64 and float32");
  assertThrows(() => softmaxWithLoss(int32([1, 2]), 0), DTypeError, "int32");
});

test("sumOfSquaredErrors and crossEntropyError: the textbook's numbers (chapter 4)", () => {
  const t = tensor([0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  const right = tensor([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]);
  const wrong = tensor([0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0]);
  assertClose(sumOfSquaredErrors(right, t), tensor(0.0975), 1e-15);
  assertClose(sumOfSquaredErrors(wrong, t), tensor(0.5975), 1e-15);
  for (const labels of [t, 2, [2]]) {
    assertClose(crossEntropyError(right, labels), tensor(0.510825457099338), 1e-15);
    assertClose(crossEntropyError(wrong, labels), tensor(2.302584092994546), 1e-15);
  }
  const batch = right.reshape([1, 10]).broadcastTo([3, 10]) as Tensor;
  assertClose(crossEntropyError(batch, [2, 2, 2]), tensor(0.510825457099338), 1e-15);
  assertClose(crossEntropyError(batch, oneHot([2, 2, 2], 10) as Tensor), tensor(0.510825457099338), 1e-15);
});

test("crossEntropyError: its gradient equals the numerical one", () => {
  const y = wave([2, 3], 0.3).add(0.5) as Tensor;
  const { gradient } = derivatives((v) => crossEntropyError(v, [2, 1]), y, tensor(1), y);
  assertClose(
    gradient,
    numericalGradient((v) => crossEntropyError(v, [2, 1]), y),
    1e-6,
  );
});

const squared = [
  {
    name: "meanSquaredError",
    f: (y: Tensor, t: Tensor): Tensor => meanSquaredError(y, t),
    node: new MeanSquaredError(),
    composed: (y: Tensor, t: Tensor) => y.sub(t).square().mean(),
  },
  {
    name: "sumOfSquaredErrors",
    f: (y: Tensor, t: Tensor): Tensor => sumOfSquaredErrors(y, t),
    node: new SumOfSquaredErrors(),
    composed: (y: Tensor, t: Tensor) => y.sub(t).square().sum().div(2),
  },
];
for (const { name, f, node, composed: form } of squared) {
  for (const shape of [[], [5], [2, 3], [0, 2]]) {
    test(`${name}: [${shape}]: equals the form composed of nodes, to second order, for both inputs`, () => {
      const [y, t, direction] = [wave(shape, 3), wave(shape, 2, 1), wave(shape, 1, 2)];
      const one = tensor(1);
      for (const swap of [false, true]) {
        const order = (g: (a: Tensor, b: Tensor) => Tensor) => (v: Tensor) => (swap ? g(t, v) : g(v, t));
        const closed = derivatives(order(f), y, one, direction);
        const composedForm = derivatives(order(form), y, one, direction);
        for (const key of ["gradient", "second"] as const) assertClose(closed[key], composedForm[key], 1e-14, key);
        if (y.size > 0) {
          assertClose(closed.value, composedForm.value, 1e-14, "value");
          assertClose(closed.gradient, numericalGradient(order(f), y), 1e-8, "numerically");
        }
      }
      assert.ok(Object.is(node.forward(y, t).item(), f(y, t).item()));
      const [dy, dt] = node.backward(tensor(1)) as [Tensor, Tensor];
      assertClose(dy, dt.neg() as Tensor, 0);
    });
  }
}

test("A network that has learnt nothing has a loss near ln 10", () => {
  const random = new Random(3);
  const x = random.normal([100, 20]);
  const W = random.normal([20, 10], { std: 0.01 });
  const labels = random.integers([100], { high: 10 });
  const loss = noGrad(() => softmaxWithLoss(x.matmul(W), labels)).item();
  assert.ok(Math.abs(loss - Math.log(10)) < 0.01, `${loss}`);
});

test("a class that a score of -infinity makes impossible: forward derivatives are those of the other classes", () => {
  const [x, p] = [
    tensor([
      [1, -Infinity, 2],
      [0, -Infinity, -Infinity],
    ]),
    tensor([
      [1, 0, 0],
      [0.5, 0, 0],
    ]),
  ];
  const [zero, one] = [
    x.isNaN().cast("float64"),
    tensor([
      [1, 0, 2],
      [3, 0, 0],
    ]),
  ];
  const losses: Readonly<Record<string, (x: Tensor, p: Tensor) => Tensor>> = {
    softmaxWithLoss: (x, p) => softmaxWithLoss(x, p),
    "crossEntropy, mean": (x, p) => crossEntropy(x, p),
    "crossEntropy, sum": (x, p) => crossEntropy(x, p, { reduction: "sum" }),
    "crossEntropy, none": (x, p) => crossEntropy(x, p, { reduction: "none" }).sum(),
    "crossEntropy, indices": (x) => crossEntropy(x, [0, 0]),
    klDivergence: (x, p) => klDivergence(x.logSoftmax(), p),
    logSoftmax: (x, p) => p.equal(0).where(0, x.logSoftmax()).mul(p).sum(),
    softmax: (x, p) => x.softmax().mul(p).sum(),
    logSumExp: (x, p) => x.logSumExp(-1).sum().add(p.sum()),
  };
  // The same of the classes that are left.
  const probability = 1 / (1 + Math.E);
  for (const [name, loss] of Object.entries(losses)) {
    const along = (x: Tensor, p: Tensor, dx: Tensor, dp: Tensor) => jvp(loss, [x, p], [dx, dp]).tangent as Tensor;
    for (const f of [along, compile(along)]) {
      assert.is(f(x, p, zero, zero).item(), 0, name);
      for (const [dx, dp] of [
        [one, zero],
        [zero, one],
      ] as const) {
        assert.ok(Number.isFinite(f(x, p, dx, dp).item()), name);
      }
    }
  }
  const mean = jvp((x: Tensor) => crossEntropy(x, p), [x], [one]).tangent.item();
  assert.ok(Math.abs(mean - (1 - probability) / 2) < 1e-12, String(mean));
});

test.run();
