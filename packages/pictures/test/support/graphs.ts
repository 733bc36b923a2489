import { div, fn, Random, scan, type Tensor, tensor, variable } from "@chainrule/core";
import { Affine, ReLU, Sequential, softmaxWithLoss } from "@chainrule/nn";
import type { SvgOptions } from "../../src/index.js";

/** The graphs that are drawn: each with a backward pass behind it. */

/** The book's two apples with tax. */
export function apple(): Tensor {
  const price = variable(100, { name: "apple price" })
    .mul(variable(2, { name: "apple count" }))
    .mul(variable(1.1, { name: "tax" }))
    .named("price");
  price.backward();
  return price;
}

/** The book's two apples and three oranges with tax. */
export function appleOrange(): Tensor {
  const apples = variable(100, { name: "apple price" }).mul(variable(2, { name: "apple count" }));
  const oranges = variable(150, { name: "orange price" }).mul(variable(3, { name: "orange count" }));
  const total = apples
    .add(oranges)
    .mul(variable(1.1, { name: "tax" }))
    .named("total");
  total.backward();
  return total;
}

/** z = (x + y)^2, with t = x + y. */
export function squareOfSum(): Tensor {
  const t = variable(3, { name: "x" })
    .add(variable(4, { name: "y" }))
    .named("t");
  const z = t.pow(2).named("z");
  z.backward();
  return z;
}

/** 1 / (1 + exp(-x)), as the book writes it. */
export function sigmoid(): Tensor {
  const y = div(1, variable(0.5, { name: "x" }).mul(-1).exp().add(1)).named("y");
  y.backward();
  return y;
}

export function affine(): Tensor {
  const x = variable([[1, 2, 3], [4, 5, 6]], { name: "X" }); // biome-ignore format: a matrix
  const w = variable([[1, -1], [0.25, 0], [-2, 1]], { name: "W" }); // biome-ignore format: a matrix
  const y = x
    .matmul(w)
    .add(variable([0.5, -0.5], { name: "B" }))
    .relu()
    .named("Y");
  y.sum().backward();
  return y;
}

/** The training step of the book's network: Affine, ReLU, Affine, SoftmaxWithLoss. */
export function twoLayerStep(): Tensor {
  const random = new Random(3);
  const network = new Sequential({
    affine1: new Affine(784, 50, { random }),
    relu: new ReLU(),
    affine2: new Affine(50, 10, { random }),
  });
  const images = random.uniform([100, 784]).named("images");
  const labels = random.integers([100], { high: 10 }).named("labels");
  const loss = softmaxWithLoss(network.forward(images), labels).named("loss");
  loss.backward();
  return loss;
}

/** A recurrent network over some steps, with a loss at each; its steps by name. */
export function recurrent(steps: number): { readonly loss: Tensor; readonly steps: Record<string, Tensor[]> } {
  const random = new Random(4);
  const wx = variable(random.normal([3, 4]), { name: "Wx" });
  const wh = variable(random.normal([4, 4]), { name: "Wh" });
  const b = variable(random.normal([4]), { name: "b" });
  const groups: Record<string, Tensor[]> = {};
  let h: Tensor = random.normal([2, 4]).named("h0");
  let loss: Tensor = tensor(0);
  for (let step = 1; step <= steps; step++) {
    const x = random.normal([2, 3]).named(`x${step}`);
    h = x.matmul(wx).add(h.matmul(wh)).add(b).tanh().named(`h${step}`);
    const error = h.square().mean();
    loss = step === 1 ? error : loss.add(error);
    groups[`step ${step}`] = [h, loss];
  }
  loss.named("loss").backward();
  return { loss, steps: groups };
}

/** Any graph: ops of one, two and three inputs that take what came last, or anything before it; some with names. */
export function anyGraph(seed: number): Tensor {
  let state = seed;
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const shape = [[], [], [3], [2, 2], [30, 4]][below(5)] as number[];
  const random = new Random(seed);
  const leaf = (i: number) => {
    const value = random.uniform(shape, { low: 0.5, high: 2 });
    const named = below(3) > 0 ? { name: ["x", "a long name of a leaf", "w"][below(3)] + String(i) } : {};
    return below(4) === 0 ? value : variable(value, named);
  };
  const made: Tensor[] = [variable(random.uniform(shape, { low: 0.5, high: 2 }), { name: "x" }), leaf(1), leaf(2)];
  const nodes = 1 + below(24);
  for (let i = 0; i < nodes; i++) {
    const pick = () => made[below(3) === 0 ? below(made.length) : made.length - 1 - below(3)] as Tensor;
    const next = [
      () => pick().add(pick()),
      () => pick().mul(pick()),
      () => pick().sub(pick()),
      () => pick().div(pick().square().add(1)),
      () => pick().sigmoid(),
      () => pick().mul(3),
      () => pick().maximum(pick()),
      () => leaf(i + 3),
      () => pick().leakyRelu(0.1),
    ][below(9)]?.() as Tensor;
    made.push(below(5) === 0 && next.node !== null ? next.named(`t${i}`) : next);
  }
  const loss = (made.at(-1) as Tensor).add(made[0] as Tensor).mean();
  loss.backward();
  return loss;
}

/** All graphs with names, and how they are drawn. */
export function drawings(): readonly (readonly [name: string, output: Tensor, options: SvgOptions])[] {
  const { loss, steps } = recurrent(5);
  const step = twoLayerStep();
  return [
    ["apple", apple(), {}],
    ["apple downward", apple(), { direction: "down" }],
    ["apple without gradients", apple(), { gradients: false }],
    ["apple without values", apple(), { values: false }],
    ["apple and orange", appleOrange(), {}],
    ["apple and orange downward", appleOrange(), { direction: "down" }],
    ["square of sum", squareOfSum(), {}],
    ["sigmoid", sigmoid(), {}],
    ["affine", affine(), {}],
    ["affine in narrow rows", affine(), { maxWidth: 400 }],
    ["two-layer step", step, {}],
    ["two-layer step in one row", step, { maxWidth: Number.POSITIVE_INFINITY }],
    ["two-layer step downward", step, { direction: "down" }],
    ["two-layer step, folded", step, { fold: true }],
    ["two-layer step, one layer folded", step, { fold: ["affine2"] }],
    ["recurrent", loss, {}],
    ["recurrent, downward", loss, { direction: "down" }],
    ["recurrent by steps", loss, { groups: steps }],
    ["recurrent, steps folded", loss, { groups: steps, fold: true }],
  ];
}

/** Two steps of a recurrence in a loop, with a function in each. */
export function loop(): Tensor {
  const squash = fn(function squash(x: Tensor) {
    return x.mul(0.5).tanh();
  });
  const w = variable([0.5, -0.3, 0.8], { name: "w" });
  const [h] = scan((c, x) => [squash(c.mul(w).add(x))], tensor([0, 0, 0]), tensor([[1, 2, 3], [-1, 0, 1]])); // biome-ignore format: a matrix
  const loss = h.square().mean().named("loss");
  loss.backward();
  return loss;
}
