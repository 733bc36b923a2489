/**
 * SGD, Momentum, AdaGrad and Adam on MNIST: the loss of each over the same 2,000 batches.
 *
 * MNIST에서 SGD, 모멘텀, AdaGrad, Adam: 똑같은 미니배치 2,000개에 대한 각각의 손실.
 * MNIST での SGD、Momentum、AdaGrad、Adam: 同じ 2,000 個のミニバッチに対するそれぞれの損失。
 *
 * The network is 784-100-100-100-100-10 with ReLU and He's weights, the batch 128 images, the settings the book's defaults: lr 0.01,
 * and 0.001 for Adam, momentum 0.9. All four begin with the same weights and see the same batches.
 */
import { join } from "node:path";
import { Random } from "@chainrule/core";
import { AdaGrad, Adam, Momentum, type Optimizer, type Sequential, SGD, Trainer } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { saveChart } from "../support/chart.js";
import { mean, meansOf } from "../support/curves.js";
import { classifier, multiLayerNet } from "../support/multi-layer-net.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { iterations, batch, seed, out } = readOptions({ iterations: 2000, batch: 128, seed: 1, out: "out" });

const optimizers: Readonly<Record<string, (network: Sequential) => Optimizer>> = {
  SGD: (network) => new SGD(network),
  Momentum: (network) => new Momentum(network),
  AdaGrad: (network) => new AdaGrad(network),
  Adam: (network) => new Adam(network),
};

const { train } = readDigits(null, "float32");

/** The loss of each step. */
async function lossesWith(optimizerOf: (network: Sequential) => Optimizer): Promise<readonly number[]> {
  const network = multiLayerNet({ hidden: [100, 100, 100, 100], random: new Random(seed) });
  const trainer = new Trainer({
    ...classifier(network),
    optimizer: optimizerOf(network),
    data: train,
    batchSize: batch,
    replace: true,
    random: new Random(seed + 1),
    iterations,
  });
  return (await trainer.run()).losses;
}

section(`Mean loss of the last ${Math.min(100, iterations)} of ${iterations} iterations, batches of ${batch}`);
const losses: Record<string, readonly number[]> = {};
const ends: Record<string, number> = {};
for (const [name, optimizerOf] of Object.entries(optimizers)) {
  const found = await lossesWith(optimizerOf);
  losses[name] = found;
  ends[name] = mean(found.slice(-100));
  console.log(`  ${name.padEnd(10)} ${ends[name].toFixed(4)}`);
}

section("Beside the book's figure, where SGD is the slowest by far, and AdaGrad a little ahead of the others");
for (const name of ["Momentum", "AdaGrad", "Adam"]) {
  const ratio = (ends[name] as number) / (ends["SGD"] as number);
  check(`loss with ${name} / loss with SGD`, ratio.toFixed(3), "below 0.5", ratio < 0.5);
}
note(`Which of the three is ahead depends on rates and network; that plain SGD needs far more steps does not.`);

section("Picture");
saveChart(join(out, "optimizers.svg"), {
  title: "Four optimizers on MNIST",
  description:
    "Loss over iterations: that of SGD falls slowly, those of Momentum, AdaGrad and Adam are below 0.2 after 500.",
  x: { name: "iteration", min: 0, max: iterations },
  y: { name: "loss (means of 20 batches)", min: 0, max: 1, step: 0.2 },
  series: Object.entries(losses).map(([name, found]) => ({ name, points: meansOf(found, 20) })),
});
