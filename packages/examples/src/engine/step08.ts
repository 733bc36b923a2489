/**
 * Step 8: a layer, a loss and training: a network learns the three arms of a spiral.
 *
 * 8단계: 계층, 손실, 학습: 신경망이 나선의 세 팔을 배웁니다.
 * ステップ 8: レイヤ、損失、学習: ネットワークが渦巻きの三本の腕を見分けることを学ぶ。
 *
 * A layer is a pair of arrays and a formula, x W + b. The loss is the cross-entropy of the softmax,
 * log(sum of exp(scores)) - score of the label; its gradient, (softmax - t) / N, comes out of the ops by itself. Training moves each
 * parameter against its gradient: W = W - lr dL/dW. The program is lib/spiral.ts.
 */
import { join } from "node:path";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";
import { palette } from "../support/style.js";
import { classes, perClass, spiral, train } from "./lib/spiral.js";

const { steps, out } = readOptions({ steps: 600, out: "out" });

const { points } = spiral();
const { losses, scores } = train(steps, 1);

/** The class with the greatest score, for each point. */
function classify(points: Float64Array): number[] {
  const all = scores(points);
  return Array.from({ length: points.length / 2 }, (_, i) => {
    const row = all.slice(classes * i, classes * (i + 1));
    return row.indexOf(Math.max(...row));
  });
}

section(`A network 2-16-3 with tanh, ${steps} steps over all ${points.length / 2} points, lr 1`);
for (const step of [1, 10, 100, steps]) console.log(`  loss in step ${step}: ${losses[step - 1]?.toFixed(4)}`);
compare("loss before training, about ln 3", losses[0], Math.log(3), 0.3);
const found = classify(points);
const right = found.filter((label, i) => label === Math.floor(i / perClass)).length / found.length;
const bound = steps >= 600 ? 0.97 : 0.9;
check("share of the points that it tells apart", right.toFixed(3), `at least ${bound}`, right >= bound);
note("A straight line would tell about half of them apart; the hidden layer bends it along the arms.");

section("Picture");
const side = 61;
const grid = Float64Array.from({ length: 2 * side * side }, (_, i) => {
  const place = Math.floor(i / 2);
  const step = i % 2 === 0 ? place % side : Math.floor(place / side);
  return -1.1 + (2.2 * step) / (side - 1);
});
const regions = classify(grid);
const pointsOf = (all: Float64Array, labels: (i: number) => number, label: number): Point[] =>
  Array.from({ length: all.length / 2 }, (_, i): Point => [all[2 * i] as number, all[2 * i + 1] as number]).filter(
    (_, i) => labels(i) === label,
  );
saveChart(join(out, "engine-spiral.svg"), {
  title: "Three arms of a spiral, and what the network takes for each",
  description:
    "Points of three classes on the arms of a spiral; small dots show the regions of the classes, bent along the arms.",
  x: { name: "x₀", min: -1.2, max: 1.2, step: 0.4 },
  y: { name: "x₁", min: -1.2, max: 1.2, step: 0.4 },
  square: true,
  series: [0, 1, 2].flatMap((label) => {
    const style = { name: `arm ${label + 1}`, color: palette[label] as string };
    return [
      { ...style, scatter: pointsOf(grid, (i) => regions[i] as number, label), size: 2 },
      { ...style, scatter: pointsOf(points, (i) => Math.floor(i / perClass), label), size: 7 },
    ];
  }),
});
