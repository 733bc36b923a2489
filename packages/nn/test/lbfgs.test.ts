import {
  ChainruleError,
  CompileError,
  compile,
  GraphError,
  ShapeError,
  type Tensor,
  tensor,
  variable,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LBFGS, type LBFGSOptions, type Optimizer, trainStep } from "../src/index.js";
import { strongWolfe } from "../src/optimizers/line-search.js";
import { minima } from "./support/pytorch-optimizers.js";
import { assertClose, assertThrows } from "./support.js";

type Loss = (p: Tensor) => Tensor;

/** Sum of 100 (p[i + 1] - p[i]^2)^2 + (1 - p[i])^2. */
const rosenbrock: Loss = (p) => {
  const [from, to] = [p.slice([[0, p.size - 1]]), p.slice([[1, p.size]])];
  return to.sub(from.square()).square().mul(100).add(from.neg().add(1).square()).sum() as Tensor;
};

const hilbert = Array.from({ length: 5 }, (_, i) =>
  Array.from({ length: 5 }, (_, j) => 1 / (i + j + 1) + (i === j ? 0.01 : 0)),
);
const quadratic: Loss = (p) => p.matmul(tensor(hilbert)).dot(p).mul(0.5).sub(p.sum()) as Tensor;

const x = tensor(Array.from({ length: 16 }, (_, i) => [1, i / 4 - 2, ((7 * i) % 11) / 5 - 1]));
const t = tensor(Array.from({ length: 16 }, (_, i) => Math.floor(((5 * i) % 16) / 6) % 2));
const logistic: Loss = (p) => {
  const y = x.matmul(p);
  return y.softplus().sub(t.mul(y)).sum().add(p.square().sum().mul(0.05)) as Tensor;
};

const startOf = (size: number) => Array.from({ length: size }, (_, i) => (i % 2 === 0 ? -1 : 1));
const tight: LBFGSOptions = { toleranceGrad: 1e-12, toleranceChange: 1e-15 };

for (const [name, loss] of Object.entries({ rosenbrock, longer: rosenbrock, quadratic, logistic })) {
  for (const compiled of [false, true]) {
    test(`LBFGS, ${compiled ? "compiled" : "eager"}: the minimum of ${name} is PyTorch's`, () => {
      const expected = minima[name] as readonly number[];
      const p = variable(startOf(expected.length)) as Tensor;
      const optimizer = new LBFGS({ p }, { ...tight, compiled });
      let evaluations = 0;
      const counted = () => {
        evaluations++;
        return loss(p);
      };
      const losses = Array.from({ length: 6 }, () => optimizer.step(counted));
      assertClose(p.detach(), tensor([...expected]), 1e-8, name);
      const first = loss(tensor(startOf(expected.length)) as Tensor);
      assertClose(tensor(losses[0] as number), first, 1e-14, "the loss before");
      assert.equal(
        losses,
        losses.toSorted((a, b) => b - a),
      );
      if (compiled) assert.is(evaluations, 1, "it is compiled once");
      else assert.ok(evaluations < 150, `${evaluations} evaluations`);
    });
  }
}

test("LBFGS: with what it does unless told otherwise, several parameters, scalars and float32 among them", () => {
  const [a, b, c] = [variable(3), variable([[1, -2]], { dtype: "float32" }), variable([5, 5])];
  const optimizer = new LBFGS({ a, b, c, tied: a });
  const loss = () => {
    const sum = a.square().add(
      c
        .sub(tensor([1, 2]))
        .square()
        .sum(),
    );
    return sum.add(b.cast("float64").sub(0.5).square().square().sum()) as Tensor;
  };
  for (let i = 0; i < 4; i++) optimizer.step(loss);
  assert.equal(Object.keys(optimizer.parameters), ["a", "b", "c"]);
  assert.is(b.dtype, "float32");
  assert.ok(loss().item() < 1e-8, `${loss().item()}`);
  assertClose(c.detach(), tensor([1, 2]), 1e-6);
});

