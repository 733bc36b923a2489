// Prints a line for each op of the table, and for programs of larger sizes: its name, and a digest of the bits that compiled programs give.
// Run with V8's options that compile everything with all optimizations at once, as what runs a few times only never would be.
import { createHash } from "node:crypto";
import fc from "fast-check";
import * as core from "../../src/index.js";
import { compile, compileSupport, grad, mul, Random, type Tensor } from "../../src/index.js";
import { tested } from "../op-table.js";
import { gradientsOf, inAnyDType } from "./compiled.js";
import { constant, isDifferentiable, nameOf } from "./tensors.js";

/** Cases of each op. */
const cases = 4;

class Digest {
  readonly #hash = createHash("sha256");

  /** The bits of the results, any NaN as any other. */
  add(results: readonly Tensor[]): void {
    for (const { shape, dtype, data } of results) {
      this.#hash.update(`${dtype} ${shape.join()} `);
      const bits = data.map((x: number) => (Number.isNaN(x) ? Number.NaN : x));
      this.#hash.update(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
    }
  }

  print(name: string): void {
    console.log(`${name} ${this.#hash.digest("hex").slice(0, 16)}`);
  }
}

for (const row of tested) {
  const digest = new Digest();
  for (const { dtype, drawn } of fc.sample(inAnyDType(row), { seed: 5, numRuns: cases })) {
    const { operands, setting } = drawn;
    const inputs = operands.map((operand) => constant(operand, dtype));
    digest.add([compile((...given: Tensor[]) => row.call(given, setting))(...inputs)]);
    if (!dtype.startsWith("float") || typeof row.gradient === "string" || !isDifferentiable(row, drawn)) continue;
    const which = operands.flatMap(({ kind }, i) => (kind === "float" ? [i] : []));
    const derivative = (...given: Tensor[]) =>
      gradientsOf((...xs) => row.call(xs, setting), given, which).map((g) => g.detach());
    digest.add(compile(derivative)(...inputs));
  }
  digest.print(nameOf(row));
}

const random = new Random(3);
const { exp, log, sin, cos, tan, tanh, sigmoid, softplus, erf, sqrt, abs, relu, gelu, elu, log1p, expm1 } = core;
const { sinh, cosh, asinh, atan, square, reciprocal, sign, floor, round } = core;
const elementwise: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  ...{ exp, log, sin, cos, tan, tanh, sigmoid, softplus, erf, sqrt, abs, relu, gelu, elu, log1p, expm1 },
  ...{ sinh, cosh, asinh, atan, square, reciprocal, sign, floor, round },
};
for (const dtype of ["float64", "float32"] as const) {
  const draw = (...shape: number[]) => random.normal(shape, { dtype });
  const check = (name: string, f: (...xs: Tensor[]) => Tensor, ...inputs: Tensor[]) => {
    const digest = new Digest();
    digest.add([compile(f)(...inputs)]);
    const which = inputs.map((_, i) => i);
    digest.add(compile((...given: Tensor[]) => gradientsOf(f, given, which).map((g) => g.detach()))(...inputs));
    digest.print(`${name} in ${dtype}`);
  };
  for (const [m, k, n] of [
    [1, 70, 33],
    [2, 40, 50],
    [5, 5, 5],
    [65, 67, 129],
    [40, 900, 48],
    [131, 33, 17],
  ] as const) {
    check(`product ${m} ${k} ${n}`, (a, b) => a.matmul(b), draw(m, k), draw(k, n));
    check(
      `product of transposed ${m} ${k} ${n}`,
      (a, b) => a.transpose().matmul(b.transpose()),
      draw(k, m),
      draw(n, k),
    );
  }
  check("products in a batch", (a, b) => a.matmul(b), draw(3, 20, 31), draw(3, 31, 18));
  for (const [name, f] of Object.entries(elementwise)) check(name, (x) => f(x), draw(1031));
  check(
    "sums of several",
    (x, y, z) => x.mul(y).add(z).sub(x.square()).div(y.square().add(1)),
    draw(33, 37),
    draw(37),
    draw(33, 1),
  );
  check(
    "normalised rows",
    (x) => x.sub(x.mean({ axis: 1, keepDims: true })).div(x.std({ axis: 1, keepDims: true })),
    draw(21, 67),
  );
  check("softmax and log", (x) => x.softmax({ axis: 1 }).add(x.logSoftmax({ axis: 0 })), draw(37, 53));
  check("sums and largest along axes", (x) => x.sum({ axis: 0 }).add(x.max({ axis: 0 })), draw(45, 61));
  check("convolution", (x, w) => core.conv2d(x, w, { padding: 1 }), draw(3, 4, 15, 17), draw(7, 4, 3, 3));
  check("convolution with strides", (x, w) => core.conv2d(x, w, { stride: 2 }), draw(2, 3, 16, 16), draw(5, 3, 5, 5));
  check("pools", (x) => core.maxPool2d(x, 2).add(core.avgPool2d(x, 2)), draw(2, 3, 16, 18));
  check("a second derivative", (x) => grad((y: Tensor) => mul(y.tanh(), y).sum())(x), draw(333));
}
const { tile, relaxed } = compileSupport();
console.log(`tile ${tile?.rows} x ${tile?.vectors}${relaxed ? ", fused" : ""}`);
