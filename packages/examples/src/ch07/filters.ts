/**
 * The filters of the first layer, before and after training: noise becomes edges and blobs.
 *
 * 첫 계층의 필터를 학습 전과 후에 봅니다: 잡음이 에지와 블롭이 됩니다.
 * 最初の層のフィルターを学習の前と後で見る: ノイズがエッジやブロブになる。
 *
 * Each of the 30 filters of SimpleConvNet is an image of 5x5 weights, black where it is least and white where it is greatest. A
 * filter answers most where the image looks like it: one that is light on the left and dark on the right finds right edges.
 * That neighbours have become alike is also a number, the correlation of neighbouring weights of a filter, its mean m taken off:
 * the mean of (w_a - m)(w_b - m) over neighbours a, b, divided by that of (w - m)^2.
 *
 * Takes the weights that ch07/simple-conv-net has left in the folder; where there are none, it trains for some steps itself.
 */
import { join } from "node:path";
import { noGrad, Random, type Tensor } from "@chainrule/core";
import { readDigits } from "../mnist/data.js";
import { planes, simpleConvNet } from "../support/conv-nets.js";
import { saveImages } from "../support/images.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";
import { loadOrTrain } from "../support/trained.js";

const { steps, batch, seed, out } = readOptions({ steps: 1200, batch: 100, seed: 1, out: "out" });

const train = planes(readDigits(null, "float32").train);
const network = simpleConvNet({ random: new Random(seed) });
const { conv1, relu1 } = network.layers;
/** [30, 5, 5] */
const filters = () => conv1.W.detach().reshape([30, 5, 5]);
const before = filters();
loadOrTrain(network, join(out, "simple-conv-net.safetensors"), train, { steps, batch, seed });
const after = filters();

section("Neighbouring weights of a filter");
function correlation(filters: Tensor): number {
  const w = filters.sub(filters.mean({ axis: [1, 2], keepDims: true }));
  const [left, right] = [w.slice([null, null, [0, 4]]), w.slice([null, null, [1, 5]])];
  const [upper, lower] = [w.slice([null, [0, 4]]), w.slice([null, [1, 5]])];
  const perFilter = (x: Tensor) => x.mean({ axis: [1, 2] });
  const neighbours = perFilter(left.mul(right))
    .add(perFilter(upper.mul(lower)))
    .div(2);
  return neighbours.div(perFilter(w.square())).mean().item();
}
const [noise, learned] = [correlation(before), correlation(after)];
check("correlation before training", noise.toFixed(3), "near that of noise, -1/24", Math.abs(noise + 1 / 24) < 0.1);
const bound = steps >= 1200 ? 0.2 : noise;
check("correlation after training", learned.toFixed(3), `above ${bound.toFixed(3)}`, learned > bound);
const [small, large] = [before, after].map((filters) => filters.std().item()) as [number, number];
check("standard deviation of the weights", large.toFixed(3), `above that before, ${small.toFixed(3)}`, large > small);

section("Pictures");
for (const [when, values] of Object.entries({ before, after })) {
  saveImages(join(out, `filters-${when}.svg`), {
    title: `The 30 filters ${when} training`,
    description: `30 filters of 5 by 5 weights ${when} training, each from black, its least weight, to white, its greatest.`,
    images: values.toArray().map((pixels) => ({ pixels })),
    columns: 10,
    scale: 8,
  });
}
const digit = train.images.take([0]);
const answers = noGrad(() => relu1.forward(conv1.forward(digit))).reshape([30, 24, 24]);
const strength = answers.mean({ axis: [1, 2] }).toArray();
const strongest = strength
  .map((value, filter) => ({ value, filter }))
  .sort((a, b) => b.value - a.value)
  .slice(0, 5);
saveImages(join(out, "filter-answers.svg"), {
  title: "A digit, and where five filters answer",
  description:
    "The first training image, a five, and the outputs of the five filters that answer it most, behind ReLU: white where the digit looks like the filter.",
  images: [
    { pixels: digit.reshape([28, 28]).toArray(), label: "the digit" },
    ...strongest.map(({ filter }) => ({
      pixels: answers
        .slice([[filter, filter + 1]])
        .reshape([24, 24])
        .toArray(),
      label: `filter ${filter}`,
    })),
  ],
  columns: 6,
  scale: 4,
});
note(`Before training the filters are noise. Afterwards many are light on one side and dark on the other: edges of one direction;
  others have a light spot: blobs. Nobody told the network of edges; they are what helps to tell digits apart.`);