test("LBFGS: a state that is saved goes on to the same numbers", () => {
  const whole = variable([-1, 1]) as Tensor;
  const one = new LBFGS({ p: whole }, { maxIter: 5 });
  for (let i = 0; i < 4; i++) one.step(() => rosenbrock(whole));
  const first = variable([-1, 1]) as Tensor;
  const before = new LBFGS({ p: first }, { maxIter: 5 });
  for (let i = 0; i < 2; i++) before.step(() => rosenbrock(first));
  const second = variable(first.detach()) as Tensor;
  const after = new LBFGS({ p: second }, { maxIter: 5 });
  after.loadState(before.state());
  for (let i = 0; i < 2; i++) after.step(() => rosenbrock(second));
  assert.equal(second.toArray(), whole.toArray());
  const { s, y } = one.state() as { s: Tensor; y: Tensor };
  for (const [saved, kind, part] of [
    [{ s }, ChainruleError, "no y"],
    [{ s, y, z: y }, ChainruleError, "z"],
    [{ s, y: s.slice([[0, 1]]) }, ShapeError, "saved y"],
    [{ s: tensor([1]), y: tensor([1]) }, ShapeError, "saved s is float64 [1]"],
  ] as const) {
    assertThrows(() => one.loadState(saved), kind, "LBFGS", part);
  }
  assert.equal(one.state()["s"]?.toArray(), s.toArray());
  new LBFGS({ p: whole }).loadState(new LBFGS({ p: whole }).state());
  const short = new LBFGS({ p: variable([-1, 1]) }, { historySize: 2 });
  short.loadState({ s, y });
  assert.equal(short.state()["s"]?.toArray(), s.slice([[s.size / 2 - 2, s.size / 2]]).toArray());
  const few = variable([-1, 1]) as Tensor;
  const forgetful = new LBFGS({ p: few }, { historySize: 2 });
  for (let i = 0; i < 3; i++) forgetful.step(() => rosenbrock(few));
  assertClose(few.detach(), tensor([1, 1]), 1e-5);
  assert.equal(forgetful.state()["y"]?.shape, [2, 2]);
});

test("LBFGS: walls and plateaus of a line are no obstacle; at a minimum nothing changes", () => {
  // Not a number beyond 2: the first steps of the search go there.
  const p = variable([1.9]) as Tensor;
  const wall = () => p.square().sub(p.neg().add(2).log()).sum() as Tensor;
  const optimizer = new LBFGS({ p }, { ...tight, lr: 50 });
  for (let i = 0; i < 5; i++) optimizer.step(wall);
  // 2 p + 1 / (2 - p) = 0
  assertClose(p.detach(), tensor([1 - Math.sqrt(1.5)]), 1e-8);
  const q = variable([0, 0]) as Tensor;
  new LBFGS({ q }).step(() => q.square().sum() as Tensor);
  assert.equal([q.toArray(), q.grad], [[0, 0], null]);
  const r = variable([-1]) as Tensor;
  assert.ok(Number.isNaN(new LBFGS({ r }).step(() => r.log().sum() as Tensor)));
  assert.equal(r.toArray(), [-1]);
});

/** Functions of t with their slopes, which fall at 0. */
const lines: Readonly<Record<string, readonly [value: (t: number) => number, slope: (t: number) => number]>> = {
  bowl: [(t) => (t - 1) ** 2, (t) => 2 * (t - 1)],
  quartic: [(t) => (t - 2) ** 4 - t, (t) => 4 * (t - 2) ** 3 - 1],
  valley: [(t) => Math.exp(t) - 5 * t, (t) => Math.exp(t) - 5],
  waves: [(t) => (t - 7) ** 2 / 20 + Math.cos(3 * t + 1), (t) => (t - 7) / 10 - 3 * Math.sin(3 * t + 1)],
  wall: [(t) => -2 * t - Math.log(3 - t), (t) => -2 + 1 / (3 - t)],
  steep: [(t) => (t / 2) ** 20 - t, (t) => 10 * (t / 2) ** 19 - 1],
  ripples: [(t) => (t - 3) ** 2 / 2 + Math.cos(20 * t) / 4, (t) => t - 3 - 5 * Math.sin(20 * t)],
  // Nocedal and Wright, exercise 3.1's kind of shelf: nearly flat for long.
  shelf: [(t) => -t / (t * t + 2), (t) => (t * t - 2) / (t * t + 2) ** 2],
};

