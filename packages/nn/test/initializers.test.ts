import {
  ChainruleError,
  compile,
  conv1d,
  conv2d,
  erf,
  eye,
  Random,
  type Shape,
  ShapeError,
  type Tensor,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  constant,
  dirac,
  he,
  type Initializer,
  identity,
  lecun,
  normal,
  orthogonal,
  truncatedNormal,
  uniform,
  xavier,
  zeros,
} from "../src/index.js";
import { assertClose, assertThrows } from "./support.js";

interface Row {
  readonly name: string;
  readonly initializer: Initializer;
  readonly shape: Shape;
  readonly std: number;
  readonly mean?: number;
  /** What no number exceeds, around the mean. */
  readonly bound?: number;
}

/** The standard deviation of what is left of a normal distribution within c of its standard deviations. */
function left(c: number): number {
  const density = Math.exp((-c * c) / 2) / Math.sqrt(2 * Math.PI);
  return Math.sqrt(1 - (2 * c * density) / erf(c / Math.SQRT2).item());
}

const [matrix, filters, groups, line] = [[50, 140], [100, 3, 5, 5], [60, 2, 7, 7], [40, 30, 7]] as const; // biome-ignore format: a line
const drawn: Row[] = [
  { name: "normal()", initializer: normal(), shape: [100, 70], std: 0.01 },
  { name: "normal({ std: 2, mean: 3 })", initializer: normal({ std: 2, mean: 3 }), shape: [7000], std: 2, mean: 3 },
  { name: "uniform()", initializer: uniform(), shape: [7000], std: 0.5 / Math.sqrt(3), mean: 0.5, bound: 0.5 },
  {
    name: "uniform({ low: -1, high: 3 })",
    initializer: uniform({ low: -1, high: 3 }),
    shape: [100, 70],
    std: 2 / Math.sqrt(3),
    mean: 1,
    bound: 2,
  },
  { name: "truncatedNormal()", initializer: truncatedNormal(), shape: [7000], std: 0.01 * left(2), bound: 0.02 },
  {
    name: "truncatedNormal({ std: 3, mean: 1, cut: 0.5 })",
    initializer: truncatedNormal({ std: 3, mean: 1, cut: 0.5 }),
    shape: [70, 100],
    std: 3 * left(0.5),
    mean: 1,
    bound: 1.5,
  },
  { name: "truncatedNormal({ cut: 8 })", initializer: truncatedNormal({ cut: 8 }), shape: [7000], std: 0.01 },
  { name: "he() of a matrix", initializer: he(), shape: matrix, std: Math.sqrt(2 / 50) },
  { name: "he() of filters", initializer: he(), shape: filters, std: Math.sqrt(2 / 75) },
  { name: "he() of filters in groups", initializer: he(), shape: groups, std: Math.sqrt(2 / 98) },
  { name: "he() of filters of lines", initializer: he(), shape: line, std: Math.sqrt(2 / 210) },
  { name: "he(), fan-out of a matrix", initializer: he({ mode: "fanOut" }), shape: matrix, std: Math.sqrt(2 / 140) },
  { name: "he(), fan-out of filters", initializer: he({ mode: "fanOut" }), shape: filters, std: Math.sqrt(2 / 2500) },
  {
    name: "he(), uniform, leaky",
    initializer: he({ distribution: "uniform", negativeSlope: 0.5 }),
    shape: matrix,
    std: Math.sqrt(2 / (1.25 * 50)),
    bound: Math.sqrt(6 / (1.25 * 50)),
  },
  { name: "xavier() of a matrix", initializer: xavier(), shape: [100, 70], std: 0.1 },
  { name: "xavier() of filters", initializer: xavier(), shape: [100, 4, 5, 5], std: 0.1 },
  { name: "xavier() as PyTorch's", initializer: xavier({ form: "pytorch" }), shape: matrix, std: Math.sqrt(2 / 190) },
  {
    name: "xavier() of filters, uniform, as PyTorch's, gain 5 / 3",
    initializer: xavier({ form: "pytorch", distribution: "uniform", gain: 5 / 3 }),
    shape: filters,
    std: (5 / 3) * Math.sqrt(2 / (75 + 2500)),
    bound: (5 / 3) * Math.sqrt(6 / (75 + 2500)),
  },
  { name: "lecun()", initializer: lecun(), shape: filters, std: Math.sqrt(1 / 75) },
  {
    name: "lecun(), uniform",
    initializer: lecun({ distribution: "uniform" }),
    shape: matrix,
    std: Math.sqrt(1 / 50),
    bound: Math.sqrt(3 / 50),
  },
];
for (const { name, initializer, shape, std, mean: middle = 0, bound = Number.POSITIVE_INFINITY } of drawn) {
  for (const dtype of ["float64", "float32"] as const) {
    test(`${name}, ${dtype}: mean ${middle} and standard deviation ${std.toFixed(4)}, of a seed`, () => {
      const values = initializer(shape, { random: new Random(5), dtype });
      assert.is(values.dtype, dtype);
      assert.equal([...values.shape], [...shape]);
      const all = [...values.data];
      const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
      const deviation = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
      // Five standard errors of each estimate.
      assert.ok(Math.abs(mean - middle) < (5 * std) / Math.sqrt(all.length), `mean ${mean}`);
      assert.ok(Math.abs(deviation / std - 1) < 5 / Math.sqrt(2 * all.length), `deviation ${deviation}`);
      const furthest = all.reduce((most, x) => Math.max(most, Math.abs(x - middle)), 0);
      assert.ok(furthest <= bound * (1 + 1e-7), `${furthest} is beyond ${bound}`);
      if (bound < Number.POSITIVE_INFINITY) assert.ok(furthest > 0.99 * bound, `${furthest} is far from ${bound}`);
      assert.equal([...initializer(shape, { random: new Random(5), dtype }).data], all);
      const source = new Random(5);
      initializer(shape, { random: source, dtype });
      assert.not.equal([...initializer(shape, { random: source, dtype }).data], all, "each draw moves the source on");
    });
  }
}

