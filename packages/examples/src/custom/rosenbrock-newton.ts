/**
 * The minimum of Rosenbrock's function by Newton's method, with `valueAndGrad` and `hessian`; then its ten-dimensional form.
 *
 * `valueAndGrad`와 `hessian`을 쓰는 뉴턴법으로 로젠브록 함수의 최솟값을 찾고, 10차원에서도 해 봅니다.
 * `valueAndGrad` と `hessian` を使い、ニュートン法でローゼンブロック関数の最小値を求める。続いて 10 次元でも。
 *
 * f(x, y) = (1 - x)^2 + 100 (y - x^2)^2 has its minimum at (1, 1), at the end of a bent valley. From the usual start
 * (-1.2, 1) full Newton steps arrive after six iterations, the second of them far uphill. Checked against the same steps with
 * derivatives by hand: df/dx = -400 x (y - x^2) - 2 (1 - x), df/dy = 200 (y - x^2), and those of these again.
 */
import { join } from "node:path";
import { hessian, type Tensor, tensor, valueAndGrad } from "@chainrule/core";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

/** The sum of (1 - x_i)^2 + 100 (x_(i+1) - x_i^2)^2 over neighbours. */
function rosenbrock(x: Tensor): Tensor {
  const n = x.size;
  const [here, next] = [x.slice([[0, n - 1]]), x.slice([[1, n]])];
  return here.sub(1).square().add(next.sub(here.square()).square().mul(100)).sum();
}

/** Solves a x = b by Gaussian elimination with pivoting. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i] as number]);
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    const size = (i: number) => Math.abs(rows[i]?.[k] as number);
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (size(i) > size(pivot)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
    const top = rows[k] as number[];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const row = rows[i] as number[];
      const factor = (row[k] as number) / (top[k] as number);
      for (let j = k; j <= n; j++) row[j] = (row[j] as number) - factor * (top[j] as number);
    }
  }
  return rows.map((row, i) => (row[n] as number) / (row[i] as number));
}

/** f at Newton's iterates, with first and second derivatives written down by hand. */
function stepsByHand(startX: number, startY: number, count: number): number[] {
  let [x, y] = [startX, startY];
  return Array.from({ length: count }, () => {
    const value = (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    const [gx, gy] = [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)];
    const [hxx, hxy, hyy] = [1200 * x * x - 400 * y + 2, -400 * x, 200];
    const determinant = hxx * hyy - hxy * hxy;
    [x, y] = [x - (hyy * gx - hxy * gy) / determinant, y - (hxx * gy - hxy * gx) / determinant];
    return value;
  });
}

interface Iterate {
  readonly x: Tensor;
  readonly value: number;
  readonly slope: number;
}

/** Newton steps from `start` until the gradient is gone; a step that leads uphill is halved if `damped`. */
function newton(start: readonly number[], damped: boolean): Iterate[] {
  const iterates: Iterate[] = [];
  let x: Tensor = tensor(start);
  for (let i = 0; i < 100; i++) {
    const { value, gradient } = valueAndGrad(rosenbrock)(x);
    const slope = Math.hypot(...gradient.data);
    iterates.push({ x, value: value.item(), slope });
    if (slope < 1e-12) break;
    const step = tensor(solve(hessian(rosenbrock)(x).toArray() as number[][], [...gradient.data]));
    let t = 1;
    while (damped && t > 1e-6 && rosenbrock(x.sub(step.mul(t))).item() > value.item()) t /= 2;
    x = x.sub(step.mul(t));
  }
  return iterates;
}

section("Derivatives at (-1.2, 1)");
const start = tensor([-1.2, 1]);
const { value, gradient } = valueAndGrad(rosenbrock)(start);
compare("f", value.item(), 24.2);
[-215.6, -88].forEach((source, i) => {
  compare(`gradient ${i}`, gradient.data[i], source);
});
[1330, 480, 480, 200].forEach((source, i) => {
  compare(`Hessian ${Math.floor(i / 2)}, ${i % 2}`, hessian(rosenbrock)(start).data[i], source);
});

section("Full Newton steps from (-1.2, 1)");
const path = newton([-1.2, 1], false);
path.forEach(({ x, value, slope }, i) => {
  console.log(
    `  ${i}  f ${value.toExponential(6)}  |gradient| ${slope.toExponential(2)}  x ${[...x.data].map((v) => v.toFixed(8)).join(", ")}`,
  );
});
stepsByHand(-1.2, 1, 5).forEach((source, i) => {
  compare(`f after ${i} steps, and with derivatives by hand`, path[i]?.value, source, 1e-9 * Math.max(1, source));
});
check("f after 6 steps", (path[6]?.value ?? 1).toExponential(1), "at most 1e-18", (path[6]?.value ?? 1) <= 1e-18);
compare("x at the end", path.at(-1)?.x.data[0], 1, 1e-12);
compare("y at the end", path.at(-1)?.x.data[1], 1, 1e-12);

section("Ten dimensions, steps halved where they lead uphill");
const far = newton(new Array<number>(10).fill(2), true);
const end = far.at(-1) as Iterate;
check("iterations", far.length - 1, "at most 40", far.length - 1 <= 40);
const distance = end.x.sub(1).abs().max().item();
check("distance of the end from (1, ..., 1)", distance.toExponential(1), "at most 1e-10", distance <= 1e-10);
const falling = far.every(({ value }, i) => i === 0 || value <= (far[i - 1] as Iterate).value);
check("f falls in every step", String(falling), "true", falling);
note("Near the minimum the number of right digits doubles with each step; gradient descent would need thousands.");

section("Picture");
const pointOf = ({ x }: Iterate): Point => [x.data[0] as number, x.data[1] as number];
/** Where f is `level`: y = x^2 +- the root of what (1 - x)^2 leaves of it, over 100. */
const contour = (level: number): Point[] => {
  const reach = Math.sqrt(level);
  // What is outside of the picture is left out.
  const [middle, half] = [
    (Math.max(-2.5, 1 - reach) + Math.min(2.5, 1 + reach)) / 2,
    (Math.min(2.5, 1 + reach) - Math.max(-2.5, 1 - reach)) / 2,
  ];
  const xs = Array.from({ length: 201 }, (_, i) => middle - half * Math.cos((i * Math.PI) / 200));
  const side = (sign: number) =>
    xs.map((x): Point => [x, x * x + sign * Math.sqrt(Math.max(0, level - (1 - x) ** 2) / 100)]);
  return [...side(1), ...side(-1).reverse()];
};
saveChart(join(out, "rosenbrock-newton.svg"), {
  title: "Newton's method in Rosenbrock's valley, from (-1.2, 1)",
  description:
    "Curves of equal height form a bent valley; the path goes along it, with one jump far out to the side, to (1, 1).",
  x: { name: "x", min: -2, max: 2, step: 1 },
  y: { name: "y", min: -4, max: 4, step: 2 },
  series: [
    ...[1, 4, 16, 64, 256, 1024].map((level) => ({ name: "level", points: contour(level), faint: true })),
    { name: "path", points: path.map(pointOf), marks: true },
  ],
});
