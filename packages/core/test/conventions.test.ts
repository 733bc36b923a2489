import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type DType,
  fromArray,
  logSoftmax,
  logSumExp,
  sigmoid,
  softmax,
  softplus,
  type Tensor,
  tensor,
  variable,
} from "../src/index.js";
import { near } from "./support/property.js";

// What the docstrings promise where mathematics leaves a choice (kinks, ties, bounds) or floating point is in danger.

type Op = (...inputs: Tensor[]) => Tensor;

function gradientsOf(
  op: Op,
  inputs: readonly (number | readonly number[])[],
  dtype: DType,
  createGraph: boolean,
): unknown[] {
  const variables = inputs.map((values) => variable(values, { dtype }) as Tensor);
  op(...variables)
    .sum()
    .backward({ createGraph });
  return variables.map((x) => x.grad?.toArray());
}

/** The local gradients at a point, however they are computed: numbers, loops, graph, in both precisions. */
function checkGradients(name: string, op: Op, at: readonly number[], expected: readonly number[]): void {
  test(`${name} at ${at.map((x) => (Object.is(x, -0) ? "-0" : x)).join(", ")}: gradient ${expected.join(", ")}`, () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (const createGraph of [false, true]) {
        const values = gradientsOf(op, at, dtype, createGraph).map((x) => (x === 0 ? 0 : x));
        assert.equal(values, expected, `${dtype}, createGraph: ${createGraph}`);
        const lists = gradientsOf(
          op,
          at.map((x) => [x, x]),
          dtype,
          createGraph,
        ) as number[][];
        assert.equal(
          lists.map(([x]) => (x === 0 ? 0 : x)),
          expected,
          `array of ${dtype}, createGraph: ${createGraph}`,
        );
      }
    }
  });
}

const { NaN: nan } = Number;

checkGradients("relu", (x) => x.relu(), [0], [0]);
checkGradients("relu", (x) => x.relu(), [-0], [0]);
checkGradients("abs", (x) => x.abs(), [0], [0]);
checkGradients("sign", (x) => x.sign(), [0], [0]);
checkGradients("sqrt", (x) => x.sqrt(), [0], [Infinity]);
checkGradients("maximum", (x, y) => x.maximum(y), [2, 2], [0.5, 0.5]);
checkGradients("maximum", (x, y) => x.maximum(y), [0, -0], [0.5, 0.5]);
checkGradients("minimum", (x, y) => x.minimum(y), [2, 2], [0.5, 0.5]);
checkGradients("clamp at its lower bound", (x, low, high) => x.clamp(low, high), [-1, -1, 1], [1, 0, 0]);
checkGradients("clamp at its upper bound", (x, low, high) => x.clamp(low, high), [1, -1, 1], [1, 0, 0]);
checkGradients("clamp below", (x, low, high) => x.clamp(low, high), [-2, -1, 1], [0, 1, 0]);
checkGradients("clamp above", (x, low, high) => x.clamp(low, high), [2, -1, 1], [0, 0, 1]);
checkGradients("clamp with bounds crossed", (x, low, high) => x.clamp(low, high), [0, 1, -1], [0, 0, 1]);
checkGradients("pow", (x, y) => x.pow(y), [0, 0], [0, 0]);
checkGradients("pow", (x, y) => x.pow(y), [0, 1], [1, 0]);
checkGradients("pow", (x, y) => x.pow(y), [0, 2], [0, 0]);
checkGradients("pow", (x, y) => x.pow(y), [-2, 3], [12, nan]);
checkGradients("log1p", (x) => x.log1p(), [0], [1]);
checkGradients("log", (x) => x.log(), [0], [Infinity]);

test("pow by 0, 1, 2 and 3 at 0: second and third derivatives are those of the polynomials", () => {
  for (const [exponent, second, third] of [
    [0, 0, 0],
    [1, 0, 0],
    [2, 2, 0],
    [3, 0, 6],
  ] as const) {
    for (const values of [0, [0, 0]]) {
      const x = variable(values) as Tensor;
      x.pow(exponent).sum().backward({ createGraph: true });
      const d1 = x.grad as Tensor;
      x.zeroGrad();
      d1.sum().backward({ createGraph: true });
      const d2 = x.grad as Tensor;
      x.zeroGrad();
      if (d2.requiresGrad) d2.sum().backward();
      assert.is(d2.data[0], second);
      assert.is(Math.abs(x.grad?.data[0] ?? 0), third);
    }
  }
});