test("truncatedNormal: numbers of the uniform distribution through the inverse of the normal one", () => {
  for (const cut of [0.1, 1, 2, 5, 8]) {
    const values = truncatedNormal({ std: 1, cut })([5000], { random: new Random(2) }) as Tensor;
    const bound = erf(cut / Math.SQRT2).item();
    const expected = new Random(2).uniform([5000], { low: -bound, high: bound }) as Tensor;
    assertClose(values.div(Math.SQRT2).erf() as Tensor, expected, 4e-16, `cut ${cut}`);
  }
});

test("orthogonal: rows of a wide matrix, columns of a tall one and filters are orthonormal, all alike likely", () => {
  for (const shape of [
    [17, 17],
    [5, 60],
    [60, 5],
    [8, 3, 3, 3],
    [1, 1],
    [1, 7],
    [30, 2, 2],
    [0, 5],
    [3, 0],
  ] as Shape[]) {
    const values = orthogonal({ gain: 3 })(shape, { random: new Random(4) }) as Tensor;
    assert.equal([...values.shape], [...shape]);
    const rows = shape[0] as number;
    const wide: Tensor = values.div(3).reshape([rows, values.size / Math.max(1, rows)]);
    const product: Tensor =
      rows <= (wide.shape[1] as number) ? wide.matmul(wide.transpose()) : wide.transpose().matmul(wide);
    assertClose(product, eye(product.shape[0] as number) as Tensor, 1e-14, `[${shape}]`);
  }
  // Of any direction, also that of the first row: its mean is 0.
  const random = new Random(6);
  const corners = Array.from({ length: 2000 }, () => orthogonal()([2, 2], { random }).data[0] as number);
  const mean = corners.reduce((a, b) => a + b, 0) / corners.length;
  const square = corners.reduce((a, b) => a + b * b, 0) / corners.length;
  assert.ok(Math.abs(mean) < 0.08 && Math.abs(square - 0.5) < 0.05, `${mean}, ${square}`);
  assert.is(orthogonal()([3, 3], { random, dtype: "float32" }).dtype, "float32");
});

