/**
 * Dropout against overfitting: 300 images, and a network with hundreds of parameters for each of them.
 *
 * 드롭아웃으로 오버피팅 막기: 이미지는 300장, 신경망의 매개변수는 한 장에 수백 개꼴입니다.
 * ドロップアウトで過学習を抑える: 画像 300 枚と、1 枚あたり数百個のパラメータを持つネットワーク。
 *
 * In training each activation of a hidden layer is 0 with probability 0.2, drawn anew in each step, and in evaluation all are there,
 * times 0.8: the book's form. (The field's, `inverted`, divides by 0.8 in training and leaves evaluation alone.) The network
 * is 784-100-100-100-100-100-100-10 with ReLU and He's weights; batches of 100, SGD with lr 0.01; accuracy on the 300 training
 * images and on the 10,000 test images at 301 points, before the first epoch and after each of 300.
 */
import { join } from "node:path";
import { ones, Random } from "@chainrule/core";
import { Dropout, SGD } from "@chainrule/nn";
import { multiLayerNet } from "../support/multi-layer-net.js";
import { readOptions } from "../support/options.js";
import { type Curves, fewImages, gap, last, saveCurves, trainOnFew } from "../support/overfitting.js";
import { check, compare, note, section } from "../support/report.js";

const { samples, tests, epochs, seed, out } = readOptions({
  samples: 300,
  tests: 10_000,
  epochs: 300,
  seed: 1,
  out: "out",
});
const ratio = 0.2;
const images = fewImages(samples, tests);

section("What dropout makes of 100,000 ones");
const layer = new Dropout({ ratio, inverted: false });
const random = new Random(seed);
const values = ones([100_000]);
compare("training: mean", layer.forward(values, { training: true, random }).mean().item(), 1 - ratio, 0.005);
compare("evaluation: mean", layer.forward(values).mean().item(), 1 - ratio);

function run(name: string, dropout: number): Promise<Curves> {
  const network = multiLayerNet({ hidden: [100, 100, 100, 100, 100, 100], random: new Random(seed), dropout });
  return trainOnFew(name, network, new SGD(network, { lr: 0.01 }), images, { epochs, seed });
}

section(`Accuracy on ${samples} training images, and on ${tests} test images`);
const [without, dropping] = [await run("without", 0), await run("with", ratio)];

section(
  "Beside the book's figure: without, training reaches 1.0 and test stays far below; with, both are lower and nearer",
);
const isFull = epochs >= 300;
const least = isFull ? 0.99 : 0.3;
check("without: train", last(without.train).toFixed(3), `at least ${least}`, last(without.train) >= least);
check(
  "with: train",
  last(dropping.train).toFixed(3),
  `below ${last(without.train).toFixed(3)}, without`,
  last(dropping.train) < last(without.train),
);
if (isFull) {
  check(
    "without: test",
    last(without.test).toFixed(3),
    "from 0.6 to 0.85",
    last(without.test) > 0.6 && last(without.test) < 0.85,
  );
  check(
    "with: train - test",
    gap(dropping).toFixed(3),
    `below ${gap(without).toFixed(3)}, without`,
    gap(dropping) < gap(without),
  );
}
note(`A neuron that cannot count on the others in each step learns what is of use without them; each step trains another, smaller
  network, and evaluation takes about the mean of all of them. The training images are known less by heart, and learning is slower: it
  is not at its end after 300 epochs, where the test accuracy is still below that without. The book's form slows it further, since six layers of it shrink the scores of training to 0.8^6, a quarter.`);

section("Picture");
saveCurves(join(out, "dropout.svg"), {
  title: `Learning ${samples} images, without and with dropout`,
  description:
    "Two charts of accuracy over epochs. Without dropout the training accuracy reaches 1 and the test accuracy stays near 0.75; with it " +
    "both are lower and nearer to one another.",
  curves: { "without dropout": without, "dropout, ratio 0.2": dropping },
});
