import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  checkpoint,
  compile,
  customGradient,
  grad,
  ones,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
} from "../src/index.js";

// In a function that is traced, equal results have one node, and their gradients are added up before the walk goes on. What a
// function asks of one of them alone (its gradient, a hook) is what it would be without: each row is the same in eager mode.

const tenfold = customGradient((x: Tensor) => x.exp(), [(dout) => dout.mul(10)]);
const hundredfold = customGradient((x: Tensor) => x.exp(), [(dout) => dout.mul(100)]);

/** The gradient of a variable by `backward`, with what `f` makes of it. */
function backwardOf(x: Tensor, f: (x: Tensor) => readonly [Tensor, ...Tensor[]]): readonly Tensor[] {
  const v = variable(x);
  const [root, ...edges] = f(v as Tensor);
  root.sum().backward();
  return [v.grad as Tensor, ...edges.map((edge) => edge.grad as Tensor)];
}

const rows: Readonly<Record<string, (x: Tensor) => Tensor | readonly Tensor[]>> = {
  "equal results": (x) => grad((x: Tensor) => x.exp().mul(x.exp().sin()).add(x.exp().sin()).sum())(x),
  "their second derivatives": (x) =>
    grad((x: Tensor) =>
      grad((x: Tensor) => x.exp().mul(x.exp().sin()).sum())(x)
        .mul(x.exp())
        .sum(),
    )(x),
  "in transforms inside of one another": (x) =>
    grad((x: Tensor) =>
      grad((y: Tensor) => y.exp().mul(x.exp()).sum())(x)
        .mul(x.exp())
        .sum(),
    )(x),
  "the same edge as the argument of two": (x) => {
    const f = (x: Tensor) => x.exp().sin().sum();
    return grad((x: Tensor) => valueAndGrad(f)(x).gradient.mul(grad(f)(x)).sum())(x);
  },
  "and a copy of it that is detached": (x) => grad((x: Tensor) => x.exp().mul(x.detach().exp()).sum())(x),
  "and of a part of it": (x) => grad((x: Tensor) => x.exp().sin().mul(x.exp().detach().sin()).sum())(x),
  "a hook on one of them": (x) =>
    backwardOf(x, (x) => {
      const [a, b] = [x.mul(2), x.mul(2)];
      b.onGradient((g) => g.mul(10));
      return [a.exp().add(b.exp())];
    }),
  "a hook on the first of them": (x) =>
    backwardOf(x, (x) => {
      const a = x.mul(2);
      a.onGradient((g) => g.mul(10));
      return [a.exp().add(x.mul(2).exp())];
    }),
  "a hook after the use": (x) =>
    backwardOf(x, (x) => {
      const [a, b] = [x.mul(2), x.mul(2)];
      const root = a.exp().add(b.exp().mul(3));
      b.onGradient((g) => g.mul(10));
      return [root];
    }),
  "a hook behind transforms": (x) =>
    grad((x: Tensor) => {
      const [a, b] = [x.mul(2), x.mul(2)];
      const root = a.exp().add(b.exp().mul(3));
      a.onGradient((g) => g.mul(10));
      return root.sum();
    })(x),
  "the gradients of both": (x) =>
    backwardOf(x, (x) => {
      const [a, b] = [x.mul(2), x.mul(2)];
      return [a.exp().add(b.exp().mul(3)), a, b];
    }),
  "what throws without the gradient of one": (x) => {
    const v = variable(x);
    const [a, b] = [v.mul(2), v.mul(2)];
    a.exp().add(b.exp()).sum().backward();
    return (b.grad as Tensor).mul(2);
  },
  "backwards of one's own": (x) =>
    grad((x: Tensor) => x.exp().add(tenfold(x)).add(hundredfold(x)).add(x.exp()).sum())(x),
  "a variable that is updated in between": (x) => {
    const gradient = () => grad((y: Tensor) => state.exp().mul(y).sum())(x);
    state.assign(x);
    const before = [gradient(), gradient()];
    state.assign(state);
    const same = gradient();
    state.assign(state.mul(2));
    return [...before, same, gradient(), gradient()];
  },
  "a checkpoint": (x) =>
    grad((x: Tensor) =>
      checkpoint((y) => y.exp().mul(y.exp().sin()).add(x.exp()), x)
        .add(x.exp())
        .sum(),
    )(x),
};

const state = variable([1, 1, 1]);
const x = tensor([0.1, 0.5, -0.3]);
for (const [name, f] of Object.entries(rows)) {
  test(name, () => {
    const [expected, actual] = [f(x), compile((x: Tensor) => f(x))(x)].map((results) => [results].flat() as Tensor[]);
    assert.is(actual?.length, expected?.length);
    expected?.forEach((tensor, i) => {
      const found = actual?.[i]?.toArray() as number[];
      (tensor.toArray() as number[]).forEach((value, at) => {
        const near = Math.abs((found[at] as number) - value) <= 1e-13 * Math.abs(value);
        assert.ok(near, `result ${i}: ${found}, not ${tensor.toArray()}`);
      });
    });
  });
}

/** The determinant by the minors of its first row, over and over. */
function det(a: (row: number, column: number) => Tensor, row: number, columns: readonly number[]): Tensor {
  const [first] = columns as readonly [number];
  if (columns.length === 1) return a(row, first);
  return columns
    .map((column, i) => {
      const rest = columns.filter((other) => other !== column);
      return a(row, column)
        .mul(det(a, row + 1, rest))
        .mul(i % 2 === 0 ? 1 : -1);
    })
    .reduce((sum, term) => sum.add(term));
}

test("the gradient of n! products that 2^n minors make is as long as these", () => {
  const sizes = [4, 5, 6].map((n) => {
    const columns = Array.from({ length: n }, (_, i) => i);
    const f = (x: Tensor) => det((row, column) => x.slice([row, column]), 0, columns) as Tensor<[]>;
    return compile((x: Tensor) => grad(f)(x)).program(ones([n, n])).module.length;
  }) as [number, number, number];
  assert.ok(sizes[2] < 3 * sizes[1] && sizes[1] < 3 * sizes[0], sizes.join());
});

test.run();
