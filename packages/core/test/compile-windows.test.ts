import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../src/compile/compile.js";
import { type Tensor, tensor } from "../src/index.js";
import * as ops from "../src/ops/index.js";

// Compiled window ops against eager mode, whose own tests compare it with nested loops.

type DType = "float64" | "float32";
type Sizes = readonly number[];

/** A small generator of its own: the same numbers in each run. */
let state = 11;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 8) / (1 << 24);
}
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
const sizeOf = (shape: Sizes) => shape.reduce((product, size) => product * size, 1);

function draw(shape: Sizes, dtype: DType, values: () => number = () => random() * 2 - 1): Tensor {
  const flat = Array.from({ length: sizeOf(shape) }, values);
  return (tensor(flat, { dtype }) as Tensor).reshape(shape);
}

/**
 * A sum of n products of numbers in [-1, 1], whose magnitudes add up to n / 4, in two orders: each is off by about the
 * root of n units roundoff of that sum, with a probability that makes 16 n a bound (Higham and Mary, A New Approach to
 * Probabilistic Rounding Error Analysis, 2019).
 */
function checkClose(actual: Tensor, expected: Tensor, terms: number, what: string): void {
  assert.equal([actual.dtype, actual.shape], [expected.dtype, expected.shape], what);
  const unit = expected.dtype === "float32" ? 2 ** -24 : 2 ** -53;
  const [a, b] = [actual.array, expected.array];
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y) || Math.abs(x - y) <= 16 * unit * (terms + 2)) continue;
    assert.unreachable(`${what}: element ${i} of ${b.length} is ${x}, in eager mode ${y}`);
  }
}

function checkSame(actual: Tensor, expected: Tensor, what: string): void {
  assert.equal([actual.dtype, actual.shape], [expected.dtype, expected.shape], what);
  const [a, b] = [actual.array, expected.array];
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    assert.unreachable(`${what}: element ${i} of ${b.length} is ${a[i]}, in eager mode ${b[i]}`);
  }
}

const run = (f: (...xs: Tensor[]) => Tensor, xs: readonly Tensor[], options = {}): Tensor =>
  compile(f, { verify: true, ...options })(...xs);

interface Drawn {
  readonly rank: 1 | 2;
  readonly options: { stride: number[]; padding: [number, number][]; dilation: number[]; groups: number };
  readonly x: number[];
  readonly w: number[];
  readonly y: number[];
  /** With which the adjoint makes x. */
  readonly outputPadding: number[];
}

/** Padding at both ends: as often alike as not. */
function drawEnds(sizes: readonly number[]): [number, number] {
  const before = pick(sizes);
  return [before, pick([before, pick(sizes)])];
}

function drawConvolution(): Drawn {
  for (;;) {
    const rank = pick([1, 2] as const);
    const axes = (values: readonly number[]) => Array.from({ length: rank }, () => pick(values));
    const options = {
      stride: axes([1, 1, 2, 3]),
      padding: Array.from({ length: rank }, () => drawEnds([0, 1, 2])),
      dilation: axes([1, 1, 2]),
      groups: pick([1, 1, 2, 3]),
    };
    const [plane, kernel] = [axes([1, 3, 4, 7, 8, 17]), axes([1, 2, 3, 5])];
    const at = (list: readonly number[], axis: number) => list[axis] as number;
    const reach = plane.map((size, i) => {
      const [before, after] = options.padding[i] as [number, number];
      return size + before + after - at(options.dilation, i) * (at(kernel, i) - 1) - 1;
    });
    if (reach.some((size) => size < 0)) continue;
    const counts = reach.map((size, i) => Math.floor(size / at(options.stride, i)) + 1);
    const [batch, channels, filters] = [pick([0, 1, 2, 3, 6]), pick([1, 1, 3, 5]), pick([1, 3, 4, 5, 17])];
    return {
      rank,
      options,
      x: [batch, channels * options.groups, ...plane],
      w: [filters * options.groups, channels, ...kernel],
      y: [batch, filters * options.groups, ...counts],
      outputPadding: reach.map((size, i) => size - (at(counts, i) - 1) * at(options.stride, i)),
    };
  }
}

