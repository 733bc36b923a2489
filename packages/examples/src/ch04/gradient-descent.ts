/**
 * Gradient descent on x0^2 + x1^2 from (-3, 4): learning rates 0.1, 10 (diverges) and 1e-10 (hardly moves).
 *
 * x0^2 + x1^2의 경사 하강법, 출발점은 (-3, 4): 학습률 0.1, 10(발산), 1e-10(거의 움직이지 않음).
 * x0^2 + x1^2 の勾配降下法、出発点は (-3, 4): 学習率 0.1、10（発散）、1e-10（ほとんど動かない）。
 *
 * Each step goes against the gradient, x = x - lr df/dx. The source takes the numerical gradient, and so do the first three runs. With
 * lr = 10 its numbers are rounding errors: once x is above 1.1e12, x + 1e-4 is x itself. The exact gradient of the graph makes each step a
 * factor of 1 - 2 lr.
 */
import { join } from "node:path";
import { numericalGradient, type Tensor, variable } from "@chainrule/core";
import { type Point, savePanels } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

type Gradient = (f: (x: Tensor) => Tensor, x: Tensor) => Tensor;

const bowl = (x: Tensor): Tensor => x.square().sum();

const backpropagated: Gradient = (f, x) => {
  x.zeroGrad();
  f(x).backward();
  return x.grad as Tensor;
};

const pointOf = ({ data }: Tensor): Point => [data[0] as number, data[1] as number];

/** The points that gradient descent comes through, the start included. */
function descend(gradient: Gradient, lr: number, steps = 100): Point[] {
  const x = variable([-3, 4]);
  const path = [pointOf(x)];
  for (let i = 0; i < steps; i++) {
    x.assign(x.sub(gradient(bowl, x).mul(lr)));
    path.push(pointOf(x));
  }
  return path;
}

function compareEnd(run: string, path: Point[], source: Point, tolerance: number): void {
  const [x0, x1] = path.at(-1) as Point;
  compare(`${run}: x0 after 100 steps`, x0, source[0], tolerance * Math.abs(source[0]));
  compare(`${run}: x1 after 100 steps`, x1, source[1], tolerance * Math.abs(source[1]));
}

section("lr 0.1, numerical gradient");
const good = descend(numericalGradient, 0.1);
compareEnd("lr 0.1", good, [-6.11110793e-10, 8.14814391e-10], 1e-6);

section("lr 10, numerical gradient: diverges");
const large = descend(numericalGradient, 10);
compareEnd("lr 10", large, [-2.58983747e13, -1.29524862e12], 1e-6);

section("lr 1e-10, numerical gradient: hardly moves");
const small = descend(numericalGradient, 1e-10);
compareEnd("lr 1e-10", small, [-2.99999994, 3.99999992], 1e-8);

section("The same with the graph's gradient: x times (1 - 2 lr)^100");
for (const lr of [0.1, 10, 1e-10]) {
  const factor = (1 - 2 * lr) ** 100;
  compareEnd(`lr ${lr}, exact gradient`, descend(backpropagated, lr), [-3 * factor, 4 * factor], 1e-12);
}

note(
  "With lr 0.1 each step leaves 0.8 of the way to go, with lr 10 it turns x over and makes it 19 times as large, with lr 1e-10 nothing",
  "moves: the rate is chosen by hand, not learned.",
);

section("Picture");
const circle = (radius: number): Point[] =>
  Array.from({ length: 97 }, (_, i) => [radius * Math.cos((i * Math.PI) / 48), radius * Math.sin((i * Math.PI) / 48)]);
const panel = (title: string, path: readonly Point[], size: number, unit = "") => ({
  title,
  x: { name: `x₀${unit}`, min: -size, max: size, step: size / 2 },
  y: { name: `x₁${unit}`, min: -size, max: size, step: size / 2 },
  series: [
    ...[1, 2, 3, 4].map((level) => ({ name: "level", points: circle((size / 5) * level), dashed: true, faint: true })),
    { name: "path", points: path, marks: true },
  ],
});
const thousands = (path: readonly Point[]) => path.map(([x0, x1]): Point => [x0 / 1000, x1 / 1000]);
savePanels(join(out, "gradient-descent.svg"), {
  title: "Gradient descent on x₀² + x₁² from (-3, 4)",
  description:
    "Three paths over circles of equal height: with lr 0.1 to the minimum in the middle, with lr 10 in three steps far out of the " +
    "picture, turning over at each step, with lr 1e-10 none that can be seen.",
  columns: 3,
  panels: [
    panel("lr 0.1", good, 5),
    panel("lr 10, the first 3 steps", thousands(large.slice(0, 4)), 40, " / 1000"),
    panel("lr 1e-10", small, 5),
  ],
  size: [230, 230],
});
