/**
 * Hamiltonian Monte Carlo as one compiled loop: 10,000 draws from a correlated normal distribution, their moments checked.
 *
 * 컴파일된 반복문 하나로 도는 해밀토니안 몬테카를로: 상관된 정규분포에서 10,000번 뽑고 적률을 확인합니다.
 * コンパイルした一つのループで回すハミルトニアン・モンテカルロ法: 相関のある正規分布から 10,000 回サンプリングし、モーメントを確かめる。
 *
 * A draw is a position q, moved on by mechanics: it gets a random momentum p, and goes through 12 leapfrog steps down and up the potential
 * U(q) = (q - m)^T A (q - m) / 2, whose gradient is taken in each step; then it is accepted with probability exp(H before - H behind), H being
 * U(q) + p^T p / 2 (S. Duane et al., 1987; R. Neal, MCMC using Hamiltonian dynamics, 2011). The chain is a `scan` over draws, with a `scan` over
 * leapfrog steps inside; random numbers and gradients are parts of the loop, and the program is compiled once, however long the chain.
 */
import { join } from "node:path";
import { compile, grad, Random, scan, type Tensor, tensor } from "@chainrule/core";
import { saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { seed, draws, out } = readOptions({ seed: 1, draws: 10_000, out: "out" });

const steps = 12;
const size = 0.2;
const mean = tensor([1, -2, 0.5]) as Tensor;
/** The precision matrix, and its inverse: the covariance. */
const precision = tensor([[2, -1, 0], [-1, 2, -1], [0, -1, 2]]) as Tensor; // biome-ignore format: a matrix
const covariance = [[0.75, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.75]]; // biome-ignore format: a matrix

const potential = (q: Tensor): Tensor => {
  const d = q.sub(mean) as Tensor;
  return d.mul(precision.matmul(d)).sum().div(2);
};
const slope = grad(potential);
const energy = (q: Tensor, p: Tensor): Tensor => potential(q).add(p.square().sum().div(2));

/** A position, and whether it is a new one. */
function draw(q: Tensor, random: Random): readonly [Tensor, Tensor] {
  const p = random.normal([3]) as Tensor;
  const [moved] = scan(
    ({ q, p }) => {
      const half = p.sub(slope(q).mul(size / 2));
      const next = q.add(half.mul(size));
      return [{ q: next, p: half.sub(slope(next).mul(size / 2)) }];
    },
    { q, p },
    undefined,
    { length: steps },
  );
  const isTaken = random
    .uniform([])
    .log()
    .less(energy(q, p).sub(energy(moved.q, moved.p)));
  return [isTaken.where(moved.q, q), isTaken];
}

const chain = compile(
  (start: Tensor, random: Random) =>
    scan((q: Tensor) => {
      const [next, isTaken] = draw(q, random);
      return [next, { q: next, isTaken }];
    }, start, undefined, { length: draws })[1], // biome-ignore format: a call
);

const random = new Random(seed);
const start = performance.now();
const { q, isTaken } = chain(mean.mul(0) as Tensor, random);
const time = performance.now() - start;
const program = chain.program(mean.mul(0) as Tensor, random);

section(`${draws} draws of three numbers in ${time.toFixed(0)} ms, ${program.module.length} bytes of program`);
const positions = q.slice([[Math.floor(draws / 20), draws]]);
const means = positions.mean({ axis: 0 });
// Draws are nearly independent: sqrt(1 / draws) is the error of a mean of variance 1; four times that, and a little for the rest.
const error = 6 / Math.sqrt(draws);
for (const i of [0, 1, 2]) compare(`mean ${i}`, means.data[i] as number, mean.data[i] as number, error);
const centred = positions.sub(means);
const found = centred
  .transpose()
  .matmul(centred)
  .div(positions.shape[0] as number);
covariance.forEach((row, i) => {
  row.forEach((value, j) => {
    if (j >= i) compare(`covariance ${i}, ${j}`, found.data[3 * i + j] as number, value, 2 * error);
  });
});
const accepted = isTaken.cast("float64").mean().item();
check("draws that were accepted", accepted.toFixed(3), "between 0.9 and 1", accepted > 0.9 && accepted < 1);
note("The chain is one loop of a program, with the loop of the mechanics and its gradients in it.");

const shown = positions.slice([[0, Math.min(1500, positions.shape[0] as number)]]).toArray() as number[][];
saveChart(join(out, "hamiltonian-monte-carlo.svg"), {
  title: "Draws by Hamiltonian Monte Carlo",
  x: { name: "q0" },
  y: { name: "q1" },
  series: [{ name: "draws", scatter: shown.map(([a, b]) => [a, b] as [number, number]), size: 3 }],
});
