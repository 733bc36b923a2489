/**
 * Denoising diffusion on points in the plane: a network that takes noise away makes points of a spiral out of pure noise.
 *
 * 평면 위 점들의 잡음 제거 확산 모델: 잡음을 없애는 신경망이 순수한 잡음에서 나선의 점들을 만듭니다.
 * 平面上の点のノイズ除去拡散モデル: ノイズを取り除くネットワークが、純粋なノイズから渦巻きの点を作る。
 *
 * Forwards nothing is learned: x_t = sqrt(a_t) x + sqrt(1 - a_t) e mixes a point x with a normal e, a little more at each of 40
 * steps, until nothing of x is left. The network is given x_t and t and guesses e, by least squares. Backwards, from noise on,
 *
 *   x_(t-1) = (x_t - b_t / sqrt(1 - a_t) e(x_t, t)) / sqrt(1 - b_t) + sqrt(b_t) z,   z normal, 0 at the last step
 *
 * takes out what it guesses, one step at a time. J. Ho, A. Jain and P. Abbeel, "Denoising diffusion probabilistic models" (2020),
 * equations 4, 11 and 14; here b_t grows from 1e-4 to 0.25. A training step draws its points, times and noise inside one compiled
 * program.
 */
import { join } from "node:path";
import { concat, noGrad, Random, stack, type Tensor, tensor } from "@chainrule/core";
import { Adam, Affine, meanSquaredError, Sequential, SiLU, trainStep } from "@chainrule/nn";
import { type Point, savePanels } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { steps, seed, out } = readOptions({ steps: 6000, seed: 1, out: "out" });

const count = 2000;
const times = 40;
const batch = 256;
const random = new Random(seed);

/** A spiral of one and a half turns, with a little noise. */
const data = (() => {
  const turn = random.uniform([count], { low: 0.25, high: 1 });
  const angle = turn.mul(3 * Math.PI);
  const points = stack([angle.cos().mul(turn), angle.sin().mul(turn)], 1);
  return points
    .mul(2)
    .add(random.normal([count, 2], { std: 0.03 }))
    .cast("float32")
    .detach() as Tensor<[number, 2]>;
})();

const b = Float64Array.from({ length: times }, (_, t) => 1e-4 + (0.25 - 1e-4) * (t / (times - 1)) ** 2);
const a = b.map((_, t) => b.slice(0, t + 1).reduce((product, rate) => product * (1 - rate), 1));
const [kept, mixed] = [a.map(Math.sqrt), a.map((value) => Math.sqrt(1 - value))].map(
  (list) => tensor(list).cast("float32").reshape([times, 1]) as Tensor<[number, 1]>,
) as [Tensor<[number, 1]>, Tensor<[number, 1]>];

/** Sines and cosines of the time, so that the network can tell one step from the next. */
const features = (() => {
  const rows = Array.from({ length: times }, (_, t) =>
    [1, 2, 4, 8].flatMap((f) => [Math.sin((f * Math.PI * t) / times), Math.cos((f * Math.PI * t) / times)]),
  );
  return tensor(rows, { dtype: "float32" });
})();

const options = { random, dtype: "float32" } as const;
const network = new Sequential([
  new Affine(10, 128, options),
  new SiLU(),
  new Affine(128, 128, options),
  new SiLU(),
  new Affine(128, 2, options),
]);
const guess = (x: Tensor, t: Tensor): Tensor => network.forward(concat([x, features.take(t)], 1));

const step = trainStep(
  (draws: Random) => {
    const x = data.take(draws.integers([batch], { high: count }));
    const t = draws.integers([batch], { high: times });
    const noise = draws.normal([batch, 2], { dtype: "float32" });
    return meanSquaredError(guess(x.mul(kept.take(t)).add(noise.mul(mixed.take(t))), t), noise);
  },
  new Adam(network, { lr: 0.002 }),
);

section(`Training, ${steps} steps of ${batch} points`);
const draws = new Random(seed + 1);
let loss = 0;
for (let i = 0; i < steps; i++) {
  loss += (step(draws.fork(i)) - loss) / Math.min(i + 1, 500);
  if ((i + 1) % Math.ceil(steps / 5) === 0)
    console.log(`  step ${String(i + 1).padStart(5)}   loss ${loss.toFixed(4)}`);
}
note(
  "A guess of 0 would have the loss 1: the variance of the noise. Not all noise can be known, so that it does not fall to 0.",
);

section("From noise to the spiral");
const shown = [times, 20, 10, 5, 0];
const stages = new Map<number, Tensor>();
noGrad(() => {
  const noise = new Random(seed + 2);
  let x: Tensor = noise.normal([1000, 2], { dtype: "float32" });
  for (let t = times; t > 0; t--) {
    if (shown.includes(t)) stages.set(t, x);
    const [rate, share] = [b[t - 1] as number, a[t - 1] as number];
    const e = guess(x, tensor(new Int32Array(1000).fill(t - 1)));
    const mean = x.sub(e.mul(rate / Math.sqrt(1 - share))).div(Math.sqrt(1 - rate));
    x = t === 1 ? mean : mean.add(noise.normal([1000, 2], { dtype: "float32" }).mul(Math.sqrt(rate)));
  }
  stages.set(0, x);
});

const pointsOf = (x: Tensor): Point[] => (x.toArray() as number[][]).map(([u = 0, v = 0]) => [u, v]);

/** The mean distance of points to the nearest one of the others. */
function distance(from: readonly Point[], to: readonly Point[]): number {
  const nearest = from.map(([x, y]) => Math.min(...to.map(([u, v]) => Math.hypot(x - u, y - v))));
  return nearest.reduce((sum, d) => sum + d, 0) / nearest.length;
}

const spiral = pointsOf(data);
const [start, end] = [times, 0].map((t) => pointsOf(stages.get(t) as Tensor)) as [Point[], Point[]];
const [before, after, uncovered] = [distance(start, spiral), distance(end, spiral), distance(spiral, end)];
console.log(`  mean distance of noise to the spiral: ${before.toFixed(3)}`);
const isFull = steps >= 6000;
check(
  "mean distance of what was made to the spiral",
  after.toFixed(3),
  isFull ? "at most 0.08" : `below ${before.toFixed(3)}`,
  after <= (isFull ? 0.08 : before),
);
check(
  "mean distance of the spiral to what was made",
  uncovered.toFixed(3),
  isFull ? "at most 0.08" : "at most 0.5",
  uncovered <= (isFull ? 0.08 : 0.5),
);
note("The second number says that no part of the spiral was left out.");

const axis = (name: string) => ({ name, min: -3, max: 3, step: 1 });
const panel = (title: string, points: readonly Point[]) => ({
  title,
  x: axis("x"),
  y: axis("y"),
  series: [{ name: "points", scatter: points, size: 2 }],
});
savePanels(join(out, "diffusion.svg"), {
  title: "Noise becomes a spiral, step by step",
  description: "Points at five stages of the way back from noise, and the spiral that the network was trained on.",
  columns: 3,
  size: [180, 180],
  panels: [
    ...shown.map((t) =>
      panel(
        t === times ? "pure noise" : t === 0 ? "after the last step" : `${t} steps to go`,
        pointsOf(stages.get(t) as Tensor),
      ),
    ),
    panel("the data", spiral.slice(0, 1000)),
  ],
});
