/**
 * Activation functions as pictures: step, sigmoid and ReLU with their slopes, and what softmax does.
 *
 * 활성화 함수를 그림으로 봅니다: 계단 함수, 시그모이드, ReLU와 각각의 접선 기울기, 그리고 소프트맥스가 하는 일.
 * 活性化関数を図で見る: ステップ関数、シグモイド関数、ReLU 関数と、それぞれの傾き、そしてソフトマックス関数の働き。
 *
 * step(x) = 1 if x > 0, else 0; sigmoid(x) = 1 / (1 + exp(-x)); relu(x) = max(x, 0); softmax(x)_k = exp(x_k) / sum of exp(x_i), which
 * is the same for x and x - max(x), so that nothing overflows.
 */
import { join } from "node:path";
import { sigmoid, softmax, type Tensor, tensor, variable } from "@chainrule/core";
import { type Point, savePanels } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const step = (x: Tensor): Tensor => x.greater(0).cast("float64");

section("Sigmoid of -1, 1, 2 and ReLU of -1, 0, 2");
sigmoid(tensor([-1, 1, 2])).data.forEach((value, i) => {
  compare(`sigmoid(${[-1, 1, 2][i]})`, value, [0.26894142, 0.73105858, 0.88079708][i] as number, 5e-9);
});
tensor([-1, 0, 2])
  .relu()
  .data.forEach((value, i) => {
    compare(`relu(${[-1, 0, 2][i]})`, value, [0, 0, 2][i] as number);
  });

section("Softmax of 0.3, 2.9, 4.0");
const probabilities = softmax(tensor([0.3, 2.9, 4]));
probabilities.data.forEach((value, i) => {
  compare(`softmax(0.3, 2.9, 4.0), element ${i}`, value, [0.01821127, 0.24519181, 0.73659691][i] as number, 5e-9);
});
compare("sum of the elements", probabilities.sum().item(), 1, 1e-15);
note("They are positive and their sum is 1, so they can be read as probabilities; the order of the elements stays.");

section("Softmax of 1010, 1000, 990, where exp overflows");
const plain = [1010, 1000, 990].map(Math.exp);
const sum = plain.reduce((total, value) => total + value, 0);
check(
  "softmax(1010, 1000, 990), as the formula is written",
  String((plain[0] as number) / sum),
  "NaN",
  Number.isNaN((plain[0] as number) / sum),
);
softmax(tensor([1010, 1000, 990])).data.forEach((value, i) => {
  compare(
    `softmax(1010, 1000, 990), element ${i}`,
    value,
    [9.999546e-1, 4.53978686e-5, 2.06106005e-9][i] as number,
    5e-9 * value,
  );
});

section("Slopes, and a picture");
const xs = Array.from({ length: 201 }, (_, i) => -5 + i / 20);
const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  step,
  sigmoid: (x) => x.sigmoid(),
  relu: (x) => x.relu(),
};
const panels = Object.entries(functions).map(([name, f]) => {
  const x = variable(xs);
  const y = f(x);
  if (y.requiresGrad) y.sum().backward();
  const curve = ({ data }: Tensor) => xs.map((x, i): Point => [x, data[i] as number]);
  const slope = x.grad ?? x.detach().mul(0);
  if (name === "sigmoid") compare("largest slope of the sigmoid, at 0", slope.max().item(), 0.25);
  return {
    title: name,
    x: { name: "x", min: -5, max: 5, step: 5 },
    y: name === "relu" ? { name: "y", min: -1, max: 5, step: 1 } : { name: "y", min: -0.5, max: 1.5, step: 0.5 },
    series: [
      { name: "function", points: curve(y) },
      { name: "its slope", points: curve(slope), dashed: true },
    ],
  };
});
savePanels(join(out, "activations.svg"), {
  title: "Activation functions and their slopes",
  description:
    "Step: 0 up to 0, then 1, slope 0. Sigmoid: a smooth step, slope at most a quarter. ReLU: 0 up to 0, then x, slope 0, then 1.",
  columns: 3,
  panels,
  size: [200, 170],
});
note(
  "The step has the slope 0 wherever it has one: nothing can be learned through it. Behind a sigmoid a gradient is at most a",
  "quarter of itself; behind a ReLU it is all or nothing.",
);
