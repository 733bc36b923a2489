// Compiled draws of random numbers against those of eager mode: the same bits, unless a test says otherwise.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../src/compile/compile.js";
import { normalQuantile as writeQuantile } from "../src/compile/lower/routines/random/normal-quantile.js";
import type { Tensor } from "../src/graph/tensor.js";
import { CompileError, concat, eagerly, Generator, Random, tensor } from "../src/index.js";
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

/** What there is to be called of a source or a generator, each with what it gives as a list of numbers. */
const ofRandom: Readonly<Record<string, (source: Random) => Tensor>> = {
  normal: (source) => source.normal([3]),
  uniform: (source) => source.uniform([3], { dtype: "float32" }),
  integers: (source) => source.integers([3], { high: 1e6 }),
  permutation: (source) => source.permutation(20),
  choice: (source) => source.choice(1000, 5),
  fork: (source) => source.fork(3).normal([2]),
  state: (source) => tensor(source.state().position),
};
const ofGenerator: Readonly<Record<string, (generator: Generator) => Tensor>> = {
  position: (generator) => tensor(generator.position),
  uniform: (generator) => tensor(generator.uniform(3)),
  normal: (generator) => tensor(generator.normal(3, { dtype: "float32" })),
  integers: (generator) => tensor(generator.integers(3, { high: 1e6 })),
  permutation: (generator) => tensor(generator.permutation(20)),
  choice: (generator) => tensor(generator.choice(1000, 5, { replace: false })),
  fork: (generator) => tensor(generator.fork(3).normal(2)),
  moveTo: (generator) => {
    generator.moveTo(7);
    return new Random(generator).uniform([2]);
  },
  state: (generator) => tensor([...generator.state().key, generator.state().position]),
};

/** A function of the source `given`, whose generator stands behind it, compiled and not. */
const uses: Readonly<Record<string, (draw: (source: Random) => Tensor, outside: Random) => (given: Random) => Tensor>> =
  {
    "of an argument": (draw) => (given) => draw(given),
    "of a fork of an argument": (draw) => (given) => draw(given.fork(5)),
    "of what the function closes over": (draw, outside) => () => draw(outside),
    "of a fork of that": (draw, outside) => () => draw(outside.fork(5)),
    "of a fork of a fork of that": (draw, outside) => () => draw(outside.fork(5).fork(6)),
    "of one that the function makes": (draw) => () => draw(new Random(5)),
    "of a fork of one that the function makes": (draw) => () => draw(new Random(5).fork(6)),
    "of one that it makes of a state": (draw, outside) => {
      const state = outside.state();
      return () => draw(Random.fromState(state));
    },
    "of one that it makes, after a draw": (draw) => () => {
      const made = new Random(5);
      return concat([made.uniform([3]), draw(made).cast("float64").reshape([-1])]);
    },
  };

for (const [owner, draws, own] of [
  ["Random", ofRandom, Random.prototype],
  ["Generator", ofGenerator, Generator.prototype],
] as const) {
  test(`each method of ${owner}, in each place: drawn anew at each call, or refused`, () => {
    const names = Object.getOwnPropertyNames(own).filter((name) => !["constructor", "asked", "draw"].includes(name));
    assert.equal(Object.keys(draws).sort(), names.sort(), "a row for each method");
    let refused = 0;
    for (const [method, draw] of Object.entries(draws)) {
      for (const [place, use] of Object.entries(uses)) {
        const what = `${owner}.${method} ${place}`;
        const [compiledSource, eagerSource] = twins({ position: 11 });
        const [compiledGiven, eagerGiven] = [new Random(3), new Random(3)];
        const call = (source: Random) =>
          owner === "Random"
            ? (draw as (source: Random) => Tensor)(source)
            : (draw as (generator: Generator) => Tensor)(source.generator);
        const eager = use(call, eagerSource);
        const compiled = compile(use(call, compiledSource));
        const values = [];
        for (let i = 0; i < 3; i++) {
          const expected = eager(eagerGiven);
          try {
            values.push(expected, compiled(compiledGiven));
            assertBits(values.at(-1) as Tensor, expected, `${what}, call ${i}`);
          } catch (error) {
            if (!(error instanceof CompileError)) throw error;
            assert.match(error.message, /generator\.\w+ would be of use once/, what);
            assert.is(compiledSource.generator.position, 11, what);
            assert.is(compiledGiven.generator.position, 0, what);
            refused++;
            break;
          }
        }
        if (values.length < 6) continue;
        assert.equal(compiledSource.state(), eagerSource.state(), what);
        assert.equal(compiledGiven.state(), eagerGiven.state(), what);
      }
    }
    // By a Random only its state, of an argument, a fork of one, and what is closed over; by a generator all, there, but for
    // the fork of what is closed over.
    assert.is(refused, owner === "Random" ? 3 : 3 * 9 - 1, "what is refused");
  });
}

test("numbers that are drawn once, on purpose, and a generator as an argument", () => {
  const random = new Random(1);
  const once = compile((x: Tensor) => x.add(eagerly(() => tensor(random.generator.normal(2)))));
  const first = once(tensor([0, 0])).toArray();
  assert.equal(first, [...new Random(1).generator.normal(2)]);
  assert.equal(once(tensor([0, 0])).toArray(), first);
  assert.is(random.generator.position, 1);
  assert.throws(
    () => compile((generator: Generator) => tensor(generator.normal(2)))(random.generator),
    /argument 0 is an instance of Generator.*new Random\(generator\)/,
  );
  assert.throws(() => compile((x: Float64Array) => tensor(x))(Float64Array.of(1)), /Float64Array.*tensor\(\.\.\.\)/);
  const program = compile((source: Random) => source.uniform([2])).program(random);
  assert.throws(() => compile(() => program.run(random))(), /a program runs at once/);
});

test.run();