test("convolutions and their gradients are those of eager mode, for all options and sizes", () => {
  for (let i = 0; i < 120; i++) {
    const { rank, options, x, w, y, outputPadding } = drawConvolution();
    const dtype = pick(["float64", "float32"] as const);
    const what = `case ${i}, ${dtype}: ${JSON.stringify({ options, x, w, y })}`;
    const [xs, ws, ys] = [draw(x, dtype), draw(w, dtype), draw(y, dtype)];
    const withBias = random() < 0.5;
    const rounding = random() < 0.5 ? {} : { relaxed: false };
    const products = {
      Conv: () => new ops.Conv(rank, options),
      ConvTranspose: () => new ops.ConvTranspose(rank, { ...options, outputPadding }),
      ConvWeights: () => new ops.ConvWeights(rank, w.slice(2), options),
    };
    const check = (name: keyof typeof products, inputs: Tensor[], terms: number) => {
      const f = (...given: Tensor[]) => products[name]().apply(...given);
      checkClose(run(f, inputs, rounding), f(...inputs), terms, `${name}, ${what}`);
    };
    const bias = (channels: number | undefined) => (withBias ? [draw([channels as number], dtype)] : []);
    check("Conv", [xs, ws, ...bias(y[1])], sizeOf(w.slice(1)));
    check("ConvTranspose", [ys, ws, ...bias(x[1])], sizeOf(w));
    check("ConvWeights", [xs, ys], sizeOf([y[0] as number, ...y.slice(2)]));
  }
});

test("3 x 3 filters on many channels, which minimal filtering computes, have the results of eager mode", () => {
  for (let i = 0; i < 30; i++) {
    const plane = [pick([2, 3, 4, 7, 8, 9, 14]), pick([2, 3, 4, 7, 8, 9, 17])];
    // On planes of 2 or 3 unlike ends leave some weights with one product where others have several, whose rounding they get.
    const padding = plane.map((size): readonly [number, number] => {
      const ends = drawEnds([0, 1, 2, 3]);
      return size > 3 ? ends : [ends[0], ends[0]];
    });
    const counts = plane.map((size, axis) => size + (padding[axis]?.[0] ?? 0) + (padding[axis]?.[1] ?? 0) - 2);
    if (Math.min(...counts) < 2) continue;
    const [batch, channels, filters] = [pick([1, 2, 3, 6]), pick([4, 9, 17]), pick([4, 10, 16, 17])];
    const [x, w, y] = [
      [batch, channels, ...plane],
      [filters, channels, 3, 3],
      [batch, filters, ...counts],
    ];
    const dtype = pick(["float64", "float32"] as const);
    const what = `case ${i}, ${dtype}: ${JSON.stringify({ padding, x, w })}`;
    const [xs, ws, ys] = [draw(x, dtype), draw(w, dtype), draw(y, dtype)];
    const check = (f: (...given: Tensor[]) => Tensor, inputs: Tensor[], terms: number) =>
      checkClose(run(f, inputs, random() < 0.5), f(...inputs), terms, what);
    const bias = (count: number) => (random() < 0.5 ? [draw([count], dtype)] : []);
    check((...given) => new ops.Conv(2, { padding }).apply(...given), [xs, ws, ...bias(filters)], 9 * channels);
    check(
      (...given) => new ops.ConvTranspose(2, { padding }).apply(...given),
      [ys, ws, ...bias(channels)],
      9 * filters,
    );
    check((...given) => new ops.ConvWeights(2, 3, { padding }).apply(...given), [xs, ys], sizeOf([batch, ...counts]));
  }
});

/** Numbers with ties, both zeros, infinities and NaN among them. */
const awkward = () => pick([0, -0, 1, 1, -1, 0.5, Infinity, -Infinity, -Infinity, Number.NaN, random()]);

test("window matrices and their adjoint are those of eager mode, with infinities and NaN", () => {
  for (let i = 0; i < 40; i++) {
    const { rank, options, x, w } = drawConvolution();
    if (rank !== 2) continue;
    const dtype = pick(["float64", "float32"] as const);
    const { groups: _, ...sliding } = options;
    const settings = { ...sliding, kernel: w.slice(2) };
    const what = `case ${i}, ${dtype}: ${JSON.stringify({ settings, x })}`;
    const values = pick([awkward, () => random() * 2 - 1]);
    const images = draw(x, dtype, values);
    const toMatrix = (a: Tensor) => new ops.Im2col(settings).apply(a.add(0));
    const matrix = toMatrix(images);
    checkSame(run(toMatrix, [images]), matrix, `Im2col, ${what}`);
    const columns = draw(matrix.shape, dtype, values);
    const toImages = (a: Tensor) => new ops.Col2im(x, settings).apply(a);
    checkSame(run(toImages, [columns]), toImages(columns), `Col2im, ${what}`);
    // Out of a transposed matrix, which is a view of its buffer.
    const turned = columns.transpose();
    checkSame(
      run((a) => toImages(a.transpose()), [turned]),
      toImages(columns),
      `Col2im of a view, ${what}`,
    );
  }
});

