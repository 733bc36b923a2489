import { execFileSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  add,
  clamp,
  concat,
  detectAnomaly,
  eagerly,
  fromArray,
  GraphError,
  MatMul,
  Node,
  noGrad,
  type Shape,
  stack,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../src/index.js";
import { near } from "./support/property.js";

// --- gradients of tensors used several times -------------------------------------------------------------------------

test("a tensor used several times gets the sum of its gradients", () => {
  for (const at of [3, [3]]) {
    const x = variable(at) as Tensor;
    // x^2 (x^2 + x): 4 x^3 + 3 x^2
    const square = x.mul(x);
    square.mul(square.add(x)).sum().backward();
    assert.is(x.grad?.data[0], 4 * 27 + 3 * 9);
    assert.is(square.grad?.data[0], 2 * 9 + 3);
  }
});

test("the same tensor as both inputs of a node", () => {
  const x = variable([
    [1, 2],
    [3, 4],
  ]);
  x.matmul(x).sum().backward();
  // d sum(XX) = (X' applied to ones on either side): row sums plus column sums.
  assert.equal(x.grad?.toArray(), [
    [1 + 2 + 1 + 3, 3 + 4 + 1 + 3],
    [1 + 2 + 2 + 4, 3 + 4 + 2 + 4],
  ]);
  const y = variable([1, 2]);
  concat([y, y, y])
    .mul(tensor([1, 2, 3, 4, 5, 6]))
    .sum()
    .backward();
  assert.equal(y.grad?.toArray(), [9, 12]);
});

test("leaves add gradients up over calls of backward, tensors in between keep the last one, zeroGrad forgets", () => {
  const x = variable(3);
  const y = x.square();
  y.backward();
  y.backward();
  assert.is(x.grad?.item(), 12);
  assert.is(y.grad?.item(), 1);
  y.backward({ seed: 10 });
  assert.is(x.grad?.item(), 72);
  assert.is(y.grad?.item(), 10);
  x.zeroGrad();
  assert.is(x.grad, null);
  y.backward();
  assert.is(x.grad?.item(), 6);
});

test("two graphs that share a part keep their own gradients of it", () => {
  const x = variable(2);
  const shared = x.square();
  const [a, b] = [shared.mul(3), shared.mul(5)];
  a.backward();
  assert.is(shared.grad?.item(), 3);
  b.backward();
  assert.is(shared.grad?.item(), 5);
  assert.is(x.grad?.item(), 4 * 8);
  assert.is(a.grad?.item(), 1);
});

test("a tensor that the root depends on by way of constants only gets zeros, not nothing", () => {
  const x = variable([1, 2]);
  x.sign().sum().backward();
  assert.equal(x.grad?.toArray(), [0, 0]);
  assert.is(variable(1).grad, null);
});

test("backward of a leaf itself", () => {
  const x = variable(3);
  x.backward();
  assert.is(x.grad?.item(), 1);
});

test("detach and noGrad cut the graph", () => {
  const x = variable(3);
  x.mul(x.detach()).backward();
  assert.is(x.grad?.item(), 3);
  assert.not.ok(x.detach().requiresGrad);
  assert.not.ok(noGrad(() => x.mul(2)).requiresGrad);
  assert.ok(x.mul(2).requiresGrad);
  assert.not.ok(tensor(1).mul(2).requiresGrad);
});

test("noGrad puts back what was: nested, after an error, and refuses asynchronous work", () => {
  const x = variable(3);
  noGrad(() => {
    noGrad(() => x.mul(2));
    assert.not.ok(x.mul(2).requiresGrad);
  });
  assert.throws(
    () =>
      noGrad(() => {
        throw new Error("mine");
      }),
    /mine/,
  );
  assert.ok(x.mul(2).requiresGrad);
  assert.throws(
    () => noGrad(async () => 1),
    (error: Error) => error instanceof GraphError && /^noGrad: the function gives a promise/.test(error.message),
  );
  assert.ok(x.mul(2).requiresGrad);
});

test("what is finished when a scope ends may have methods that are not run yet", () => {
  const model = {
    w: tensor([1]),
    async save() {},
    *rows() {
      yield 1;
    },
    async *batches() {
      yield 1;
    },
  };
  const given = [model, Object.values(model), model.save, model.rows, class {}, new Map(), new Set([1]), [1].values()];
  for (const scope of [noGrad, eagerly, detectAnomaly] as ((f: () => unknown) => unknown)[]) {
    for (const value of given)
      assert.is(
        scope(() => value),
        value,
      );
    for (const [later, what] of [
      [() => model.save(), "a promise"],
      [() => [model.save()], "a promise"],
      [() => model.rows(), "a generator"],
      [() => ({ rows: model.rows() }), "a generator"],
      [() => model.batches(), "a generator"],
      [model.save, "a promise"],
      [model.rows, "a generator"],
      [model.batches, "a generator"],
    ] as const) {
      assert.throws(
        () => scope(later),
        (error: Error) =>
          error instanceof GraphError && error.message.includes(`the function gives ${what}, whose work`),
      );
    }
  }
});

test("backward with a seed: a tensor of the output's shape, or a number for all elements", () => {
  const x = variable([1, 2, 3]);
  x.square().backward({ seed: tensor([1, 10, 100]) });
  assert.equal(x.grad?.toArray(), [2, 40, 600]);
  x.zeroGrad();
  x.square().backward({ seed: 2 });
  assert.equal(x.grad?.toArray(), [4, 8, 12]);
});

test("third derivatives by backward three times", () => {
  // sin(x^2): f' = 2x cos(x^2), f'' = 2 cos - 4x^2 sin, f''' = -12x sin - 8x^3 cos
  for (const at of [0.7, [0.7]]) {
    const x = variable(at) as Tensor;
    const derivatives: number[] = [];
    let y = x.square().sin();
    for (let order = 0; order < 3; order++) {
      y.sum().backward({ createGraph: true });
      y = x.grad as Tensor;
      x.zeroGrad();
      derivatives.push(y.data[0] as number);
    }
    const [s, c] = [Math.sin(0.49), Math.cos(0.49)];
    const expected = [1.4 * c, 2 * c - 4 * 0.49 * s, -12 * 0.7 * s - 8 * 0.343 * c];
    near(derivatives, expected, 1e-12, "derivatives");
  }
});

test("gradients made with createGraph add up as graph; without, they are plain values", () => {
  const x = variable(2);
  x.pow(3).backward({ createGraph: true });
  x.pow(2).backward({ createGraph: true });
  const g = x.grad as Tensor;
  assert.is(g.item(), 12 + 4);
  x.zeroGrad();
  g.backward();
  assert.is(x.grad?.item(), 12 + 2);
  assert.not.ok(x.grad?.requiresGrad);
});

// --- size ------------------------------------------------------------------------------------------------------------

test("a chain of a million scalar nodes", () => {
  const x = variable(0);
  let y: Tensor = x;
  for (let i = 0; i < 1_000_000; i++) y = y.add(1);
  assert.is(y.item(), 1_000_000);
  y.backward();
  assert.is(x.grad?.item(), 1);
});

test("a chain of ten thousand arrays, with graph of the gradient and backward through that", () => {
  const x = variable([1, 2]);
  let y: Tensor = x.square();
  for (let i = 0; i < 10_000; i++) y = y.add(x);
  y.sum().backward({ createGraph: true });
  const g = x.grad as Tensor;
  assert.equal(g.toArray(), [10_002, 10_004]);
  x.zeroGrad();
  g.sum().backward();
  assert.equal(x.grad?.toArray(), [2, 2]);
});

test("a ladder of 60 diamonds has 2^60 paths and is walked in 60 steps", () => {
  for (const [at, createGraph] of [
    [1, false],
    [1, true],
    [[1], false],
    [[1], true],
  ] as const) {
    const x = variable(at) as Tensor;
    let y = x;
    for (let i = 0; i < 60; i++) y = y.add(y);
    y.sum().backward({ createGraph });
    assert.is(x.grad?.data[0], 2 ** 60);
  }
});

test("a wide graph: one tensor with 100,000 uses, one node with 10,000 inputs", () => {
  const x = variable(1);
  let sum: Tensor = tensor(0);
  for (let i = 0; i < 100_000; i++) sum = sum.add(x);
  sum.backward();
  assert.is(x.grad?.item(), 100_000);

  const parts = Array.from({ length: 10_000 }, (_, i) => variable(i));
  stack(parts).square().sum().backward();
  assert.is(parts[7]?.grad?.item(), 14);
  const pieces = Array.from({ length: 10_000 }, (_, i) => variable([i, 1]));
  (concat(pieces as Tensor[]) as Tensor).square().sum().backward();
  assert.equal(pieces[9_999]?.grad?.toArray(), [2 * 9_999, 2]);
});

test("100,000 training steps of a small network in a heap of 64 MB", () => {
  const program = `
    import { fromArray, noGrad, variable } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
    const values = (n) => Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
    const [x, t] = [fromArray(values(8), [4, 2]), fromArray(values(4), [4, 1])];
    const parameters = [[2, 3], [3], [3, 1]].map((shape) => variable(fromArray(values(shape.reduce((a, b) => a * b)), shape)));
    const [W1, b, W2] = parameters;
    let most = 0, first, loss;
    for (let step = 1; step <= 100_000; step++) {
      loss = x.matmul(W1).add(b).tanh().matmul(W2).sub(t).square().mean();
      loss.backward();
      noGrad(() => {
        for (const p of parameters) {
          p.assign(p.sub(p.grad.mul(0.001)));
          p.zeroGrad();
        }
      });
      first ??= loss.item();
      if (step % 1000 === 0) {
        const { heapUsed, external } = process.memoryUsage();
        most = Math.max(most, heapUsed + external);
      }
    }
    console.log(JSON.stringify({ most, first, last: loss.item() }));
  `;
  const output = execFileSync(process.execPath, ["--max-old-space-size=64", "--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  const { most, first, last } = JSON.parse(output) as { most: number; first: number; last: number };
  assert.ok(last < first / 2, `the loss went from ${first} to ${last}`);
  assert.ok(most < 128 * 2 ** 20, `${most} bytes in use`);
});

// --- updates ---------------------------------------------------------------------------------------------------------

test("a variable updated before backward is an error that names it, and changes no gradient", () => {
  for (const at of [2, [2]]) {
    const x = variable(at, { name: "x" }) as Tensor;
    const w = variable(at, { name: "weight" }) as Tensor;
    w.square().sum().backward();
    const before = w.grad;
    const y = x.mul(w).sum();
    w.assign(Array.isArray(at) ? [5] : 5);
    for (const createGraph of [false, true]) {
      assert.throws(
        () => y.backward({ createGraph }),
        (error: Error) =>
          error instanceof GraphError &&
          error.message ===
            "Mul: its input weight was updated with assign() after this graph had used it; compute the output again after the update, then call backward()",
      );
    }
    assert.is(x.grad, null);
    assert.is(w.grad, before);
    // Computed again it works.
    x.mul(w).sum().backward();
    assert.is(x.grad?.data[0], 5);
  }
});

test("a constant is updated and watched like a variable", () => {
  const [x, w] = [tensor([1, 2]), variable([3, 4])];
  const y = x.mul(w).sum();
  x.assign([5, 6]);
  assert.throws(() => y.backward(), /^Mul: its input \[2\] was updated/);
});

test("assign copies numbers, takes tensors, and refuses what does not fit, changing nothing", () => {
  const x = variable([1, 2], { name: "x", dtype: "float32" });
  const values = [3, 4];
  x.assign(values as [number, number]);
  values[0] = 9;
  assert.equal(x.toArray(), [3, 4]);
  x.assign(Float64Array.of(0.1, 5));
  assert.equal(x.toArray(), [Math.fround(0.1), 5]);
  x.assign(x.mul(2));
  assert.equal([x.version, x.toArray()], [3, [Math.fround(0.2), 10]]);
  const refused: [unknown, RegExp][] = [
    [[1, 2, 3], /^assign: shape \[3\] given to x of shape \[2\]/],
    [1, /^assign: shape \[\] given to x of shape \[2\]/],
    [tensor([1, 2]), /^assign: float64 given to a float32 tensor; convert with cast\("float32"\)/],
    [[1, [2]], /^assign: ragged/],
  ];
  for (const [wrong, message] of refused)
    assert.throws(
      () => x.assign(wrong as number),
      (error: Error) => message.test(error.message),
    );
  assert.equal([x.version, x.toArray()], [3, [Math.fround(0.2), 10]]);
  assert.throws(
    () => x.mul(2).assign([1, 2]),
    /^assign: this tensor is the result of Mul; only variables and constants take new values/,
  );
});

test("a tensor that was detached or reshaped keeps its values when the variable gets others", () => {
  const x = variable([1, 2]);
  const [detached, reshaped] = [x.detach(), x.reshape([2, 1])];
  x.assign([8, 9]);
  assert.equal(
    [detached.toArray(), reshaped.toArray()],
    [
      [1, 2],
      [[1], [2]],
    ],
  );
});

// --- dtypes ----------------------------------------------------------------------------------------------------------

test("numbers take the dtype of the tensor that they meet, on either side and in any place", () => {
  for (const values of [1.5, [1.5]]) {
    const x = tensor(values, { dtype: "float32" }) as Tensor;
    const results = [
      x.add(0.1),
      add(0.1, x),
      x.maximum(0.1),
      x.clamp(0.1, 2),
      tensor(true).where(x, 0.1),
      tensor(true).where(0.1, x),
      x.pow(2),
      stack([0.1, x.sum()]),
      clamp(5, x, 0.1),
      clamp(5, 0.1, x),
    ];
    for (const result of results) assert.is(result.dtype, "float32");
  }
  assert.is(add(0.1, 0.2).dtype, "float64");
  assert.is((tensor([1], { dtype: "int32" }) as Tensor).add(1).dtype, "int32");
});

test("float32 gradients of float32 variables, rounded also where they are scalars", () => {
  const x = variable(0.1, { dtype: "float32" });
  x.mul(0.3).add(x.square()).backward();
  const g = x.grad as Tensor;
  assert.is(g.dtype, "float32");
  assert.is(Math.fround(g.item()), g.item());
});

// --- walks inside walks ----------------------------------------------------------------------------------------------

/** The identity, whose local backward calls something in the middle of the walk. */
class Calling extends Node {
  override readonly name = "Calling";
  readonly call: () => void;

  constructor(call: () => void) {
    super();
    this.call = call;
  }

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override localForward(_shape: Shape, _dtype: unknown, x: Tensor) {
    return x.values;
  }

  override localBackward(dout: Tensor): Tensor {
    this.call();
    return dout;
  }
}

test("a local backward that runs a backward of its own, on other tensors", () => {
  for (const createGraph of [false, true]) {
    const [x, other] = [variable(3), variable(4)];
    const inner = other.square();
    const y = new Calling(() => inner.backward()).apply(x.square()).mul(x);
    y.backward({ createGraph });
    assert.is(x.grad?.item(), 27);
    assert.is(other.grad?.item(), 8);
    assert.is(inner.grad?.item(), 1);
  }
});

test("a local backward that runs a backward of its own, on the tensors of the walk under way", () => {
  for (const at of [3, [3]]) {
    for (const createGraph of [false, true]) {
      const x = variable(at) as Tensor;
      const square = x.square();
      const cube = square.mul(x);
      const [sumOfCube, sumOfSquare] = [cube.sum(), square.sum()];
      let seen: number | undefined;
      const y = new Calling(() => {
        sumOfCube.backward();
        seen = x.grad?.data[0];
        sumOfSquare.backward();
      })
        .apply(square)
        .mul(x)
        .add(cube);
      y.sum().backward({ createGraph });
      // Two walks inside: x^3 and x^2; and y = 2 x^3 outside.
      assert.is(seen, 27);
      assert.is(x.grad?.data[0], 27 + 6 + 54);
      assert.is(square.grad?.data[0], 6);
      assert.is(cube.grad?.data[0], 1);
    }
  }
});

test("an error in the middle of a walk leaves gradients as they were, and the next walk works", () => {
  const x = variable(3);
  x.square().backward();
  const square = x.square();
  let fails = true;
  const y = new Calling(() => {
    if (fails) throw new Error("mine");
  })
    .apply(square)
    .mul(x);
  assert.throws(() => y.backward(), /mine/);
  assert.is(x.grad?.item(), 6);
  assert.is(square.grad, null);
  fails = false;
  y.backward();
  assert.is(x.grad?.item(), 6 + 27);
});

test("a gradient of zeros, where a tensor has no elements", () => {
  const w = variable(zeros([0, 3]));
  const x = fromArray(Float64Array.of(1, 2), [2]) as Tensor;
  new MatMul(true)
    .apply(w, zeros([0, 2]))
    .mul(x)
    .sum()
    .backward();
  assert.equal(w.grad?.shape, [0, 3]);
});

test.run();
