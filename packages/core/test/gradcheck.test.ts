import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  assertGradcheck,
  ChainruleError,
  DTypeError,
  GraphError,
  gradcheck,
  matmul,
  Node,
  noGrad,
  numericalGradient,
  Random,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../src/index.js";

/** x^3 whose gradient is wrong by `extra` in one element. */
class WrongCube extends Node {
  override readonly name = "WrongCube";
  readonly at: number;
  readonly extra: number;
  constructor(at: number, extra: number) {
    super();
    this.at = at;
    this.extra = extra;
  }
  override shapeRule(x: Tensor) {
    return x.shape;
  }
  override localForward(_shape: readonly number[], _dtype: string, x: Tensor) {
    return Float64Array.from(x.data, (value) => value ** 3);
  }
  override localBackward(dout: Tensor) {
    const x = this.input(0);
    const mistake = Float64Array.from(x.data, (_, i) => (i === this.at ? this.extra : 0));
    return dout.mul(x.square().mul(3).add(tensor(mistake).reshape(x.shape)));
  }
}

// --- gradcheck -----------------------------------------------------------------------------------------------------------

test("right gradients pass, for several inputs, broadcasts, and results of any shape", () => {
  const random = new Random(7);
  const [x, w, b] = [random.normal([4, 3]), random.normal([3, 2]), random.normal([2])];
  const report = gradcheck((x, w, b) => matmul(x, w).add(b).tanh(), [x, w, b]);
  assert.ok(report.ok, report.toString());
  assert.equal(report.shape, [4, 2]);
  assert.equal(
    report.inputs.map(({ name, checked, wrong }) => [name, checked, wrong]),
    [
      ["input0", 12 * 8, 0],
      ["input1", 6 * 8, 0],
      ["input2", 2 * 8, 0],
    ],
  );
  // Known by the calculus: d tanh(u)/db = 1 - tanh(u)^2.
  const worst = report.inputs[2]?.worst;
  assert.ok(worst);
  const y = matmul(x, w).add(b).tanh().toArray();
  const [row, column] = worst.output as [number, number];
  const expected = worst.index?.[0] === column ? 1 - (y[row]?.[column] ?? Number.NaN) ** 2 : 0;
  assert.ok(Math.abs(worst.analytic - expected) < 1e-12);
  assert.ok(worst.error <= worst.tolerance);
});

test("a wrong gradient of a node is reported with the worst index and both values", () => {
  const x = tensor(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { name: "x" },
  );
  const report = gradcheck((x) => new WrongCube(4, 0.5).apply(x), [x]);
  assert.not.ok(report.ok);
  const [input] = report.inputs;
  assert.is(input?.checked, 36);
  assert.is(input?.wrong, 1);
  assert.equal(input?.worst?.index, [1, 1]);
  assert.equal(input?.worst?.output, [1, 1]);
  // d x^3 / dx = 75 at 5
  assert.is(input?.worst?.analytic, 75.5);
  assert.ok(Math.abs((input?.worst?.numerical ?? 0) - 75) < 1e-6);
  assert.is(
    report.toString(),
    "gradcheck failed: wrong gradient (result [2, 3], eps 0.000001)\n" +
      "  x [2, 3]: 1 of 36 derivatives not right; wrong gradient: d(y[1, 1])/d(x[1, 1]): " +
      `analytic 75.5, numerical ${Number(input?.worst?.numerical.toPrecision(10))}, error 0.5, tolerance 0.0075\n` +
      `  the likely culprit is WrongCube, node 1 of 1, t1: WrongCube(x) [2, 3]: its gradient by input 0 at [1, 1] is ${Number(
        report.culprits[0]?.analytic.toPrecision(10),
      )}, its own forward says ${Number(report.culprits[0]?.numerical.toPrecision(10))}`,
  );
  assert.is(report.kind, "wrong gradient");
  assert.ok(Math.abs((report.culprits[0]?.analytic ?? 0) / (report.culprits[0]?.numerical ?? 0) - 75.5 / 75) < 1e-6);
});

test("the worst derivative is the one furthest off, whichever comes first", () => {
  for (const [first, second, index] of [
    [1, 2, 3],
    [2, 1, 0],
  ] as const) {
    const f = (x: Tensor) => new WrongCube(0, first).apply(x).add(new WrongCube(3, second).apply(x));
    const [input] = gradcheck(f, [tensor([1, 1, 1, 1])]).inputs;
    assert.is(input?.wrong, 2);
    assert.equal(input?.worst?.index, [index]);
  }
});

