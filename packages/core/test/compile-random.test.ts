// Compiled draws of random numbers against those of eager mode: the same bits, unless a test says otherwise.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../src/compile/compile.js";
import { normalQuantile as writeQuantile } from "../src/compile/lower/normal-quantile.js";
import type { Tensor } from "../src/graph/tensor.js";
import { Random } from "../src/index.js";
import { normalQuantile } from "../src/random/normal.js";
import { Module } from "../src/wasm/encoder.js";
import { webAssembly } from "../src/wasm/features.js";
import { assertBits } from "./support/same-bits.js";

/** A source and a copy of it. */
function twins(state?: Partial<ReturnType<Random["state"]>>): readonly [Random, Random] {
  const start = { ...new Random(2024).state(), ...state };
  return [Random.fromState(start), Random.fromState(start)];
}

const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 1000];

/** The draws of three calls, and where they leave the source. */
function assertDrawsSame(draw: (source: Random) => Tensor, what: string, state?: Parameters<typeof twins>[0]): void {
  const [own, eager] = twins(state);
  const compiled = compile((source: Random) => draw(source), { verify: true });
  for (let call = 0; call < 3; call++) assertBits(compiled(own), draw(eager), `${what}, call ${call}`);
  assert.equal(own.state(), eager.state(), what);
  compiled.clear();
}

test("uniform numbers", () => {
  const ranges = [{}, { low: -1 }, { low: 0.1, high: 0.3 }, { low: -1e-46, high: 1e-45 }, { low: -1e308, high: 7e307 }];
  for (const dtype of ["float64", "float32"] as const) {
    for (const n of sizes) assertDrawsSame((source) => source.uniform([n], { dtype }), `${dtype} ${n}`);
    for (const range of ranges) {
      if (dtype === "float32" && Math.abs(range.low ?? 0) > 1e300) continue;
      assertDrawsSame((source) => source.uniform([3, 333], { ...range, dtype }), `${dtype} ${JSON.stringify(range)}`);
    }
    // Hardly any float32 lies between: the draws are clamped to them. The one nearest to 0.7 is below it.
    for (const [low, high] of [
      [1, 1 + 2 ** -23 + 2 ** -24],
      [0.7, 0.7000002],
    ] as const) {
      assertDrawsSame((source) => source.uniform([100], { low, high, dtype }), `${dtype} ${low} to ${high}`);
    }
  }
});

test("normal numbers, tails included", () => {
  for (const dtype of ["float64", "float32"] as const) {
    for (const n of sizes) assertDrawsSame((source) => source.normal([n], { dtype }), `${dtype} ${n}`);
    assertDrawsSame((source) => source.normal([200_000], { dtype }), `${dtype} many`);
    for (const options of [{ mean: 3 }, { std: 0.01 }, { mean: -2, std: 1e3 }, { std: 0 }]) {
      assertDrawsSame((source) => source.normal([101], { ...options, dtype }), `${dtype} ${JSON.stringify(options)}`);
    }
  }
});

test("the normal quantile far out in the tails, where no draw of a test comes", () => {
  const module = new Module();
  const quantile = writeQuantile(module);
  module.func({ name: "at", params: ["f64"], results: ["f64"] }, (code, p) => {
    code.get(p).op("f64x2.splat").call(quantile).lane("f64x2.extract_lane", 1);
  });
  const api = webAssembly();
  if (api === undefined) throw new Error("this test needs WebAssembly");
  const { at } = new api.Instance(new api.Module(module.encode())).exports as { readonly at: (p: number) => number };
  // The check values that are published with the algorithm.
  for (const [p, z] of [
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167814],
    [1e-20, -9.262340089798409],
  ] as const) {
    assert.ok(Math.abs(at(p) - z) < 1e-15 * Math.abs(z), `${p}: ${at(p)}`);
  }
  for (let exponent = -53; exponent < -1; exponent += 0.37) {
    const p = 2 ** exponent;
    assert.is(at(p), normalQuantile(p), `${p}`);
    assert.is(at(1 - p), normalQuantile(1 - p), `1 - ${p}`);
  }
});

test("whole numbers, over the whole range of int32 as well", () => {
  for (const n of sizes) assertDrawsSame((source) => source.integers([n], { high: 10 }), `${n}`);
  for (const [low, high] of [
    [-5, 6],
    [0, 2 ** 31],
    [-(2 ** 31), 2 ** 31],
    [-(2 ** 31), 2 ** 31 - 1],
    [3, 4],
  ] as const) {
    assertDrawsSame((source) => source.integers([1000], { low, high }), `${low} to ${high}`);
  }
});

test("choices with and without replacement, out of few and of many", () => {
  for (const count of sizes) {
    assertDrawsSame((source) => source.permutation(count), `permutation of ${count}`);
    for (const n of [count, 2 * count + 1, 64 * count, 64 * count + 1, 1000 * count + 5, 2 ** 31]) {
      if (n > 0) assertDrawsSame((source) => source.choice(n, count), `${count} of ${n}, each may come again`);
      if (n > 2 ** 24 && count > 100) continue;
      assertDrawsSame((source) => source.choice(n, count, { replace: false }), `${count} of ${n}`);
    }
  }
});

test("positions beyond 32 bits carry, streams do not run into one another", () => {
  const draw = (source: Random) => source.uniform([33]);
  assertDrawsSame(draw, "carry", { position: 2 ** 32 - 5 });
  assertDrawsSame(draw, "far", { position: 2 ** 45 + 2 ** 32 - 3 });
  assertDrawsSame(draw, "stream", {
    stream: [0xffffffff, 0x12345678],
    key: [0xdeadbeef, 0x9abcdef0],
    position: 2 ** 32 - 20,
  });
});

test("several draws from several sources, forks included", () => {
  const draw = (source: Random) => {
    const child = source.fork(5);
    const [a, b] = [source.normal([5]), child.uniform([6])];
    return a
      .sum()
      .add(child.normal([3]).sum())
      .add(source.uniform([7]).mul(b.sum()).sum());
  };
  const [own, eager] = twins();
  const f = compile(() => draw(own));
  for (let call = 0; call < 3; call++) {
    const [actual, expected] = [f().item(), draw(eager).item()];
    // Sums may be added up in another order.
    assert.ok(Math.abs(actual - expected) <= 1e-14 * Math.abs(expected), `${actual} ${expected}`);
  }
  assert.equal(own.state(), eager.state());
});

test.run();
