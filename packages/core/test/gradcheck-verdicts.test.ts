import { test } from "uvu";
import * as assert from "uvu/assert";
import { viewOf } from "../src/check/view.js";
import {
  add,
  ChainruleError,
  checkpoint,
  customGradient,
  customOp,
  DTypeError,
  elementwise,
  fixedPoint,
  gradcheck,
  Node,
  Random,
  rootOf,
  type Shape,
  scan,
  type Tensor,
  tensor,
  where,
} from "../src/index.js";

// What gradcheck says of a function whose gradient is not right, and of one whose gradient only looks wrong.

/** x^3 with a gradient of 2 x^2, as a slip of the pen makes it. */
const slip = customOp("Slip", {
  arity: 1,
  shape: (x) => x,
  forward: (out, x) => out.set(Array.from(x.data, (value) => value ** 3)),
  backward: [(dout, x) => dout.mul(x.square().mul(2))],
});

test("a wrong backward is found and named among fifty right ones", () => {
  const smooth = [
    (x: Tensor) => x.sin().mul(0.2).add(x),
    (x: Tensor) => x.softplus().sub(0.4),
    (x: Tensor) => x.asinh().mul(1.2),
  ];
  const f = (x: Tensor, w: Tensor): Tensor => {
    let y = x.matmul(w);
    for (let i = 0; i < 30; i++)
      y = i === 17 ? slip(y.add(1)) : (smooth[i % smooth.length] as (x: Tensor) => Tensor)(y);
    return y.mean();
  };
  const random = new Random(3);
  const report = gradcheck(f, [random.normal([3, 4]), random.normal([4, 2])]);
  assert.is(report.kind, "wrong gradient");
  assert.equal(
    report.culprits.map(({ op }) => op),
    ["Slip"],
  );
  const [culprit] = report.culprits;
  assert.ok((culprit?.nodes ?? 0) > 50, String(culprit?.nodes));
  // 2 x^2 in the place of 3 x^2.
  assert.ok(Math.abs((culprit?.analytic ?? 0) / (culprit?.numerical ?? 1) - 2 / 3) < 1e-5);
  assert.match(report.toString(), /the likely culprit is Slip, node \d+ of \d+, t\d+: Slip\(t\d+\) \[3, 2\]/);
});

test("several wrong nodes are all named, the first in forward order first", () => {
  const half = elementwise("Half", { forward: (k, x) => k.div(x, 2), backward: [(_, dout) => dout] });
  const report = gradcheck((x) => half(slip(x).sin()).sum(), [tensor([0.5, 1])]);
  assert.equal(
    report.culprits.map(({ op, position }) => [op, position]),
    [
      ["Slip", 1],
      ["Half", 3],
    ],
  );
});

test("a wrong gradient by the second of two inputs, one of them large, is named with that input", () => {
  const wrong = customOp("Scaled", {
    arity: 2,
    shape: (x) => x,
    forward: (out, x, s) => out.set(Array.from(x.data, (value) => value * (s.data[0] as number))),
    backward: [(dout, _, s) => dout.mul(s), (dout, x) => dout.mul(x).mean()],
  });
  const report = gradcheck((x, s) => wrong(x, s).sum(), [new Random(1).normal([50]), tensor(2, { name: "s" })]);
  assert.equal(
    report.inputs.map(({ ok }) => ok),
    [true, false],
  );
  assert.is(report.culprits[0]?.input, 1);
});