test("only the input with the wrong gradient fails", () => {
  const report = gradcheck((x, y) => new WrongCube(0, 1).apply(x).mul(y), [tensor([1, 2]), 3]);
  assert.equal(
    report.inputs.map(({ ok }) => ok),
    [false, true],
  );
});

test("a gradient that the graph does not know of is a wrong one", () => {
  const lost = gradcheck((x) => x.detach().square(), [3]).inputs[0];
  assert.is(lost?.ok, false);
  assert.is(lost?.worst?.analytic, 0);
  assert.equal(lost?.worst?.index, []);
  assert.ok(Math.abs((lost?.worst?.numerical ?? 0) - 6) < 1e-8);
  const half = gradcheck((x) => x.mul(x.detach()), [3]).inputs[0];
  assert.is(half?.worst?.analytic, 3);
  assert.ok(gradcheck(() => tensor([1, 2]), [3]).ok, "a constant has the derivative 0");
  assert.ok(gradcheck((_x, y) => y, [tensor([1, 2]), 3]).ok, "an argument may be unused, or the result");
});

test("tolerances and the step are what they are set to", () => {
  const f = (x: Tensor) => new WrongCube(0, 0.01).apply(x);
  const x = tensor([1]);
  assert.not.ok(gradcheck(f, [x]).ok);
  assert.ok(gradcheck(f, [x], { atol: 0.011, rtol: 0 }).ok);
  assert.not.ok(gradcheck(f, [x], { atol: 0.009, rtol: 0 }).ok);
  assert.ok(gradcheck(f, [x], { atol: 0, rtol: 0.011 / 3 }).ok);
  // The central difference of x^3 is off by eps^2.
  const worst = gradcheck((x) => x.pow(3), [1], { eps: 0.1 }).inputs[0]?.worst;
  assert.ok(Math.abs((worst?.error ?? 0) - 0.01) < 1e-12);
  assert.is(worst?.tolerance, 1e-4 * (worst?.numerical ?? 0));
  assert.ok(gradcheck((x) => x.mul(2), [1], { atol: 0, rtol: 0, eps: 0.5 }).ok, "no error needs no tolerance");
  assert.is(gradcheck((x) => x, [1], { eps: 0.25 }).eps, 0.25);
  for (const bad of [
    { eps: 0 },
    { eps: -1 },
    { eps: Number.NaN },
    { eps: Number.POSITIVE_INFINITY },
    { atol: -1 },
    { rtol: Number.NaN },
  ]) {
    assert.throws(
      () => gradcheck((x) => x, [1], bad),
      (error: unknown) => error instanceof ChainruleError,
    );
  }
});

test("inputs stay as they are, and so do gradients of variables that f is given or reads", () => {
  const x = variable([1, 2, 3], { name: "x" });
  const w = variable(2);
  x.mul(w).sum().backward();
  const before = [x.grad, w.grad, x.values, x.version];
  const report = gradcheck((x) => x.mul(w).square(), [x]);
  assert.ok(report.ok);
  assert.is(report.inputs[0]?.name, "x");
  assert.equal(
    [x.grad, w.grad, x.values, x.version].map((now, i) => now === before[i]),
    [true, true, true, true],
  );
  assert.equal(x.toArray(), [1, 2, 3]);
});

test("an f that throws changes nothing either", () => {
  const x = variable([1, 2]);
  let calls = 0;
  const f = (x: Tensor) => {
    calls++;
    if (calls === 4) throw new Error("now");
    return x.square();
  };
  assert.throws(() => gradcheck(f, [x]), /now/);
  assert.equal(x.toArray(), [1, 2]);
  assert.is(x.grad, null);
});

test("f is called 3 + 2n times, also inside noGrad, and may share arrays with its arguments", () => {
  let calls = 0;
  const f = (x: Tensor) => {
    calls++;
    return x.reshape([4]);
  };
  assert.ok(noGrad(() => gradcheck(f, [zeros([2, 2])])).ok);
  assert.is(calls, 11);
});

test("f may differentiate something inside: second derivatives are checked that way", () => {
  const slope = (x: Tensor): Tensor => {
    x.exp().mul(x).sum().backward({ createGraph: true });
    return x.grad as Tensor;
  };
  const report = gradcheck(slope, [tensor([0.5, -1])]);
  assert.ok(report.ok, report.toString());
  // (x e^x)'' = (x + 2) e^x
  const direct = gradcheck((x) => slope(x).sum(), [tensor([0.5])]).inputs[0]?.worst;
  assert.ok(Math.abs((direct?.analytic ?? 0) - 2.5 * Math.exp(0.5)) < 1e-12);
});

