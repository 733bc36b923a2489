import {
  compile,
  cond,
  fn,
  grad,
  type Program,
  Random,
  scan,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  whileLoop,
} from "@chainrule/core";
import { Adam, Affine, type Optimizer, ReLU, Sequential, SGD, softmaxWithLoss, trainStep } from "@chainrule/nn";

/** The programs that are drawn. */

const float32 = { dtype: "float32" } as const;
const rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]; // biome-ignore format: a matrix

/** One training step of a linear model, that of docs/step.md. */
export function linearStep(): Program<unknown> {
  const w = variable(tensor([0, 0, 0], float32), { name: "w" });
  const step = compile((x: Tensor, y: Tensor) => {
    const { value, gradient } = valueAndGrad((p: Tensor) => x.matmul(p).sub(y).square().mean())(w);
    w.assign(w.sub(gradient.mul(0.1)));
    return value;
  });
  return step.program(tensor(rows, float32), tensor([1, 2, 3], float32));
}

/** A training step of two layers. */
export function twoLayers(make: (network: Sequential) => Optimizer): Program<unknown> {
  const random = new Random(3);
  const network = new Sequential({
    affine1: new Affine(20, 8, { random }),
    relu: new ReLU(),
    affine2: new Affine(8, 4, { random }),
  });
  const step = trainStep((x: Tensor, t: Tensor) => softmaxWithLoss(network.forward(x), t), make(network));
  return step.program(random.uniform([10, 20]), random.integers([10], { high: 4 }));
}

/** The gradient of a recurrence. */
export function recurrence(): Program<unknown> {
  const w = variable([0.1, 0.2, 0.3], { name: "w" });
  const gradient = compile((x: Tensor, h0: Tensor) =>
    grad((p: Tensor) =>
      scan((h: Tensor, xi: Tensor) => [h.mul(p).add(xi).tanh()], h0, x)[0]
        .square()
        .sum(),
    )(w),
  );
  return gradient.program(tensor(rows), tensor([0, 0, 0]));
}

const vector = tensor([1, 2, 3]);

export const branches = (): Program<unknown> =>
  compile((x: Tensor, a: Tensor) =>
    cond(
      a.greater(0),
      () => x.exp().mul(2),
      () => x.neg().sum().add(x),
    ),
  ).program(vector, tensor(1));

export function calls(): Program<unknown> {
  const f = fn((x: Tensor) => x.sin().mul(x).sum());
  return compile((x: Tensor, y: Tensor) => f(x).add(f(y))).program(vector, vector);
}

export const asLongAs = (): Program<unknown> =>
  compile((x: Tensor) => whileLoop((y: Tensor) => y.sum().less(100), (y: Tensor) => y.mul(2).add(1), x)).program(vector); // biome-ignore format: on one line

/** A chain of so many kernels. */
export const chain = (kernels: number): Program<unknown> =>
  compile((x: Tensor) => {
    let y = x;
    for (let i = 0; i < kernels; i++) y = y.matmul(x).sigmoid();
    return y;
  }).program(new Random(1).normal([3, 3]));

/** One value that is drawn at random, and dropped. */
export const drawing = (): Program<unknown> =>
  compile((x: Tensor, random: Random) => x.mul(random.uniform([3])).sum()).program(vector, new Random(1));

export const programs: readonly (readonly [name: string, make: () => Program<unknown>])[] = [
  ["linear step", linearStep],
  ["two layers, SGD", () => twoLayers((network) => new SGD(network.parameters(), { lr: 0.1 }))],
  ["two layers, Adam", () => twoLayers((network) => new Adam(network.parameters(), { lr: 0.1 }))],
  ["recurrence", recurrence],
  ["branches", branches],
  ["calls", calls],
  ["as long as", asLongAs],
  ["chain", () => chain(12)],
  ["drawing", drawing],
];
