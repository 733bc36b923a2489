/**
 * Step 7: the product of matrices.
 *
 * 7단계: 행렬의 곱.
 * ステップ 7: 行列の積。
 *
 * Y = X W has y_ij = sum over k of x_ik w_kj. A little more of x_ik changes the y_ij of its row by w_kj each, so
 * dX = dY W^T and dW = X^T dY: two products again, and the shapes leave no other choice. With a bias that is repeated for each row
 * this is the Affine layer of the textbook: dB is the sum of the rows of dY.
 */
import { Random } from "@chainrule/core";
import { check, note, section } from "../support/report.js";
import { type Tensor, tensor } from "./lib/engine.js";

const text = (values: Iterable<number>) => `[${[...values].join(", ")}]`;
const same = (name: string, ours: Iterable<number>, source: readonly number[]) =>
  check(name, text(ours), text(source), text(ours) === text(source));

section("Y = X W + B for X [2, 2], W [2, 3], B [3], and dY of ones");
const X = tensor([1, 2, 3, 4], [2, 2]);
const W = tensor([1, 0, -1, 2, 1, 0], [2, 3]);
const B = tensor([1, 2, 3], [3]);
const Y = X.matmul(W).add(B);
same("Y", Y.data, [6, 4, 2, 12, 6, 0]);
Y.sumTo([]).backward();
same("dX = dY W^T", X.grad, [0, 3, 0, 3]);
same("dW = X^T dY", W.grad, [4, 4, 4, 6, 6, 6]);
same("dB = the sum of the rows of dY", B.grad, [2, 2, 2]);

section("Moving each element of X and W of sizes [3, 4] x [4, 5] a little");
const random = new Random(1);
const [x, w] = [tensor(random.normal([12]).data, [3, 4]), tensor(random.normal([20]).data, [4, 5])];
const f = () => x.matmul(w).tanh().sumTo([]);
f().backward();
for (const [name, parameter] of Object.entries({ X: x, W: w })) {
  const gradient = parameter.grad;
  const largest = Math.max(...gradient.map((value, i) => Math.abs(value - difference(parameter, i))));
  check(`largest error of d${name}`, largest.toExponential(1), "at most 1e-8", largest <= 1e-8);
}
note("What does not fit is refused, as in");
try {
  x.matmul(x);
} catch (error) {
  note(`  ${(error as Error).message}`);
}

function difference({ data }: Tensor, i: number, h = 1e-5): number {
  const value = data[i] as number;
  const [above, below] = [value + h, value - h].map((moved) => {
    data[i] = moved;
    return f().item();
  }) as [number, number];
  data[i] = value;
  return (above - below) / (2 * h);
}