test("a kink is named as one, a wrong gradient at a smooth place is not", () => {
  const kink = gradcheck((x) => x.relu(), [tensor([1, 0, -1])]);
  assert.not.ok(kink.ok);
  assert.equal(kink.inputs[0]?.worst?.index, [1]);
  assert.is(kink.inputs[0]?.worst?.analytic, 0);
  assert.equal(kink.inputs[0]?.worst?.slopes.map(Math.round), [0, 1]);
  assert.match(kink.toString(), /slopes 0 on the left, 1 on the right/);
  assert.not.match(gradcheck((x) => new WrongCube(0, 1).apply(x), [tensor([1])]).toString(), /kink/);
});

test("values that are not finite are never right", () => {
  const log = gradcheck((x) => x.log(), [tensor([0])]);
  assert.not.ok(log.ok);
  assert.is(log.kind, "not finite");
  assert.is(log.origin, "Log");
  assert.match(log.toString(), /Log made the first one: t1 = Log\(input0\) = \[-Infinity\], with input0 = \[0\]/);
  // 1/x at eps: the lower difference divides by 0, and an infinite derivative would have an infinite tolerance.
  const pole = gradcheck((x) => x.sub(1).pow(-2), [1.5], { eps: 0.5 });
  assert.is(pole.inputs[0]?.worst?.numerical, Number.NEGATIVE_INFINITY);
  assert.not.ok(pole.ok);
});

test("float32 is refused, with the reason, unless it is allowed; then the step is wide", () => {
  const x = tensor([0.5, 2], { dtype: "float32", name: "x" });
  assert.throws(
    () => gradcheck((x) => x.square(), [x]),
    (error: unknown) =>
      error instanceof DTypeError && /x is float32, whose seven digits .* allowFloat32: true/.test(error.message),
  );
  assert.throws(() => gradcheck((x) => x.cast("float32"), [1]), /the result is float32/);
  const report = gradcheck((x) => x.exp().mul(3), [x], { allowFloat32: true });
  assert.ok(report.ok, report.toString());
  assert.is(report.eps, 1e-2);
  assert.ok(gradcheck((x) => x.cast("float32").sin(), [1], { allowFloat32: true }).ok);
  assert.is(gradcheck((x) => x.square(), [3], { allowFloat32: true }).eps, 1e-6, "float64 is checked as ever");
  assert.not.ok(gradcheck((x) => x.mul(x.detach()), [x], { allowFloat32: true }).ok);
});

test("integers and bools are refused, as inputs and as results", () => {
  assert.throws(
    () => gradcheck((x) => x.cast("float64"), [tensor([1, 2], { dtype: "int32" })]),
    /input0 is int32.*allowIntegers: true/,
  );
  assert.throws(
    () => gradcheck((x) => x.greater(0), [1]),
    (error: unknown) => error instanceof DTypeError,
  );
  const rows = tensor([1, 1, 0], { dtype: "int32" });
  assert.ok(
    gradcheck(
      (x) => x.take(rows),
      [
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ],
    ).ok,
  );
});

test("a function that gives no tensor, or not the same one each time, is an error that says so", () => {
  assert.throws(() => gradcheck((() => 3) as unknown as () => Tensor, [1]), /gave a number, not a tensor/);
  assert.throws(() => gradcheck((() => null) as unknown as () => Tensor, [1]), /gave null, not a tensor/);
  const random = new Random(1);
  const dropout = (x: Tensor) => x.mul(random.uniform([3]).greater(0.5).cast("float64"));
  const report = gradcheck(dropout, [tensor([1, 2, 3])]);
  assert.is(report.kind, "not deterministic");
  assert.not.ok(report.ok);
  assert.match(report.toString(), /same inputs.*fix the seed.*dropout mask/);
  const jumpy = (x: Tensor) => (x.item() > 1 ? x.expandDims(0) : x);
  assert.throws(
    () => gradcheck(jumpy, [1]),
    (error: unknown) => error instanceof ShapeError && /\[\] and then float64 \[1\]/.test(error.message),
  );
});

test("a step that vanishes beside the value is an error, not a NaN", () => {
  assert.throws(
    () => gradcheck((x) => x.mul(2), [1e12]),
    /1000000000000, which 0.000001 more or less does not change; give a larger eps/,
  );
  assert.ok(gradcheck((x) => x.mul(2), [1e12], { eps: 1 }).ok);
});