test("pooling is that of eager mode to the bit, with ties, infinities and NaN", () => {
  let pools = 0;
  for (let i = 0; i < 100; i++) {
    const rank = pick([1, 2] as const);
    const axes = (values: readonly number[]) => Array.from({ length: rank }, () => pick(values));
    const kernel = axes([1, 2, 2, 3, 4, 5]);
    const stride = pick([kernel, axes([1, 2, 3])]);
    const dilation = pick([kernel.map(() => 1), axes([1, 2, 3])]);
    const half = (axis: number) => Math.floor(((dilation[axis] as number) * ((kernel[axis] as number) - 1) + 1) / 2);
    const padding = pick([
      "valid" as const,
      "same" as const,
      kernel.map((_, axis) => half(axis)),
      kernel.map((_, axis) => [pick([0, half(axis)]), pick([0, half(axis)])] as const),
    ]);
    const plane = axes([1, 3, 4, 8, 9, 14, 17]);
    const x = [pick([0, 1, 3]), pick([0, 1, 2]), ...plane];
    const dtype = pick(["float64", "float32"] as const);
    const sliding = { kernel, stride, padding, dilation, ceilMode: pick([true, false]) };
    const options = i % 4 === 0 ? { outputSize: axes([1, 2, 3, 5, 7]) } : sliding;
    const average = "outputSize" in options ? options : { ...options, countIncludePad: pick([true, false]) };
    const what = `case ${i}, ${dtype}: ${JSON.stringify({ ...average, x })}`;
    const values = draw(x, dtype, awkward);
    try {
      new ops.MaxPool(rank, options).shapeRule(values);
    } catch {
      continue; // Windows that do not fit.
    }
    pools++;
    const check = (name: string, f: (...given: Tensor[]) => Tensor, ...inputs: Tensor[]) => {
      const eager = f(...inputs);
      checkSame(run(f, inputs), eager, `${name}, ${what}`);
      return eager;
    };
    const pooled = check("MaxPool", (a) => new ops.MaxPool(rank, options).apply(a), values);
    const places = check("ArgMaxPool", (a) => new ops.ArgMaxPool(rank, options).apply(a), values);
    const dout = draw(pooled.shape, dtype);
    check("MaxUnpool", (a, b) => new ops.MaxUnpool(x).apply(a, b), dout, places);
    const backward = (a: Tensor, b: Tensor) =>
      new ops.MaxUnpool(x).apply(a, new ops.ArgMaxPool(rank, options).apply(b));
    check(
      "MaxUnpool of ArgMaxPool",
      backward as (...xs: Tensor[]) => Tensor,
      draw(pooled.shape, dtype, awkward),
      values,
    );
    const finite = draw(x, dtype);
    check("AvgPool", (a) => new ops.AvgPool(rank, average).apply(a), finite);
    check("AvgPool", (a) => new ops.AvgPool(rank, average).apply(a), values);
    check("AvgUnpool", (a) => new ops.AvgUnpool(rank, x, average).apply(a), dout);
    check("AvgUnpool", (a) => new ops.AvgUnpool(rank, x, average).apply(a), draw(pooled.shape, dtype, awkward));
  }
  assert.ok(pools > 70, `${pools} of 100 fit`);
});

test("windows of nothing but padding have the results of eager mode", () => {
  const x = draw([1, 2, 0, 4], "float32");
  const options = { kernel: 2, padding: 1 };
  for (const f of [
    (a: Tensor) => new ops.MaxPool(2, options).apply(a),
    (a: Tensor) => new ops.ArgMaxPool(2, options).apply(a),
    (a: Tensor) => new ops.AvgPool(2, options).apply(a),
    (a: Tensor) => new ops.Conv(2, { padding: 1 }).apply(a, a.constant(1).broadcastTo([3, 2, 2, 2])),
  ]) {
    checkSame(run(f, [x]), f(x), String(f));
  }
});

test("places outside of the result are left out, as in eager mode", () => {
  const [y, places] = [tensor([[[1, 2, 4]]]) as Tensor, tensor([[[-1, 1, 9]]], { dtype: "int32" }) as Tensor];
  const f = (a: Tensor, b: Tensor) => new ops.MaxUnpool([1, 1, 3]).apply(a, b);
  assert.equal(run(f as (...xs: Tensor[]) => Tensor, [y, places]).toArray(), [[[0, 2, 0]]]);
  assert.equal(f(y, places).toArray(), [[[0, 2, 0]]]);
});

test("places in planes of another shape are places in the flattened result", () => {
  const [y, x] = [draw([1, 2, 4, 4], "float32"), draw([1, 2, 8, 8], "float32")];
  for (const shape of [
    [1, 2, 4, 16],
    [3, 2, 8, 8],
    [1, 1, 4, 4],
  ]) {
    const f = (a: Tensor, b: Tensor) =>
      new ops.MaxUnpool(shape).apply(a, new ops.ArgMaxPool(2, { kernel: 2 }).apply(b));
    checkSame(run(f as (...xs: Tensor[]) => Tensor, [y, x]), f(y, x), `MaxUnpool ${shape}`);
  }
});

test.run();
