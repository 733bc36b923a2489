import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  compile,
  conv1d,
  conv2d,
  convTranspose2d,
  cumsum,
  dot,
  einsum,
  fromArray,
  gather,
  grad,
  indexAdd,
  scatterAdd,
  type Tensor,
  take,
  tensor,
  zeros,
} from "../src/index.js";

// What adds up float32, and how exactly. 4,096 times 4,095 is below 2^24, so that partial sums of so many terms are exact, and
// so is the whole; one sum in float32, term by term, is wrong by thousands.

const side = 128;
const n = side * side;
const value = 4095;
const total = n * value;
const float32 = { dtype: "float32" } as const;

const terms = fromArray(new Float32Array(n).fill(value), [n]);
const ones = fromArray(new Float32Array(n).fill(1), [n]);
const places = fromArray(new Int32Array(n), [n]);
const matrix = (rows: number) => fromArray(new Float32Array(rows * n).fill(value), [rows, n]);

/** Each gives numbers that are all the sum of the terms. */
const sums: Readonly<Record<string, (x: Tensor, one: Tensor, at: Tensor) => Tensor>> = {
  sum: (x) => x.sum(),
  "sum of rows": (x) => x.reshape([n, 1]).sum(0),
  "sum over axes apart": (x) => (x.reshape([side, 1, side]) as Tensor).sum([0, 2]),
  mean: (x) => x.mean().mul(n),
  cumsum: (x) => cumsum(x).slice([[n - 1, n]]),
  dot: (x, one) => dot(x, one),
  einsum: (x, one) => einsum("i,i->", x, one),
  "gradient of a bias": (x) =>
    grad((b: Tensor) =>
      b
        .add(x.reshape([n, 1]))
        .mul(x.reshape([n, 1]))
        .sum(),
    )(zeros([1], float32)),
  indexAdd: (x, _one, at) => indexAdd(zeros([1], float32), at, x),
  "indexAdd of rows": (x, _one, at) => indexAdd(zeros([1, 3], float32), at, x.reshape([n, 1]).broadcastTo([n, 3])),
  "indexAdd along the last axis": (x, _one, at) => indexAdd(zeros([3, 1], float32), at, x.broadcastTo([3, n]), 1),
  scatterAdd: (x, _one, at) => scatterAdd(zeros([1], float32), at, x, 0),
  "scatterAdd of columns": (x, _one, at) =>
    scatterAdd(
      zeros([1, 3], float32),
      at.reshape([n, 1]).broadcastTo([n, 3]),
      x.reshape([n, 1]).broadcastTo([n, 3]),
      0,
    ),
  "gradient of take": (x, _one, at) => grad((table: Tensor) => take(table, at).mul(x).sum())(zeros([1], float32)),
  // The second take adds to what the first has left, in place.
  "gradient of two takes": (x, _one, at) =>
    grad((table: Tensor) =>
      take(table, at)
        .mul(x.mul(0.5))
        .sum()
        .add(take(table, at).mul(x.mul(0.5)).sum()),
    )(zeros([1], float32)),
  "gradient of gather": (x, _one, at) =>
    grad((table: Tensor) => gather(table, at, 0).mul(x).sum())(zeros([1], float32)),
  "gradient of a filter along one axis": (x, one) =>
    grad((w: Tensor) =>
      conv1d(x.reshape([1, 1, n]), w as Tensor<[number, number, number]>)
        .mul(one.reshape([1, 1, n]))
        .sum(),
    )(zeros([1, 1, 1], float32)),
  "gradient of a filter, one image": (x) => filterGradient(x.reshape([1, 1, side, side]), 1),
  "gradient of a filter, many images": (x) => filterGradient(x.reshape([n / 4, 1, 2, 2]), 1),
  "gradient of a transposed filter": (x) =>
    grad((w: Tensor) => convTranspose2d(x.reshape([n / 4, 1, 2, 2]), w as never).sum())(zeros([1, 1, 1, 1], float32)),
};

function filterGradient(x: Tensor, size: number): Tensor {
  return grad((w: Tensor) => conv2d(x as never, w as never).sum())(zeros([1, 1, size, size], float32)) as Tensor;
}

