/**
 * The gradient of a network's loss by its weights: simpleNet, one layer of 2 x 3 weights.
 *
 * 신경망의 손실을 가중치로 미분한 기울기: 가중치가 2 x 3인 계층 하나로 된 simpleNet.
 * ニューラルネットワークの損失の、重みに関する勾配: 2 x 3 の重みを持つ 1 層だけの simpleNet。
 *
 * p = x W, y = softmax(p), loss = -log y_2 for the label 2. The gradient dW has the shape of W: the element at (i, j) says how the
 * loss changes with the weight there. In closed form it is x^T (y - t).
 */
import { join } from "node:path";
import { numericalGradient, tensor, variable } from "@chainrule/core";
import { softmaxWithLoss } from "@chainrule/nn";
import { toSvg } from "@chainrule/pictures";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const W = variable(
  [
    [0.47355232, 0.9977393, 0.84668094],
    [0.85557411, 0.03563661, 0.69422093],
  ],
  { name: "W" },
);
const x = tensor([[0.6, 0.9]], { name: "x" });
const t = tensor([2], { dtype: "int32", name: "t" });

section("The book's weights, x = (0.6, 0.9), label 2");
const p = x.matmul(W).named("p");
const loss = softmaxWithLoss(p, t).named("loss");
p.data.forEach((value, i) => {
  compare(`p ${i}`, value, [1.05414809, 0.63071653, 1.1328074][i] as number, 5e-9);
});
check("greatest score", p.argMax(1).item(), 2, p.argMax(1).item() === 2);
// The weights are printed to 8 digits in the source, so the loss is known to as many.
compare("loss", loss.item(), 0.92806853663411326, 5e-9);

section("Its gradient: numerical, as in chapter 4, and by backpropagation");
loss.backward();
const numerical = numericalGradient(() => softmaxWithLoss(x.matmul(W), t), W);
const source = [0.21924763, 0.14356247, -0.36281009, 0.32887144, 0.2153437, -0.54421514];
source.forEach((value, i) => {
  const place = `dW ${Math.floor(i / 3)}, ${i % 3}`;
  compare(`${place}, numerical`, numerical.data[i], value, 1e-8);
  compare(`${place}, graph`, W.grad?.data[i], value, 5e-9);
});
note(
  "dW at (0, 0) is about 0.2: that weight 0.01 greater makes the loss 0.002 greater. So it has to become smaller, and the weights",
  "of class 2, whose gradients are negative, greater.",
);

section("One step against the gradient");
W.assign(W.sub((W.grad ?? numerical).mul(0.1)));
const after = softmaxWithLoss(x.matmul(W), t).item();
check("loss after a step with lr 0.1", after.toFixed(4), "below 0.9281", after < 0.9280685);

section("Picture");
saveFile(join(out, "simple-net.svg"), toSvg(loss, { title: "simpleNet: the graph of its loss" }));
