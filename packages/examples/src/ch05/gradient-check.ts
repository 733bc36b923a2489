/**
 * Gradient check: backpropagation against numerical gradients, for all 39,760 parameters, on three images of MNIST.
 *
 * 기울기 확인: 오차역전파법의 기울기를 수치 미분과, 매개변수 39,760개 모두에 대해 MNIST 이미지 3장으로 비교합니다.
 * 勾配確認: 誤差逆伝播法と数値微分を、39,760 個のパラメータすべてについて、MNIST の画像 3 枚で比べる。
 *
 * Affine, ReLU, Affine, SoftmaxWithLoss in float64; weights 0.01 times normal, biases 0. The numerical gradient of the loss L by a
 * parameter p is (L(p + h) - L(p - h)) / 2h with h = 1e-4, two losses for each parameter; backpropagation finds all in one pass.
 */
import { numericalGradient, Random, type Tensor } from "@chainrule/core";
import { Affine, normal, ReLU, Sequential, softmaxWithLoss } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { readOptions } from "../support/options.js";
import { check, note } from "../support/report.js";

const { hidden, seed } = readOptions({ hidden: 50, seed: 1 });

const random = new Random(seed);
const affine1 = new Affine(784, hidden, { initializer: normal({ std: 0.01 }), random });
const affine2 = new Affine(hidden, 10, { initializer: normal({ std: 0.01 }), random });
const network = new Sequential({ affine1, relu: new ReLU(), affine2 });

const { train } = readDigits(null, "float32");
const images = train.images.take([0, 1, 2]).cast("float64");
const labels = train.labels.take([0, 1, 2]);
const loss = () => softmaxWithLoss(network.forward(images), labels);
loss().backward();

interface Row {
  readonly name: string;
  readonly parameter: Tensor;
  readonly bound: number;
  readonly source: number;
}
const table: readonly Row[] = [
  { name: "W1", parameter: affine1.W, bound: 1e-9, source: 5.9e-10 },
  { name: "b1", parameter: affine1.b, bound: 1e-8, source: 3.5e-9 },
  { name: "W2", parameter: affine2.W, bound: 1e-8, source: 6.0e-9 },
  { name: "b2", parameter: affine2.b, bound: 5e-7, source: 1.4e-7 },
];
for (const { name, parameter, bound, source } of table) {
  const difference = parameter.grad?.sub(numericalGradient(loss, parameter)).abs().mean().item() ?? Number.NaN;
  check(
    `${name} [${parameter.shape.join(", ")}], mean absolute difference`,
    difference.toExponential(1),
    `at most ${bound} (source ${source.toExponential(1)})`,
    difference <= bound,
  );
}
note(
  "The differences are far below the source's, which are in part float32: here both sides are float64. A gradient that is wrong would",
  "differ in its first digits, by 1e-3 or more.",
);
