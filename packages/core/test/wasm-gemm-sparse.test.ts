import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile, Random, type Tensor, zeros } from "../src/index.js";
import { Module } from "../src/wasm/encoder.js";
import type { GemmJob } from "../src/wasm/gemm-emit.js";
import {
  mayBeSparse,
  type SparseShape,
  sparseProduct,
  sparseScratchBytes,
  sparseShare,
} from "../src/wasm/gemm-sparse.js";
import { scalarBytes } from "../src/wasm/simd.js";
import { boundOf, forEachKind, generator, guard, Instance } from "./support/wasm-products.js";

const test = suite("products that skip zeros");

const random = generator(11);

interface Case {
  readonly scalar: GemmJob["scalar"];
  readonly relaxed: boolean;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Whether the rows of A lie side by side, not its columns; and the elements between one line of it and the next. */
  readonly transposed: boolean;
  readonly gap: number;
}

/** The elements of the operands; B is all random numbers without one. */
interface Elements {
  readonly a: (row: number, step: number) => number;
  readonly b?: (step: number, column: number) => number | undefined;
}

/**
 * Runs one product; returns whether it was computed, in which case it was compared with sums in float64 over all
 * elements.
 */
function isComputed(given: Case, elements: Elements): boolean {
  const { scalar, relaxed, m, n, k, transposed, gap } = given;
  const what = JSON.stringify(given);
  const size = scalarBytes[scalar];
  const [rowStride, colStride] = transposed ? [1, m + gap] : [k + gap, 1];
  const cRow = n + gap;
  const aAt = guard;
  const bAt = aAt + (m - 1) * rowStride + (k - 1) * colStride + 1 + guard;
  const cAt = bAt + k * n + guard;
  const scratch = Math.ceil(((cAt + m * cRow + guard) * size) / 16) * 16;
  const job: GemmJob = {
    scalar,
    m,
    n,
    k,
    a: { address: aAt * size, rowStride, colStride },
    b: { address: bAt * size, rowStride: n, colStride: 1 },
    c: { address: cAt * size, rowStride: cRow, colStride: 1 },
    scratch,
  };
  assert.ok(mayBeSparse(job), what);
  const scratchBytes = sparseScratchBytes(job);
  const module = new Module();
  const func = sparseProduct(module, job, { relaxed });
  module.func({ name: "run", params: [], results: ["i32"] }, (code) => {
    for (const address of [job.a.address, job.b.address, job.c.address, scratch]) code.i32(address);
    code.call(func);
  });
  const instance = new Instance(module, scalar, scratch + scratchBytes + guard * size);
  const { view } = instance;
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) view[aAt + i * rowStride + p * colStride] = elements.a(i, p);
  }
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) view[bAt + p * n + j] = elements.b?.(p, j) ?? random() - 0.5;
  }
  const before = view.slice();
  const computed = instance.run() === 1;

  const isResult = new Uint8Array(view.length);
  const bound = boundOf(scalar, k);
  for (let i = 0; computed && i < m; i++) {
    for (let j = 0; j < n; j++) {
      let [sum, magnitude] = [0, 0];
      for (let p = 0; p < k; p++) {
        const product = (before[aAt + i * rowStride + p * colStride] as number) * (before[bAt + p * n + j] as number);
        sum += product;
        magnitude += Math.abs(product);
      }
      const at = cAt + i * cRow + j;
      isResult[at] = 1;
      const value = view[at] as number;
      const agrees = Number.isFinite(sum) ? Math.abs(value - sum) <= bound * magnitude : Object.is(value, sum);
      if (!agrees || Object.is(value, -0)) assert.unreachable(`${what}: element ${i}, ${j} is ${value}, not ${sum}`);
    }
  }
  instance.checkUntouched(before, { isResult: (at) => isResult[at] === 1, scratch, scratchBytes }, what);
  return computed;
}

const sprinkled = (share: number) => () => (random() < share ? random() - 0.5 : 0);

forEachKind((scalar, relaxed, name) => {
  const both = (m: number, n: number, k: number, elements: Elements, expected: boolean, gap = 0) => {
    for (const transposed of [false, true]) {
      const given = { scalar, relaxed, m, n, k, transposed, gap };
      assert.is(isComputed(given, elements), expected, `${JSON.stringify(given)}: computed`);
    }
  };

  test(`${name}: random zeros, sizes around vectors and panels`, () => {
    for (const m of [32, 33, 34, 35]) {
      for (const k of [32, 33, 34, 35, 101]) {
        both(m, 50 + (m % 4), k, { a: sprinkled(0.2) }, true, (m + k) % 3);
      }
    }
    for (const n of [32, 33, 35, 51, 52, 53, 54, 77, 104, 105, 131])
      both(33, n, 37, { a: sprinkled(0.1) }, true, n % 2);
    both(100, 50, 784, { a: sprinkled(0.15) }, true);
  });

  test(`${name}: patterns of zeros`, () => {
    const [m, n, k] = [37, 55, 43];
    both(m, n, k, { a: () => 0 }, true);
    both(m, n, k, { a: () => -0 }, true);
    both(m, n, k, { a: (i) => (i % 3 === 0 ? random() : i % 3 === 1 ? 0 : -0) * Number(random() < 0.5) }, true);
    both(m, n, k, { a: (i, p) => Number(p === (i * 7) % k) }, true);
    both(m, n, k, { a: (i, p) => Number(i === m - 1 && p === k - 1) }, true);
    both(m, n, k, { a: (_, p) => (p >= k - 3 ? -1 : 0) }, true);
    both(m, n, k, { a: (i) => (i >= m - 3 ? -1 : 0) }, true);
  });

  test(`${name}: refuses what is not sparse, and leaves the result alone`, () => {
    const most = Math.floor(sparseShare(relaxed) * 32);
    const diagonals = (count: number): Elements => ({ a: (i, p) => ((i + p) % 32 < count ? random() + 1 : 0) });
    both(32, 50, 32, diagonals(most), true);
    both(32, 50, 32, diagonals(most + 1), false);
    both(32, 50, 32, diagonals(32), false);
    both(32, 50, 32, { a: () => Number.NaN }, false);
  });

  test(`${name}: infinities and NaN`, () => {
    const [m, n, k] = [33, 33, 35];
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      both(m, n, k, { a: (i, p) => (i === 5 && p === 9 ? odd : sprinkled(0.1)()) }, true);
      for (const [row, column] of [
        [0, 0],
        [17, 20],
        [k - 1, n - 7],
        [k - 1, n - 1],
      ]) {
        both(m, n, k, { a: sprinkled(0.1), b: (p, j) => (p === row && j === column ? odd : undefined) }, false);
      }
    }
    const largest = scalar === "f32" ? 2 ** 127 * (2 - 2 ** -23) : Number.MAX_VALUE;
    both(m, n, k, { a: (i, p) => (i === p ? 1 : 0), b: () => -largest }, true);
  });
});