test("pow: mixed second derivatives are symmetric at exponent 0, and 1/x", () => {
  const [x, y] = [variable(2), variable(0)];
  x.pow(y).backward({ createGraph: true });
  const [dx, dy] = [x.grad as Tensor, y.grad as Tensor];
  for (const [first, by] of [
    [dx, y],
    [dy, x],
  ] as const) {
    x.zeroGrad();
    y.zeroGrad();
    first.backward();
    assert.is(by.grad?.item(), 0.5);
  }
});

test("max and min over an axis split ties evenly among all of them", () => {
  const x = variable([
    [3, 1, 3],
    [2, 2, 2],
  ]);
  x.max({ axis: 1 }).sum().backward();
  assert.equal(x.grad?.toArray(), [
    [0.5, 0, 0.5],
    [1 / 3, 1 / 3, 1 / 3],
  ]);
  x.zeroGrad();
  x.min().backward();
  assert.equal(x.grad?.toArray(), [
    [0, 1, 0],
    [0, 0, 0],
  ]);
});

test("argMax takes the first of several, and the first NaN", () => {
  assert.equal(
    tensor([
      [1, 3, 3],
      [2, 2, 2],
    ])
      .argMax(1)
      .toArray(),
    [1, 0],
  );
  assert.is(tensor([1, nan, 5, nan]).argMax().item(), 1);
});

test("where gives the branch not taken the gradient 0, and the well-known NaN behind an infinite derivative", () => {
  const x = variable([0, 1]);
  x.greater(0).where(x.log(), 0).sum().backward();
  assert.equal(x.grad?.toArray(), [nan, 1]);
  x.zeroGrad();
  x.greater(0).where(x, 1).log().sum().backward();
  assert.equal(x.grad?.toArray(), [0, 1]);
});

test("NaN goes through maximum, minimum, max, min, relu, clamp, sum and the rest", () => {
  for (const values of [nan, [nan, 1]]) {
    const x = tensor(values) as Tensor;
    const results = [
      x.maximum(0),
      tensor(0).maximum(x),
      x.minimum(0),
      x.max(),
      x.min(),
      x.relu(),
      x.clamp(-1, 1),
      x.sum(),
      x.mean(),
      x.logSumExp(),
      x.abs(),
      x.sign(),
      x.softplus(),
      x.sigmoid(),
      x.tanh(),
    ];
    for (const result of results) assert.ok(Number.isNaN(result.data[0]), String(result));
    assert.equal([x.equal(x).data[0], x.notEqual(x).data[0], x.less(1).data[0]], [0, 1, 0]);
  }
  assert.ok(tensor([1, nan]).softmax().data.every(Number.isNaN));
});

/** Values, first and second derivatives of a function of one number at one point, in each way of computing them. */
function jets(f: (x: Tensor) => Tensor, at: number): number[][] {
  return ([at, [at, at]] as const).flatMap((values) =>
    (["float64", "float32"] as const).map((dtype) => {
      const x = variable(values, { dtype }) as Tensor;
      const y = f(x);
      y.sum().backward({ createGraph: true });
      const first = x.grad as Tensor;
      x.zeroGrad();
      first.sum().backward();
      return [y, first, x.grad as Tensor].map((t) => t.data[0] as number);
    }),
  );
}

const saturated: [string, (x: Tensor) => Tensor, Record<string, [value: number, first: number, second: number]>][] = [
  [
    "sigmoid",
    sigmoid,
    {
      "1000": [1, 0, 0],
      "-1000": [0, 0, 0],
      Infinity: [1, 0, 0],
      "-Infinity": [0, 0, 0],
      "0": [0.5, 0.25, 0],
      "-0": [0.5, 0.25, 0],
    },
  ],
  [
    "softplus",
    softplus,
    { "1000": [1000, 1, 0], "-1000": [0, 0, 0], Infinity: [Infinity, 1, 0], "-Infinity": [0, 0, 0] },
  ],
  ["tanh", (x) => x.tanh(), { "1000": [1, 0, 0], "-1000": [-1, 0, 0], Infinity: [1, 0, 0], "-Infinity": [-1, 0, 0] }],
];
for (const [name, f, points] of saturated) {
  test(`${name} neither overflows nor loses its derivatives at ${Object.keys(points).join(", ")}`, () => {
    for (const [at, expected] of Object.entries(points)) {
      for (const jet of jets(f, Number(at))) {
        assert.equal(jet.map(Math.abs), expected.map(Math.abs), `at ${at}`);
      }
    }
  });
}

