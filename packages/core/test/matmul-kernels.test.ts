import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blockedGemm, directGemm, type GemmArray, gemm } from "../src/loops/matmul.js";
import { relaxedSimd } from "../src/wasm/features.js";
import { type FloatArray, wasmGemm } from "../src/wasm/gemm.js";
import { gemmModule } from "../src/wasm/gemm-kernels.js";
import { tilesOf } from "../src/wasm/gemm-tile.js";
import { generator } from "./support/wasm-products.js";

const test = suite("matmul kernels");

type Kernel = (
  out: FloatArray,
  a: FloatArray,
  b: FloatArray,
  ...rest: [m: number, n: number, k: number, ta: boolean, tb: boolean, o?: number, ao?: number, bo?: number]
) => unknown;

const kernels: Record<string, Kernel> = { directGemm, blockedGemm, wasmGemm, gemm };
const floats = { float32: Float32Array, float64: Float64Array };
const forms = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

const random = generator(1);
const integer = (limit: number): number => Math.floor(random() * limit);

/** The element of row i and column p of op(x), which is rows x columns. */
const element = (x: GemmArray, i: number, p: number, rows: number, columns: number, transposed: boolean): number =>
  x[transposed ? p * rows + i : i * columns + p] as number;

/** Sums and sums of absolute terms, by definition. */
function naive(a: GemmArray, b: GemmArray, m: number, n: number, k: number, ta: boolean, tb: boolean) {
  const sums = new Float64Array(m * n);
  const magnitudes = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) {
        const term = element(a, i, p, m, k, ta) * element(b, p, j, k, n, tb);
        sums[i * n + j] = (sums[i * n + j] as number) + term;
        magnitudes[i * n + j] = (magnitudes[i * n + j] as number) + Math.abs(term);
      }
    }
  }
  return { sums, magnitudes };
}

/**
 * In any order of summation a sum of k products is off by at most k u / (1 - k u) times the sum of their absolute
 * values, u the unit roundoff (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1); the reference is
 * off by as much in float64, and storing the result rounds once more.
 */
const roundoff = { float32: 2 ** -24, float64: 2 ** -53 };
const bound = (dtype: keyof typeof floats, k: number): number => (2 * k + 2) * roundoff[dtype];

function check(dtype: keyof typeof floats, m: number, n: number, k: number): void {
  const Floats = floats[dtype];
  for (const [ta, tb] of forms) {
    const [o, ao, bo] = [integer(4), integer(4), integer(4)];
    const a = new Floats(ao + m * k + 1).map(() => random() - 0.5);
    const b = new Floats(bo + k * n + 1).map(() => random() - 0.5);
    const { sums, magnitudes } = naive(a.subarray(ao), b.subarray(bo), m, n, k, ta, tb);
    for (const [name, kernel] of Object.entries(kernels)) {
      const what = `${name} ${dtype} ${m}x${k}${ta ? "T" : ""} ${k}x${n}${tb ? "T" : ""}`;
      const out = new Floats(o + m * n + 2).fill(7);
      assert.is.not(kernel(out, a, b, m, n, k, ta, tb, o, ao, bo), false, `${what}: refused`);
      for (let at = 0; at < m * n; at++) {
        const error = Math.abs((out[o + at] as number) - (sums[at] as number));
        if (!(error <= bound(dtype, k) * (magnitudes[at] as number))) {
          assert.unreachable(`${what}: element ${at} is ${out[o + at]}, not ${sums[at]}`);
        }
      }
      const around = [...out.subarray(0, o), ...out.subarray(o + m * n)];
      assert.ok(
        around.every((x) => x === 7),
        `${what}: wrote outside`,
      );
      const again = new Floats(out.length).fill(7);
      kernel(again, a, b, m, n, k, ta, tb, o, ao, bo);
      assert.ok(
        again.every((x, at) => Object.is(x, out[at])),
        `${what}: other bits the second time`,
      );
    }
  }
}

