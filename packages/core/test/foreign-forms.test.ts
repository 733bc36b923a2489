import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  argMax,
  avgPool1d,
  avgPool2d,
  broadcastTo,
  concat,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  cumsum,
  diagonal,
  expandDims,
  eye,
  flip,
  full,
  gather,
  grad,
  im2col,
  indexAdd,
  maxPool1d,
  maxPool2d,
  ones,
  Random,
  reshape,
  roll,
  scatterAdd,
  softmax,
  sort,
  split,
  squeeze,
  stack,
  sum,
  type Tensor,
  take,
  tensor,
  tile,
  topK,
  transpose,
  triu,
  unstack,
  zeros,
} from "../src/index.js";

// Forms in which users of other libraries write a call, beside the form of this one: they mean the same.

const x = tensor([[4, 1, 3], [2, 6, 5]]); // biome-ignore format: a matrix
const cube = tensor([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]); // biome-ignore format: a cube
const image = cube.reshape([1, 2, 3, 2]);
const line = cube.reshape([1, 2, 6]);
const filters = ones([2, 2, 2, 2]);
const lineFilters = ones([2, 2, 2]);
const column = x.reshape([1, 2, 3, 1]);
const at = tensor([[1], [0]], { dtype: "int32" });

type Result = Tensor | readonly Tensor[];

