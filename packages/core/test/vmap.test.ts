import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  arange,
  checkpoint,
  compile,
  cond,
  customGradient,
  customOp,
  fixedPoint,
  fn,
  grad,
  hessian,
  jacobian,
  noGrad,
  Random,
  rootOf,
  scan,
  stack,
  stopGradient,
  switchCase,
  type Tensor,
  tensor,
  variable,
  vmap,
  whileLoop,
} from "../src/index.js";
import { thrownBy } from "./support/numbers.js";
import { near } from "./support/property.js";

/*
 * vmap(f) is the stack of the calls of f: values, gradients and gradients of gradients, in eager mode and in a program; also of what f closes
 * over. The ops of the table are compared in vmap-ops.test.
 */

interface Row {
  readonly name: string;
  readonly f: (x: Tensor, w: Tensor, random: Random) => Tensor;
  /** A batch. */
  readonly x: Tensor;
  readonly w?: Tensor;
  /** Up to which order derivatives are compared in a program as well. */
  readonly compiled?: 1 | 2;
}

const matrix = tensor([[1, 2], [3, -4], [0.5, 6]]) as Tensor; // biome-ignore format: a matrix
const vector = tensor([1, -4, 9, 0]) as Tensor;
const reversed = customGradient((x: Tensor) => x.square(), [(dout) => dout.neg()], { name: "reversed" });
const wave = fn((x: Tensor, k: Tensor) => x.mul(k).sin().mul(x));
const length = customOp("Length", {
  arity: 1,
  shape: () => [],
  forward: (out, x) => out.set([Math.hypot(...x.data)]),
  backward: [(dout, x, z) => dout.mul(x.div(z))],
});

