import { customGradient, type Tensor, tensor, variable } from "@chainrule/core";
import { softmaxWithLoss } from "@chainrule/nn";

/** The textbook's two apples at 100 with a tax of 1.1: 220, and the derivatives 2.2, 110 and 200. */
export function apple(): Tensor {
  const apple = variable(100, { name: "apple" });
  const count = variable(2, { name: "count" });
  const tax = variable(1.1, { name: "tax" });
  return apple.mul(count).named("apples").mul(tax).named("price");
}

/** z = t^2 + t x, with t = x + y used twice: 35 at 2 and 3, and dz/dt is 12. */
export function shared(): Tensor {
  const x = variable(2, { name: "x" });
  const t = x.add(variable(3, { name: "y" })).named("t");
  return t.square().add(t.mul(x)).named("z");
}

/** A layer of a network with its loss, on two samples. */
export function layer() {
  const W = variable([[0.1, 0.3, -0.5], [0.2, -0.4, 0.6]], { name: "W" }); // biome-ignore format: a matrix
  const b = variable([0.1, 0.2, 0.3], { name: "b" });
  const x = tensor([[1, 0.5], [-1, 2]]).named("x"); // biome-ignore format: a matrix
  const t = tensor([[1, 0, 0], [0, 0, 1]]).named("t"); // biome-ignore format: a matrix
  const loss = softmaxWithLoss(x.matmul(W).add(b).sigmoid().named("y"), t).named("loss");
  return { W, b, loss };
}

/** With a function whose gradient is the user's own: (2 x)^2 y, at 3 and 5. */
export function closure(): Tensor {
  const twice = customGradient((x: Tensor) => x.mul(2), [(dout) => dout.mul(2)], { name: "Twice" });
  const [x, y] = [variable(3, { name: "x" }), variable(5, { name: "y" })];
  return twice(x).named("u").square().named("v").mul(y).named("z");
}
