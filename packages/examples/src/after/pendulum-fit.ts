/**
 * A physics fit: length and friction of a pendulum, out of a noisy film of its swing.
 *
 * 물리 모형 맞추기: 흔들리는 진자의 잡음 섞인 영상에서 길이와 마찰을 구합니다.
 * 物理の当てはめ: 揺れる振り子のノイズ混じりの映像から、長さと摩擦を求める。
 *
 * The angle q (rad) follows q'' = -(g / l) sin q - k q'. From guessed l (m) and k (1/s), and the angle and velocity at the beginning,
 * 300 steps of the classical Runge-Kutta method give the whole swing, and the sum of its squared distances to what was measured is the
 * loss. The gradient goes back through all steps, and L-BFGS (D. C. Liu and J. Nocedal, 1989) does the rest. The curvature of the loss
 * says how sure the numbers are: their covariance is s^2 times the inverse of half its Hessian, s being the noise.
 */
import { join } from "node:path";
import { hessian, Random, stack, type Tensor, tensor, variable } from "@chainrule/core";
import { LBFGS } from "@chainrule/nn";
import { saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { seed, out } = readOptions({ seed: 1, out: "out" });

const g = 9.81;
const dt = 0.02;
const steps = 300;
/** Every how many steps there is a picture. */
const every = 5;
const noise = 0.05;

/** Length, friction, angle and velocity at the beginning. */
type Numbers = readonly [l: number, k: number, q: number, v: number];
const truth: Numbers = [0.8, 0.35, 2.2, 0];
const guess: Numbers = [1.2, 0.1, 1.9, 0.5];

/** The angles at each picture, by the classical Runge-Kutta method, of the numbers in a tensor [4]. */
function swing(numbers: Tensor): Tensor {
  const [l, k, q0, v0] = [0, 1, 2, 3].map((i) => numbers.take(i)) as [Tensor, Tensor, Tensor, Tensor];
  const pull = l.reciprocal().mul(-g) as Tensor;
  const acceleration = (q: Tensor, v: Tensor): Tensor => q.sin().mul(pull).sub(v.mul(k));
  const after = (x: Tensor, rate: Tensor, time: number): Tensor => x.add(rate.mul(time));
  let [q, v] = [q0, v0];
  const pictures = [q];
  for (let i = 1; i <= steps; i++) {
    const [q1, v1] = [v, acceleration(q, v)];
    const [q2, v2] = [after(v, v1, dt / 2), acceleration(after(q, q1, dt / 2), after(v, v1, dt / 2))];
    const [q3, v3] = [after(v, v2, dt / 2), acceleration(after(q, q2, dt / 2), after(v, v2, dt / 2))];
    const [q4, v4] = [after(v, v3, dt), acceleration(after(q, q3, dt), after(v, v3, dt))];
    const mean = (a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor => a.add(b.add(c).mul(2)).add(d).div(6);
    q = after(q, mean(q1, q2, q3, q4), dt);
    v = after(v, mean(v1, v2, v3, v4), dt);
    if (i % every === 0) pictures.push(q);
  }
  return stack(pictures);
}

const exact = swing(tensor(truth));
const measured = exact.add(new Random(seed).normal(exact.shape, { std: noise })).detach() as Tensor;
const distance = (numbers: Tensor): Tensor => swing(numbers).sub(measured).square().sum();

section(`${measured.size} angles, each with an error of about ${noise} rad`);
const numbers = variable(guess);
const before = distance(numbers).item();
const optimizer = new LBFGS({ numbers });
let [loss, rounds] = [before, 0];
for (let last = Infinity; rounds < 20 && last - loss > 1e-9; rounds++) {
  last = loss;
  optimizer.step(() => distance(numbers));
  loss = distance(numbers).item();
}
console.log(`  sum of squares ${before.toFixed(2)} at the guess, ${loss.toFixed(4)} after ${rounds} rounds`);

section("What the film says");
const error = Math.sqrt(loss / (measured.size - 4));
compare("noise (rad)", error, noise, 0.01);
const names = ["length (m)", "friction (1/s)", "angle at the beginning (rad)", "velocity at the beginning (rad/s)"];
const covariance = inverse(hessian(distance)(numbers.detach()).toArray() as number[][]).map((row) =>
  row.map((value) => 2 * error * error * value),
);
names.forEach((name, i) => {
  const [found, deviation] = [numbers.data[i] as number, Math.sqrt(covariance[i]?.[i] as number)];
  check(
    name,
    `${found.toFixed(4)} +- ${deviation.toFixed(4)}`,
    `${truth[i]}, within 3 deviations`,
    Math.abs(found - (truth[i] as number)) <= 3 * deviation,
  );
});
note("Nothing was learned from examples here: the same graph and the same gradients fit four numbers with a meaning.");

const times = Array.from({ length: measured.size }, (_, i) => i * every * dt);
const curve = (angles: Tensor) => times.map((t, i) => [t, angles.data[i] as number] as const);
saveChart(join(out, "pendulum-fit.svg"), {
  title: "A pendulum and what was fitted to it",
  x: { name: "time (s)", min: 0, max: steps * dt, step: 1 },
  y: { name: "angle (rad)" },
  series: [
    { name: "guess", points: curve(swing(tensor(guess))), dashed: true },
    { name: "fit", points: curve(swing(numbers.detach())) },
    { name: "measured", scatter: curve(measured), size: 5 },
  ],
});

/** The inverse of a small matrix, by elimination with pivots. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, k) => (Math.abs(row[i] as number) > Math.abs(rows[best]?.[i] as number) ? i + k : best), i);
    [rows[i], rows[pivot]] = [rows[pivot] as number[], rows[i] as number[]];
    const row = rows[i] as number[];
    const scale = row[i] as number;
    rows[i] = row.map((value) => value / scale);
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = rows[k]?.[i] as number;
      rows[k] = (rows[k] as number[]).map((value, j) => value - factor * (rows[i]?.[j] as number));
    }
  }
  return rows.map((row) => row.slice(n));
}
