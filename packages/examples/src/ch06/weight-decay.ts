/**
 * Weight decay against overfitting: 300 images, and a network with hundreds of parameters for each of them.
 *
 * 가중치 감소로 오버피팅 막기: 이미지는 300장, 신경망의 매개변수는 한 장에 수백 개꼴입니다.
 * 重み減衰で過学習を抑える: 画像 300 枚と、1 枚あたり数百個のパラメータを持つネットワーク。
 *
 * The loss takes on 1/2 lambda times the sum of all W^2, lambda 0.1, weights only, so that the gradient of each W takes on
 * lambda W. Here the optimizer adds it, as its `weightDecay`. The network is 784-100-100-100-100-100-100-10 with ReLU and He's
 * weights; batches of 100, SGD with lr 0.01; accuracy on the 300 training images and on the 10,000 test images at 201
 * points, before the first epoch and after each of 200.
 */
import { join } from "node:path";
import { Random, type Tensor, tensor, variable } from "@chainrule/core";
import { SGD, sumOfSquaredErrors } from "@chainrule/nn";
import { multiLayerNet } from "../support/multi-layer-net.js";
import { readOptions } from "../support/options.js";
import { type Curves, fewImages, gap, last, saveCurves, trainOnFew } from "../support/overfitting.js";
import { check, compare, note, section } from "../support/report.js";

const { samples, tests, epochs, seed, out } = readOptions({
  samples: 300,
  tests: 10_000,
  epochs: 200,
  seed: 1,
  out: "out",
});
const lambda = 0.1;
const images = fewImages(samples, tests);

section("A step with the optimizer's weightDecay (ours), and one with the term in the loss (source): the same");
const [w, v] = [variable([3, -4]), variable([3, -4])];
const loss = (w: Tensor): Tensor => sumOfSquaredErrors(w, tensor([1, 2]));
loss(w).backward();
new SGD({ w }, { lr: 0.01, weightDecay: lambda }).step();
const decay = sumOfSquaredErrors(v, tensor([0, 0])).mul(lambda);
loss(v).add(decay).backward();
new SGD({ v }, { lr: 0.01 }).step();
for (const i of [0, 1]) compare(`W ${i}`, w.data[i] as number, v.data[i] as number);

interface Run extends Curves {
  /** Half the sum of the squares of all weights, at the end. */
  readonly size: number;
}

async function run(name: string, weightDecay: number): Promise<Run> {
  const network = multiLayerNet({ hidden: [100, 100, 100, 100, 100, 100], random: new Random(seed) });
  const isWeight = (name: string) => name.endsWith(".W");
  const groups = [{ parameters: network, where: isWeight, weightDecay }, { parameters: network }];
  const curves = await trainOnFew(name, network, new SGD(groups, { lr: 0.01 }), images, { epochs, seed });
  const weights = Object.entries(network.parameters()).filter(([name]) => isWeight(name));
  return { ...curves, size: weights.reduce((sum, [, W]) => sum + W.square().sum().item() / 2, 0) };
}

section(`Accuracy on ${samples} training images, and on ${tests} test images`);
const [without, decayed] = [await run("without", 0), await run("with", lambda)];

section(
  "Beside the book's figures: without, training reaches 1.0 and test stays far below; with, both are lower and nearer",
);
const isFull = epochs >= 200;
const least = isFull ? 0.99 : 0.3;
check("without: train", last(without.train).toFixed(3), `at least ${least}`, last(without.train) >= least);
if (isFull) {
  check(
    "without: test",
    last(without.test).toFixed(3),
    "from 0.6 to 0.85",
    last(without.test) > 0.6 && last(without.test) < 0.85,
  );
  check("with: train", last(decayed.train).toFixed(3), "below 1", last(decayed.train) < 1);
  check(
    "with: train - test",
    gap(decayed).toFixed(3),
    `below ${gap(without).toFixed(3)}, without`,
    gap(decayed) < gap(without),
  );
}
check(
  "with: 1/2 sum W^2",
  decayed.size.toFixed(1),
  `below ${without.size.toFixed(1)}, without`,
  decayed.size < without.size,
);
note(`300 images can be learned by heart, and their accuracy then says nothing of others. Small weights make a function that changes
  less from one image to the next. Here they cost a little on both sets, and the training accuracy comes nearer to what it is for
  images that the network has not seen.`);

section("Picture");
saveCurves(join(out, "weight-decay.svg"), {
  title: `Learning ${samples} images, without and with weight decay`,
  description:
    "Two charts of accuracy over epochs. Without weight decay the training accuracy reaches 1 and the test accuracy stays near 0.75; with it " +
    "both are lower and nearer to one another.",
  curves: { "without weight decay": without, "weight decay, λ = 0.1": decayed },
});
