import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  compile,
  customGradient,
  elementwise,
  eye,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  matmul,
  Random,
  type Tensor,
  tensor,
  variable,
  vjp,
} from "../src/index.js";
import { close } from "./support/numbers.js";

const dot = (x: Tensor, y: Tensor) => x.mul(y).sum();
const random = new Random(7);
/** (1 - x)^2 + 100 (y - x^2)^2, summed over neighbours. */
const rosenbrock = (x: Tensor) => {
  const n = x.shape[0] as number;
  const [a, b] = [x.slice([[0, n - 1]]), x.slice([[1, n]])];
  return a.sub(1).square().add(b.sub(a.square()).square().mul(100)).sum();
};
/** A smooth function [3] -> [2] that mixes everything. */
const smooth = (x: Tensor) => {
  const w = tensor([
    [0.5, -1],
    [2, 0.25],
    [-0.75, 1.5],
  ]);
  return x
    .tanh()
    .matmul(w)
    .exp()
    .add(
      x
        .sin()
        .sum()
        .mul(x.take([0, 2])),
    );
};

const products = suite("vjp, jvp, jacobian, hessian, hvp");

products("Rosenbrock: gradient and Hessian", () => {
  // At (-1.2, 1): gradient (-215.6, -88), Hessian [[1330, 480], [480, 200]] (Nocedal and Wright, exercise 2.1).
  close(grad(rosenbrock)(tensor([-1.2, 1])), [-215.6, -88]);
  close(hessian(rosenbrock, tensor([-1.2, 1])), [1330, 480, 480, 200]);
  close(grad(rosenbrock)(tensor([1, 1])), [0, 0]);
  close(hessian(rosenbrock, tensor([1, 1])), [802, -400, -400, 200]);
});
products("the Hessian is symmetric, and hvp is its product with a vector", () => {
  const x = random.normal([5]);
  const v = random.normal([5]);
  const h = hessian(rosenbrock, x);
  assert.equal(h.shape, [5, 5]);
  close(h.transpose(), [...h.data]);
  close(hvp(rosenbrock, x, v), [...h.matmul(v).data], 1e-10);
  // Forward over reverse gives the same.
  close(jvp((at) => grad(rosenbrock)(at), [x], [v]).tangent, [...h.matmul(v).data], 1e-10);
  const record = hvp((p) => p.a.square().mul(p.b).sum(), { a: tensor([1, 2]), b: 3 }, { a: tensor([1, 0]), b: 10 });
  assert.equal([record.a.toArray(), record.b.item()], [[2 * 3 * 1 + 2 * 1 * 10, 2 * 2 * 10], 2]);
  close(
    hvp((at) => at.sum(), x, v),
    [0, 0, 0, 0, 0],
  );
});
products("jvp equals the numerical directional derivative", () => {
  const h = 1e-6;
  for (let round = 0; round < 5; round++) {
    const [x, v] = [random.normal([3]), random.normal([3])];
    const { value, tangent } = jvp(smooth, [x], [v]);
    close(value, [...smooth(x).data]);
    const numerical = smooth(x.add(v.mul(h)))
      .sub(smooth(x.sub(v.mul(h))))
      .div(2 * h);
    close(tangent, [...numerical.data], 1e-7);
  }
});
products("<u, J v> is the same forward and backward", () => {
  for (let round = 0; round < 5; round++) {
    const [a, b] = [random.normal([2, 3]), random.normal([3, 4])];
    const [da, db, u] = [random.normal([2, 3]), random.normal([3, 4]), random.normal([2, 4])];
    const f = (x: Tensor, y: Tensor) => matmul(x, y).softmax(-1).mul(x.sum()).log1p();
    const { tangent } = jvp(f, [a, b], [da, db]);
    const [ua, ub] = vjp(f, [a, b]).pullback(u);
    close(dot(u, tangent), dot(ua, da).add(dot(ub, db)).item(), 1e-11);
  }
});
products("a pullback may be called again, with a scalar, or within another derivative", () => {
  const { value, pullback } = vjp((x, y) => x.mul(y), [tensor([1, 2]), 3]);
  assert.equal(value.toArray(), [3, 6]);
  const [da, db] = pullback(tensor([1, 10]));
  assert.equal([da.toArray(), db.item()], [[3, 30], 21]);
  assert.equal(pullback(1)[0].toArray(), [3, 3]);
  const seed = variable([1, 2]);
  const [dx] = pullback(seed);
  dx.sum().backward();
  assert.equal(seed.grad?.toArray(), [3, 3]);
});
products("jacobian and hessian: by other arguments, of structures and into them", () => {
  const [x, y] = [random.normal([2]), random.normal([3, 2])] as [Tensor, Tensor];
  const f = (x: Tensor, { y, k }: { y: Tensor; k: Tensor }) => ({
    wide: y.mul(x).sin(),
    list: [x.mul(k).sum(), x.square().mul(k)] as const,
  });
  const at = { y, k: tensor(2) as Tensor };
  const all = jacobian(f, { argument: [0, 1] })(x, at);
  const [byX, { y: byY, k: byK }] = all.wide;
  assert.equal([byX.shape, byY.shape, byK.shape], [[3, 2, 2], [3, 2, 3, 2], [3, 2]]); // biome-ignore format: shapes
  close(byX, [...jacobian((x: Tensor) => f(x, at).wide)(x).data]);
  close(byY, [...jacobian((y: Tensor) => f(x, { ...at, y }).wide)(y).data]);
  close(byK, new Array<number>(6).fill(0));
  close(all.list[0][1].k, [x.sum().item()]);
  close(all.list[1][0], [4 * (x.data[0] as number), 0, 0, 4 * (x.data[1] as number)]);
  // Fewer inputs than results: forward, by columns.
  const tall = jacobian((a: Tensor, b: Tensor) => y.mul(a).add(b.sin()), { argument: [1, 0] })(tensor(2), tensor(3));
  close(tall[0], new Array<number>(6).fill(Math.cos(3)));
  close(tall[1], [...y.data]);
  const energy = ({ y, k }: { y: Tensor; k: Tensor }) => y.square().sum().mul(k.square());
  const h = hessian(energy)(at);
  close(h.k.k, [2 * (y.square().sum() as Tensor).item()]);
  close(
    h.k.y,
    Array.from(y.data, (v) => 8 * v),
  );
  close(
    h.y.k.reshape([6]),
    Array.from(y.data, (v) => 8 * v),
  );
  assert.equal(h.y.y.shape, [3, 2, 3, 2]);
  assert.equal(compile(hessian(energy))(at).y.y.toArray(), h.y.y.toArray());
  const cross = hessian((x: Tensor, y: Tensor) => x.mul(y).sum(), { argument: [0, 1] })(x, x);
  assert.equal(cross[0][1].toArray(), [[1, 0], [0, 1]]); // biome-ignore format: a matrix
  assert.throws(
    () => jacobian((x: Tensor) => ({ a: x.argMax() }))(x),
    /the result\.a is int32 \[\]: integers and bools/,
  );
  assert.throws(() => jacobian((_: Tensor) => [])(x), /jacobian: the function gave a structure without tensors/);
  for (const transform of [jacobian, hessian] as const) {
    const loose = transform as (f: unknown, options: unknown, ...none: unknown[]) => unknown;
    assert.throws(() => loose(energy, { by: 1 }), /unknown option by; there is argument/);
    assert.throws(() => loose(energy, { argument: 1 }, x), /takes tensors and numbers, got/);
    assert.throws(
      () => (loose(energy, { argument: 1 }) as typeof energy)(at),
      /argument 1 is not there: the call has 1/,
    );
  }
});
products("jacobian: one walk for all rows, whatever their number", () => {
  const f = (w: Tensor) => (x: Tensor) => w.matmul(x).tanh().mul(x.exp().sum());
  const kernels = [8, 26].map((n) => {
    const w = random.normal([n, n]) as Tensor;
    const program = compile(jacobian(f(w))).program(random.normal([n]) as Tensor);
    return program.print("kernels").trim().split("\n").length;
  });
  assert.is(kernels[0], kernels[1]);
  for (const n of [1, 2, 5, 6, 7, 17]) {
    const [w, x] = [random.normal([n, n]), random.normal([n])] as [Tensor, Tensor];
    const { pullback } = vjp(f(w))(x);
    const rows = eye(n).data;
    const expected = Array.from({ length: n }, (_, i) => [
      ...(pullback(tensor(rows.slice(i * n, (i + 1) * n)) as Tensor)[0] as Tensor).data,
    ]);
    close(jacobian(f(w))(x), expected.flat());
  }
  // A backward that reads values goes one row after the other.
  const reading = customGradient((x: Tensor) => x.mul(2), [(dout) => dout.mul(dout.data.some((v) => v !== 0) ? 2 : 1)]);
  const n = 8;
  close(jacobian(reading)(random.normal([n]) as Tensor), [...eye(n).mul(2).data]);
});
products("jacobian: rows or columns, whichever are fewer", () => {
  const w = random.normal([4, 3]);
  const wide = jacobian((x) => matmul(w, x), tensor([1, 2, 3]));
  assert.equal(wide.shape, [4, 3]);
  close(wide, [...w.data]);
  const tall = jacobian((x) => matmul(w.transpose(), x), tensor([1, 2, 3, 4]));
  assert.equal(tall.shape, [3, 4]);
  close(tall, [...w.transpose().data]);
  // [2, 2] -> [3, 2, 2]: element [k, i, j] of the value depends on x[i, j] alone.
  const high = jacobian(
    (x) => x.square().mul(tensor([[[1]], [[2]], [[3]]])),
    tensor([
      [1, 2],
      [3, 4],
    ]),
  );
  assert.equal(high.shape, [3, 2, 2, 2, 2]);
  assert.equal(high.slice([2, 1, 0]).toArray(), [
    [0, 0],
    [18, 0],
  ]);
  assert.equal(jacobian((x) => x.mul(tensor([1, 2])), 3).toArray(), [1, 2]);
  assert.equal(jacobian((x) => x.square(), 3).toArray(), 6);
  assert.equal(jacobian(() => tensor([1, 2]), tensor([1, 2, 3])).toArray(), [
    [0, 0, 0],
    [0, 0, 0],
  ]);
  assert.equal(jacobian((x) => x, tensor(new Float64Array(0))).shape, [0, 0]);
  const both = [random.normal([3])].flatMap((x) => [
    jacobian(smooth, x),
    jacobian((at) => smooth(at).take([0, 1, 0, 1]), x),
  ]);
  close((both[1] as Tensor).slice([[0, 2]]), [...(both[0] as Tensor).data]);
});
products("in float32, and of inputs of two dtypes", () => {
  const x = tensor([1, 2], { dtype: "float32" });
  const { tangent } = jvp((a, b) => a.cast("float64").mul(b), [x, tensor([3, 4])], [x, tensor([1, 1])]);
  assert.is(tangent.dtype, "float64");
  assert.equal(tangent.toArray(), [1 * 3 + 1, 2 * 4 + 2]);
  assert.is(hessian((a) => a.pow(3).sum(), x).dtype, "float32");
});
products("a variable behind a jvp gets its gradient", () => {
  const w = variable(2);
  jvp((x) => x.square().mul(w), [3], [1]).tangent.backward();
  close(w.grad as Tensor, 6);
});
products("only the ways to what is asked for are walked", () => {
  const steps = elementwise("Steps", { forward: (k, x) => k.sign(x), backward: "its values change in steps" });
  const w = variable([-1, 2]);
  const f = (x: Tensor) => steps(w).mul(x).sum();
  assert.equal(grad(f)(tensor([3, 4])).toArray(), [-1, 1]);
  assert.throws(() => f(tensor([3, 4])).backward(), "Steps: not differentiable");
});
products("a chain of 100000 nodes", () => {
  const chain = (x: Tensor) => {
    let y = x;
    for (let i = 0; i < 100_000; i++) y = y.add(x);
    return y;
  };
  close(grad(chain)(1), 100_001);
});
products.run();