const rows: readonly Row[] = [
  { name: "weights that it closes over", f: (x, w) => x.mul(w).sin(), x: matrix, w: tensor([2, 3]) },
  { name: "stopGradient", f: (x) => x.mul(stopGradient(x.exp())), x: matrix },
  { name: "noGrad", f: (x) => x.mul(noGrad(() => x.exp())).add(x.exp()), x: matrix },
  { name: "a gradient in it", f: (x, w) => grad((x: Tensor) => x.mul(w).sin().sum())(x), x: matrix, w: tensor([2, 3]) },
  { name: "a Jacobian in it", f: (x) => jacobian((x: Tensor) => x.mul(x.sum()))(x), x: matrix },
  { name: "a Hessian in it", f: (x) => hessian((x: Tensor) => x.prod().exp())(x.div(8)), x: matrix },
  { name: "customGradient", f: (x) => reversed(x).mul(x), x: matrix },
  {
    name: "customGradient that closes over the element, and over what is made of it",
    f: (x) => {
      const h = x.exp();
      return customGradient((y: Tensor) => y.mul(2), [(dout) => dout.mul(h).mul(x)])(x).sum();
    },
    x: matrix,
  },
  { name: "customGradient, and a gradient in it", f: (x) => grad((x: Tensor) => reversed(x).mul(x).sum())(x), x: matrix },
  { name: "checkpoint", f: (x, w) => checkpoint((x) => x.square().mul(w), x), x: matrix, w: tensor([2, 3]) },
  { name: "scan", f: (x, w) => scan((h: Tensor, x: Tensor) => [h.mul(w).add(x).sin(), h], w, x)[0], x: matrix, w: tensor(0.5), compiled: 2 },
  {
    name: "scan, its results, and a carry that is the same for all at first",
    f: (x) => scan((h: Tensor, e: Tensor) => [h.add(e), h.mul(e)], tensor(1) as Tensor, x, { reverse: true })[1],
    x: matrix,
  },
  { name: "the gradient of a scan", f: (x, w) => grad((x: Tensor) => scan((h: Tensor, x: Tensor) => [h.mul(w).add(x).sin()], w, x)[0])(x), x: matrix, w: tensor(0.5) },
  { name: "a scan of no steps", f: (x) => scan((h: Tensor) => [h.mul(2)], x, undefined, { length: 0 })[0], x: matrix },
  { name: "vmap in it", f: (x, w) => vmap((x: Tensor) => x.mul(w).sin())(x), x: matrix, w: tensor(3) },
  { name: "cond by the element", f: (x) => cond(x.greater(0), (x) => x.sqrt(), (x) => x.mul(2), x), x: vector },
  { name: "cond, closed over", f: (x, w) => cond(x.greater(0), () => x.mul(w).sqrt(), () => x), x: vector, w: tensor(2), compiled: 2 },
  { name: "cond that no element takes", f: (x, w) => cond(x.greater(99), () => w.log().mul(x.sqrt()), () => x.mul(w)), x: vector, w: tensor(2) },
  { name: "cond by what is the same for all", f: (x, w) => cond(w.greater(0), (x) => x.sin(), () => w, x), x: vector, w: tensor(2) },
  {
    name: "switchCase",
    f: (x) => switchCase(x.greater(0).cast("int32").add(x.less(0).cast("int32").mul(2)), [(x: Tensor) => x.cos(), (x: Tensor) => x.log(), (x: Tensor) => x.square()], x),
    x: vector,
  },
  {
    name: "whileLoop, each of its own length",
    f: (x, w) => whileLoop((y: Tensor) => y.less(100).logicalAnd(y.greater(0)), (y) => y.mul(w).add(1), x, { limit: 20 }) as Tensor,
    x: tensor([1, 50, -3, 200, 0]),
    w: tensor(2),
  },
  {
    name: "the gradient of a whileLoop",
    f: (x, w) => grad((x: Tensor) => whileLoop((y: Tensor) => y.less(100), (y) => y.mul(w).add(1), x, { limit: 20 }) as Tensor)(x),
    x: tensor([1, 50, 200]),
    w: tensor(2),
  },
  {
    name: "a function that is called",
    f: (x, w) => wave(x, w).add(wave(x.sin(), tensor(2) as Tensor)).mul(wave(w, w)),
    x: vector,
    w: tensor(2),
    compiled: 2,
  },
  {
    name: "a fixed point",
    f: (x, w) => fixedPoint((y: Tensor) => y.add(x.mul(w).div(y)).div(2), tensor(1) as Tensor),
    x: tensor([4, 9, 2]),
    w: tensor(2),
  },
  { name: "a root", f: (x, w) => rootOf((y) => y.square().mul(w).sub(x), tensor(2) as Tensor), x: tensor([4, 9, 2]), w: tensor(2) },
  { name: "normal and uniform draws", f: (x, _w, random) => x.add(random.uniform(2)).mul(random.normal(3).sum()), x: matrix },
  { name: "an odd number of draws, and integers", f: (x, _w, random) => x.add(random.normal(1)).mul(random.integers(1, { high: 9 }).cast("float64")), x: matrix },
  { name: "draws without replacement", f: (x, _w, random) => x.add(random.permutation(2).cast("float64")), x: matrix },
  { name: "draws in a scan", f: (x, _w, random) => scan((h: Tensor, e: Tensor) => [h.mul(e).add(random.normal([]))], tensor(1) as Tensor, x)[0], x: matrix },
  { name: "draws from a fork", f: (x, _w, random) => x.mul(random.fork(3).normal(2)), x: matrix },
  { name: "a batch of one", f: (x, w) => x.mul(w).exp(), x: matrix.slice([[0, 1]]), w: tensor(3) },
]; // biome-ignore format: one row a line

type Of = (x: Tensor, w: Tensor, random: Random) => Tensor;

const mapped =
  (f: Of): Of =>
  (x, w, random) =>
    vmap((x: Tensor) => f(x, w, random))(x);

const looped =
  (f: Of): Of =>
  (x, w, random) =>
    stack(Array.from({ length: x.shape[0] as number }, (_, i) => f(x.slice([i]) as Tensor, w, random)));