const rows: readonly (readonly [foreign: () => Result, own: () => Result])[] = [
  // Sizes one after the other
  [() => x.reshape(3, 2), () => x.reshape([3, 2])],
  [() => x.reshape(-1), () => x.reshape([-1])],
  [() => reshape(x, 3, -1), () => reshape(x, [3, -1])],
  [() => tensor([7]).reshape(), () => tensor([7]).reshape([])],
  [() => x.transpose(1, 0), () => x.transpose()],
  [() => x.transpose(-1, -2), () => x.transpose()],
  [() => cube.transpose(0, 2, 1), () => cube.transpose([0, 2, 1])],
  [() => transpose(cube, 2, 0, 1), () => transpose(cube, [2, 0, 1])],
  [() => tensor([1, 2]).transpose(0), () => tensor([1, 2])],
  [() => x.broadcastTo(2, 2, 3), () => x.broadcastTo([2, 2, 3])],
  [() => broadcastTo(7, 3), () => broadcastTo(7, [3])],
  [() => x.tile(2, 1), () => x.tile([2, 1])],
  [() => tile(x, 2), () => tile(x, [2])],
  [() => zeros(2, 3), () => zeros([2, 3])],
  [() => zeros(3), () => zeros([3])],
  [() => zeros(3, { dtype: "int32" }), () => zeros([3], { dtype: "int32" })],
  [() => ones(2, 3, { dtype: "float32" }), () => ones([2, 3], { dtype: "float32" })],
  [() => full(3, 7), () => full([3], 7)],
  [() => eye(2, { dtype: "int32" }), () => eye(2, 2, { dtype: "int32" })],
  [() => new Random(1).normal(2, 3), () => new Random(1).normal([2, 3])],
  [() => new Random(1).normal(3, { std: 2 }), () => new Random(1).normal([3], { std: 2 })],
  [() => new Random(1).uniform(2, 3, { low: -1 }), () => new Random(1).uniform([2, 3], { low: -1 })],
  [() => new Random(1).integers(3, { high: 9 }), () => new Random(1).integers([3], { high: 9 })],

  // Options behind the axes
  [() => x.sum(0, { keepDims: true }), () => x.sum({ axis: 0, keepDims: true })],
  [() => sum(x, [0, 1], { keepDims: true }), () => sum(x, { axis: [0, 1], keepDims: true })],
  [() => x.mean(1, { keepDims: true }), () => x.mean({ axis: 1, keepDims: true })],
  [() => x.max(1, { keepDims: true }), () => x.max({ axis: 1, keepDims: true })],
  [() => x.min(-1, { keepDims: true }), () => x.min({ axis: -1, keepDims: true })],
  [() => x.prod(0, { keepDims: true }), () => x.prod({ axis: 0, keepDims: true })],
  [() => x.logSumExp(0, { keepDims: true }), () => x.logSumExp({ axis: 0, keepDims: true })],
  [() => x.variance(0, { correction: 1 }), () => x.variance({ axis: 0, correction: 1 })],
  [() => x.std(1, { keepDims: true, correction: 1 }), () => x.std({ axis: 1, keepDims: true, correction: 1 })],
  [() => x.norm(1, { ord: 1 }), () => x.norm({ axis: 1, ord: 1 })],
  [() => x.greater(2).all(1, { keepDims: true }), () => x.greater(2).all({ axis: 1, keepDims: true })],
  [() => x.greater(2).any(1, { keepDims: true }), () => x.greater(2).any({ axis: 1, keepDims: true })],
  [() => x.greater(2).count(1, { keepDims: true }), () => x.greater(2).count({ axis: 1, keepDims: true })],

  // The axis as one of the options
  [() => x.argMax({ axis: 1 }), () => x.argMax(1)],
  [() => argMax(x, { axis: 0, keepDims: true }), () => argMax(x, 0, { keepDims: true })],
  [() => x.argMin({ keepDims: true }), () => x.argMin(undefined, { keepDims: true })],
  [() => x.softmax({ axis: 0 }), () => x.softmax(0)],
  [() => softmax(x, { axis: 1 }), () => softmax(x)],
  [() => x.logSoftmax({ axis: 0 }), () => x.logSoftmax(0)],
  [() => concat([x, x], { axis: 1 }), () => concat([x, x], 1)],
  [() => stack([x, x], { axis: -1 }), () => stack([x, x], -1)],
  [() => x.cumsum({ axis: 0, reverse: true }), () => x.cumsum(0, { reverse: true })],
  [() => cumsum(x, { exclusive: true }), () => cumsum(x, -1, { exclusive: true })],
  [() => x.cumprod({ axis: 0 }), () => x.cumprod(0)],
  [() => x.sort({ axis: 0, descending: true }), () => x.sort(0, { descending: true })],
  [() => sort(x, { descending: true }), () => sort(x, -1, { descending: true })],
  [() => x.argSort({ axis: 0 }), () => x.argSort(0)],
  [() => x.topK(1, { axis: 0, largest: false }).values, () => x.topK(1, 0, { largest: false }).values],
  [() => topK(x, 2, { largest: false }).indices, () => topK(x, 2, -1, { largest: false }).indices],
  [() => x.split(3, { axis: 1 }), () => x.split(3, 1)],
  [() => split(x, [1, 2], { axis: 1 }), () => split(x, [1, 2], 1)],
  [() => x.unstack({ axis: 1 }), () => x.unstack(1)],
  [() => unstack(x, { axis: 1 }), () => unstack(x, 1)],
  [() => x.take([1], { axis: 1 }), () => x.take([1], 1)],
  [() => take(x, 1, { axis: 1 }), () => take(x, 1, 1)],
  [() => x.gather(at, { axis: 1 }), () => x.gather(at, 1)],
  [() => gather(x, at, { axis: 1 }), () => gather(x, at, 1)],
  [() => x.scatterAdd(at, 1, { axis: 1 }), () => x.scatterAdd(at, 1, 1)],
  [() => scatterAdd(x, at, 1, { axis: 1 }), () => scatterAdd(x, at, 1, 1)],
  [() => x.indexAdd([2], 1, { axis: 1 }), () => x.indexAdd([2], 1, 1)],
  [() => indexAdd(x, [2], 1, { axis: 1 }), () => indexAdd(x, [2], 1, 1)],
  [() => x.roll(1, { axis: 1 }), () => x.roll(1, 1)],
  [() => roll(x, [1, 2], { axis: [0, 1] }), () => roll(x, [1, 2], [0, 1])],
  [() => x.flip({ axis: 1 }), () => x.flip(1)],
  [() => x.flip(0, 1), () => x.flip([0, 1])],
  [() => flip(x, 0, -1), () => flip(x)],
  [() => column.squeeze({ axis: 0 }), () => column.squeeze(0)],
  [() => column.squeeze([0, -1]), () => column.squeeze(0).squeeze(-1)],
  [() => squeeze(column, { axis: [0, 3] }), () => squeeze(column)],
  [() => x.expandDims({ axis: -1 }), () => x.expandDims(-1)],
  [() => expandDims(x, { axis: 0 }), () => expandDims(x, 0)],

  // One option alone, without its name
  [() => maxPool2d(image, 2), () => maxPool2d(image, { kernel: 2 })],
  [() => maxPool2d(image, [2, 1], { stride: 1 }), () => maxPool2d(image, { kernel: [2, 1], stride: 1 })],
  [() => maxPool1d(line, 2), () => maxPool1d(line, { kernel: 2 })],
  [() => avgPool2d(image, 2, { padding: 1 }), () => avgPool2d(image, { kernel: 2, padding: 1 })],
  [
    () => avgPool1d(line, 3, { padding: 1, countIncludePad: false }),
    () => avgPool1d(line, { kernel: 3, padding: 1, countIncludePad: false }),
  ],
  [() => im2col(image, 2, { padding: 1 }), () => im2col(image, { kernel: 2, padding: 1 })],
  [() => x.diagonal(1), () => x.diagonal({ offset: 1 })],
  [() => diagonal(x, -1), () => diagonal(x, { offset: -1 })],
  [() => x.trace(1), () => x.trace({ offset: 1 })],
  [() => x.tril({ offset: -1 }), () => x.tril(-1)],
  [() => triu(x, { offset: 1 }), () => triu(x, 1)],

  // Options in the place of a bias
  [() => conv2d(image, filters, { padding: 1 }), () => conv2d(image, filters, null, { padding: 1 })],
  [() => conv1d(line, lineFilters, { stride: 2 }), () => conv1d(line, lineFilters, null, { stride: 2 })],
  [
    () => convTranspose2d(image, filters, { stride: 2, outputPadding: 1 }),
    () => convTranspose2d(image, filters, null, { stride: 2, outputPadding: 1 }),
  ],
  [
    () => convTranspose1d(line, lineFilters, { dilation: 2 }),
    () => convTranspose1d(line, lineFilters, null, { dilation: 2 }),
  ],
];

const written = (f: () => unknown) => String(f).replace("() => ", "");
const list = (result: Result) => (Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor]);
const plain = (result: Result) => list(result).map((t) => [t.dtype, t.shape, t.toArray()]);

for (const [foreign, own] of rows) {
  test(`${written(foreign)} is ${written(own)}`, () => {
    assert.equal(plain(foreign()), plain(own()));
  });
}

test("a list of any length can be joined, and has its gradient", () => {
  const n = 10_000;
  const parts = Array.from({ length: n }, (_, i) => tensor([i, -i]));
  const together = stack(parts);
  assert.equal(together.shape, [n, 2]);
  assert.equal(together.slice([9_999]).toArray(), [9_999, -9_999]);
  assert.equal(concat(parts).shape, [2 * n]);
  assert.is(stack(new Array<number>(n).fill(1)).sum().item(), n);
  const weights = tensor(Float64Array.from({ length: n }, (_, i) => i));
  const slope = grad((list: readonly Tensor[]) => stack(list, -1).mul(weights).sum())(parts);
  assert.equal(slope[9_999]?.toArray(), [9_999, 9_999]);
  assert.equal(slope[1]?.toArray(), [1, 1]);
});

test.run();
