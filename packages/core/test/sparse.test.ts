import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  compile,
  concat,
  conv1d,
  grad,
  hessian,
  jacobian,
  Random,
  scan,
  sparseHessian,
  sparseJacobian,
  type Tensor,
  tensor,
  where,
} from "../src/index.js";
import { near } from "./support/property.js";

/*
 * Sparse Jacobians and Hessians against the dense ones, and how many elements their patterns have: those that may be other than 0, not
 * more for what is known exactly.
 */

const random = new Random(1);
const x = random.normal([6]) as Tensor;
const w = random.normal([6, 6]) as Tensor;
const part = (x: Tensor, from: number | null, to: number | null) => x.slice([[from, to]]) as Tensor;

/** The elements of the patterns of the Jacobian, and of the Hessian of the sum of squares. */
const rows: Readonly<Record<string, readonly [f: (x: Tensor) => Tensor, jacobian: number, hessian: number]>> = {
  "neighbours, a band": [
    (x) =>
      part(x, 2, null)
        .sub(part(x, 1, -1).square())
        .add(part(x, null, -2)),
    12,
    24,
  ],
  "element by element": [(x) => x.sin().mul(x), 6, 6],
  "a dense product": [(x) => w.matmul(x), 36, 36],
  reversed: [(x) => x.flip().mul(x), 12, 12],
  "sums of rows": [(x) => x.reshape([2, 3]).sum(1).exp(), 6, 18],
  "means of columns": [(x) => x.reshape([2, 3]).mean(0).exp(), 6, 12],
  "norms of rows": [(x) => x.reshape([3, 2]).norm(1), 6, 12],
  "maxima of rows": [(x) => x.reshape([3, 2]).max(1), 6, 12],
  "softmax of rows": [(x) => x.reshape([2, 3]).softmax(1), 18, 18],
  "a product with itself": [(x) => x.reshape([2, 3]).matmul(x.reshape([3, 2])), 18, 36],
  "a vector by each matrix": [(x) => x.reshape([3, 1, 2]).matmul(part(x, 0, 2)), 10, 28],
  transposed: [
    (x) =>
      x
        .reshape([2, 3])
        .transpose()
        .mul(x.reshape([3, 2])),
    10,
    14,
  ],
  taken: [(x) => x.take([0, 0, 5, -1]), 4, 2],
  gathered: [(x) => x.reshape([2, 3]).gather([[2, 0], [1, 1]], 1).square(), 4, 3], // biome-ignore format: a matrix
  added: [(x) => x.indexAdd([1, 1, 0], part(x, 0, 3)), 8, 10],
  sorted: [(x) => x.sort(), 6, 6],
  "padded, cumulated": [(x) => x.pad([[1, 2]], 5).cumsum(), 54, 36],
  chosen: [(x) => where(x.greater(0), x, x.flip()), 12, 12],
  "side by side": [(x) => concat([part(x, 0, 2), part(x, 4, 6).mul(x.slice([0]))]), 6, 8],
  "rounded, compared": [(x) => x.round().add(x.greater(0).cast("float64")), 0, 0],
  "a constant": [() => tensor([1, 2]) as Tensor, 0, 0],
  "a convolution, taken for dense": [(x) => conv1d(x.reshape([1, 1, 6]), w.slice([[0, 1], [0, 3]]).reshape([1, 1, 3])), 24, 36], // biome-ignore format: ranges
  "a loop, in eager mode made of its ops": [
    (x) => scan((h: Tensor, e: Tensor) => [h.add(e), h.mul(e)], tensor(1) as Tensor, x)[1],
    21,
    36,
  ],
};

for (const [name, [f, count, countOfHessian]] of Object.entries(rows)) {
  test(name, () => {
    const flat = (x: Tensor) => f(x).reshape([-1]) as Tensor;
    const dense = jacobian(flat)(x);
    const sparse = sparseJacobian(f)(x);
    assert.equal([sparse.shape, sparse.values.size], [dense.shape, count]);
    near(sparse.toDense().data, dense.data, 1e-12, "Jacobian");
    near(sparse.matmul(x).data, dense.matmul(x).data, 1e-12, "product");
    near(sparse.transpose().toDense().data, dense.transpose().data, 1e-12, "transposed");
    const energy = (x: Tensor) => flat(x).square().sum();
    const h = sparseHessian(energy)(x);
    assert.is(h.values.size, countOfHessian, "elements of the Hessian");
    near(h.toDense().data, hessian(energy)(x).data, 1e-11, "Hessian");
  });
}

const band = (x: Tensor) =>
  part(x, 2, null)
    .sub(part(x, 1, -1).square())
    .add(part(x, null, -2));

