/**
 * A variational autoencoder on MNIST: digits from two numbers, and a map of what the numbers mean.
 *
 * MNIST의 변분 오토인코더: 수 두 개로 만드는 숫자 그림, 그리고 그 수들의 뜻을 보여 주는 지도.
 * MNIST の変分オートエンコーダ: 二つの数から作る数字の画像と、その数の意味を示す地図。
 *
 * An encoder gives each image x a normal distribution of codes z, mean m and logarithm of the variance s; a decoder gives each
 * code the probabilities p of an image's pixels. The loss is an upper bound of -log p(x), in nats an image:
 *
 *   -sum over pixels of (x log p + (1 - x) log(1 - p)) + 1/2 sum (m^2 + e^s - s - 1),   z = m + e^(s/2) n, n normal
 *
 * The first term wants the image back, the second one codes that look like plain normal numbers, so that any such number can be
 * decoded. n is drawn, and not z: so the gradient reaches m and s. D. P. Kingma and M. Welling, "Auto-encoding variational Bayes"
 * (2014).
 */
import { join } from "node:path";
import { noGrad, Random, type Tensor, tensor } from "@chainrule/core";
import {
  Adam,
  Affine,
  binaryCrossEntropyWithLogits,
  type ForwardOptions,
  Layer,
  ReLU,
  Sequential,
  Trainer,
} from "@chainrule/nn";
import { showProgress } from "@chainrule/nn/node";
import { readDigits } from "../mnist/data.js";
import { savePanels } from "../support/chart.js";
import { saveImages } from "../support/images.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { epochs, images: count, seed, out } = readOptions({ epochs: 15, images: 60_000, seed: 1, out: "out" });

/** Numbers of a code: two, so that all of them can be drawn. */
const codes = 2;
const random = new Random(seed);
const options = { random, dtype: "float32" } as const;

/** Ten that can be told apart in light and dark. */
const colors = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e0a800",
  "#7a5cd0",
  "#7cb518",
  "#a0522d",
  "#8a8f98",
  "#d62745",
];

class Autoencoder extends Layer {
  readonly encoder = new Sequential([new Affine(784, 256, options), new ReLU(), new Affine(256, 2 * codes, options)]);
  readonly decoder = new Sequential([new Affine(codes, 256, options), new ReLU(), new Affine(256, 784, options)]);

  /** Mean and logarithm of the variance of the codes of images. */
  encode(x: Tensor) {
    const [mean, logVariance] = this.encoder.forward(x).split(2, 1) as [Tensor, Tensor];
    return { mean, logVariance };
  }

  /** What is computed of a batch: scores of the pixels, and the distribution of the codes. */
  run(x: Tensor, { training = false, random }: ForwardOptions) {
    const { mean, logVariance } = this.encode(x);
    const noise = training && random !== undefined ? random.normal(mean.shape, { dtype: "float32" }) : null;
    const code = noise === null ? mean : mean.add(logVariance.div(2).exp().mul(noise));
    return { scores: this.decoder.forward(code), mean, logVariance };
  }

  /** The probabilities of the pixels, from 0 to 1. */
  override forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    return this.run(x, options).scores.sigmoid();
  }
}

const { train, test } = readDigits(null, "float32");
const network = new Autoencoder();
const trainer = new Trainer({
  network,
  optimizer: new Adam(network, { lr: 0.001 }),
  data: count < train.images.shape[0] ? { images: train.images.slice([[0, count]]) } : { images: train.images },
  predict: ({ images }, mode) => ({ x: images, ...network.run(images, mode) }),
  loss: ({ scores, x, mean, logVariance }) => {
    const pixels = binaryCrossEntropyWithLogits(scores, x, { reduction: "sum" });
    const codesCost = mean.square().add(logVariance.exp()).sub(logVariance).sub(1).sum().div(2);
    return pixels.add(codesCost).div(x.shape[0] as number);
  },
  evaluations: {},
  batchSize: 128,
  epochs,
  random: new Random(seed + 1),
  callbacks: [showProgress()],
});