test("a fast backward unlike the one in ops is found, whichever of the two is wrong", () => {
  class TwoWays extends Node {
    override readonly name = "TwoWays";
    readonly factors: readonly [fast: number, ops: number];
    constructor(fast: number, ops: number) {
      super();
      this.factors = [fast, ops];
    }
    override shapeRule(x: Tensor): Shape {
      return x.shape;
    }
    override localForward(_shape: Shape, _dtype: string, x: Tensor) {
      return Float64Array.from(x.data, (value) => 3 * value);
    }
    override localBackward(dout: Tensor): Tensor {
      return dout.mul(this.factors[1]);
    }
    override fastBackward(dout: Tensor): Tensor {
      return dout.mul(this.factors[0]);
    }
  }
  const check = (fast: number, ops: number) =>
    gradcheck((x) => new TwoWays(fast, ops).apply(x).sin(), [tensor([1, 2])]);
  assert.ok(check(3, 3).ok);
  for (const report of [check(2, 3), check(3, 2)]) {
    assert.is(report.kind, "wrong gradient");
    assert.is(report.culprits[0]?.op, "TwoWays");
    assert.ok(Math.abs((report.culprits[0]?.analytic ?? 0) / (report.culprits[0]?.numerical ?? 1) - 2 / 3) < 1e-6);
  }
});

test("the second derivative is checked with order 2, the third with order 3, and the order is told", () => {
  // Right once: a backward that is itself not differentiable as it should be, as it leaves the graph.
  const once = customOp("Once", {
    arity: 1,
    shape: (x) => x,
    forward: (out, x) => out.set(Array.from(x.data, (value) => value ** 3)),
    backward: [(dout, x) => dout.mul(x.detach().square().mul(3))],
  });
  const x = tensor([0.5, -1], { name: "x" });
  assert.ok(gradcheck((x) => once(x), [x]).ok);
  const second = gradcheck((x) => once(x), [x], { order: 2 });
  assert.is(second.kind, "wrong gradient");
  assert.is(second.inputs[0]?.worst?.order, 2);
  assert.is(second.inputs[0]?.worst?.of, "gradient by x");
  assert.match(second.toString(), /detach/);
  const third = gradcheck((x, y) => x.mul(y).sin(), [x, 0.7], { order: 3 });
  assert.ok(third.ok, third.toString());
  // Orders 1 to 3: 2 rows, then 3 gradients (2 by x, 1 by y), by each of the 3 elements.
  for (const order of [1, 2, 3]) {
    assert.ok(gradcheck(() => tensor([1, 2]), [3], { order }).ok, "a constant");
    assert.ok(gradcheck(() => tensor([1, 2]), [], { order }).ok, "no inputs");
    assert.ok(gradcheck((x) => x, [tensor([3, 4])], { order }).ok, "the argument itself");
  }
  assert.equal(
    third.inputs.map(({ checked }) => checked),
    [2 * 2 + 3 * 2 + 3 * 2, 2 + 3 + 3],
  );
});

test("a kink is no wrong gradient, unless the gradient is none of its slopes", () => {
  for (const f of [
    (x: Tensor) => x.relu(),
    (x: Tensor) => x.abs().mul(0.5).add(x.mul(0.2)),
    (x: Tensor) => x.maximum(0).square().add(x.relu()),
  ]) {
    for (const at of [0, 4e-7]) {
      const report = gradcheck((x) => f(x).sum(), [tensor([1, at])]);
      // 0.7 and -0.3 have the mean 0.2, which is what |x| + 0.2 x gives at 0.
      if (report.ok) continue;
      assert.is(report.kind, "kink", report.toString());
      assert.equal(report.inputs[0]?.worst?.index, [1]);
      assert.equal(report.culprits, []);
      assert.match(report.toString(), /kink.*move the input away/s);
    }
  }
  const slopes = gradcheck((x) => x.relu().mul(3), [0]).inputs[0]?.worst?.slopes ?? [];
  assert.ok(Math.abs((slopes[0] ?? 9) - 0) < 1e-9 && Math.abs((slopes[1] ?? 9) - 3) < 1e-9);
  assert.is(gradcheck((x) => x.floor().add(x.mul(2)), [2]).kind, "kink", "a jump");
  const outside = elementwise("Outside", { forward: (k, x) => k.max(x, 0), backward: [(k, dout) => k.mul(dout, 7)] });
  const report = gradcheck((x) => outside(x), [0]);
  assert.is(report.kind, "wrong gradient");
  assert.is(report.culprits[0]?.op, "Outside");
});

