import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, concat, conv2d, fromArray, grad, type Tensor, variable, where } from "../src/index.js";

// Kernels that differ in the places of their buffers alone have one function: what is written out many times stays small, and
// gives what each step alone gives.

const a = (shape: readonly number[], seed: number, dtype: "float64" | "float32" | "int32" = "float64") => {
  const size = shape.reduce((x, y) => x * y, 1);
  const values = Float64Array.from({ length: size }, (_, i) => Math.sin(seed + i * 1.7) * (dtype === "int32" ? 9 : 1));
  return fromArray(values, shape).cast(dtype) as Tensor;
};

type Step = (x: Tensor, i: number, ...more: readonly Tensor[]) => Tensor;

/** What a step does, of a state of one shape, and what else it is given. */
const rows: Readonly<Record<string, readonly [Step, state: Tensor, ...more: Tensor[]]>> = {
  "one after the other": [(x, _i, y) => x.mul(y).add(1).cumsum(0), a([37], 1), a([37], 2)],
  "slices of an input": [
    (x, i, y) =>
      x
        .add(y.slice([i]))
        .tanh()
        .cumsum(0),
    a([18], 1),
    a([20, 18], 2),
  ],
  backwards: [(x, i, y) => x.add(y.slice([i, [null, null, -1]])).cumsum(0), a([18], 1), a([20, 18], 2)],
  "by turns": [(x, i, y) => x.add(y.slice([[i, i + 35, 2]])).cumsum(0), a([18], 1), a([60], 2)],
  transposed: [
    (x, i, y) =>
      x
        .add(y.slice([i]).transpose())
        .sin()
        .cumsum(1),
    a([5, 7], 1),
    a([20, 7, 5], 2),
  ],
  reduced: [(x, _i, y) => x.mul(y).softmax(-1).add(y), a([5, 19], 1), a([5, 19], 2)],
  "in float32": [(x, _i, y) => x.mul(y).softmax(0), a([5, 19], 1, "float32"), a([5, 19], 2, "float32")],
  "of int32": [
    (x, i, y) => where(x.greater(y.slice([i])), x, x.sub(y.slice([i]))).cumsum(0),
    a([21], 1, "int32"),
    a([20, 21], 2, "int32"),
  ],
  "rows that are taken": [(x, i, y) => x.add(y.take([i, 3, 0], 0)).cumsum(1), a([3, 18], 1), a([20, 18], 2)],
  "a product with a vector": [
    (x, i, y, z) =>
      y
        .matmul(x)
        .add(z.slice([i]))
        .tanh(),
    a([16], 1),
    a([16, 16], 2),
    a([20, 16], 3),
  ],
  "products that are packed": [(x, _i, y) => x.matmul(y).mul(0.1), a([45, 45], 1), a([45, 45], 2)],
  "of float32, which may skip zeros": [
    (x, i, y) =>
      x
        .matmul(y)
        .relu()
        .mul(0.1 + i * 0.01),
    a([40, 40], 1, "float32"),
    a([40, 40], 2, "float32"),
  ],
  "a batch of them": [(x, i, y) => x.matmul(y.slice([i])).mul(0.3), a([3, 4, 5], 1), a([20, 3, 5, 5], 2)],
  joined: [
    (x, i, y) =>
      concat([x, y.slice([i])], 0)
        .slice([[1, 19]])
        .sin(),
    a([18], 1),
    a([20, 4], 2),
  ],
  "a convolution": [
    (x, i, y) => conv2d(x as never, y.slice([i]) as never, { padding: 1 }) as Tensor,
    a([1, 2, 5, 5], 1),
    a([20, 2, 2, 3, 3], 2),
  ],
};

function unrolled(step: Step, steps: number) {
  return (x: Tensor, ...more: readonly Tensor[]) => {
    let state = x;
    for (let i = 0; i < steps; i++) state = step(state, i, ...more);
    return state;
  };
}

function near(actual: Tensor, expected: Tensor, what: string): void {
  const [found, wanted] = [actual.data, expected.data] as unknown as [ArrayLike<number>, ArrayLike<number>];
  const tolerance = expected.dtype === "float32" ? 1e-4 : 1e-11;
  const largest = Math.max(1, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs((found[i] as number) - (wanted[i] as number));
    assert.ok(difference <= tolerance * largest, `${what}, element ${i}: ${found[i]}, not ${wanted[i]}`);
  }
}

for (const [name, [step, ...inputs]] of Object.entries(rows)) {
  test(`unrolled: ${name}`, () => {
    for (const steps of [1, 2, 7]) {
      const f = unrolled(step, steps);
      near(compile(f)(...inputs), f(...inputs), `${steps} steps`);
      if (inputs[0].dtype === "int32") continue;
      const gradient = (...inputs: Tensor[]) =>
        grad(
          (...x: [Tensor, ...Tensor[]]) =>
            f(...x)
              .square()
              .sum() as Tensor<[]>,
        )(...(inputs as [Tensor]));
      near(compile(gradient)(...inputs) as Tensor, gradient(...inputs) as Tensor, `gradient of ${steps} steps`);
    }
  });
}

test("a step more is some calls more", () => {
  for (const name of ["slices of an input", "reduced", "a product with a vector", "products that are packed"]) {
    const [step, ...inputs] = rows[name] as (typeof rows)[string];
    const [few, many] = [6, 18].map((steps) => {
      const f = unrolled(step, steps);
      const program = compile((...x: Tensor[]) =>
        grad((...x: [Tensor, ...Tensor[]]) => f(...x).sum() as Tensor<[]>)(...(x as [Tensor])),
      ).program(...inputs);
      return [program.print("kernels").split("\n").length, program.module.length];
    }) as [[number, number], [number, number]];
    const each = (many[1] - few[1]) / (many[0] - few[0]);
    assert.ok(each < 40, `${name}: ${each.toFixed(1)} bytes for each kernel`);
  }
});

test("variables of one shape are updated in their places", () => {
  const update = (w: readonly Tensor[], x: Tensor) => {
    for (const own of w) (own as Tensor).assign(own.sub(own.mul(x).cumsum(0).mul(0.1)));
  };
  const variables = () => Array.from({ length: 5 }, (_, i) => variable(a([23], i)) as Tensor);
  const [eager, compiled, x] = [variables(), variables(), a([23], 7)];
  const step = compile((x: Tensor) => update(compiled, x));
  for (let i = 0; i < 3; i++) {
    update(eager, x);
    step(x);
  }
  for (const [i, own] of eager.entries()) near(compiled[i] as Tensor, own, `variable ${i}`);
});

test.run();
