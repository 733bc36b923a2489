/**
 * The same network from four initial weights, trained on MNIST by the same 2,000 batches: their losses.
 *
 * 같은 신경망을 가중치 초깃값만 네 가지로 바꾸어 MNIST의 같은 미니배치 2,000개로 학습하고, 손실을 비교합니다.
 * 重みの初期値だけを四通りに変えたネットワークを、MNIST の同じ 2,000 個のミニバッチで学習したときの損失。
 *
 * Five affine layers, 784-100-100-100-100-10, batches of 128, SGD with lr 0.01. With std 0.01 the signal shrinks to nothing in four
 * layers, and with it the gradients; Xavier's std sqrt(1 / n) and He's sqrt(2 / n), n inputs, keep it. Xavier's is drawn with
 * ReLU, as in the book, and with sigmoid, for which it was made.
 */
import { join } from "node:path";
import { Random } from "@chainrule/core";
import { he, normal, ReLU, SGD, Sigmoid, Trainer, xavier } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { saveChart } from "../support/chart.js";
import { mean, meansOf } from "../support/curves.js";
import { classifier, multiLayerNet } from "../support/multi-layer-net.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { iterations, batch, seed, out } = readOptions({ iterations: 2000, batch: 128, seed: 1, out: "out" });

const starts = {
  "std 0.01, ReLU": { initializer: normal({ std: 0.01 }), activation: ReLU },
  "Xavier, ReLU": { initializer: xavier(), activation: ReLU },
  "He, ReLU": { initializer: he(), activation: ReLU },
  "Xavier, sigmoid": { initializer: xavier(), activation: Sigmoid },
} as const;
type Name = keyof typeof starts;

const { train } = readDigits(null, "float32");

section(`Mean loss of the last ${Math.min(100, iterations)} of ${iterations} iterations, batches of ${batch}`);
const losses = {} as Record<Name, readonly number[]>;
const ends = {} as Record<Name, number>;
for (const name of Object.keys(starts) as Name[]) {
  const network = multiLayerNet({ hidden: [100, 100, 100, 100], random: new Random(seed), ...starts[name] });
  const trainer = new Trainer({
    ...classifier(network),
    optimizer: new SGD(network, { lr: 0.01 }),
    data: train,
    batchSize: batch,
    replace: true,
    random: new Random(seed + 1),
    iterations,
  });
  losses[name] = (await trainer.run()).losses;
  ends[name] = mean(losses[name].slice(-100));
  console.log(`  ${name.padEnd(16)} ${ends[name].toFixed(4)}`);
}

section("Beside the book's figure: std 0.01 learns nothing, He's is a little ahead of Xavier's");
const untaught = Math.log(10);
const still = ends["std 0.01, ReLU"];
check("std 0.01", still.toFixed(4), `within 0.01 of ln 10 = ${untaught.toFixed(4)}`, Math.abs(still - untaught) < 0.01);
const bound = iterations >= 2000 ? 0.6 : 2.29;
check("Xavier, ReLU", ends["Xavier, ReLU"].toFixed(4), `below ${bound}`, ends["Xavier, ReLU"] < bound);
check("He, ReLU", ends["He, ReLU"].toFixed(4), "below Xavier's", ends["He, ReLU"] < ends["Xavier, ReLU"]);
const sigmoid = ends["Xavier, sigmoid"];
check("Xavier, sigmoid (not in the book)", sigmoid.toFixed(4), "above 2", sigmoid > 2);
note(`Xavier's weights keep the activations of a sigmoid apart, and yet it hardly begins to learn in 2,000 steps: each layer multiplies
  gradients by the sigmoid's slope, 1/4 at most.`);

section("Picture");
saveChart(join(out, "weight-init-comparison.svg"), {
  title: "MNIST from four initial weights, SGD 0.01",
  description:
    "Loss over iterations. With std 0.01 it stays at 2.3, and nearly so with sigmoid; Xavier's and He's weights with ReLU learn, " +
    "He's a little earlier.",
  x: { name: "iteration", min: 0, max: iterations },
  y: { name: "loss (means of 20 batches)", min: 0, max: 2.5, step: 0.5 },
  series: Object.entries(losses).map(([name, found]) => ({
    name,
    points: meansOf(found, 20),
    // It lies on another one.
    dashed: name === "Xavier, sigmoid",
  })),
});