test("products that are too small, or whose operands lie otherwise, are not candidates", () => {
  const shape: SparseShape = {
    scalar: "f32",
    m: 100,
    n: 50,
    k: 784,
    a: { rowStride: 784, colStride: 1 },
    b: { rowStride: 50, colStride: 1 },
  };
  assert.ok(mayBeSparse(shape));
  assert.ok(mayBeSparse({ ...shape, a: { rowStride: 1, colStride: 100 } }));
  const others: readonly Partial<SparseShape>[] = [
    { m: 31 },
    { k: 31 },
    { n: 31, b: { rowStride: 31, colStride: 1 } },
    { m: 0 },
    { n: 0, b: { rowStride: 0, colStride: 1 } },
    { k: 0 },
    { a: { rowStride: 2 * 784, colStride: 2 } },
    { a: { rowStride: 1, colStride: 0 } },
    { b: { rowStride: 1, colStride: 784 } },
    { b: { rowStride: 51, colStride: 1 } },
    { accumulate: true },
    { batch: { count: 2, aStep: 0, bStep: 0, cStep: 0 } },
  ];
  for (const other of others) assert.not.ok(mayBeSparse({ ...shape, ...other }), JSON.stringify(other));
});

/** What eager mode makes of it, to the rounding of sums of k terms below 1. */
function agrees(actual: Tensor, expected: Tensor, what: string): void {
  assert.equal(actual.shape, expected.shape, what);
  const u = expected.dtype === "float32" ? 2 ** -24 : 2 ** -53;
  expected.array.forEach((x, i) => {
    const y = actual.array[i] as number;
    if (!(Number.isFinite(x) ? Math.abs(x - y) <= 2000 * u : Object.is(x, y)))
      assert.unreachable(`${what}: ${i} is ${y}, not ${x}`);
  });
}

test("one compiled program for operands that are sparse in one run and not in the next", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const r = new Random(3);
    const f = (x: Tensor, w: Tensor, dy: Tensor) => [x.matmul(w), x.transpose().matmul(dy)] as const;
    const g = compile(f, { verify: true });
    const w = r.uniform([100, 50], { low: -0.1, high: 0.1, dtype });
    const dy = r.uniform([64, 50], { low: -0.1, high: 0.1, dtype });
    const infinite = w.mul(1);
    infinite.array[99 * 50 + 49] = Number.POSITIVE_INFINITY;
    for (const share of [0.1, 1, 0.2, 0, 0.6]) {
      const x = zeros([64, 100], { dtype });
      for (let i = 0; i < x.array.length; i++) x.array[i] = sprinkled(share)();
      for (const weights of [w, infinite]) {
        const [expected, actual] = [f(x, weights, dy), g(x, weights, dy)];
        agrees(actual[0], expected[0], `${dtype}, ${share}: x w`);
        agrees(actual[1], expected[1], `${dtype}, ${share}: x^T dy`);
      }
    }
    assert.is(g.cached, 1);
  }
});

test("products of odd sizes with zeros in the left operand agree with sums over all elements", () => {
  const f = compile((x: Tensor, w: Tensor) => x.matmul(w), { verify: true });
  const sizes = [0, 1, 3, 17, 45];
  for (const m of sizes) {
    for (const n of sizes) {
      for (const k of sizes) {
        const x = zeros([m, k]);
        const w = zeros([k, n]);
        for (let i = 0; i < x.array.length; i++) x.array[i] = sprinkled(0.2)();
        for (let i = 0; i < w.array.length; i++) w.array[i] = random();
        const y = f(x, w);
        assert.equal(y.shape, [m, n]);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let p = 0; p < k; p++) sum += (x.array[i * k + p] as number) * (w.array[p * n + j] as number);
            assert.ok(
              Math.abs((y.array[i * n + j] as number) - sum) < 1e-13,
              `[${m}, ${k}] x [${k}, ${n}]: ${i}, ${j}`,
            );
          }
        }
      }
    }
  }
});

test("the kernels say which products skip zeros", () => {
  const kernels = (m: number) =>
    compile((x: Tensor, w: Tensor) => x.matmul(w))
      .program(zeros([m, 64]), zeros([64, 40]))
      .print("kernels");
  assert.match(kernels(32), "[32, 64] x [64, 40], skips zeros");
  assert.not.match(kernels(31), "skips zeros");
});

test.run();
