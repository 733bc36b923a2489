/**
 * Numerical differentiation: why a tiny step and the forward difference are wrong, and partial derivatives.
 *
 * 수치 미분: 너무 작은 h와 전방 차분이 왜 틀리는지, 그리고 편미분.
 * 数値微分: 小さすぎる h や前方差分では、なぜ正しく求まらないのか、そして偏微分。
 *
 * The derivative is the limit of (f(x + h) - f(x)) / h. A computer takes a small h instead, and better the central difference
 * (f(x + h) - f(x - h)) / 2h, whose error falls with h^2. Draws the tangent lines of 0.01 x^2 + 0.1 x at 5 and 10 and the field of
 * the negative gradient of x0^2 + x1^2.
 */
import { join } from "node:path";
import { numericalGradient, type Tensor, tensor, variable } from "@chainrule/core";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

type Scalar = (x: number) => number;

const forwardDifference = (f: Scalar, x: number, h: number): number => (f(x + h) - f(x)) / h;
const centralDifference = (f: Scalar, x: number, h = 1e-4): number => (f(x + h) - f(x - h)) / (2 * h);

const parabola: Scalar = (x) => 0.01 * x ** 2 + 0.1 * x;
const slope: Scalar = (x) => 0.02 * x + 0.1;

section("A step of 1e-50 is lost: the nearest double to 5 + 1e-50 is 5 itself");
compare("5 + 1e-50 - 5", 5 + 1e-50 - 5, 0);
compare("forward difference at 5, h = 1e-50 (true: 0.2)", forwardDifference(parabola, 5, 1e-50), 0);

section("Errors at 5: the forward difference's falls with h, the central one's with h^2; below, rounding takes over");
console.log(`  ${"h".padEnd(8)} ${"forward".padEnd(12)} central, both for e^x`);
const error = (difference: typeof forwardDifference, h: number): number =>
  Math.abs(difference(Math.exp, 5, h) - Math.exp(5));
for (const h of [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12]) {
  const errors = [error(forwardDifference, h), error(centralDifference, h)];
  console.log(
    `  ${h.toExponential().padEnd(8)} ${errors.map((e) => e.toExponential(1).padEnd(12)).join(" ")}`.trimEnd(),
  );
}
const gain = error(forwardDifference, 1e-4) / error(centralDifference, 1e-4);
check("forward error / central error at h = 1e-4", gain.toFixed(0), "more than 1000", gain > 1000);

note(
  "Read down a column: the error falls until the rounding of f, divided by h, is larger. The textbook's h = 1e-4 stands a little",
  "before the place where the central difference is at its best, far from where rounding spoils it.",
);

section("Derivatives of 0.01 x^2 + 0.1 x");
compare("at 5", centralDifference(parabola, 5), 0.1999999999990898, 1e-15);
compare("at 10", centralDifference(parabola, 10), 0.2999999999986347, 1e-15);

section("Partial derivatives of x0^2 + x1^2 at (3, 4), one variable at a time");
compare(
  "d/dx0",
  centralDifference((x0) => x0 * x0 + 4 ** 2, 3),
  6.00000000000378,
  1e-14,
);
compare(
  "d/dx1",
  centralDifference((x1) => 3 ** 2 + x1 * x1, 4),
  7.999999999999119,
  1e-14,
);

section("Gradients of x0^2 + x1^2: numerical, and from the graph");
const bowl = (x: Tensor): Tensor => x.square().sum();
for (const point of [
  [3, 4],
  [0, 2],
  [3, 0],
] as const) {
  const x = variable(point);
  const numerical = numericalGradient(bowl, x);
  bowl(x).backward();
  point.forEach((value, i) => {
    const name = `d/dx${i} at (${point.join(", ")})`;
    compare(`${name}, numerical`, numerical.data[i], 2 * value, 1e-9);
    compare(`${name}, graph`, x.grad?.data[i], 2 * value);
  });
}

note("The gradient at (3, 4) points away from the minimum at 0; its negative is the way down.");

section("Pictures");
const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.round((to - from) / step) }, (_, i) => from + i * step);
const tangentAt =
  (point: number): Scalar =>
  (x) =>
    centralDifference(parabola, point) * (x - point) + parabola(point);
for (const point of [5, 10]) {
  const tangent = tangentAt(point);
  compare(`slope of the tangent line at ${point}`, tangent(point + 1) - tangent(point), slope(point), 1e-9);
}
const curve = (f: Scalar): Point[] => range(0, 20.1, 0.1).map((x) => [x, f(x)]);
saveChart(join(out, "tangent.svg"), {
  title: "f(x) = 0.01 x² + 0.1 x and its tangents at 5 and 10",
  description:
    "A parabola that rises from 0 to 6, and two straight lines that touch it at 5, slope 0.2, and at 10, slope 0.3.",
  x: { name: "x", min: 0, max: 20 },
  y: { name: "f(x)" },
  series: [
    { name: "f(x)", points: curve(parabola) },
    { name: "tangent at 5", points: curve(tangentAt(5)), dashed: true },
    { name: "tangent at 10", points: curve(tangentAt(10)), dashed: true },
  ],
});

const grid = range(-2, 2.25, 0.25);
const field = grid.flatMap((x0) =>
  grid.map((x1): [Point, Point] => {
    const [d0, d1] = numericalGradient(bowl, tensor([x0, x1])).toArray() as [number, number];
    return [
      [x0, x1],
      [x0 - d0 / 24, x1 - d1 / 24],
    ];
  }),
);
saveChart(join(out, "gradient-field.svg"), {
  title: "Negative gradient of x₀² + x₁²",
  description:
    "A field of arrows that all point to the minimum in the middle, and are the longer the farther from it they are.",
  x: { name: "x₀", min: -2.5, max: 2.5, step: 0.5 },
  y: { name: "x₁", min: -2.5, max: 2.5, step: 0.5 },
  square: true,
  series: [{ name: "negative gradient", arrows: field }],
});
