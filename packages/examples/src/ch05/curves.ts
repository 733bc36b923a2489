/**
 * The learning curves: loss of each iteration, and accuracy on training and test images of each epoch, as pictures.
 *
 * 학습 곡선: 반복마다의 손실, 에폭마다의 훈련 데이터와 시험 데이터 정확도를 그림으로.
 * 学習曲線: 繰り返しごとの損失、エポックごとの訓練データとテストデータの認識精度を図にする。
 *
 * The loss of a batch, -1/N sum of log y_t, is noisy, as each batch has other images; its mean over 100 falls. Accuracies are drawn from
 * 0.85 where all but the first are above it, since between 0 and 1, as in the book (--full-axis), the two curves lie on one another.
 */
import { join } from "node:path";
import { noGrad, Random } from "@chainrule/core";
import { Affine, accuracy, normal, ReLU, Sequential, SGD, softmaxWithLoss, takeRows } from "@chainrule/nn";
import type { ImageSet } from "@chainrule/nn/node";
import { readDigits } from "../mnist/data.js";
import { accuracyAxis, saveChart } from "../support/chart.js";
import { mean, meansOf, points } from "../support/curves.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const options = { iterations: 10_000, batch: 100, seed: 1, out: "out", "full-axis": false };
const { iterations, batch, seed, out, "full-axis": isFull } = readOptions(options);

const random = new Random(seed);
const layer = { initializer: normal({ std: 0.01 }), random, dtype: "float32" } as const;
const network = new Sequential([new Affine(784, 50, layer), new ReLU(), new Affine(50, 10, layer)]);
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
const window = 100;
saveChart(join(out, "loss-curve.svg"), {
  title: `Loss of each batch (grey), and its mean over ${window}`,
  x: { name: "iteration", min: 0, max: iterations },
  y: { name: "loss", min: 0 },
  series: [
    { name: "each batch", points: points(losses), faint: true },
    { name: `mean of ${window} batches`, points: meansOf(losses, window) },
  ],
});
saveChart(join(out, "accuracy-curve.svg"), {
  title: "Accuracy",
  x: { name: "epoch", min: 0, max: Math.max(1, trainAccuracy.length - 1) },
  y: accuracyAxis([trainAccuracy, testAccuracy], isFull),
  series: [
    { name: "train", points: points(trainAccuracy) },
    { name: "test", points: points(testAccuracy), dashed: true },
  ],
});

section("What the curves show");
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
note(
  "Training and test accuracy rise together, and the gap between them stays small: this network learns what digits look like, and",
  "not its training images by heart.",
);
