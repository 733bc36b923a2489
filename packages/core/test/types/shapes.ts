import type { Tensor } from "../../src/graph/tensor.js";
import {
  argMax,
  bincount,
  broadcastTo,
  concat,
  cumsum,
  expandDims,
  expectShape,
  expectType,
  full,
  matmul,
  n,
  norm,
  oneHot,
  reshape,
  slice,
  softmax,
  squeeze,
  stack,
  sum,
  take,
  tensor,
  transpose,
  variable,
  zeros,
} from "./declared.js";

declare const unknown: Tensor;
declare const dims: number[];
declare const keep: boolean;
const cube = zeros([2, 3, 4]);
const unknownRows = zeros([n, 10]);

// Values
expectShape<[2, 2]>()(tensor([[1, 2], [3, 4]])); // biome-ignore format: a matrix
expectShape<[]>()(tensor(3));
expectShape<[]>()(tensor(n));
expectShape<[3]>()(variable([1, n, 3], { dtype: "float32", name: "w" }));
expectShape<[2]>()(tensor([true, false]));
expectShape<[1, 2, 1]>()(tensor([[[1], [2]]]));
expectShape<[0]>()(tensor([]));
expectShape<[number]>()(tensor(dims));
expectShape<[number, number]>()(tensor([dims, [1]].map((row) => row)));
expectShape<[2, number]>()(tensor([dims, [1, 2]]));
expectShape<[number]>()(tensor(new Float32Array(3)));
expectShape<[2, 3]>()(full([2, 3], 7));
expectShape<number[]>()(zeros(dims));
expectShape<[number, 10]>()(unknownRows);

// Reductions
expectShape<[]>()(cube.sum());
expectShape<[]>()(unknown.mean());
expectShape<[3, 4]>()(cube.sum(0));
expectShape<[2, 3]>()(cube.sum(-1));
expectShape<[3]>()(cube.sum([0, -1]));
expectShape<[2, 1, 4]>()(cube.max({ axis: 1, keepDims: true }));
expectShape<[1, 1, 1]>()(cube.max({ keepDims: true }));
expectShape<[1, 3, 1]>()(sum(cube, { axis: [-3, 2], keepDims: true }));
expectShape<[2, 4]>()(sum(cube, 1));
expectShape<[]>()(sum(5));
expectShape<[number, number]>()(cube.sum(n));
expectShape<readonly number[]>()(cube.sum(dims));
expectShape<readonly number[]>()(cube.sum({ axis: 0, keepDims: keep }));
expectShape<readonly number[]>()(unknown.sum(0));
expectShape<[10]>()(unknownRows.sum(0));
expectShape<[number]>()(unknownRows.argMax(1));
expectShape<[2, 3, 1]>()(argMax(cube, -1, { keepDims: true }));
expectShape<[]>()(argMax(cube));
expectShape<[3, 4]>()(cube.norm(0));
expectShape<[2, 4]>()(norm(cube, { axis: 1, ord: 1 }));
expectShape<[2, 1, 4]>()(cube.std({ axis: 1, keepDims: true, correction: 1 }));
expectShape<[]>()(cube.variance({ correction: 1 }));
expectShape<readonly number[]>()(unknown.norm({ axis: 0, ord: Infinity }));
expectShape<[2]>()(cube.all([1, 2]));
expectShape<[2, 3, 4]>()(cumsum(cube));
expectShape<[2, 3, 4]>()(cube.cumprod(1, { reverse: true, exclusive: true }));
expectShape<[2, 3, 4]>()(softmax(cube));
expectShape<[2, 3, 4]>()(cube.softmax(1));
expectShape<readonly number[]>()(unknown.softmax(1));

// Matrix products
expectShape<[100, 50]>()(zeros([100, 784]).matmul(zeros([784, 50])));
expectShape<[]>()(zeros([3]).matmul(zeros([3])));
expectShape<[2]>()(zeros([2, 3]).matmul(zeros([3])));
expectShape<[4]>()(zeros([3]).matmul(zeros([3, 4])));
expectShape<[7, 4]>()(zeros([3]).matmul(zeros([7, 3, 4])));
expectShape<[7, 2]>()(zeros([7, 2, 3]).matmul(zeros([3])));
expectShape<[5, 3, 2]>()(zeros([5, 3, 4]).matmul(zeros([4, 2])));
expectShape<[5, 3, 2]>()(zeros([3, 4]).matmul(zeros([5, 4, 2])));
expectShape<[6, 5, 3, 2]>()(matmul(zeros([6, 1, 3, 4]), zeros([5, 4, 2])));
expectShape<[number, 2]>()(unknownRows.matmul(zeros([10, 2])));
expectShape<[2, 3]>()(zeros([2, n]).matmul(zeros([10, 3])));
expectShape<[2, 3]>()(zeros([2, 10]).matmul(zeros([n, 3])));
expectShape<readonly number[]>()(unknown.matmul(cube));

