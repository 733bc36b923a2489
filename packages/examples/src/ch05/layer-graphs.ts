/**
 * A picture of each layer's graph: add, mul, ReLU, sigmoid, Affine, softmax with loss; values above the lines, gradients below.
 *
 * 계층별 계산 그래프의 그림: 덧셈, 곱셈, ReLU, 시그모이드, Affine, Softmax-with-Loss. 선 위에는 값, 아래에는 기울기가 있습니다.
 * レイヤごとのグラフの図: 加算、乗算、ReLU、シグモイド、Affine、Softmax-with-Loss。線の上に値、下に勾配。
 *
 * Each node hands on what it gets times its own derivative: add dout and dout; mul dout y and dout x; ReLU dout where x > 0;
 * sigmoid dout y (1 - y); Affine dout W^T, X^T dout and the sum of the rows of dout; softmax with loss (y - t) / N.
 */
import { join } from "node:path";
import { type Tensor, tensor, variable } from "@chainrule/core";
import { softmaxWithLoss } from "@chainrule/nn";
import { type SvgOptions, toSvg } from "@chainrule/pictures";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const draw = (name: string, output: Tensor, title: string, options: SvgOptions = {}) =>
  saveFile(join(out, `layer-${name}.svg`), toSvg(output, { title, ...options }));

section("Add: z = x + y hands on what it gets, and mul: z = x y turns the values around");
{
  const [x, y] = [variable(10, { name: "x" }), variable(5, { name: "y" })];
  const z = x.add(y).named("z");
  z.backward({ seed: tensor(1.3) });
  compare("add: dx", x.grad?.item(), 1.3);
  compare("add: dy", y.grad?.item(), 1.3);
  draw("add", z, "Add: z = x + y");
}
{
  const [x, y] = [variable(10, { name: "x" }), variable(5, { name: "y" })];
  const z = x.mul(y).named("z");
  z.backward({ seed: tensor(1.3) });
  compare("mul: dx = 1.3 y", x.grad?.item(), 6.5);
  compare("mul: dy = 1.3 x", y.grad?.item(), 13);
  draw("mul", z, "Mul: z = x y");
}

section("ReLU: a switch, closed where x <= 0");
{
  const x = variable([1, -0.5, -2, 3], { name: "x" });
  const y = x.relu().named("y");
  y.backward({ seed: tensor([1, 1, 1, 1]) });
  [1, 0, 0, 1].forEach((source, i) => {
    compare(`dx ${i}`, x.grad?.data[i], source);
  });
  draw("relu", y, "ReLU");
}

section("Sigmoid: written out in four nodes, and as one with dx = dout y (1 - y)");
{
  const [x, one] = [variable(0.5, { name: "x" }), tensor(1)];
  const written = one.div(x.neg().exp().add(1)).named("y");
  written.backward();
  const slope = written.item() * (1 - written.item());
  compare("written out: dx", x.grad?.item(), slope, 1e-15);
  draw("sigmoid-written-out", written, "Sigmoid, written out: y = 1 / (1 + exp(-x))");

  const x1 = variable(0.5, { name: "x" });
  const y = x1.sigmoid().named("y");
  y.backward();
  compare("as one node: y", y.item(), written.item(), 1e-15);
  compare("as one node: dx", x1.grad?.item(), slope, 1e-15);
  draw("sigmoid", y, "Sigmoid as one node");
  note(
    "The one node needs no value but its own output, and the numbers in between, which may overflow, are not computed.",
  );
}

section("Affine: Y = X W + B for a batch of two, dY of ones");
{
  const X = variable([[1, 2], [3, 4]], { name: "X" }); // biome-ignore format: a matrix
  const W = variable([[1, 0, -1], [2, 1, 0]], { name: "W" }); // biome-ignore format: a matrix
  const B = variable([1, 2, 3], { name: "B" });
  const Y = X.matmul(W).add(B).named("Y");
  Y.sum().backward();
  compare("dX = dY W^T, at (0, 1)", X.grad?.data[1], 3);
  compare("dW = X^T dY, at (1, 0)", W.grad?.data[3], 6);
  compare("dB = the sum of the rows of dY, at 0", B.grad?.data[0], 2);
  draw("affine", Y, "Affine: Y = X W + B, for a batch of two");
}

section("Softmax with loss: scores (0.3, 2.9, 4.0), label 2");
{
  const scores = variable([[0.3, 2.9, 4]], { name: "a" });
  const loss = softmaxWithLoss(scores, tensor([2], { dtype: "int32", name: "t" })).named("loss");
  loss.backward();
  const y = scores.softmax().data;
  [0, 0, 1].forEach((t, i) => {
    compare(`da ${i} = y ${i} - t ${i}`, scores.grad?.data[i], (y[i] as number) - t, 1e-15);
  });
  compare("loss = -log y 2", loss.item(), -Math.log(y[2] as number), 1e-14);
  draw("softmax-with-loss", loss, "Softmax with loss as one node");

  const a = variable([[0.3, 2.9, 4]], { name: "a" });
  const exp = a.exp();
  const written = exp
    .div(exp.sum({ axis: 1, keepDims: true }).named("S"))
    .named("y")
    .log()
    .mul(tensor([[0, 0, 1]], { name: "t" }))
    .sum()
    .neg()
    .named("L");
  written.backward();
  compare("written out: loss", written.item(), loss.item(), 1e-14);
  compare("written out: da 2", a.grad?.data[2], (y[2] as number) - 1, 1e-14);
  draw("softmax-with-loss-written-out", written, "Softmax with loss, written out");
  note(
    "Of all the quotients and logarithms y - t is left (for N rows, divided by N): that is why the two are one layer.",
  );
}
