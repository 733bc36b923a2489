/**
 * SimpleConvNet: one convolution and two affine layers; gradient check, then training on MNIST until 98.5% are right.
 *
 * SimpleConvNet: 합성곱 계층 하나와 Affine 계층 둘. 기울기 확인을 하고, MNIST를 98.5% 맞힐 때까지 학습합니다.
 * SimpleConvNet: 畳み込み層一つと Affine レイヤ二つ。勾配確認をしてから、MNIST で認識精度が 98.5% になるまで学習する。
 *
 * conv 30 at 5x5, ReLU, pool 2, affine 100, ReLU, affine 10, softmax with loss; weights 0.01 times normal, biases 0. A filter has
 * 25 weights for all its 24 x 24 places, so that a stroke is found wherever it is: the affine network of chapter 5, which has to
 * learn it anew for each place, stays at 97%.
 *
 * Every step is one compiled program. The weights stay in out/simple-conv-net.safetensors, for ch07/filters.
 */
import { join } from "node:path";
import { numericalGradient, Random, tensor } from "@chainrule/core";
import { Adam, accuracy, encodeSafetensors, softmaxWithLoss, Trainer } from "@chainrule/nn";
import { formatDuration, showProgress } from "@chainrule/nn/node";
import { readDigits } from "../mnist/data.js";
import { accuracyAxis, saveChart } from "../support/chart.js";
import { planes, simpleConvNet } from "../support/conv-nets.js";
import { accuraciesOf, mean, points } from "../support/curves.js";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { epochs, images, batch, seed, out } = readOptions({
  epochs: 20,
  images: 60_000,
  batch: 100,
  seed: 1,
  out: "out",
});

section("Gradients: backpropagation against central differences, an image of 10x10, 10 filters of 3x3, float64");
const random = new Random(seed);
const small = simpleConvNet({ random, dtype: "float64", size: 10, filters: 10, kernel: 3, hidden: 10 });
const image = random.uniform([1, 1, 10, 10]);
const loss = () => softmaxWithLoss(small.forward(image), tensor([1], { dtype: "int32" }));
loss().backward();
for (const [name, parameter] of Object.entries(small.parameters())) {
  const difference = parameter.grad?.sub(numericalGradient(loss, parameter)).abs().mean().item() ?? Number.NaN;
  const title = `${name} [${parameter.shape.join(", ")}], mean absolute difference`;
  check(title, difference.toExponential(1), "at most 1e-7", difference <= 1e-7);
}

const digits = readDigits(null, "float32");
const train = planes(digits.train, Math.min(images, 60_000));
const test = planes(digits.test, Math.min(images, 10_000));
const network = simpleConvNet({ random: new Random(seed) });
const trainer = new Trainer({
  network,
  optimizer: new Adam(network, { lr: 0.001 }),
  data: train,
  predict: ({ images }) => network.forward(images),
  loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
  metrics: { accuracy: (scores, { labels }) => accuracy(scores, labels) },
  // Of the training images the first 1,000, as in the book.
  evaluations: { train: planes(digits.train, Math.min(images, 1000)), test },
  evaluateFirst: true,
  batchSize: batch,
  // As the book draws.
  replace: true,
  epochs,
  random: new Random(seed + 1),
  callbacks: [showProgress()],
});
section(`Training: ${epochs} epochs of ${train.labels.size} images, batches of ${batch}, Adam at a rate of 0.001`);
const { losses, evaluations, seconds } = await trainer.run();
saveFile(join(out, "simple-conv-net.safetensors"), encodeSafetensors(network.state()));

const [onTrain, onTest] = [accuraciesOf(evaluations, "train"), accuraciesOf(evaluations, "test")];
saveChart(join(out, "simple-conv-net.svg"), {
  title: "SimpleConvNet: accuracy",
  x: { name: "epoch", min: 0, max: epochs },
  y: accuracyAxis([onTrain, onTest]),
  series: [
    { name: "train, first 1,000 images", points: points(onTrain) },
    { name: "test", points: points(onTest), dashed: true },
  ],
});

section("What it has learned");
const share = onTest.at(-1) as number;
const bound = images >= 60_000 && epochs >= 5 ? 0.985 : 0.05;
check(
  `accuracy on ${test.labels.size} test images`,
  `${share.toFixed(4)} (${epochs} epochs, ${formatDuration(seconds)})`,
  `at least ${bound} (book: 0.9896, 20 epochs)`,
  share >= bound,
);
const [first, last] = [mean(losses.slice(0, 5)), mean(losses.slice(-5))];
check("loss, mean of the last five steps", last.toFixed(4), `below the first, ${first.toFixed(4)}`, last < first);
const reached = onTest.findIndex((value) => value >= 0.985);
console.log(`  ${((1000 * seconds) / losses.length).toFixed(1)} ms a step`);
if (reached > 0) console.log(`  0.985 was reached after epoch ${reached}`);
note(`Most is learned in the first epochs. After some ten of them hardly a training image is wrong, while the test accuracy
  stays where it is: what is left to learn is in the training images only.`);
