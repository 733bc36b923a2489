// What is computed in the page and in Node. It imports types only and is given the library, so that a page can load it.
import type { Random, Tensor } from "../../src/index.js";

export type Chainrule = typeof import("../../src/index.js");

type Float = "float32" | "float64";

/** The price of apples with tax, and its gradients; a product of matrices; an activation at its extremes. */
export function textbook({ sigmoid, tensor, variable }: Chainrule) {
  const [apple, count, tax] = [variable(100), variable(2), variable(1.1)];
  const price = apple.mul(count).mul(tax);
  price.backward();
  return {
    price: price.item(),
    gradients: [apple, count, tax].map(({ grad }) => grad?.item()),
    product: tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
      .matmul(
        tensor([
          [1, 0],
          [2, 1],
          [0, 3],
        ]),
      )
      .toArray(),
    sigmoid: sigmoid(tensor([-1000, 0, 1000])).toArray(),
  };
}

/** The element of an n x n matrix of small whole numbers, whose products are exact in float32. */
export const element = (i: number, j: number) => ((7 * i + 3 * j) % 11) - 5;

/** The square of such a matrix, in eager mode. */
export function square({ fromArray }: Chainrule, n: number): number[] {
  const values = Float32Array.from({ length: n * n }, (_, at) => element(Math.floor(at / n), at % n));
  const x = fromArray(values, [n, n]);
  return Array.from(x.matmul(x).data);
}

/**
 * Twenty steps of a network 784-50-10 on batches of 100 out of 300 random images with 10 classes.
 *
 * @returns the loss of each step, and the first bias, which the last step updated
 */
export function train({ compile, noGrad, oneHot, Random, take, variable }: Chainrule, dtype: Float, compiled: boolean) {
  const random = new Random(42);
  const [images, labels] = [random.uniform([300, 784], { dtype }), random.integers([300], { high: 10 })];
  const W1 = variable(random.normal([784, 50], { std: 0.05, dtype }));
  const b1 = variable(random.normal([50], { std: 0.05, dtype }));
  const W2 = variable(random.normal([50, 10], { std: 0.1, dtype }));
  const b2 = variable(random.normal([10], { std: 0.1, dtype }));
  const parameters: readonly Tensor[] = [W1, b1, W2, b2];
  const step = (indices: Tensor) => {
    const [x, t] = [take(images, indices), oneHot(take(labels, indices), 10, { dtype })];
    const scores = x.matmul(W1).add(b1).sigmoid().matmul(W2).add(b2);
    const loss = scores.logSoftmax(1).mul(t).sum().div(-indices.size);
    for (const parameter of parameters) parameter.zeroGrad();
    loss.backward();
    noGrad(() => {
      for (const parameter of parameters) parameter.assign(parameter.sub((parameter.grad as Tensor).mul(0.5)));
    });
    return loss;
  };
  const run = compiled ? compile(step) : step;
  const losses = Array.from({ length: 20 }, (_, i) => run(random.fork(i).integers([100], { high: 300 })).item());
  return { losses, bias: Array.from(b1.data) };
}

const draw = (random: Random) => ({
  uniform: random.uniform([1025]),
  "uniform float32": random.uniform([1025], { low: -1, dtype: "float32" }),
  normal: random.normal([1025]),
  "normal float32": random.normal([1025], { mean: 1, std: 3, dtype: "float32" }),
  integers: random.integers([1025], { low: -5, high: 1000 }),
  permutation: random.permutation(1025),
});

/** The bits of random numbers of each kind, in words of 32. */
export function draws({ compile, Random }: Chainrule, seed: number, compiled: boolean): Record<string, number[]> {
  const drawn = (compiled ? compile(draw) : draw)(new Random(seed));
  return Object.fromEntries(
    Object.entries(drawn).map(([name, { array }]) => [name, Array.from(new Uint32Array(array.slice().buffer))]),
  );
}

/** Whether a compiled product is another program with fused multiply-add than without. */
export function usesRelaxedSimd({ compile, zeros }: Chainrule): boolean {
  const moduleOf = (options: object) => compile((x: Tensor) => x.matmul(x), options).program(zeros([32, 32])).module;
  return moduleOf({}).join() !== moduleOf({ relaxed: false }).join();
}

/** What a user reads where a function cannot be compiled. */
export function refusal({ compile, compileSupport, tensor }: Chainrule) {
  let thrown: unknown;
  try {
    compile((x: Tensor) => x.mul(2))(tensor([1]));
  } catch (error) {
    thrown = error;
  }
  const either = compile((x: Tensor) => x.mul(2), { fallback: "eager" });
  return {
    support: compileSupport().missing,
    doubled: either(tensor([1])).toArray(),
    error: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : null,
  };
}