/** A function with a gradient of its own, right or wrong. */
const claimed = (f: (x: Tensor) => Tensor, slope: number) =>
  customGradient((x: Tensor) => f(x), [(dout) => dout.mul(slope)]);
const step = (x: Tensor) => x.greaterEqual(0).cast("float64");

test("at a jump nothing is said of the gradient, and at a kink that it is a slope", () => {
  const jumps: readonly ((x: Tensor) => Tensor)[] = [
    step,
    (x) => x.sign(),
    (x) => x.add(2).floor().add(x),
    claimed((x) => step(x).add(x), 7),
    claimed((x) => x.add(2).floor().add(x), 7),
    claimed((x) => x.sign().mul(x.cos()), -1),
  ];
  for (const f of jumps) {
    for (const at of [tensor(0), tensor([0, 0])] as Tensor[]) {
      const report = gradcheck((x) => f(x).sum(), [at]);
      assert.is(report.kind, "kink", report.toString());
      assert.is(report.inputs[0]?.worst?.jumps, true);
      assert.match(report.toString(), /; jump: .*\n.*a jump here, .*, and nothing can be said of the gradient: move/s);
      assert.not.match(report.toString(), /slope that it may have/);
    }
  }
  for (const f of [(x: Tensor) => x.relu(), (x: Tensor) => x.clamp(0, 1), (x: Tensor) => x.maximum(x.mul(3))]) {
    const report = gradcheck((x) => f(x), [0]);
    assert.is(report.inputs[0]?.worst?.jumps, false);
    assert.match(report.toString(), /; kink: .*\n.*a kink here, .*is a slope that it may have: move/s);
  }
});

test("a function is called some hundred times for a derivative that is looked at closely, also at 0", () => {
  const rows: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
    ["a jump", step],
    ["a jump of the sign", (x) => x.sign()],
    ["a jump, and the gradient wrong", claimed((x) => step(x).add(x), 7)],
    ["nothing, and the gradient wrong", claimed((x) => x.mul(0), 7)],
    ["a kink", (x) => x.relu()],
    ["a kink, and the gradient wrong", claimed((x) => x.abs(), 7)],
    ["bounds that meet", (x) => x.clamp(0, 0)],
    ["a cusp", claimed((x) => x.abs().sqrt(), 1)],
    ["a pole", claimed((x) => x.reciprocal(), 1)],
    ["a wave", claimed((x) => x.mul(1e12).sin(), 1)],
  ];
  for (const [what, f] of rows) {
    for (const at of [0, 1e-300, 1e-20, 1]) {
      let calls = 0;
      gradcheck(
        (x) => {
          calls++;
          return f(x);
        },
        [at],
      );
      assert.ok(calls <= 600, `${what} at ${at}: ${calls}`);
    }
  }
});

test("a wrong gradient beside kinks is still reported", () => {
  const report = gradcheck((x) => x.relu().add(slip(x)).sum(), [tensor([0, 0, 2, 0])]);
  assert.is(report.kind, "wrong gradient");
  assert.equal(report.inputs[0]?.worst?.index, [2]);
  assert.is(report.culprits[0]?.op, "Slip");
});

test("an error that rounding explains is a matter of precision, in whichever way it comes", () => {
  const far = (offset: number) => gradcheck((x) => x.add(offset).sub(offset), [tensor([0.3, 1.7])]);
  for (const offset of [1e9, 1e11, 1e13]) {
    const report = far(offset);
    assert.is(report.kind, "precision", report.toString());
    assert.match(report.toString(), /rounding.*larger one/);
  }
  assert.ok(far(1e3).ok);
  // A step so wide that it sees the curvature.
  assert.is(gradcheck((x) => x.mul(40).sin(), [1], { eps: 0.05 }).kind, "precision");
  // A wrong gradient is one in spite of noise that is too small to explain it.
  assert.is(gradcheck((x) => slip(x).add(1e7).sub(1e7), [2]).kind, "wrong gradient");
});