test("in a program, also where indices are values there", () => {
  const all = (f: (x: Tensor) => Tensor) => (x: Tensor) => {
    const { values, ...sparse } = sparseJacobian(f)(x);
    void sparse;
    const own = sparseJacobian(f)(x);
    return [own.toDense(), own.matmul(x), values, sparseHessian((x: Tensor) => f(x).square().sum())(x).toDense()];
  };
  for (const f of [band, (x: Tensor) => x.sort().mul(x)]) {
    const [dense, product, , h] = compile(all(f))(x) as Tensor[] as [Tensor, Tensor, Tensor, Tensor];
    near(dense.data, jacobian(f)(x).data, 1e-12, "Jacobian");
    near(product.data, jacobian(f)(x).matmul(x).data, 1e-12, "product");
    near(h.data, hessian((x: Tensor) => f(x).square().sum())(x).data, 1e-11, "Hessian");
  }
});

test("a band takes as many walks as it is wide, whatever its length", () => {
  const kernels = [50, 400].map((n) => {
    const f = compile((x: Tensor) => sparseJacobian(band)(x).values);
    return f.program(random.normal([n]) as Tensor).print("kernels");
  }) as [string, string];
  assert.match(kernels[1], /\[3, \d+\]/);
  assert.is(kernels[0].split("\n").length, kernels[1].split("\n").length);
  const rosenbrock = (x: Tensor) => {
    const [a, b] = [part(x, null, -1), part(x, 1, null)];
    return a.sub(1).square().add(b.sub(a.square()).square().mul(100)).sum();
  };
  const long = random.normal([300]) as Tensor;
  near(sparseHessian(rosenbrock)(long).toDense().data, hessian(rosenbrock)(long).data, 1e-11, "Rosenbrock");
});

test("symmetric: of two elements that mirror each other one is enough", () => {
  const arrow = (x: Tensor) =>
    x
      .square()
      .sum()
      .mul(x.slice([0]))
      .add(x.pow(4).sum());
  const grid = (x: Tensor) => {
    const y = x.reshape([5, 6]);
    const [right, down] = [
      y.slice([null, [1, null]]).mul(y.slice([null, [null, -1]])),
      y.slice([[1, null]]).mul(y.slice([[null, -1]])),
    ];
    return right.square().sum().add(down.sin().sum());
  };
  for (const [f, n] of [
    [arrow, 40],
    [grid, 30],
  ] as const) {
    // biome-ignore format: pairs
    const at = random.normal([n]) as Tensor;
    near(sparseHessian(f)(at).toDense().data, hessian(f)(at).data, 1e-11, f.name);
    near(
      compile((x: Tensor) => sparseHessian(f)(x).values)(at).data,
      sparseHessian(f)(at).values.data,
      1e-12,
      "compiled",
    );
  }
  const text = compile((x: Tensor) => sparseHessian(arrow)(x).values)
    .program(random.normal([40]) as Tensor)
    .print("kernels");
  assert.match(text, /\[2, 40\]/);
  assert.not.match(text, /\[40, 40\]/);
});

test("a pattern that is given, by lists or by an earlier result", () => {
  const first = sparseJacobian(band)(x);
  const at = random.normal([6]) as Tensor;
  for (const pattern of [first, { rows: [...first.rows], columns: [...first.columns] }]) {
    near(sparseJacobian(band, { pattern })(at).toDense().data, jacobian(band)(at).data, 1e-13, "again");
  }
  const pattern = { rows: [0, 1], columns: [0, 7] };
  assert.throws(
    () => sparseJacobian(band, { pattern })(x),
    /ShapeError|row 1 and column 7, and the matrix is \[4, 6\]/,
  );
  for (const wrong of [{ rows: [0], columns: [] }, { rows: [0.5], columns: [1] }, { rows: [-1], columns: [1] }, {}]) {
    assert.throws(
      () => sparseJacobian(band, { pattern: wrong as typeof pattern }),
      /the pattern is two lists of whole numbers/,
    );
  }
});

test("arguments and values that are structures stand one behind the other", () => {
  const f = ({ a, b }: { a: Tensor; b: Tensor }, c: Tensor) => [a.mul(b), { s: c.mul(b.sum()) }];
  const at = { a: tensor([1, 2]) as Tensor, b: tensor([3, 4]) as Tensor };
  const made = sparseJacobian(f, { argument: [0, 1] })(at, tensor([5]) as Tensor);
  assert.equal(made.toDense().toArray(), [[3, 0, 1, 0, 0], [0, 4, 0, 2, 0], [0, 0, 5, 5, 7]]); // biome-ignore format: a matrix
  assert.is(made.values.size, 7);
});

test("its values are a part of the graph, and so is its product", () => {
  const f = (x: Tensor) => sparseJacobian(band)(x).matmul(x).square().sum();
  const plain = (x: Tensor) => jacobian(band)(x).matmul(x).square().sum();
  near(grad(f)(x).data, grad(plain)(x).data, 1e-11, "gradient");
  near(sparseJacobian(band)(x).matmul(w).data, jacobian(band)(x).matmul(w).data, 1e-12, "with a matrix");
  assert.throws(
    () => sparseJacobian(band)(x).matmul(tensor([1, 2]) as Tensor),
    /\[4, 6\] x \[2\]: takes a vector \[6\]/,
  );
  assert.throws(() => sparseJacobian(band)(x).matmul(x.cast("float32")), /float64 and float32 do not mix/);
  assert.is(sparseJacobian(band)(x.cast("float32")).values.dtype, "float32");
});

test.run();