// First of all: an engine, once made, stays.
test("without WebAssembly the JavaScript kernel answers", () => {
  const api = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly") as PropertyDescriptor;
  Object.defineProperty(globalThis, "WebAssembly", { ...api, value: undefined });
  try {
    const [a, b, out] = [new Float32Array(90).fill(2), new Float32Array(99).fill(3), new Float32Array(110)];
    assert.is(wasmGemm(out, a, b, 10, 11, 9, false, false), false);
    assert.ok(out.every((x) => x === 0));
    gemm(out, a, b, 10, 11, 9, false, false);
    assert.ok(out.every((x) => x === 54));
  } finally {
    Object.defineProperty(globalThis, "WebAssembly", api);
  }
});

test("the modules are valid, and small enough for every browser's main thread", () => {
  const { WebAssembly: api } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } };
  for (const scalar of ["f32", "f64"] as const) {
    for (const relaxed of [false, true]) {
      // Wider ones are for Node, which compiles what it likes.
      for (const tile of tilesOf(relaxed, false)) {
        const bytes = gemmModule(scalar, { relaxed, tile });
        if (!relaxed || relaxedSimd().available) assert.ok(api.validate(bytes), scalar);
        assert.ok(bytes.length < 4096, `${scalar}: ${bytes.length} bytes`);
      }
    }
  }
});

for (const dtype of ["float32", "float64"] as const) {
  test(`${dtype}: every combination of small sizes`, () => {
    const sizes = [0, 1, 3, 4, 5, 8, 17];
    for (const m of sizes) for (const n of sizes) for (const k of sizes) check(dtype, m, n, k);
  });

  test(`${dtype}: random shapes`, () => {
    for (let i = 0; i < 25; i++) check(dtype, integer(70), integer(70), integer(200));
  });

  test(`${dtype}: shapes beyond one block in each direction, and in two at a time`, () => {
    check(dtype, 803, 3, 5);
    check(dtype, 3, 5, 1601);
    check(dtype, 2, 3001, 100);
    check(dtype, 803, 650, 2);
    check(dtype, 803, 2, 801);
    check(dtype, 2, 650, 801);
  });

  test(`${dtype}: NaN and infinities spread, and nowhere else`, () => {
    const Floats = floats[dtype];
    const [m, n, k] = [9, 11, 13];
    for (const [name, kernel] of Object.entries(kernels)) {
      for (const [ta, tb] of forms) {
        for (const special of [Number.NaN, Number.POSITIVE_INFINITY]) {
          // Zero times either is NaN: the row that meets it is NaN, every other one 0.
          const a = new Floats(m * k);
          const b = new Floats(k * n);
          a[ta ? 4 * m + 8 : 8 * k + 4] = special;
          const out = new Floats(m * n).fill(7);
          kernel(out, a, b, m, n, k, ta, tb);
          const good = out.every((x, at) => Object.is(x, at >= 8 * n ? Number.NaN : 0));
          assert.ok(good, `${name} ${special} in a, ${ta} ${tb}: ${out}`);
          a.fill(0);
          b[tb ? 10 * k + 4 : 4 * n + 10] = special;
          kernel(out, a, b, m, n, k, ta, tb);
          const goodColumn = out.every((x, at) => Object.is(x, at % n === 10 ? Number.NaN : 0));
          assert.ok(goodColumn, `${name} ${special} in b, ${ta} ${tb}: ${out}`);
        }
      }
    }
  });
}

test("int32 wraps around exactly", () => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [3, 17, 5],
    [17, 3, 33],
    [2, 0, 3],
    [2, 3, 0],
  ] as const) {
    for (const [ta, tb] of forms) {
      const a = new Int32Array(m * k).map(() => integer(2 ** 32));
      const b = new Int32Array(k * n).map(() => integer(2 ** 32));
      const out = new Int32Array(m * n).fill(7);
      gemm(out, a, b, m, n, k, ta, tb);
      for (let at = 0; at < m * n; at++) {
        let sum = 0n;
        for (let p = 0; p < k; p++) {
          const x = element(a, Math.floor(at / n), p, m, k, ta);
          sum += BigInt(x) * BigInt(element(b, p, at % n, k, n, tb));
        }
        assert.is(out[at], Number(BigInt.asIntN(32, sum)));
      }
    }
  }
});

test.run();