test("nothing to compare is no failure", () => {
  const report = gradcheck((x) => x.square(), [zeros([0, 3])]);
  assert.ok(report.ok);
  assert.is(report.inputs[0]?.worst, null);
  assert.match(report.toString(), /input0 \[0, 3\]: nothing to compare/);
  assert.ok(gradcheck(() => tensor(1), []).ok);
});

test("assertGradcheck is silent or throws the report", () => {
  assertGradcheck((x) => x.sin(), [tensor([0, 1])]);
  assert.throws(
    () => assertGradcheck((x) => new WrongCube(1, 1).apply(x), [tensor([1, 2])]),
    (error: unknown) =>
      error instanceof ChainruleError &&
      /failed.*\n.*d\(y\[1\]\)\/d\(input0\[1\]\): analytic 13, numerical 12/.test(error.message),
  );
});

// --- numericalGradient ---------------------------------------------------------------------------------------------------

test("the textbook's first partial derivative of x0^2 + x1^2 at (3, 4), to the last digit", () => {
  assert.is(numericalGradient((x) => x.square().add(16), 3).item(), 6.00000000000378);
  assert.ok(Math.abs(numericalGradient((x) => x.add(1).mul(x), 3).item() - 7) < 1e-9, "a scalar stays a number");
  const gradient = numericalGradient((x) => x.square().sum(), tensor([3, 4])).toArray();
  assert.is(gradient[0], 6.00000000000378);
  assert.ok(Math.abs((gradient[1] ?? 0) - 8) < 1e-10);
});

test("the textbook's derivatives of 0.01 x^2 + 0.1 x at 5 and 10: 0.2 and 0.3", () => {
  const f = (x: Tensor) => x.square().mul(0.01).add(x.mul(0.1));
  assert.ok(Math.abs(numericalGradient(f, 5).item() - 0.2) < 1e-11);
  assert.ok(Math.abs(numericalGradient(f, 10).item() - 0.3) < 1e-11);
});

test("any rank, with functions that give tensors or numbers", () => {
  const x = tensor([
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ]);
  const gradient = numericalGradient((x) => x.square().sum().item(), x);
  assert.equal(gradient.shape, [2, 2, 2]);
  Array.from(gradient.data).forEach((value, i) => {
    assert.ok(Math.abs(value - 2 * (i + 1)) < 1e-8);
  });
  assert.is(gradient.requiresGrad, false);
  assert.equal(numericalGradient(() => 1, zeros([0])).toArray(), []);
  assert.ok(Math.abs(numericalGradient((x) => x.reshape([1, 1]).mul(3), 2).item() - 3) < 1e-9, "one element will do");
});

test("a variable that f reads from outside is differentiated, scalar or not", () => {
  const w = variable([1, 2], { name: "w" });
  const s = variable(3);
  const loss = () => w.square().sum().mul(s);
  assert.ok(
    numericalGradient(loss, w)
      .toArray()
      .every((value, i) => Math.abs(value - 6 * (i + 1)) < 1e-8),
  );
  assert.ok(Math.abs(numericalGradient(loss, s).item() - 5) < 1e-8);
});

test("the argument is as it was afterwards, also when f throws; graphs that used it still work", () => {
  for (const x of [variable([1, 2]), tensor([1, 2])]) {
    const values = x.values;
    numericalGradient((x) => x.sum(), x);
    assert.is(x.values, values);
    assert.equal(x.toArray(), [1, 2]);
    assert.is(x.version, 0);
    let calls = 0;
    const failing = (x: Tensor) => {
      calls++;
      if (calls === 3) throw new Error("now");
      return x.sum();
    };
    assert.throws(() => numericalGradient(failing, x), /now/);
    assert.is(x.values, values);
    assert.equal(x.toArray(), [1, 2]);
  }
  const x = variable(3);
  const y = x.square();
  numericalGradient((x) => x.square(), x);
  assert.is(x.grad, null);
  y.backward();
  assert.is(x.grad?.item(), 6);
});

