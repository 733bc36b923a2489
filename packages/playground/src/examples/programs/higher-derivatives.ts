import { grad, type Tensor, tensor, variable } from "@chainrule/core";

// Derivatives of derivatives: the Taylor series of the sine.
let derivative = (x: Tensor): Tensor => x.sin();
const coefficients: number[] = [];
for (let n = 0, factorial = 1; n <= 9; n++, factorial *= n) {
  coefficients.push(derivative(tensor(0)).item() / factorial);
  const before = derivative;
  derivative = (x) => grad(before)(x);
}
coefficients;

const series = (last: number) => (x: number) => coefficients.slice(0, last + 1).reduceRight((sum, c) => sum * x + c, 0);
const xs = Array.from({ length: 121 }, (_, i) => -6 + i / 10);
const clipped = (y: number) => Math.max(-2, Math.min(2, y));
plot(
  xs,
  Object.fromEntries([
    ...[1, 3, 5, 9].map((n) => [`up to x^${n}`, xs.map(series(n)).map(clipped)]),
    ["sin x", xs.map(Math.sin)],
  ]),
  { title: "The sine and its series" },
);

// The graph of a first derivative: it is a graph like any other.
const x = variable(1);
const slope = grad((x: Tensor) => x.sin().mul(x))(x);
show(slope);
