/**
 * Gradient descent on x0^2 + x1^2 from (-3, 4): learning rates 0.1, 10 (diverges) and 1e-10 (hardly moves).
 *
 * The source takes the numerical gradient, and so do the first three runs. With lr = 10 its numbers are rounding errors:
 * once x is about 1e12, x + 1e-4 is x itself. The exact gradient of the graph makes each step a factor of 1 - 2 lr.
 */
import { join } from "node:path";
import { numericalGradient, type Tensor, variable } from "@chainrule/core";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { compare, section } from "../support/report.js";

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

function compareEnd(path: Point[], source: Point, tolerance: number): void {
  const [x0, x1] = path.at(-1) as Point;
  compare("x0 after 100 steps", x0, source[0], tolerance * Math.abs(source[0]));
  compare("x1 after 100 steps", x1, source[1], tolerance * Math.abs(source[1]));
}

section("lr 0.1, numerical gradient");
const path = descend(numericalGradient, 0.1);
compareEnd(path, [-6.11110793e-10, 8.14814391e-10], 1e-6);

section("lr 10, numerical gradient: diverges");
compareEnd(descend(numericalGradient, 10), [-2.58983747e13, -1.29524862e12], 1e-6);

section("lr 1e-10, numerical gradient: hardly moves");
compareEnd(descend(numericalGradient, 1e-10), [-2.99999994, 3.99999992], 1e-8);

section("The same with the graph's gradient: x times (1 - 2 lr)^100");
for (const lr of [0.1, 10, 1e-10]) {
  const factor = (1 - 2 * lr) ** 100;
  console.log(`  lr ${lr}`);
  compareEnd(descend(backpropagated, lr), [-3 * factor, 4 * factor], 1e-12);
}

section("Picture");
const circle = (radius: number): Point[] =>
  Array.from({ length: 97 }, (_, i) => [radius * Math.cos((i * Math.PI) / 48), radius * Math.sin((i * Math.PI) / 48)]);
saveChart(join(out, "gradient-descent.svg"), {
  title: "Gradient descent on x₀² + x₁², lr 0.1",
  x: { name: "x₀", min: -5, max: 5, step: 1 },
  y: { name: "x₁", min: -5, max: 5, step: 1 },
  square: true,
  series: [
    ...[1, 2, 3, 4].map((radius) => ({ name: "level", points: circle(radius), dashed: true, faint: true })),
    { name: "path", points: path, marks: true },
  ],
});