section(`Training, ${epochs} epochs of ${count} images`);
const { evaluations, seconds } = await trainer.run();
const losses = evaluations.map(({ values }) => values["loss"] as number);
const last = losses.at(-1) as number;
console.log(`  ${seconds.toFixed(0)} s`);
const isFull = epochs >= 15 && count === 60_000;
// A decoder that knows the mean image only.
const mean = noGrad(() => train.images.toTensor().mean(0));
const plain = noGrad(() => {
  const p = mean.clamp(1e-4, 1 - 1e-4);
  return p
    .mul(p.log())
    .add(p.neg().add(1).mul(p.neg().add(1).log()))
    .sum()
    .neg()
    .item();
});
console.log(`  nats of an image, by the mean image alone: ${plain.toFixed(1)}`);
// Before learning each pixel is as good as a coin.
const coin = 784 * Math.LN2;
check(
  "nats of an image, last epoch",
  last.toFixed(1),
  isFull ? "at most 155" : `at most 400 (a coin for each pixel: ${coin.toFixed(0)})`,
  last <= (isFull ? 155 : 400),
);

section("Pictures");
noGrad(() => {
  const side = 15;
  // Codes at equal shares of the normal distribution, as in the paper's figure.
  const quantiles = tensor(Array.from({ length: side }, (_, i) => (i + 0.5) / side))
    .mul(2)
    .sub(1);
  const places = Array.from(quantiles.data, (p) => quantile(p));
  const grid = places.flatMap((y) => places.map((x) => [x, -y]));
  const decoded = network.decoder.forward(tensor(grid, { dtype: "float32" })).sigmoid();
  saveImages(join(out, "vae-codes.svg"), {
    title: "What the codes mean: the decoder over the plane of the two numbers",
    description: "Digits that change smoothly from one into another over a grid of codes.",
    columns: side,
    scale: 1,
    images: imagesOf(decoded),
  });
  const some = test.images.slice([[0, 10]]);
  saveImages(join(out, "vae-digits.svg"), {
    title: "Test digits, and what two numbers tell of them",
    description: "Ten digits of the test images above, the same after encoding and decoding below.",
    columns: 10,
    scale: 2,
    range: [0, 1],
    images: [...imagesOf(some), ...imagesOf(network.forward(some))],
  });
  const shown = test.images.slice([[0, 2000]]);
  const points = network.encode(shown).mean.toArray() as number[][];
  const labels = test.labels.data;
  savePanels(join(out, "vae-map.svg"), {
    title: "Where the digits are: codes of 2000 test images",
    description: "Ten clouds of points, one for each digit, which was never told.",
    columns: 1,
    size: [560, 480],
    panels: [
      {
        title: "",
        x: { name: "first number", min: -4, max: 4, step: 1 },
        y: { name: "second number", min: -4, max: 4, step: 1 },
        series: Array.from({ length: 10 }, (_, digit) => ({
          name: String(digit),
          color: colors[digit] as string,
          scatter: points.flatMap(([x = 0, y = 0], i) => (labels[i] === digit ? [[x, y] as const] : [])),
          size: 3,
        })),
      },
    ],
  });
});
note("Nobody told the network which digit is which: the labels colour the map only.");

/** The value below which a normal number is with probability (1 + p) / 2, by halving. */
function quantile(p: number): number {
  let [low, high] = [-6, 6];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (
      tensor(middle / Math.SQRT2)
        .erf()
        .item() < p
    )
      low = middle;
    else high = middle;
  }
  return low;
}

function imagesOf(rows: Tensor) {
  const count = rows.shape[0] as number;
  const pixels = rows.reshape([count, 28, 28]).toArray() as number[][][];
  return pixels.map((image) => ({ pixels: image }));
}
