import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  compile,
  concat,
  conv2d,
  fromArray,
  grad,
  maxPool2d,
  pad,
  Random,
  stack,
  type Tensor,
  tensor,
  unstack,
  variable,
  where,
} from "../src/index.js";

// What a program takes, not what it gives: kernels, memory, and code, which say how much it does and how fast. A compiler that
// fuses, reuses or simplifies less than it did gives the same numbers, and is seen here alone. More of these is a loss to be
// explained; less is a gain, unless it is code without vectors; either has new numbers for the table.

type DType = "float64" | "float32" | "int32";
const a = (shape: readonly number[], dtype: DType = "float32") =>
  fromArray(
    Float64Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, i) => (i % 7) - 3),
    shape,
  ).cast(dtype) as Tensor;

/** Kernels, bytes of memory, bytes of the module. */
type Effort = readonly [kernels: number, memory: number, module: number];

function effortOf(f: (...inputs: Tensor[]) => unknown, inputs: readonly Tensor[]): Effort {
  const program = compile(f, { relaxed: false }).program(...inputs);
  return [program.print("kernels").split("\n").length, program.memory.bytes, program.module.length];
}

/** w - 0.1 times the gradient, in the place of w. */
function descent(w: Tensor, loss: (w: Tensor) => Tensor): void {
  w.assign(w.sub(grad((p: Tensor) => loss(p) as Tensor<[]>)(w).mul(0.1)));
}

const rows = (x: Tensor) =>
  unstack(x)
    .map((row, i) => row.square().sum().mul(i))
    .reduce((sum, row) => sum.add(row)) as Tensor<[]>;
const windows = (x: Tensor) =>
  x
    .slice([[0, 8]])
    .mul(x.slice([[4, 12]]))
    .add(x.slice([[2, 10]]))
    .square()
    .sum() as Tensor<[]>;

const w = variable(a([16, 8])) as Tensor;
const v = variable(a([16, 8])) as Tensor;