test("float32 that is allowed: right ones pass, wrong ones fail, noise is called precision", () => {
  const x = tensor([0.5, 2, -1], { dtype: "float32" });
  assert.ok(gradcheck((x) => x.exp().sin(), [x], { allowFloat32: true, order: 2 }).ok);
  assert.is(gradcheck((x) => slip(x), [x], { allowFloat32: true }).kind, "wrong gradient");
  assert.is(gradcheck((x) => x.sin(), [x], { allowFloat32: true, eps: 1e-6 }).kind, "precision");
});

test("a mask that is redrawn is told from a wrong gradient, and a mask that is fixed passes", () => {
  const random = new Random(5);
  const mask = (random: Random) => random.uniform([20]).less(0.5).cast("float64");
  const x = new Random(1).normal([20]);
  const redrawn = gradcheck((x) => x.mul(mask(random)), [x]);
  assert.is(redrawn.kind, "not deterministic");
  assert.match(redrawn.toString(), /fix the seed/);
  assert.ok(gradcheck((x) => x.mul(mask(new Random(5))), [x]).ok);
});

test("of a NaN the node that made it first is named: forward, backward, and a step away", () => {
  const forward = gradcheck((x) => x.square().neg().sqrt().add(1).sin(), [tensor([2, 3])]);
  assert.is(forward.kind, "not finite");
  assert.is(forward.origin, "Sqrt");
  const behind = gradcheck((x) => x.log().mul(x).sum(), [tensor([0, 1])]);
  assert.is(behind.origin, "Mul");
  assert.match(behind.explanation, /= \[-Infinity, 0\], made by Log/);
  // The value is right, the gradient is 0 x infinity behind the branch that was not taken.
  const hidden = gradcheck((x) => where(x.greater(0), x.log(), x.mul(0)), [tensor([0, 1])]);
  assert.is(hidden.kind, "not finite");
  assert.is(hidden.origin, "Log");
  assert.match(hidden.explanation, /the backward of Log/);
  const border = gradcheck((x) => x.log(), [5e-7]);
  assert.is(border.kind, "not finite");
  assert.match(border.explanation, /input0\[\] less eps, a step away: Log made the first one/);
  assert.is(gradcheck((x) => x.add(tensor(Number.NaN)), [1]).origin, null);
});

test("random projections agree with the whole Jacobian and find the element of a wrong one", () => {
  const random = new Random(9);
  const [x, w] = [random.normal([40, 30]), random.normal([30, 20])];
  let calls = 0;
  const right = gradcheck(
    (x, w) => {
      calls++;
      return x.matmul(w).tanh();
    },
    [x, w],
    { mode: "random" },
  );
  assert.ok(right.ok, right.toString());
  assert.ok(calls < 30, `${calls} calls`);
  assert.is(right.inputs[0]?.checked, 4);
  assert.is(right.inputs[0]?.worst?.index, null);
  const at = 777;
  const spot = customOp("Spot", {
    arity: 1,
    shape: (x) => x,
    forward: (out, x) => out.set(Array.from(x.data, (value) => value ** 2)),
    backward: [
      (dout, x) =>
        dout.mul(x.mul(tensor(Array.from({ length: 1200 }, (_, i) => (i === at ? 5 : 2))).reshape([40, 30]))),
    ],
  });
  const wrong = gradcheck((x) => spot(x).sin(), [x], { mode: "random" });
  assert.is(wrong.kind, "wrong gradient");
  assert.equal(wrong.inputs[0]?.worst?.index, [25, 27]);
  assert.equal(wrong.inputs[0]?.worst?.output, [25, 27]);
  assert.is(wrong.culprits[0]?.op, "Spot");
  assert.ok(gradcheck((x) => x.sin().matmul(w), [x], { mode: "random", order: 2 }).ok);
  const [first, second] = [1, 1].map((seed) => gradcheck((x) => x.sin(), [x], { mode: "random", seed }).toString());
  assert.is(first, second);
});