/** The sum of the squares, first and second derivatives by both. */
function derivatives(f: Of, x: Tensor, w: Tensor, orders: 1 | 2 = 2): Tensor[] {
  const scalar = (x: Tensor, w: Tensor) => f(x, w, new Random(5)).sin().sum();
  const slopes = grad(scalar, { argument: [0, 1] });
  if (orders === 1) return [...slopes(x, w)];
  const squares = (x: Tensor, w: Tensor) => {
    const [a, b] = slopes(x, w);
    return a.square().sum().add(b.square().sum());
  };
  return [...slopes(x, w), ...grad(squares, { argument: [0, 1] })(x, w)];
}

for (const { name, f, x, w = tensor(1) as Tensor, compiled = 1 } of rows) {
  test(name, () => {
    const [a, b, c] = [new Random(7), new Random(7), new Random(7)];
    const expected = looped(f)(x, w, a);
    const actual = mapped(f)(x, w, b);
    assert.equal([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
    near(actual.data, expected.data, 1e-14, "values");
    near(compile(mapped(f))(x, w, c).data, expected.data, 1e-13, "compiled");
    const { position } = a.generator;
    assert.equal([b.generator.position, c.generator.position], [position, position], "where the draws end");
    const both = stack([x, x.flip(0)]) as Tensor;
    const [c2, d2] = [new Random(7), new Random(7)];
    const twice = mapped((x, w) => mapped(f)(x, w, c2))(both, w, c2);
    near(twice.data, looped((x, w) => looped(f)(x, w, d2))(both, w, d2).data, 1e-13, "vmap in vmap");
    const slopes = derivatives(looped(f), x, w);
    // In a program second derivatives of a few: of each they would be most of the time of this file.
    const program = compile((x: Tensor, w: Tensor) => derivatives(mapped(f), x, w, compiled));
    const [own, inProgram] = [derivatives(mapped(f), x, w), program(x, w)];
    slopes.forEach((slope, i) => {
      near((own[i] as Tensor).data, slope.data, 1e-12, `derivative ${i}`);
      if (i < inProgram.length) near((inProgram[i] as Tensor).data, slope.data, 1e-11, `compiled derivative ${i}`);
    });
  });
}

test("axes: of arguments and results, of structures and their parts", () => {
  const x = arange(24).reshape([2, 3, 4]) as Tensor;
  for (const inAxes of [0, 1, 2, -1, -3]) {
    for (const outAxes of [0, 1, -1]) {
      const y = vmap((x: Tensor) => x.mul(2), { inAxes, outAxes })(x);
      const at = inAxes < 0 ? inAxes + 3 : inAxes;
      const to = outAxes < 0 ? outAxes + 3 : outAxes;
      const parts = Array.from({ length: x.shape[at] as number }, (_, i) =>
        x.slice([0, 1, 2].map((axis) => (axis === at ? i : null))),
      );
      assert.equal(y.toArray(), stack(parts, to).mul(2).toArray(), `${inAxes} ${outAxes}`);
    }
  }
  const both = vmap(
    ({ a, b }: { a: Tensor; b: [Tensor, Tensor] }, n: number) => [a.add(b[0]), { s: a.sum(), n: b[1].mul(n) }] as const,
    {
      inAxes: [{ a: 0, b: [1, null] }, null],
      outAxes: [1, { s: 0, n: null }],
    },
  )({ a: matrix, b: [matrix.transpose(), tensor(5)] }, 2);
  assert.equal(both[0].toArray(), matrix.mul(2).transpose().toArray());
  assert.equal(both[1].s.toArray(), [3, -1, 6.5]);
  assert.is(both[1].n.item(), 10);
  assert.equal(
    vmap((x: Tensor, k: string) => (k === "a" ? x.neg() : x))(vector, "a").toArray(),
    vector.neg().toArray(),
  );
  assert.equal(vmap((x: Tensor<[]>) => [3, x] as const)(tensor([1, 2]))[0].toArray(), [3, 3]);
});

test("a batch of none", () => {
  const none = matrix.slice([[0, 0]]) as Tensor;
  const f = (x: Tensor) => x.matmul(tensor([[1, 2, 3], [4, 5, 6]])).sort().cumsum().add(whileLoop((y: Tensor) => y.less(9), (y) => y.mul(2), x.sum()) as Tensor); // biome-ignore format: a matrix
  for (const run of [vmap(f), compile(vmap(f))]) assert.equal(run(none).shape, [0, 3]);
  assert.equal(vmap((x: Tensor) => length(x))(none).shape, [0]);
  assert.equal(grad((x: Tensor) => vmap(f)(x).sum())(none).shape, [0, 2]);
});

test("an op without a rule, one element after the other; in eager mode, as it is not compiled", () => {
  const f = (x: Tensor) => vmap((x: Tensor) => length(x))(x);
  const expected = (x: Tensor) => x.square().sum(1).sqrt();
  near(f(matrix).data, expected(matrix).data, 1e-15, "values");
  const slope = (f: (x: Tensor) => Tensor) => grad((x: Tensor) => f(x).sin().sum());
  near(slope(f)(matrix).data, slope(expected)(matrix).data, 1e-14, "gradient");
  near(
    vmap(grad((x: Tensor) => length(x)))(matrix).data,
    slope((x) => expected(x).asin())(matrix.div(16))
      .data.map(() => 0)
      .map((_, i) => (matrix.data[i] as number) / (expected(matrix).data[i >> 1] as number)),
    1e-14,
    "gradients",
  );
});

test("draws that are the same for all", () => {
  const random = new Random(3);
  const y = vmap((x: Tensor) => x.mul(0).add(random.normal(2)), { randomness: "same" })(matrix);
  assert.is(random.generator.position, 1);
  const expected = new Random(3).normal(2).toArray();
  assert.equal(y.toArray(), [expected, expected, expected]);
});

test("gradients of variables that it closes over add up", () => {
  const w = variable([1, 2]);
  vmap((x: Tensor) => x.mul(w).sum())(matrix)
    .sum()
    .backward();
  assert.equal(w.grad?.toArray(), [4.5, 4]);
});

test("a function of scalars becomes one kernel, and a product with a vector that with a matrix", () => {
  const kernels = (f: (...x: Tensor[]) => Tensor, ...x: Tensor[]) =>
    compile(f)
      .program(...x)
      .print("kernels")
      .trim()
      .split("\n");
  const f = (x: Tensor, y: Tensor) => x.mul(y).sin().add(y.exp()).sqrt();
  assert.is(kernels(vmap(f), vector, vector).length, 1);
  const w = tensor([[1, 2], [3, 4]]) as Tensor; // biome-ignore format: a matrix
  assert.match(
    kernels(
      vmap((x: Tensor) => w.matmul(x)),
      matrix,
    ).join(),
    /MatMul: [^\n]*\[3, 2\] x \[2, 2\]/,
  );
});

const tripled = (x: Tensor): Tensor => {
  const y = x.mul(x);
  y.onGradient((gradient) => gradient.mul(3));
  return y;
};
/** With a hook in what runs for each step, branch or call: f, and how often the hook changes the gradient at 1, 2 and 3. */
const withHooks: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  scan: (x) => scan((y: Tensor) => [tripled(y)], x, undefined, { length: 3 })[0],
  whileLoop: (x) => whileLoop((y: Tensor) => y.less(20), (y: Tensor) => tripled(y.add(1)), x, { limit: 5 }),
  cond: (x) => cond(x.greater(1), () => tripled(x), () => x.mul(5)),
  fn: (x) => fn(tripled)(x),
  "a scan in a fn": (x) => fn((x: Tensor) => scan((y: Tensor) => [tripled(y)], x, undefined, { length: 2 })[0])(x),
  "a vmap": (x) => vmap((y: Tensor) => grad(tripled)(y))(vector).sum().mul(x),
}; // biome-ignore format: one row a line
for (const [what, f] of Object.entries(withHooks)) {
  test(`hooks in ${what} change the gradients that are taken inside, as in calls one after the other`, () => {
    const at = tensor([1, 2, 3]);
    const slopes = [1, 2, 3].map((x) => grad(f)(x).item());
    near(vmap(grad(f))(at).data, slopes, 1e-14, "eager");
    near(compile((x: Tensor) => vmap(grad(f))(x))(at).data, slopes, 1e-14, "compiled");
    near(vmap(vmap(grad(f)))(at.reshape([3, 1])).data, slopes, 1e-14, "mapped twice");
  });
}

test("what a gradient from before is can be read, and is the same for all", () => {
  const w = variable(2);
  w.mul(5).backward();
  assert.equal(vmap((x: Tensor) => x.mul(w.grad as Tensor))(vector).toArray(), vector.mul(5).toArray());
});

const refused: readonly (readonly [what: string, call: () => unknown, message: RegExp])[] = [
  ["reading a value", () => vmap((x: Tensor) => x.item())(vector), /GraphError: vmap: the value of an argument, float64 \[\], is not known .* in a loop/],
  ["a branch on a value", () => vmap((x: Tensor) => (x.mul(2).data[0] ? x : x))(matrix), /vmap: the value of the result of Mul, float64 \[2\], is not known/],
  ["sizes that differ", () => vmap((x: Tensor, y: Tensor) => x.add(y.sum()))(vector, matrix), /ShapeError: vmap: argument 1 of shape \[3, 2\] has 3 elements along axis 0, and argument 0 has 4/],
  ["no batch", () => vmap((x: Tensor) => x, { inAxes: null })(vector), /GraphError: vmap: no argument has an axis of the batch/],
  ["only numbers", () => vmap((x: number) => tensor(x))(2), /GraphError: vmap: no argument has an axis/],
  ["a scalar", () => vmap((x: Tensor) => x)(tensor(2)), /ShapeError: vmap: argument 0 of shape \[\] has no axis 0 for the batch/],
  ["an axis that there is not", () => vmap((x: Tensor) => x, { inAxes: 2 })(matrix), /ShapeError: vmap: argument 0 of shape \[3, 2\] has no axis 2/],
  ["too few axes", () => vmap((x: Tensor, y: Tensor) => x.add(y), { inAxes: [0] })(vector, vector), /GraphError: vmap: inAxes has 1 entries for 2 arguments/],
  ["axes of another structure", () => vmap(({ a }: { a: Tensor }) => a, { inAxes: [{ b: 0 }] })({ a: vector }), /GraphError: vmap: inAxes .* for argument 0/],
  ["no axis", () => vmap((x: Tensor) => x, { inAxes: 0.5 }), /GraphError: vmap: inAxes 0.5: a whole number is needed, or null/],
  ["a result that differs, as the same for all", () => vmap((x: Tensor) => x, { outAxes: null })(vector), /GraphError: vmap: the result differs between/],
  ["an axis of the result that there is not", () => vmap((x: Tensor) => x, { outAxes: 1 })(vector), /ShapeError: vmap: outAxes 1: the result \[\]/],
  ["randomness", () => vmap((x: Tensor) => x, { randomness: "shared" as "same" }), /GraphError: vmap: randomness "shared"/],
  ["assign", () => vmap((x: Tensor) => v.assign(x))(vector), /GraphError: assign: not in what vmap runs/],
  ["backward", () => vmap((x: Tensor) => { v.mul(x).backward(); return x; })(vector), /GraphError: backward.*not in what vmap runs/], // biome-ignore format: a line
  ["a hook", () => grad((x: Tensor) => vmap((x: Tensor) => { x.onGradient((g) => g); return x; })(x).sum())(vector), /GraphError: vmap: onGradient of a tensor \[\]/], // biome-ignore format: a line
  ["no tensor", () => vmap((x: Tensor) => [x, "a"])(vector), /DTypeError: vmap: the result\[1\] is string a/],
]; // biome-ignore format: one row a line
const v = variable(1);
for (const [what, call, message] of refused)
  test(`refused: ${what}`, () => assert.match(String(thrownBy(call)), message));

test.run();
