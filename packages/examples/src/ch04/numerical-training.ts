/**
 * A two-layer sigmoid network trained by numerical gradients alone: one step, and the time that 10,000 would take.
 *
 * 2층 시그모이드 신경망을 수치 미분의 기울기만으로 학습합니다: 한 걸음, 그리고 10,000걸음에 걸릴 시간.
 * シグモイド関数の 2 層ニューラルネットワークを数値微分の勾配だけで学習する: 1 ステップと、10,000 ステップにかかる時間。
 *
 * A central difference needs two losses for each of the 39,760 parameters, a step therefore 79,520 forward passes, where
 * backpropagation needs one forward and one backward pass. Both find the same gradient.
 */
import { noGrad, numericalGradient, Random, type Tensor } from "@chainrule/core";
import { Affine, normal, Sequential, SGD, Sigmoid, softmaxWithLoss, takeRows } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { batch, hidden, seed } = readOptions({ batch: 100, hidden: 50, seed: 1 });
const lr = 0.1;

const random = new Random(seed);
const network = new Sequential({
  affine1: new Affine(784, hidden, { initializer: normal({ std: 0.01 }), random }),
  sigmoid: new Sigmoid(),
  affine2: new Affine(hidden, 10, { initializer: normal({ std: 0.01 }), random }),
});
const parameters = Object.entries(network.parameters());
const count = parameters.reduce((sum, [, parameter]) => sum + parameter.size, 0);

const { train } = readDigits(null, "float32");
const lossOn = (size: number): (() => Tensor) => {
  const { images, labels } = takeRows(train, random.choice(train.labels.size, size));
  const x = images.cast("float64");
  return () => softmaxWithLoss(network.forward(x), labels);
};

/** Seconds that a piece of work takes, the mean of some repetitions after some to warm up. */
function seconds(work: () => void, repetitions = 50): number {
  for (let i = 0; i < 10; i++) work();
  const start = performance.now();
  for (let i = 0; i < repetitions; i++) work();
  return (performance.now() - start) / 1000 / repetitions;
}

section(`One step on a batch of ${batch}: ${(2 * count).toLocaleString("en")} losses for the numerical gradient`);
const loss = lossOn(batch);
console.log(`  takes about ${(2 * count * seconds(loss)).toFixed(0)} s`);
const before = loss();
before.backward();
const numerical = parameters.map(([name, parameter]) => {
  const gradient = numericalGradient(loss, parameter);
  const difference = parameter.grad?.sub(gradient).abs().mean().item() ?? Number.NaN;
  const largest = gradient.abs().max().item();
  check(
    `${name}: mean difference to backpropagation`,
    difference.toExponential(1),
    `at most 1e-9 (largest ${largest.toExponential(0)})`,
    difference <= 1e-9,
  );
  return gradient;
});
parameters.forEach(([, parameter], i) => {
  parameter.assign(parameter.sub((numerical[i] as Tensor).mul(lr)));
});
const after = loss().item();
check("loss after the step", after.toFixed(4), `below ${before.item().toFixed(4)}`, after < before.item());

section("10,000 steps on batches of 100, as measured here");
const optimizer = new SGD(network, { lr });
const lossOfHundred = lossOn(100);
const forward = seconds(() => noGrad(lossOfHundred).item());
const step = seconds(() => {
  optimizer.zeroGrad();
  lossOfHundred().backward();
  optimizer.step();
});
console.log(
  `  numerical:       ${((10_000 * 2 * count * forward) / 3600).toFixed(0)} hours (source: more than 40 hours)`,
);
console.log(`  backpropagation: ${(10_000 * step).toFixed(0)} s (source: 13 s)`);
note(
  "Both find the same gradient; what differs is a factor of tens of thousands in time. That is what chapter 5 is for.",
);