const random = new Random(8);
test("identity and dirac leave what they are applied to as it is", () => {
  const x = random.normal([2, 4]) as Tensor;
  assertClose(x.matmul(identity()([4, 4])), x, 0);
  assert.equal(identity()([2, 3], { dtype: "float32" }).toArray(), [
    [1, 0, 0],
    [0, 1, 0],
  ]);
  const image = random.normal([2, 4, 5, 5]) as Tensor;
  assertClose(conv2d(image, dirac()([4, 4, 3, 3]) as Tensor, { padding: 1 }) as Tensor, image, 0);
  assertClose(conv2d(image, dirac({ groups: 2 })([4, 2, 1, 1]) as Tensor, { groups: 2 }) as Tensor, image, 0);
  const lines = random.normal([1, 2, 6]) as Tensor;
  const kept = conv1d(lines, dirac()([3, 2, 3]) as Tensor, { padding: 1 }) as Tensor;
  assertClose(
    kept.slice([
      [0, 1],
      [0, 2],
    ]),
    lines,
    0,
    "two of three outputs",
  );
  assert.is(
    kept
      .slice([
        [0, 1],
        [2, 3],
      ])
      .abs()
      .sum()
      .item(),
    0,
  );
});

test("what is drawn by ops is drawn at each call of a compiled function", () => {
  const random = new Random(3);
  for (const initializer of [
    truncatedNormal({ std: 1 }),
    he({ distribution: "uniform" }),
    xavier({ form: "pytorch" }),
  ]) {
    const f = compile((source: Random) => initializer([4, 3], { random: source }) as Tensor);
    for (const seed of [1, 2]) {
      assertClose(f(new Random(seed)), initializer([4, 3], { random: new Random(seed) }) as Tensor, 1e-14);
    }
  }
  assertThrows(() => compile(() => orthogonal()([3, 3], { random }))(), ChainruleError, "compile");
});

test("constant and zeros draw nothing", () => {
  assert.equal(constant(0.5)([2, 2]).toArray(), [
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  assert.equal(zeros()([2], { dtype: "float32" }).toArray(), [0, 0]);
  assert.is(zeros()([2], { dtype: "float32" }).dtype, "float32");
  assert.is(constant(1)([]).item(), 1);
  const random = new Random(1);
  constant(1)([5], { random });
  assert.is(random.generator.position, 0);
});

test("What an initializer cannot do is an error that names the repair", () => {
  for (const [name, initializer] of [
    ["normal", normal()],
    ["he", he()],
    ["xavier", xavier()],
  ] as const) {
    assertThrows(() => initializer([2, 2]), ChainruleError, name, "new Random(42)");
  }
  for (const initializer of [he(), xavier(), lecun()]) {
    assertThrows(() => initializer([5], { random: new Random(1) }), ShapeError, "[5] has no fan-in", "normal({ std })");
    assert.equal([...initializer([0, 5], { random: new Random(1) }).shape], [0, 5]);
  }
  assertThrows(() => normal({ std: -1 })([2], { random: new Random(1) }), ChainruleError, "std -1");
  assertThrows(() => orthogonal()([5], { random: new Random(1) }), ShapeError, "orthogonal: [5] is no matrix");
  assertThrows(() => identity()([2, 2, 3]), ShapeError, "identity: [2, 2, 3] is no matrix", "dirac()");
  assertThrows(() => dirac({ groups: 2 })([3, 2, 3]), ShapeError, "dirac: [3, 2, 3] with 2 groups");
  assertThrows(() => dirac()([3, 2]), ShapeError, "dirac: [3, 2]", "identity()");
  assertThrows(() => truncatedNormal({ cut: 9 }), ChainruleError, "cut 9", "at most 8");
  assertThrows(() => uniform({ low: 2 }), ChainruleError, "high 1", "above low");
  assertThrows(() => xavier({ form: "glorot" as "book" }), ChainruleError, 'form is "book" or "pytorch", got "glorot"');
  assertThrows(() => he({ mode: "fan_out" as "fanOut" }), ChainruleError, 'mode is "fanIn" or "fanOut", got "fan_out"');
});

test.run();
