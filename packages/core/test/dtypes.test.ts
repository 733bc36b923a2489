import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  all,
  any,
  arange,
  argSort,
  avgPool2d,
  bincount,
  clamp,
  concat,
  conv2d,
  count,
  type DType,
  einsum,
  elementwise,
  eye,
  fromArray,
  fromJSON,
  fromTransfer,
  full,
  inRange,
  linspace,
  matmul,
  ones,
  Random,
  type Shape,
  stack,
  sub,
  type Tensor,
  tensor,
  topK,
  variable,
  where,
  zeros,
} from "../src/index.js";

// The dtype that the type of a tensor says is the one that it has: each row is compiled with exactly the first, and run.

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? unknown : { readonly expected: B };

const rows: [dtype: DType, x: Tensor][] = [];

function are<D extends DType>(dtype: D, ...tensors: readonly (Tensor<Shape, D> & Same<D, Only<D>>)[]): void {
  for (const x of tensors) rows.push([dtype, x]);
}

/** A dtype that is a single one: of a union of them nothing is known. */
type Only<D> = { [K in DType]: [D] extends [K] ? K : never }[DType];

const x = tensor([[1, 2], [3, 4]], { dtype: "float32" }); // biome-ignore format: rows
const double = tensor([1, 2]);
const at = tensor([0, 1], { dtype: "int32" });
const unknown: Tensor<[2, 2]> = x;
const random = new Random(1);
const { values, indices } = topK(x, 1);
const isBig = elementwise("IsBig", { gives: "bool", forward: (k, x) => k.greater(x, 3), backward: "a step" });
const twice = elementwise("Twice", { forward: (k, x) => k.add(x, x), backward: [(k, dout) => k.mul(dout, 2)] });

are("float64", double, zeros([2]), zeros(2, 3), ones([2], { name: "x" }), full([2], 1), eye(2), linspace(0, 1, 3));
are("float64", arange(3), arange(0, 3, 1), tensor([]), tensor([[1, 2]]), tensor(1), variable([1]));
are("float64", random.normal([2]), random.uniform(2, 3), at.oneHot(2), where(x.less(0), 0, 1), stack([1, 2]));
are("float64", sub(1, 2), variable(x, { dtype: "float64" }), x.cast("float64"), fromArray(Float64Array.of(1), [1]));
are("float32", zeros(2, 3, { dtype: "float32" }), full(2, 1, { dtype: "float32" }), tensor(Float32Array.of(1)));
are(
  "float32",
  tensor([Float32Array.of(1)]),
  fromArray(Float32Array.of(1), [1]),
  variable(x),
  fromTransfer(x.toTransfer()),
);
are("float32", fromJSON(x.toJSON()), random.normal([2], { dtype: "float32" }), random.uniform(2, { dtype: "float32" }));
are("float32", x.add(1), sub(1, x), x.add(unknown), x.exp(), x.detach(), x.sum(), x.sum(0), x.mean({ axis: 0 }));
are("float32", x.clamp(0, 1), clamp(0, x, 1), clamp(0, 1, x), x.less(2).where(0, x), x.elu(), x.gelu(), twice(x));
are("float32", x.hardSwish(), unknown.mul(x), x.greater(unknown).where(unknown, x));
are("float32", x.softmax(), x.cumsum(), x.sort(), values, x.max(1), x.norm(), x.std(), x.take(at), x.gather([[0]], 1));
are("float32", x.reshape(4), x.transpose(), x.flip(), x.roll(1), x.tile(2), x.slice([0]), x.diagonal(), x.trace());
are("float32", x.tril(), x.broadcastTo(3, 2, 2), x.expandDims(0), x.reshape(1, 4).squeeze(0), x.pad([[1, 1], [0, 0]])); // biome-ignore format: pairs
are("float32", x.split(2)[0], ...x.split([1, 1]), ...x.unstack(), concat([x, x]), stack([x.sum(), 1]));
are("float32", matmul(x, unknown), x.sum(0).dot(x.sum(0)), x.sum(0).outer(x.sum(0)), einsum("ij->i", x));
are("float32", x.scatterAdd([[0]], 1, 0), x.indexAdd(at, x), at.oneHot(2, { dtype: "float32" }));
are("float32", conv2d(x.reshape(1, 1, 2, 2), x.reshape(1, 1, 2, 2)), avgPool2d(x.reshape(1, 1, 2, 2), 2));
are(
  "int32",
  at,
  x.argMax(),
  x.argMin(0),
  argSort(x),
  indices,
  count(x),
  x.count(0),
  at.add(1),
  bincount(at, 2),
  at.bincount(2),
  at.sum(),
  x.cast("int32"),
);
are("int32", arange(3, { dtype: "int32" }), tensor([Uint8Array.of(1)]), fromArray(Uint8Array.of(1), [1]));
are("int32", random.integers([2], { high: 3 }), random.permutation(3), random.choice(3, 2), inRange("x", at, 2));
are(
  "bool",
  tensor([true]),
  x.less(1),
  unknown.equal(unknown),
  x.notEqual(1),
  x.greaterEqual(x),
  x.isNaN(),
  x.isFinite(),
);
are("bool", any(x, 0), all(x), x.less(1).logicalNot().logicalOr(x.less(2)), isBig(x), eye(2, { dtype: "bool" }));

test("a tensor has the dtype that its type says", () => {
  assert.ok(rows.length > 100, `${rows.length}`);
  rows.forEach(([dtype, { dtype: own, node }], i) => {
    assert.is(own, dtype, `${node?.name ?? "a constant"}, row ${i}`);
  });
});

test("what is read of a tensor has the type of its dtype", () => {
  const data: Float32Array = x.data.slice();
  const sent: Int32Array = at.toTransfer().data;
  const gradient: Tensor<[2], "float64"> | null = variable(double).grad;
  assert.instance(data, Float32Array);
  assert.instance(sent, Int32Array);
  assert.is(gradient, null);
});

test.run();
