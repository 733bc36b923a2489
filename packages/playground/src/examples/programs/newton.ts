import { hessian, type Tensor, tensor, valueAndGrad } from "@chainrule/core";

// Rosenbrock's valley; its minimum is at (1, 1).
function f(p: Tensor): Tensor {
  const [x, y] = [p.slice([0]), p.slice([1])];
  return x.neg().add(1).square().add(y.sub(x.square()).square().mul(100));
}

let p = tensor([-1.2, 1]);
const values: number[] = [];
for (let i = 0; i < 7; i++) {
  const { value, gradient } = valueAndGrad(f)(p);
  values.push(value.item());
  console.log(
    `${i}  f ${value.item().toExponential(3)}  at ${p
      .toArray()
      .map((v) => v.toFixed(6))
      .join(", ")}`,
  );

  // H step = gradient, for two unknowns.
  const [[a, b], [c, d]] = hessian(f)(p).toArray() as [[number, number], [number, number]];
  const [g, h] = gradient.toArray() as [number, number];
  const det = a * d - b * c;
  p = p.sub(tensor([(d * g - b * h) / det, (a * h - c * g) / det]));
}

plot(
  values.map((value) => Math.log10(value + 1e-32)),
  { title: "Newton's method", x: "step", y: "log10 f" },
);