const rows: [number[], softmax: number[], logSumExp: number][] = [
  [[1000, 0], [1, 0], 1000],
  [[-1000, 0], [0, 1], 0],
  [[1000, 1000], [0.5, 0.5], 1000 + Math.LN2],
  [[-1000, -1000], [0.5, 0.5], -1000 + Math.LN2],
  [[0, -Infinity], [1, 0], 0],
];
test("softmax, logSoftmax and logSumExp at +-1000 and -Infinity: values, first and second derivatives are finite", () => {
  for (const dtype of ["float64", "float32"] as const) {
    const tolerance = dtype === "float64" ? 1e-12 : 1e-4;
    for (const [values, probabilities, lse] of rows) {
      const x = variable(values, { dtype }) as Tensor;
      const weights = tensor([1, -2], { dtype });
      const close = (actual: ArrayLike<number>, expected: readonly number[]) =>
        near(actual, expected, tolerance, `at ${values}`);
      close(softmax(x).data, probabilities);
      close(logSumExp(x).data, [lse]);
      const finite = values.every(Number.isFinite);
      if (finite)
        close(
          logSoftmax(x).data,
          values.map((v) => v - lse),
        );

      // d softmax / dx = diag(p) - p p', and so is the second derivative of logSumExp.
      const [p, q] = probabilities as [number, number];
      const jacobian = [p * 1 - p * (p - 2 * q), q * -2 - q * (p - 2 * q)];
      x.zeroGrad();
      softmax(x).mul(weights).sum().backward({ createGraph: true });
      const ofSoftmax = x.grad as Tensor;
      close(ofSoftmax.data, jacobian);
      x.zeroGrad();
      logSumExp(x).backward({ createGraph: true });
      const ofLogSumExp = x.grad as Tensor;
      close(ofLogSumExp.data, probabilities);
      x.zeroGrad();
      ofLogSumExp.mul(weights).sum().backward();
      close(x.grad?.data ?? [], jacobian);
      x.zeroGrad();
      ofSoftmax.mul(weights).sum().backward();
      assert.ok(x.grad?.data.every(Number.isFinite), `second derivative of softmax at ${values}`);
      if (!finite) continue;
      x.zeroGrad();
      logSoftmax(x).mul(weights).sum().backward({ createGraph: true });
      const ofLogSoftmax = x.grad as Tensor;
      close(ofLogSoftmax.data, [1 + p, -2 + q]);
      x.zeroGrad();
      ofLogSoftmax.mul(weights).sum().backward();
      close(x.grad?.data ?? [], jacobian);
    }
  }
});

test("logSumExp over nothing and of nothing but -Infinity is -Infinity, with gradient 0", () => {
  assert.is(fromArray(new Float64Array(0), [0]).logSumExp().item(), -Infinity);
  const x = variable([-Infinity, -Infinity]);
  const y = x.logSumExp();
  assert.is(y.item(), -Infinity);
  y.backward();
  assert.equal(x.grad?.toArray(), [0, 0]);
});

test("reductions over nothing: sum 0, mean NaN, and empty results where there is no result to give", () => {
  const empty = fromArray(new Float64Array(0), [2, 0]) as Tensor;
  assert.equal(empty.sum({ axis: 1 }).toArray(), [0, 0]);
  assert.equal(empty.mean({ axis: 1 }).toArray(), [nan, nan]);
  assert.equal(empty.max({ axis: 0 }).shape, [0]);
  assert.equal(empty.argMax(0).shape, [0]);
});

test("int32 wraps at 32 bits, for scalars as for arrays", () => {
  const int = (values: number | number[]) => tensor(values, { dtype: "int32" }) as Tensor;
  const large = 2147483647;
  for (const [x, first] of [
    [int(large), (t: Tensor) => t.item()],
    [int([large]), (t: Tensor) => t.data[0]],
  ] as const) {
    assert.is(first(x.add(1)), -2147483648);
    assert.is(first(x.mul(x)), 1);
    assert.is(first(x.square()), 1);
    assert.is(first(x.mul(large - 1)), Math.imul(large, large - 1));
    assert.is(first(x.neg().sub(1).abs()), -2147483648);
  }
});

test("float32 sums add up in double precision", () => {
  const x = fromArray(new Float32Array(1e6).fill(0.1), [1e6]) as Tensor;
  assert.is(x.sum().item(), Math.fround(1e6 * Math.fround(0.1)));
});

test.run();