// The same elements in other shapes
expectShape<[4, 3, 2]>()(cube.transpose());
expectShape<[2, 4, 3]>()(cube.transpose([0, 2, 1]));
expectShape<[4, 2, 3]>()(transpose(cube, [-1, 0, 1]));
expectShape<[number, number, number]>()(cube.transpose(dims));
expectShape<[10, number]>()(unknownRows.transpose());
expectShape<readonly number[]>()(unknown.transpose([1, 0]));
expectShape<[]>()(zeros([]).transpose());
expectShape<[6, 4]>()(cube.reshape([6, 4]));
expectShape<[28, 28, 100]>()(zeros([784, 100]).reshape([28, 28, 100]));
expectShape<[12, 2]>()(cube.reshape([-1, 2]));
expectShape<[100, 256]>()(zeros([100, 16, 4, 4]).reshape([100, -1]));
expectShape<[8, number]>()(cube.reshape([8, -1]));
expectShape<[24]>()(cube.reshape([-1]));
expectShape<[1, 1]>()(reshape(5, [1, 1]));
expectShape<[]>()(zeros([1, 1]).reshape([]));
expectShape<[0, 7]>()(zeros([3, 0]).reshape([0, 7]));
expectShape<[number, 2, 5]>()(unknownRows.reshape([-1, 2, 5]));
expectShape<[number, 5]>()(unknownRows.reshape([n, 5]));
expectShape<[5, number]>()(cube.reshape([5, n]));
expectShape<readonly number[]>()(cube.reshape(dims));
expectShape<[2, number]>()(unknown.reshape([2, -1]));
expectShape<[5, 3, 4]>()(zeros([3, 1]).broadcastTo([5, 3, 4]));
expectShape<[2]>()(broadcastTo(1, [2]));
expectShape<[2, 10]>()(unknownRows.broadcastTo([2, 10]));
expectShape<number[]>()(cube.broadcastTo(dims));
expectShape<[1, 2, 3, 4]>()(cube.expandDims(0));
expectShape<[2, 3, 4, 1]>()(cube.expandDims(-1));
expectShape<[2, 3, 1, 4]>()(expandDims(cube, 2));
expectShape<[1]>()(expandDims(3, 0));
expectShape<[number, number, number]>()(unknownRows.expandDims(n));
expectShape<[2, 3]>()(zeros([2, 1, 3]).squeeze(1));
expectShape<[2, 3]>()(squeeze(zeros([1, 2, 1, 3])));
expectShape<[10]>()(unknownRows.squeeze(-2));
expectShape<readonly number[]>()(unknownRows.squeeze());

// Parts and joins
expectShape<[3, 4]>()(cube.slice([0]));
expectShape<[number, 4]>()(cube.slice([-1, [0, 2]]));
expectShape<[2, 4]>()(slice(cube, [null, n, null]));
expectShape<[2, number, number]>()(cube.slice([null, [null, null, -1], [1, null]]));
expectShape<readonly number[]>()(unknown.slice([0]));
expectShape<[2, 5, 4]>()(cube.take([0, 1, 1, 0, 2], 1));
expectShape<[7, 8, 3, 4]>()(cube.take(zeros([7, 8], { dtype: "int32" })));
expectShape<[2, 3]>()(take(cube, 0, -1));
expectShape<[number, 3, 4]>()(cube.take(dims));
expectShape<[100, 10]>()(oneHot(zeros([100], { dtype: "int32" }), 10));
expectShape<[2, 10]>()(oneHot([4, 5], 10));
expectShape<[3]>()(bincount(zeros([4, 5], { dtype: "int32" }), 3));
expectShape<[3]>()(zeros([4, 5], { dtype: "int32" }).bincount(3));
expectShape<[5, 3]>()(concat([zeros([2, 3]), zeros([3, 3])]));
expectShape<[2, 1099]>()(concat([zeros([2, 3]), zeros([2, 97]), zeros([2, 999])], -1));
expectShape<[number, 10]>()(concat([unknownRows, zeros([3, 10])]));
expectShape<[3, 20]>()(concat([unknownRows, zeros([3, 10])], 1));
expectShape<readonly number[]>()(concat([unknown, cube]));
expectShape<readonly number[]>()(concat([cube].map((x) => x)));
expectShape<[2, 2, 3, 4]>()(stack([cube, cube]));
expectShape<[3, 2]>()(stack([zeros([3]), zeros([3])], -1));
expectShape<[2]>()(stack([1, zeros([])]));
expectShape<[number, 2, 3, 4]>()(stack([cube].map((x) => x)));

// Assignability: a known shape is an unknown one, and not the other way round
const known: Tensor<[100, 10]> = zeros([100, 10]);
const toUnknownSize: Tensor<[number, 10]> = known;
const toUnknownRank: Tensor = toUnknownSize;
expectType<Tensor<[100, 10]> | null>()(known.grad);
// @ts-expect-error: it may have any rank
const back: Tensor<[100, 10]> = toUnknownRank;

export { back };

// Both ways of writing a shape name the type of a result.
export const written: Tensor<[2, 2]> = tensor([
  [1, 2],
  [3, 4],
]);
export const readonlyWritten: Tensor<readonly [2, 2]> = tensor([
  [1, 2],
  [3, 4],
]);
export const product: Tensor<[2, 3]> = written.matmul(zeros([2, 3]));