test("integers may be held fixed; otherwise they are refused, with the reason", () => {
  const index = tensor([1, 0, 1], { dtype: "int32", name: "index" });
  const f = (x: Tensor, i: Tensor) => x.take(i).square();
  assert.throws(
    () => gradcheck(f, [tensor([3, 4]), index]),
    (error: unknown) => error instanceof DTypeError && /index is int32/.test(error.message),
  );
  const report = gradcheck(f, [tensor([3, 4]), index], { allowIntegers: true, order: 2 });
  assert.ok(report.ok, report.toString());
  assert.is(report.inputs.length, 1);
});

test("what leaves the graph has no wrong node, and that is said; a custom gradient is a node like any other", () => {
  const cut = gradcheck((x) => add(x, x.detach()).sin(), [tensor([1, 2])]);
  assert.is(cut.kind, "wrong gradient");
  assert.equal(cut.culprits, []);
  assert.match(cut.explanation, /every node on the way is right by itself/);
  const straight = customGradient((x: Tensor) => x.mul(3), [(dout) => dout]);
  assert.is(gradcheck((x) => straight(x).sum(), [tensor([1, 2])]).culprits.length, 1);
});

test("an op of one's own is found whatever its name, that of a checkpoint as well", () => {
  const named = customOp("Checkpoint", {
    arity: 1,
    shape: (x) => x,
    forward: (out, x) => out.set(x.data),
    backward: [(dout) => dout.mul(2)],
  });
  assert.equal(
    gradcheck((x) => named(x).sin(), [tensor([1, 2])]).culprits.map(({ op }) => op),
    ["Checkpoint"],
  );
});

test("what is in checkpoints is looked into: the node that is wrong, its step, where NaN began, and how precise values are", () => {
  const bad = customGradient((x: Tensor) => x.square(), [(dout, x) => dout.mul(x).mul(3)], { name: "Bad" });
  const along = (x: Tensor, options: { checkpoint?: number }) =>
    scan((c: Tensor, e: Tensor) => [c.add(bad(e.mul(x))).tanh()], x, tensor([1, 2, 3, 4]), options)[0];
  const culprits = (f: (x: Tensor) => Tensor, x: Tensor) =>
    gradcheck(f, [x]).culprits.map(({ text, step, analytic, numerical }) => [text, step, analytic, numerical]);
  const x = tensor([0.1, 0.2, 0.3]);
  const kept = culprits((x) => along(x, {}), x);
  assert.is(kept.length, 4);
  assert.equal(
    culprits((x) => along(x, { checkpoint: 2 }), x),
    kept,
  );
  assert.equal(
    culprits((x) => checkpoint((x) => bad(x.tanh()), x), x),
    culprits((x) => bad(x.tanh()), x),
  );
  assert.is(gradcheck((x) => checkpoint((x) => x.sub(1).log().add(1), x), [x]).origin, "Log");
  // So flat that rounding hides the slope.
  const flat = tensor([1, 2, 3]);
  assert.is(gradcheck((x) => along(x, {}), [flat]).kind, gradcheck((x) => along(x, { checkpoint: 2 }), [flat]).kind);
});

test("a wrong node in the equations of a solution is found", () => {
  const bad = customGradient((x: Tensor) => x.sin(), [(dout) => dout.mul(2)], { name: "Bad" });
  const equations: Record<string, (a: Tensor) => Tensor> = {
    fixedPoint: (a) => fixedPoint((x: Tensor) => bad(x).mul(0.2).add(a), tensor([0, 0])),
    rootOf: (a) => rootOf((x) => x.add(bad(x).mul(0.2)).sub(a), tensor([0, 0])),
  };
  for (const [name, f] of Object.entries(equations)) {
    const report = gradcheck(f, [tensor([0.3, 0.6])]);
    assert.is(report.kind, "wrong gradient", name);
    assert.equal(
      new Set(report.culprits.map(({ op, step }) => `${op}, ${step}`)),
      new Set([`Bad, the equations of ${name}`]),
    );
  }
});