for (const [name, sum] of Object.entries(sums)) {
  test(`${name}: ${n} terms of float32 are added up exactly, eager and compiled`, () => {
    for (const f of [sum, compile(sum)]) {
      const found = f(terms, ones, places);
      assert.is(found.dtype, "float32");
      assert.equal([...new Set(found.data)], [total]);
    }
  });
}

test("sums keep what is small beside what they have, whichever axes they are over", () => {
  // Each of the others is a quarter of a unit in the last place of 1, and lost if it is added to 1 in float32.
  const others = 2 ** -25;
  for (const length of [257, 1000, 4099]) {
    const column = Float32Array.from({ length }, (_, i) => (i === 0 ? 1 : others));
    const right = Math.fround(1 + (length - 1) * others);
    for (const width of [1, 3, 17]) {
      const x = fromArray(column, [length, 1]).broadcastTo([length, width]) as Tensor;
      const forms: Readonly<Record<string, (x: Tensor) => Tensor>> = {
        outer: (x) => x.add(0).sum(0),
        inner: (x) => x.transpose().add(0).sum(1),
        both: (x) => x.add(0).sum([0, 1]).div(width),
      };
      for (const [name, form] of Object.entries(forms)) {
        const expected =
          name === "both" ? Math.fround(Math.fround(width * (1 + (length - 1) * others)) / width) : right;
        for (const f of [form, compile(form)]) {
          assert.equal([...new Set(f(x).data)], [expected], `${name}, ${length} x ${width}`);
        }
      }
    }
  }
});

test("products of matrices with a long inner side: every shape and layout", () => {
  for (const [m, k] of [
    [1, 1],
    [1, 3],
    [2, 1],
    [2, 2],
    [3, 17],
  ] as const) {
    const [a, b, one] = [matrix(m), matrix(k), fromArray(new Float32Array(k * n).fill(1), [k, n])];
    const layouts: Readonly<Record<string, (a: Tensor, one: Tensor) => Tensor>> = {
      "a b'": (a, one) => a.matmul(one.transpose()),
      "a b": (a, one) => a.matmul(one.transpose().add(0)),
      "a' b": (a, one) => a.transpose().add(0).transpose().matmul(one.transpose().add(0)),
    };
    for (const [layout, product] of Object.entries(layouts)) {
      for (const f of [product, compile(product)]) {
        assert.equal([...new Set(f(a, one).data)], [total], `${layout}: ${m} x ${n} x ${b.shape[0]}`);
      }
    }
  }
});

test("Winograd's filters: gradients of 3 x 3 filters over many images", () => {
  // The middle of the filter sees every element, the images being padded.
  const gradient = (x: Tensor) =>
    grad((w: Tensor) => conv2d(x as never, w as never, { padding: 1 }).sum())(zeros([1, 1, 3, 3], float32));
  for (const shape of [
    [1, 1, side, side],
    [n / 16, 1, 4, 4],
  ]) {
    const x = terms.reshape(shape);
    for (const f of [gradient, compile(gradient)]) assert.is((f(x) as Tensor).slice([0, 0, 1, 1]).item(), total);
  }
});

test("indices that come seldom and often, by partial sums, as in doubles", () => {
  const rows = 3 * n;
  const at = Int32Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? i % 7 : i % 11 === 0 ? -1 : 8));
  const source = Float32Array.from({ length: 2 * rows }, (_, i) => Math.fround(((i * 7919) % 1000) / 37));
  const add = (x: Tensor, at: Tensor) => indexAdd(zeros([11, 2], { dtype: x.dtype }), at, x);
  const [x, indices] = [fromArray(source, [rows, 2]), fromArray(at, [rows])];
  const exact = add(x.cast("float64"), indices).data;
  const [eager, compiled] = [add, compile(add)].map((f) => f(x, indices).data) as [Float32Array, Float32Array];
  assert.equal(compiled, eager);
  exact.forEach((sum, i) => {
    assert.ok(Math.abs((eager[i] as number) - sum) <= 1e-5 * Math.abs(sum), `${eager[i]} for ${sum}`);
  });
  // int32 wraps around, as ever.
  const whole = (x: Tensor, at: Tensor) => indexAdd(tensor([0], { dtype: "int32" }), at, x);
  const large = fromArray(new Int32Array(n).fill(2 ** 30 + 1), [n]);
  for (const f of [whole, compile(whole)]) assert.is(f(large, places).slice([0]).item(), n);
});

test.run();
