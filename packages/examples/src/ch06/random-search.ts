/**
 * Hyper-parameters by random search: 100 trials of learning rate and weight decay, the best 20 drawn.
 *
 * 무작위 탐색으로 하이퍼파라미터 찾기: 학습률과 가중치 감소 계수를 100번 시도하고, 가장 좋은 20번을 그립니다.
 * ランダムサーチでハイパーパラメータを探す: 学習率と重み減衰の係数を 100 回試し、結果のよい 20 回を描く。
 *
 * The weight decay is 10^u, u uniform from -8 to -4, and the rate 10^v, v from -6 to -2: what matters is their magnitude. Each trial
 * trains 784-100-100-100-100-100-100-10 (ReLU, He's weights) on 400 of 500 images for 50 epochs in batches of 100, and is judged by
 * its accuracy on the other 100. Test images play no part: what was chosen by them would no longer be tested by them.
 */
import { join } from "node:path";
import { Random } from "@chainrule/core";
import { SGD, Trainer, takeRows } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { saveChart, savePanels } from "../support/chart.js";
import { accuraciesOf, points } from "../support/curves.js";
import { classifier, multiLayerNet } from "../support/multi-layer-net.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { trials, epochs, seed, out } = readOptions({ trials: 100, epochs: 50, seed: 1, out: "out" });
const samples = 500;
const random = new Random(seed);

// The first images, shuffled, so that both parts are drawn from all of them.
const order = [...random.permutation(samples).data] as number[];
const { train: digits } = readDigits(null, "float32");
const [validation, train] = [takeRows(digits, order.slice(0, samples / 5)), takeRows(digits, order.slice(samples / 5))];

interface Trial {
  readonly lr: number;
  readonly weightDecay: number;
  /** Accuracies after each epoch. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

async function run(trial: number): Promise<Trial> {
  const [weightDecay, lr] = [10 ** exponent(-8, -4), 10 ** exponent(-6, -2)];
  const network = multiLayerNet({ hidden: [100, 100, 100, 100, 100, 100], random: random.fork(trial) });
  const groups = [
    { parameters: network, where: (name: string) => name.endsWith(".W"), weightDecay },
    { parameters: network },
  ];
  const trainer = new Trainer({
    ...classifier(network),
    optimizer: new SGD(groups, { lr }),
    data: train,
    evaluations: { train, validation },
    replace: true,
    random: new Random(seed).fork(trial),
    epochs,
  });
  const { evaluations } = await trainer.run();
  const of = (set: string) => accuraciesOf(evaluations, set);
  return { lr, weightDecay, train: of("train"), validation: of("validation") };
}

function exponent(low: number, high: number): number {
  return random.uniform([], { low, high }).item();
}

section(`${trials} trials, ${epochs} epochs each: the best`);
const found: Trial[] = [];
for (let trial = 0; trial < trials; trial++) found.push(await run(trial));
const score = ({ validation }: Trial): number => validation.at(-1) as number;
const ranked = found.toSorted((a, b) => score(b) - score(a));
const best = ranked.slice(0, 20);
const [top] = best as [Trial];
for (const [i, trial] of best.slice(0, 5).entries()) {
  const { lr, weightDecay } = trial;
  console.log(
    `  best ${i + 1}   validation ${score(trial).toFixed(2)}   lr ${lr.toExponential(2)}   weight decay ${weightDecay.toExponential(2)}`,
  );
}

section("Beside the book's: best 0.83 at lr 0.0092, weight decay 3.9e-7; best five with lr from 0.001 to 0.01");
const isFull = epochs >= 50 && trials >= 100;
const least = isFull ? 0.7 : 0.2;
check("best validation accuracy", score(top).toFixed(2), `at least ${least} (source 0.83)`, score(top) >= least);
const rates = best.slice(0, 5).map(({ lr }) => lr);
const [slowest, fastest] = [Math.min(...rates), Math.max(...rates)];
if (isFull) {
  const range = `${slowest.toExponential(1)} to ${fastest.toExponential(1)}`;
  check("rates of the best five", range, "1e-3 to 1e-2", slowest >= 1e-3 && fastest <= 1e-2);
  const idle = found.filter(({ lr }) => lr < 1e-4);
  const learned = Math.max(...idle.map(score));
  check(`best of the ${idle.length} trials with lr below 1e-4`, learned.toFixed(2), "below 0.5", learned < 0.5);
}
note(`Almost only the rate decides: below 0.0001 nothing is learned in 200 steps, and the best are near the upper end, so that a second
  search would go from 0.001 to 0.1. The weight decays of the best are all over the range: 1e-4 is still too little to matter
  here. A random search tries 100 values of each, where a grid of 100 trials would try 10.`);

section("Pictures");
savePanels(join(out, "random-search.svg"), {
  title: `The best ${best.length} of ${trials} trials`,
  description: "Small charts of accuracy over epochs, training and validation, the best trial first.",
  columns: 5,
  size: [150, 110],
  panels: best.map(({ lr, weightDecay, train, validation }, i) => ({
    title: `${i + 1}: lr ${lr.toFixed(4)}, decay ${weightDecay.toExponential(0)}`,
    x: { name: "epoch", min: 0, max: epochs },
    y: { name: "accuracy", min: 0, max: 1, step: 0.5 },
    series: [
      { name: "train", points: points(train).map(([epoch, value]) => [epoch + 1, value] as const) },
      {
        name: "validation",
        points: points(validation).map(([epoch, value]) => [epoch + 1, value] as const),
        dashed: true,
      },
    ],
  })),
});
const place = ({ lr, weightDecay }: Trial) => [lr, weightDecay] as const;
saveChart(join(out, "random-search-trials.svg"), {
  title: `Where the best of ${trials} trials are`,
  description:
    "Points of weight decay over learning rate. The best lie at the greatest rates; weight decay hardly matters.",
  x: { name: "learning rate", min: 1e-6, max: 1e-2, logarithmic: true },
  y: { name: "weight decay", min: 1e-8, max: 1e-4, logarithmic: true },
  series: [
    { name: "the best 20", scatter: best.map(place), size: 9 },
    { name: "the others", scatter: ranked.slice(20).map(place) },
  ],
});
