import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  elementwise,
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