test("options that mean nothing are errors", () => {
  const bad: Record<string, readonly unknown[]> = {
    eps: [0, -1, Number.NaN, Number.POSITIVE_INFINITY, null, "1", true, Symbol("x"), 1n, [1]],
    atol: [-1, Number.NaN, null, "1", true, Symbol("x"), 1n, [1]],
    rtol: [-1, Number.NaN, null, "1", true, Symbol("x"), 1n, [1]],
    order: [0, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, null, "1", Symbol("x")],
    projections: [0, 1.5, Number.NaN, null, "1", Symbol("x")],
    mode: ["some", null, 1, Symbol("x")],
    seed: [Number.NaN, 0.5, null, "1", Symbol("x")],
    allowFloat32: [1, "yes", null, Symbol("x")],
    allowIntegers: [1, "yes", null, Symbol("x")],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      assert.throws(
        () => gradcheck((x) => x, [1], { [name]: value }),
        (error: unknown) => error instanceof ChainruleError && error.message.length < 400,
        `${name}: ${String(value)}`,
      );
    }
  }
});

test("the steepest derivative is looked at closely, beside noise that may explain its error, and however small it is", () => {
  const [w, x] = [
    [-0.00013791, -0.0077133],
    [0.861092219530182, 0.15997531225903672],
  ];
  const f = customGradient(
    (x: Tensor) => x.square().mul(tensor(w)).sum(),
    [
      (dout, x) =>
        dout
          .mul(x)
          .mul(2)
          .mul(tensor(w.with(1, -(w[1] as number)))),
    ],
  );
  const { kind } = gradcheck((x) => f(x).add(222291497.86603367).sub(222291497.86603367).mul(1e-9), [tensor(x)]);
  assert.is(kind, "wrong gradient");
});

test("what is no list of inputs, no function or no tensor is an error that shows the right form", () => {
  const call = gradcheck as (...args: unknown[]) => unknown;
  const cases: [() => unknown, RegExp][] = [
    [() => call((x: Tensor) => x, tensor([1, 2])), /takes the list of the inputs of f, gradcheck\(f, \[x, y\]\)/],
    [() => call((x: Tensor) => x, 1), /takes the list of the inputs/],
    [() => call(tensor([1]), [1]), /gradcheck: takes a function/],
    [() => call((x: Tensor) => x, [undefined]), /gradcheck: /],
    [() => call(() => undefined, [1]), /the function gave undefined, not a tensor/],
    [() => call(() => [tensor(1)], [1]), /not a tensor; return the result of ops/],
    [() => call((x: Tensor) => x, [1], 1), /options are a record/],
    [() => call(), /takes a function/],
  ];
  for (const [misuse, message] of cases) {
    assert.throws(misuse, (error: unknown) => error instanceof ChainruleError && message.test(error.message));
  }
});

test("a function that has no values on some of the points is seen by those that are left", () => {
  for (const cut of [0.9, 1.5, 2, 2.9, 4, 5, 6, 7, 9]) {
    for (const [left, right] of [
      [cut, 9],
      [9, cut],
      [cut, cut],
    ] as const) {
      const line = (t: number) => ({ t, y: t < -left || t > right ? Number.NaN : 2 + 3 * t + 0.5 * t * t });
      const view = viewOf({ line, size: 1, rounding: 1e-15, hidden: 0 }, 1);
      // Five points at least on a side.
      if (Math.max(left, right) < 4.8) assert.is(view, null);
      else
        for (const slope of view?.slopes ?? []) assert.ok(Math.abs(slope - 3) < 1e-10, `${left}, ${right}: ${slope}`);
    }
  }
});

test.run();
