/**
 * The learning curves: loss of each iteration, and accuracy on training and test images of each epoch, as pictures.
 */
import { join } from "node:path";
import { noGrad, Random } from "@chainrule/core";
import { Affine, accuracy, normal, ReLU, Sequential, SGD, softmaxWithLoss, takeRows } from "@chainrule/nn";
import type { ImageSet } from "@chainrule/nn/node";
import { readDigits } from "../mnist/data.js";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, section } from "../support/report.js";

const { iterations, batch, seed, out } = readOptions({ iterations: 10_000, batch: 100, seed: 1, out: "out" });

const random = new Random(seed);
const options = { initializer: normal({ std: 0.01 }), random, dtype: "float32" } as const;
const network = new Sequential([new Affine(784, 50, options), new ReLU(), new Affine(50, 10, options)]);
const optimizer = new SGD(network, { lr: 0.1 });

const { train, test } = readDigits(null, "float32");
const accuracyOn = ({ images, labels }: ImageSet): number =>
  noGrad(() => accuracy(network.forward(images.toTensor()), labels));

const perEpoch = Math.max(1, Math.floor(train.labels.size / batch));
const losses: number[] = [];
const trainAccuracy: number[] = [];
const testAccuracy: number[] = [];

for (let i = 0; i < iterations; i++) {
  if (i % perEpoch === 0) evaluate();
  const { images, labels } = takeRows(train, random.choice(train.labels.size, batch));
  const loss = softmaxWithLoss(network.forward(images), labels);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  losses.push(loss.item());
}
if (iterations % perEpoch === 0) evaluate();

function evaluate(): void {
  trainAccuracy.push(accuracyOn(train));
  testAccuracy.push(accuracyOn(test));
  const [onTrain, onTest] = [trainAccuracy, testAccuracy].map((all) => all.at(-1)?.toFixed(4));
  console.log(`  epoch ${String(trainAccuracy.length - 1).padStart(2)}   train ${onTrain}   test ${onTest}`);
}

section("Pictures");
const points = (values: readonly number[]): Point[] => values.map((value, i) => [i, value]);
saveChart(join(out, "loss-curve.svg"), {
  title: "Loss",
  x: { name: "iteration", min: 0, max: iterations },
  y: { name: "loss", min: 0 },
  series: [{ name: "loss of the batch", points: points(losses) }],
});
saveChart(join(out, "accuracy-curve.svg"), {
  title: "Accuracy",
  x: { name: "epoch", min: 0, max: Math.max(1, trainAccuracy.length - 1) },
  y: { name: "accuracy", min: 0, max: 1 },
  series: [
    { name: "train", points: points(trainAccuracy) },
    { name: "test", points: points(testAccuracy), dashed: true },
  ],
});

section("What the curves show");
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const hundredth = Math.ceil(losses.length / 100);
const [firstLoss, lastLoss] = [mean(losses.slice(0, hundredth)), mean(losses.slice(-hundredth))];
check(
  "loss, mean of the last 1% of iterations",
  lastLoss.toFixed(4),
  `below half the first, ${firstLoss.toFixed(4)}`,
  lastLoss < firstLoss / 2,
);
const [before, after] = [trainAccuracy[0] as number, trainAccuracy[1]];
check("accuracy before training (ten classes)", before.toFixed(4), "from 0.02 to 0.3", before > 0.02 && before < 0.3);
if (after !== undefined) check("accuracy after the first epoch", after.toFixed(4), "at least 0.9", after >= 0.9);