test("the step suits the dtype and the size of the element", () => {
  // Error allowed, relative: the bounds of the docstring, curvature and rounding, with a factor of 4 in all.
  const functions: [(x: Tensor) => Tensor, (x: number) => number, (x: number) => boolean][] = [
    [(x) => x.square(), (x) => 2 * x, () => true],
    [(x) => x.sin(), Math.cos, (x) => Math.abs(x) < 10],
    [(x) => x.exp(), Math.exp, (x) => Math.abs(x) < 10],
    [(x) => x.pow(3), (x) => 3 * x * x, () => true],
    [(x) => x.reciprocal(), (x) => -1 / (x * x), (x) => Math.abs(x) > 0.5],
    [(x) => x.log(), (x) => 1 / x, (x) => x > 0.5],
  ];
  for (const [dtype, precision] of [
    ["float64", 2e-7],
    ["float32", 1e-3],
  ] as const) {
    for (const [f, slope, covers] of functions) {
      for (const at of [-3, 0.03, 0.5, 1, 7, 19, 123, 3e4, 1e7, -1e9].filter(covers)) {
        const x = tensor([at], { dtype });
        const value = x.data[0] as number;
        // The textbook's step in float64 suits elements of ordinary size only.
        const options = dtype === "float64" && Math.abs(at) > 19 ? { h: 6.1e-6 * Math.abs(at) } : {};
        const found = numericalGradient((x) => f(x).sum(), x, options).data[0] as number;
        const error = Math.abs(found - slope(value));
        assert.ok(error <= precision * Math.max(1, Math.abs(slope(value))), `${f}, ${dtype}, at ${at}: ${found}`);
        // No smaller than the rounding of a step of 1e-4 would make it, which is the fault that this test is for.
        if (Math.abs(value) >= 0.5)
          assert.ok(error <= precision * 10 * Math.abs(slope(value)), `${f}, ${dtype}, ${at}`);
      }
    }
  }
  // Each element has a step of its own.
  const large = tensor([1e9, 1e-3], { dtype: "float32" });
  const both = numericalGradient((x) => x.square().sum(), large).toArray();
  assert.ok(Math.abs((both[0] ?? 0) / 2e9 - 1) < 1e-3);
  // Where the textbook's step is lost, its difference is 0.
  assert.equal(numericalGradient((x) => x.square().sum(), tensor([3, 1e13])).data[1], 0);
});

test("float32 is divided by the step that it can represent", () => {
  const x = tensor([3, 4], { dtype: "float32" });
  const gradient = numericalGradient((x) => x.cast("float64").square().sum(), x);
  assert.is(gradient.dtype, "float32");
  // Exact for a quadratic but for the rounding of the result.
  Array.from(gradient.data).forEach((value, i) => {
    assert.ok(Math.abs(value - 2 * (i + 3)) < 1e-6, String(value));
  });
});

test("a function that draws random numbers is noticed, a step that is none refused, and nothing changes", () => {
  const w = variable([1, 2]);
  const random = new Random(1);
  assert.throws(
    () => numericalGradient((w) => w.mul(random.uniform([2])).sum(), w),
    /gave .* and then .* for the same/,
  );
  for (const h of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1", null]) {
    assert.throws(
      () => numericalGradient((w) => w.sum(), w, { h: h as number }),
      (error: unknown) => error instanceof ChainruleError && /is no step/.test(error.message),
    );
  }
  assert.throws(() => numericalGradient((w) => w.sum(), tensor([1e13]), { h: 1e-4 }), /give a larger h/);
  for (const bad of [undefined, null, "1", [1], {}, true]) {
    assert.throws(
      () => numericalGradient((() => bad) as never, w),
      (error: unknown) => error instanceof GraphError && /the function gave .*, not a scalar/.test(error.message),
    );
  }
  assert.equal(w.toArray(), [1, 2]);
  assert.ok(Number.isNaN(numericalGradient((x) => x.mul(2), Number.NaN).item()));
});

test("the step is h", () => {
  // (x + h)^3 - (x - h)^3 = 2h (3x^2 + h^2)
  assert.ok(Math.abs(numericalGradient((x) => x.pow(3), 1, { h: 0.5 }).item() - 3.25) < 1e-12);
});

test("integers and bools are refused, and a result that is not one number", () => {
  assert.throws(
    () => numericalGradient((x) => x.sum(), tensor([1, 2], { dtype: "int32" })),
    (error: unknown) => error instanceof DTypeError,
  );
  assert.throws(
    () => numericalGradient(() => 1, tensor([true])),
    (error: unknown) => error instanceof DTypeError,
  );
  const x = variable([1, 2]);
  assert.throws(
    () => numericalGradient((x) => x.square(), x),
    (error: unknown) => error instanceof GraphError && /shape \[2\], not a scalar/.test(error.message),
  );
  assert.equal(x.toArray(), [1, 2]);
});

test.run();
