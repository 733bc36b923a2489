import { type Tensor, tensor, valueAndGrad } from "@chainrule/core";

const f = (x: Tensor) => x.square().sum(); // x0^2 + x1^2

function descend(lr: number, steps: number) {
  let x: Tensor = tensor([-3, 4]);
  const values: number[] = [];
  for (let i = 0; i < steps; i++) {
    const { value, gradient } = valueAndGrad(f)(x);
    values.push(value.item());
    x = x.sub(gradient.mul(lr));
  }
  return { x, values };
}

descend(0.1, 100).x; // close to [0, 0]
descend(10, 100).x; // too large: it diverges
descend(1e-10, 100).x; // too small: it hardly moves

plot(
  { "0.01": descend(0.01, 50).values, "0.1": descend(0.1, 50).values, "0.95": descend(0.95, 50).values },
  { title: "f by learning rate", x: "step", y: "f" },
);