test("the line search ends at points that satisfy the strong Wolfe conditions, wherever it begins", () => {
  let total = 0;
  for (const [name, [value, slope]] of Object.entries(lines)) {
    for (const first of [1e-6, 0.01, 0.3, 1, 2.05, 2.9, 5, 17, 1e4]) {
      const tried: number[] = [];
      const at = (t: number) => {
        tried.push(t);
        return { t, value: value(t), slope: slope(t), gradient: Float64Array.of(slope(t)) };
      };
      const start = at(0);
      const isLower = (t: number) => value(t) <= start.value + 1e-4 * t * start.slope;
      const found = strongWolfe(at, start, first, 1e-12);
      const what = `${name} from ${first}: ${found.t}`;
      assert.ok(isLower(found.t), `${what} is lower`);
      assert.not(
        tried.some((t) => isLower(t) && value(t) < found.value),
        `${what} is the lowest`,
      );
      assert.ok(Math.abs(found.slope) <= 0.9 * Math.abs(start.slope), `${what} is flatter`);
      assert.ok(tried.length <= 26, `${what}: ${tried.length} evaluations`);
      total += tried.length;
    }
  }
  // What the interpolation is for: the middle of each bracket in its place takes 400.
  assert.ok(total <= 357, `${total} evaluations in all`);
});

test("the line search takes the first point that satisfies the conditions, and goes on where the function falls", () => {
  let tried: number[] = [];
  const [value, slope] = lines["bowl"] as (typeof lines)[string];
  const at = (t: number) => {
    tried.push(t);
    return { t, value: value(t), slope: slope(t), gradient: new Float64Array(1) };
  };
  const start = at(0);
  tried = [];
  assert.is(strongWolfe(at, start, 0.2, 0).t, 0.2);
  assert.equal(tried, [0.2]);
  tried = [];
  assert.is(strongWolfe(at, start, 0.01, 0).t, 0.1);
  assert.equal(tried, [0.01, 0.1]);
});

test("LBFGS is not compiled as a whole, and says so; what else it refuses changes nothing", () => {
  const p = variable([-1, 1]) as Tensor;
  const optimizer = new LBFGS({ p });
  const loss = () => rosenbrock(p);
  assertThrows(
    () => compile(() => tensor(optimizer.step(loss)))(),
    CompileError,
    "LBFGS: a step",
    "not compiled as a whole",
  );
  for (const compiled of [true, false]) {
    const step = () => trainStep(loss, optimizer as unknown as Optimizer, { compiled });
    assertThrows(step, CompileError, "trainStep: LBFGS", "optimizer.step(() => loss(x, t))");
  }
  let calls = 0;
  const failing = () => {
    if (++calls > 20) throw new RangeError("no");
    return loss();
  };
  const eager = new LBFGS({ p }, { compiled: false });
  assertThrows(() => eager.step(failing), RangeError, "no");
  assert.is(eager.state()["s"]?.shape[0], 0);
  assertThrows(() => optimizer.step(() => p), GraphError, "LBFGS.step: the loss gave float64 [2]");
  assertThrows(() => optimizer.step(5 as never), GraphError, "LBFGS.step: takes a function", "5");
  assertThrows(() => new LBFGS({ p, q: variable(1) }).step(loss), GraphError, "parameter q has no gradient");
  assert.equal([p.toArray(), p.grad, optimizer.state()["s"]?.shape[0]], [[-1, 1], null, 0]);
  for (const [options, ...parts] of [
    [{ maxIter: 0 }, "maxIter 0: a whole number"],
    [{ historySize: 1.5 }, "historySize 1.5"],
    [{ toleranceGrad: -1 }, "toleranceGrad -1"],
    [{ lr: Infinity }, "lr is Infinity"],
  ] as const) {
    assertThrows(() => new LBFGS({ p }, options), ChainruleError, "LBFGS", ...parts);
  }
  assertThrows(() => new LBFGS([{ parameters: { p } }] as never), ChainruleError, "no groups");
  assertThrows(() => new LBFGS({ c: tensor(1) }), GraphError, "parameter c is no variable");
  assertThrows(() => new LBFGS({}), ChainruleError, "no parameters");
});

test.run();