const programs: readonly (readonly [
  name: string,
  f: (...inputs: Tensor[]) => unknown,
  inputs: readonly Tensor[],
  Effort,
])[] = [
  ["a chain is one loop", (x) => x.exp().mul(2).add(1).tanh(), [a([64, 33])], [1, 16928, 2354]],
  ["what does not fill the last vector fills it from the padding", (x) => x.mul(2).add(1), [a([17])], [1, 192, 139]],
  ["axes that lie one behind the other are one", (x) => x.mul(2).add(x), [a([3, 4, 5, 6])], [1, 2912, 319]],
  ["and those of a reduction", (x) => x.mul(2).sum([1, 2]), [a([3, 4, 5, 6])], [1, 1552, 489]],
  ["results of one size are one loop", (x) => [x.exp(), x.mul(2), x.neg().exp()], [a([64, 33])], [1, 33824, 3615]],
  ["with an operand that is broadcast", (x, y) => [x.add(y), x.mul(y).exp()], [a([64, 33]), a([33])], [1, 25520, 2394]],
  ["in two dtypes", (x) => [x.exp(), x.cast("float64").mul(3)], [a([64, 33])], [2, 33824, 1979]],
  [
    "what two kernels use is computed once",
    (x) => {
      const e = x.exp().tanh();
      return [e.sum(0), e.sum(1)];
    },
    [a([64, 33])],
    [3, 17328, 5750],
  ],
  ["a reduction reads what is computed in it", (x) => x.exp().mul(x).sum(-1), [a([64, 33])], [1, 8736, 2728]],
  ["over outer axes", (x) => x.exp().sum([0, 1]), [a([5, 7, 33])], [1, 4800, 2818]],
  ["a product of float32", (x) => x.prod(), [a([64, 33])], [1, 8496, 582]],
  [
    "views are no copies",
    (x) =>
      x
        .transpose()
        .reshape([3, 704])
        .slice([[0, 2]])
        .mul(2),
    [a([64, 33])],
    [2, 22560, 621],
  ],
  [
    "a slice backwards",
    (x) =>
      x
        .slice([
          [null, null, -1],
          [0, 20, 3],
        ])
        .add(1),
    [a([64, 33])],
    [1, 10272, 329],
  ],
  [
    "broadcast operands are read where they lie",
    (x, y) => x.add(y.expandDims(1)).mul(y.expandDims(1)),
    [a([64, 33]), a([64])],
    [1, 17184, 260],
  ],
  [
    "memory is reused along a chain of products",
    (x, y) => {
      let z = x;
      for (let i = 0; i < 6; i++) z = z.matmul(y).relu();
      return z;
    },
    [a([32, 32]), a([32, 32])],
    [12, 28704, 2710],
  ],
  [
    "what is small goes into small gaps",
    (x, y, z) => {
      const [large, kept, small, other] = [x.cumsum(0), y.cumsum(0), z.cumsum(0), y.cumsum(1)];
      const sums = [large.sum(0), small.sum(0)];
      const [less, more] = [z.cumsum(1), x.cumsum(1)];
      return [...sums, ...[less, more, kept, other].map((own) => own.sum(0))];
    },
    [a([128, 16]), a([4, 16]), a([8, 16])],
    [12, 18592, 6270],
  ],
  [
    "neutral elements and double signs go",
    (x) => x.mul(1).add(0).neg().neg().sub(0).div(1),
    [a([64, 33])],
    [1, 16928, 225],
  ],
  [
    "transposes belong to the product",
    (x, y) => x.transpose().matmul(y.transpose()),
    [a([33, 64]), a([16, 33])],
    [1, 25248, 1630],
  ],
  ["batches of them are one", (x, y) => x.matmul(y), [a([7, 33, 16]), a([7, 16, 8])], [1, 28416, 1063]],
  [
    "and two of them are none",
    (x, y) => x.transpose().transpose().matmul(y),
    [a([33, 64]), a([64, 16])],
    [1, 27232, 1097],
  ],
  [
    "views of views are one",
    (x) => x.transpose([2, 0, 1]).transpose([1, 2, 0]).reshape([12, 5]).reshape([60]),
    [a([3, 4, 5])],
    [2, 752, 296],
  ],
  [
    "views that change nothing are none",
    (x) => x.transpose([0, 1]).reshape([64, 33]).exp().add(x.exp()),
    [a([64, 33])],
    [1, 16928, 1815],
  ],
  [
    "nor before what cannot read through a view",
    (x) => x.transpose([0, 1]).reshape([64, 33]).sort(0),
    [a([64, 33])],
    [3, 26400, 1267],
  ],
  ["equal ops are one", (x) => x.exp().add(x.exp()).mul(x.exp()), [a([64, 33])], [1, 16928, 1835]],
  [
    "what nobody uses is not computed",
    (x) => {
      x.exp().matmul(x.transpose());
      return x.mul(2);
    },
    [a([64, 33])],
    [1, 16928, 225],
  ],
  ["an update is made in place", () => descent(w, (w) => w.square().sum()), [], [1, 544, 334]],
  [
    "what two updates have in common is not stored",
    () => {
      const e = w.exp();
      w.assign(e.mul(2));
      v.assign(v.add(e));
    },
    [],
    [1, 1056, 1950],
  ],
  ["an update behind a product", (x) => descent(w, (w) => x.matmul(w).square().sum()), [a([4, 16])], [4, 1824, 1812]],
  [
    "scalars are straight-line code",
    (x, y) => {
      let z = x;
      for (let i = 0; i < 20; i++) z = z.mul(y).add(x).sin();
      return z;
    },
    [tensor(1), tensor(2)],
    [1, 80, 2801],
  ],
  [
    "scalars that repeat are one piece of code",
    (x) => {
      let z = x;
      for (let i = 0; i < 300; i++) z = z.mul(0.5).add(1).sin();
      return z;
    },
    [tensor(1)],
    [1, 80, 9144],
  ],
  [
    "and their gradient",
    (x) =>
      grad((x: Tensor) => {
        let z = x;
        for (let i = 0; i < 50; i++) z = z.mul(0.5).add(1).sin();
        return z as Tensor<[]>;
      })(x),
    [tensor(1)],
    [1, 64, 7170],
  ],
  ["softmax", (x) => x.softmax(), [a([64, 33])], [3, 25888, 3320]],
  [
    "a variance and its gradient",
    (x) => grad((x: Tensor) => x.variance(-1).square().sum() as Tensor<[]>)(x),
    [a([64, 33])],
    [5, 18208, 1607],
  ],
  [
    "a perceptron's gradient",
    (x, u, v) =>
      grad((u: Tensor, v: Tensor) => x.matmul(u).relu().matmul(v).square().sum(), { argument: [0, 1] as never })(u, v),
    [a([8, 16]), a([16, 12]), a([12, 4])],
    [8, 4384, 7612],
  ],
  [
    "a convolution, its activation and a pool",
    (x, f) => maxPool2d(conv2d(x as never, f as never, { padding: 1 }).relu(), { kernel: 2 }),
    [a([2, 3, 8, 8]), a([4, 3, 3, 3])],
    [3, 6048, 1503],
  ],
  [
    "gradients of the filters",
    (x, f) =>
      grad(
        (f: Tensor) =>
          conv2d(x as never, f as never)
            .square()
            .sum() as Tensor<[]>,
      )(f),
    [a([2, 3, 8, 8]), a([4, 3, 3, 3])],
    [3, 8864, 5752],
  ],
  [
    "an operand that does not move along the vectors is read once",
    (x, y, z, m) =>
      [0, 1, 2, 3, 4].reduce(
        (sum, i) => sum.add(m.slice([null, [i, i + 1]])),
        x.transpose().add(y.transpose()).add(z.transpose()),
      ),
    [a([64, 32]), a([64, 32]), a([64, 32]), a([32, 5])],
    [1, 33440, 458],
  ],
  ["rows that are taken", (x) => x.take([5, 1, 1], 0).mul(2), [a([64, 33])], [2, 8896, 383]],
  ["where, of bools", (x) => where(x.greater(0), x, x.mul(0.1)), [a([64, 33])], [1, 16928, 339]],
  ["joined", (x, y) => concat([x, y.mul(2)], 1), [a([64, 33]), a([64, 3])], [2, 18464, 823]],
  ["stacked in one loop", (x, y) => stack([x.exp(), y.mul(2), x]), [a([64]), a([64])], [1, 1312, 1970]],
  ["a thin border alone is filled", (x) => pad(x, [[1, 0], [0, 1]]), [a([64, 33])], [3, 17328, 640]], // biome-ignore format: pairs
  ["a gradient by all rows is put together", (x) => grad(rows)(x), [a([6, 16])], [1, 800, 295]],
  ["and added up where slices overlap", (x) => grad(windows)(x), [a([12])], [4, 128, 385]],
  [
    "what the steps of a loop that is written out add to the gradient of a matrix is one product",
    (w, x) =>
      grad(
        (w: Tensor) =>
          unstack(x)
            .reduce((h, t) => w.matmul(h).add(t).tanh())
            .sum() as Tensor<[]>,
      )(w),
    [a([16, 16]), a([6, 16])],
    [20, 4640, 4722],
  ],
  [
    "differences of all pairs are not written down",
    (x) => grad((x: Tensor) => x.expandDims(1).sub(x.expandDims(0)).square().sum(2).sqrt().sum() as Tensor<[]>)(x),
    [a([40, 8])],
    [6, 60192, 1912],
  ],
  ["drawn", (_x) => new Random(3).normal([64, 33]).mul(2), [a([1])], [2, 33872, 3506]],
  ["sorted", (x) => x.sort(-1), [a([64, 33])], [3, 25904, 1257]],
  ["running sums", (x) => x.cumsum(0), [a([64, 33])], [1, 16928, 414]],
  [
    "in the place of what they are made of",
    () => {
      w.assign(w.cumsum(1));
    },
    [],
    [1, 544, 774],
  ],
];

test("kernels, memory and code of programs are what they were", () => {
  const found = programs.map(([name, f, inputs]) => `${name}: ${effortOf(f, inputs).join(", ")}`);
  const expected = programs.map(([name, , , effort]) => `${name}: ${effort.join(", ")}`);
  // Those that differ, as they are now.
  assert.equal(
    found.filter((own, i) => own !== expected[i]),
    [],
  );
});

test("without temporaries there is nothing to be used again", () => {
  const { bytes, bytesWithoutReuse } = compile((x: Tensor) => x.mul(2)).program(a([64, 33])).memory;
  assert.is(bytesWithoutReuse, bytes);
});

test.run();
