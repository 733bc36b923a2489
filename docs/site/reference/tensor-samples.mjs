// What the pictures of the ops of whole tensors show.
import * as ops from "@chainrule/core";

const bools = (values) => ops.tensor(values);
const ints = (values) => ops.tensor(values, { dtype: "int32" });
const x = [
  [1, -2, 3],
  [4, 2, -1],
];
const plane = [
  [1, 2, 0, 1],
  [3, 1, 2, 0],
  [0, 1, 4, 1],
];
const image = (rows) => ops.variable([[rows]]);
const filter = () =>
  image([
    [1, 0],
    [0, -1],
  ]);

/** Of whole tensors: what goes in, the call, and which element of the result is marked. */
export const whole = {
  clamp: { inputs: { x: [-2, -0.5, 0.5, 2] }, f: (x) => ops.clamp(x, -1, 1), mark: 1 },
  equal: { inputs: { x: [1, 2, 3], y: [3, 2, 1] }, f: (x, y) => ops.equal(x, y) },
  notEqual: { inputs: { x: [1, 2, 3], y: [3, 2, 1] }, f: (x, y) => ops.notEqual(x, y) },
  less: { inputs: { x: [1, 2, 3], y: [3, 2, 1] }, f: (x, y) => ops.less(x, y) },
  lessEqual: { inputs: { x: [1, 2, 3], y: [3, 2, 1] }, f: (x, y) => ops.lessEqual(x, y) },
  greater: { inputs: { x: [1, 2, 3], y: [3, 2, 1] }, f: (x, y) => ops.greater(x, y) },
  greaterEqual: { inputs: { x: [1, 2, 3], y: [3, 2, 1] }, f: (x, y) => ops.greaterEqual(x, y) },
  logicalAnd: {
    inputs: { x: bools([true, true, false]), y: bools([true, false, false]) },
    f: (x, y) => ops.logicalAnd(x, y),
  },
  logicalOr: {
    inputs: { x: bools([true, true, false]), y: bools([true, false, false]) },
    f: (x, y) => ops.logicalOr(x, y),
  },
  logicalNot: { inputs: { x: bools([true, false]) }, f: (x) => ops.logicalNot(x) },
  isNaN: { inputs: { x: [1, Number.NaN, 2] }, f: (x) => ops.isNaN(x) },
  isFinite: { inputs: { x: [1, Number.POSITIVE_INFINITY, Number.NaN] }, f: (x) => ops.isFinite(x) },
  where: {
    inputs: { condition: bools([true, false, true]), x: [1, 2, 3], y: [-1, -2, -3] },
    f: (condition, x, y) => ops.where(condition, x, y),
    mark: 1,
  },
  sum: { inputs: { x }, f: (x) => ops.sum(x, 1) },
  mean: { inputs: { x }, f: (x) => ops.mean(x, 1) },
  prod: { inputs: { x }, f: (x) => ops.prod(x, 1) },
  max: { inputs: { x }, f: (x) => ops.max(x, 1) },
  min: { inputs: { x }, f: (x) => ops.min(x, 1) },
  variance: { inputs: { x }, f: (x) => ops.variance(x, 1) },
  std: { inputs: { x }, f: (x) => ops.std(x, 1) },
  norm: {
    inputs: {
      x: [
        [3, 4],
        [0, 2],
      ],
    },
    f: (x) => ops.norm(x, 1),
  },
  count: {
    inputs: {
      x: [
        [1, 0, 3],
        [0, 0, 2],
      ],
    },
    f: (x) => ops.count(x, 1),
  },
  any: {
    inputs: {
      x: [
        [1, 0, 3],
        [0, 0, 0],
      ],
    },
    f: (x) => ops.any(x, 1),
  },
  all: {
    inputs: {
      x: [
        [1, 0, 3],
        [1, 1, 2],
      ],
    },
    f: (x) => ops.all(x, 1),
  },
  logSumExp: { inputs: { x }, f: (x) => ops.logSumExp(x, 1) },
  softmax: { inputs: { x }, f: (x) => ops.softmax(x), mark: 2 },
  logSoftmax: { inputs: { x }, f: (x) => ops.logSoftmax(x), mark: 2 },
  cumsum: { inputs: { x }, f: (x) => ops.cumsum(x, 1), mark: 1 },
  cumprod: { inputs: { x }, f: (x) => ops.cumprod(x, 1), mark: 1 },
  argMax: { inputs: { x }, f: (x) => ops.argMax(x, 1) },
  argMin: { inputs: { x }, f: (x) => ops.argMin(x, 1) },
  sort: { inputs: { x: [3, 1, 2] }, f: (x) => ops.sort(x) },
  argSort: { inputs: { x: [3, 1, 2] }, f: (x) => ops.argSort(x) },
  topK: { inputs: { x: [3, 1, 4, 2] }, f: (x) => Object.values(ops.topK(x, 2)), call: "topK(x, 2)" },
  bincount: { inputs: { x: ints([0, 2, 2, 1, 2]) }, f: (x) => ops.bincount(x, 4) },
  matmul: {
    inputs: {
      x,
      y: [
        [1, 2],
        [0, 1],
        [2, -1],
      ],
    },
    f: (x, y) => ops.matmul(x, y),
  },
  dot: { inputs: { a: [1, 2, 3], b: [4, 5, 6] }, f: (a, b) => ops.dot(a, b) },
  outer: { inputs: { a: [1, 2], b: [3, 4, 5] }, f: (a, b) => ops.outer(a, b), mark: 4 },
  einsum: {
    inputs: {
      a: [
        [1, 2],
        [3, 4],
      ],
      b: [
        [5, 6],
        [7, 8],
      ],
    },
    f: (a, b) => ops.einsum("ij,jk->ik", a, b),
  },
  reshape: { inputs: { x }, f: (x) => ops.reshape(x, [3, 2]), mark: 2 },
  expandDims: { inputs: { x: [1, 2, 3] }, f: (x) => ops.expandDims(x, 1), mark: 1 },
  squeeze: { inputs: { x: [[1], [2], [3]] }, f: (x) => ops.squeeze(x), mark: 1 },
  transpose: { inputs: { x }, f: (x) => ops.transpose(x), mark: 1 },
  broadcastTo: { inputs: { x: [1, 2, 3] }, f: (x) => ops.broadcastTo(x, [2, 3]), mark: 4 },
  flip: { inputs: { x }, f: (x) => ops.flip(x, 1) },
  roll: { inputs: { x: [1, 2, 3, 4] }, f: (x) => ops.roll(x, 1) },
  tile: { inputs: { x: [1, 2] }, f: (x) => ops.tile(x, [2, 2]), mark: 3 },
  pad: {
    inputs: { x: [[1, 2]] },
    f: (x) =>
      ops.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    mark: 5,
  },
  diagonal: {
    inputs: {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    f: (x) => ops.diagonal(x),
    mark: 1,
  },
  trace: {
    inputs: {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    f: (x) => ops.trace(x),
  },
  tril: {
    inputs: {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    f: (x) => ops.tril(x),
    mark: 2,
  },
  triu: {
    inputs: {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    f: (x) => ops.triu(x),
    mark: 1,
  },
  slice: {
    inputs: { x: plane },
    f: (x) =>
      ops.slice(x, [
        [0, 2],
        [1, 3],
      ]),
    mark: 1,
  },
  take: {
    inputs: {
      x: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      indices: ints([2, 0, 2]),
    },
    f: (x, indices) => ops.take(x, indices),
  },
  indexAdd: {
    inputs: { x: [0, 0, 1], indices: ints([2, 0]), source: [10, 20] },
    f: (x, indices, source) => ops.indexAdd(x, indices, source),
    mark: 2,
  },
  oneHot: { inputs: { x: ints([2, 0]) }, f: (x) => ops.oneHot(x, 3) },
  gather: { inputs: { x, indices: ints([[2], [0]]) }, f: (x, indices) => ops.gather(x, indices, 1) },
  scatterAdd: {
    inputs: { x: [[0, 0, 1]], indices: ints([[0, 0, 2]]), source: [[10, 20, 30]] },
    f: (x, indices, source) => ops.scatterAdd(x, indices, source, 1),
  },
  concat: {
    inputs: {
      a: [[1, 2]],
      b: [
        [3, 4],
        [5, 6],
      ],
    },
    f: (a, b) => ops.concat([a, b]),
    mark: 2,
  },
  stack: { inputs: { a: [1, 2], b: [3, 4] }, f: (a, b) => ops.stack([a, b]), mark: 2 },
  split: { inputs: { x: [1, 2, 3, 4] }, f: (x) => ops.split(x, 2), mark: 1 },
  unstack: {
    inputs: {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    f: (x) => ops.unstack(x),
    mark: 1,
  },
  conv2d: { inputs: { x: image(plane), w: filter() }, f: (x, w) => ops.conv2d(x, w) },
  conv1d: {
    inputs: { x: ops.variable([[[1, 2, 0, 3]]]), w: ops.variable([[[1, -1]]]) },
    f: (x, w) => ops.conv1d(x, w),
    mark: 1,
  },
  convTranspose2d: { inputs: { x: image([[1, 2]]), w: filter() }, f: (x, w) => ops.convTranspose2d(x, w) },
  convTranspose1d: {
    inputs: { x: ops.variable([[[1, 2]]]), w: ops.variable([[[1, -1]]]) },
    f: (x, w) => ops.convTranspose1d(x, w),
    mark: 1,
  },
  im2col: { inputs: { x: image(plane.slice(0, 2)) }, f: (x) => ops.im2col(x, { kernel: 2 }), mark: 1 },
  col2im: {
    inputs: {
      columns: [
        [1, 2],
        [2, 3],
      ],
    },
    f: (columns) => ops.col2im(columns, [1, 1, 1, 3], { kernel: [1, 2] }),
    mark: 1,
  },
  maxPool2d: { inputs: { x: image(plane.slice(0, 2)) }, f: (x) => ops.maxPool2d(x, { kernel: 2 }) },
  maxPool1d: { inputs: { x: ops.variable([[[1, 3, 2, 4]]]) }, f: (x) => ops.maxPool1d(x, { kernel: 2 }) },
  avgPool2d: { inputs: { x: image(plane.slice(0, 2)) }, f: (x) => ops.avgPool2d(x, { kernel: 2 }) },
  avgPool1d: { inputs: { x: ops.variable([[[1, 3, 2, 4]]]) }, f: (x) => ops.avgPool1d(x, { kernel: 2 }) },
  adaptiveMaxPool2d: { inputs: { x: image(plane) }, f: (x) => ops.adaptiveMaxPool2d(x, [2, 2]) },
  adaptiveMaxPool1d: { inputs: { x: ops.variable([[[1, 3, 2, 4, 0]]]) }, f: (x) => ops.adaptiveMaxPool1d(x, 2) },
  adaptiveAvgPool2d: { inputs: { x: image(plane) }, f: (x) => ops.adaptiveAvgPool2d(x, [2, 2]) },
  adaptiveAvgPool1d: { inputs: { x: ops.variable([[[1, 3, 2, 4, 0]]]) }, f: (x) => ops.adaptiveAvgPool1d(x, 2) },
  globalMaxPool: { inputs: { x: image(plane) }, f: (x) => ops.globalMaxPool(x) },
  globalAvgPool: { inputs: { x: image(plane) }, f: (x) => ops.globalAvgPool(x) },
  roundToFloat16: { inputs: { x: [2049, 2050, 2051] }, f: (x) => ops.roundToFloat16(x) },
  cast: { inputs: { x: [1.7, -1.2, 0] }, f: (x) => ops.cast(x, "int32") },
  arange: { inputs: {}, f: () => ops.arange(5) },
  linspace: { inputs: {}, f: () => ops.linspace(0, 1, 5) },
  eye: { inputs: {}, f: () => ops.eye(3) },
};
