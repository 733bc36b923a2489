import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type Compiled,
  CompileError,
  compile,
  DTypeError,
  detectAnomaly,
  fromArray,
  Random,
  ShapeError,
  Tensor,
  tensor,
  variable,
} from "../src/index.js";

// Results that are written where the caller wants them: the numbers of a call, nothing else changed, nothing at all where they do not fit.

const checked = { verify: true } as const;
const x = tensor([[1, -2, 3], [0.5, 0, -1]]); // biome-ignore format: a matrix

interface Row {
  readonly f: (x: Tensor) => unknown;
  readonly out: () => unknown;
}

const rows: Readonly<Record<string, Row>> = {
  "one array": { f: (x) => x.mul(2), out: () => new Float64Array(6) },
  "a scalar": { f: (x) => x.sum(), out: () => new Float64Array(1) },
  "a tensor": { f: (x) => x.square(), out: () => tensor([[0, 0, 0], [0, 0, 0]]) }, // biome-ignore format: a matrix
  "a scalar tensor": { f: (x) => x.sum(), out: () => variable(7) },
  "every dtype": {
    f: (x) => [x.cast("float32"), x.cast("int32"), x.greater(0)],
    out: () => [new Float32Array(6), new Int32Array(6), new Uint8Array(6)],
  },
  "records and lists, with constants left out": {
    f: (x) => ({ loss: x.sum(), parts: [x.mul(3), { n: 3 }], name: "f", none: null }),
    out: () => ({ loss: new Float64Array(1), parts: [new Float64Array(6), {}] }),
  },
  "constants as they are": {
    f: (x) => ({ n: 3, y: x.neg(), none: undefined }),
    out: () => ({ n: 3, y: new Float64Array(6) }),
  },
  "one value twice": { f: (x) => [x, x, x.mul(1)], out: () => [0, 0, 0].map(() => new Float64Array(6)) },
  "no elements": { f: (x) => x.take([], 0).mul(2), out: () => new Float64Array(0) },
  "parts of one memory": {
    f: (x) => [x.mul(2), x.add(1)],
    out: () => {
      const all = new Float64Array(16);
      return [all.subarray(0, 6), all.subarray(6, 12)];
    },
  },
  "Node's arrays of bytes": { f: (x) => x.greater(0), out: () => Buffer.alloc(6) },
};

/** The elements of what is a tensor or a typed array, in the order of the result. */
function elements(result: unknown): number[][] {
  if (result instanceof Tensor) return [[...result.data]];
  if (ArrayBuffer.isView(result)) return [[...(result as Float64Array)]];
  return typeof result === "object" && result !== null ? Object.values(result).flatMap(elements) : [];
}

for (const [name, { f, out }] of Object.entries(rows)) {
  test(`results written into places for them: ${name}`, () => {
    const compiled = compile(f, checked) as Compiled<[Tensor], unknown>;
    const expected = elements(f(x));
    for (const way of ["new", "again"]) {
      const places = out();
      compiled.into(places, x);
      assert.equal(elements(places), expected, way);
    }
    assert.is(compiled.cached, 1);
    const eager = out();
    detectAnomaly(() => compiled.into(eager, x));
    assert.equal(elements(eager), expected, "where the function itself is called");
  });
}

test("a tensor takes its new values in an array of its own, with a new version", () => {
  const w = variable([1, 2]);
  const before = w.detach();
  const f = compile(() => w.mul(2), checked);
  f.into(w);
  f.into(w);
  assert.equal([w.toArray(), before.toArray(), w.version], [[4, 8], [1, 2], 2]);
  const state = tensor([1, 2]);
  compile((s: Tensor) => s.add(1)).into(state, state);
  assert.equal(state.toArray(), [2, 3], "what is given may take the result");
});

test("a place that does not fit: nothing has changed", () => {
  const w = variable([1, 2, 3]);
  const random = new Random(1);
  const shared = new Float64Array(9);
  const held = tensor([1, 2, 3]);
  const f = compile((x: Tensor, random: Random) => {
    w.assign(w.add(1));
    return { y: x.mul(w).add(random.normal([3])), z: held.add(w) };
  }, checked);
  const argument = fromArray(shared.subarray(3, 6), [3]);
  const good = () => new Float64Array(3);
  const program = f.program(argument, random);
  const into = f.into as (out: unknown, x: Tensor, random: Random) => void;
  const refused: readonly [unknown, new (message: string) => Error][] = [
    [undefined, CompileError],
    [good(), CompileError],
    [[good(), good()], CompileError],
    [{ y: good() }, DTypeError],
    [{ y: good(), z: good(), more: good() }, CompileError],
    [{ y: good(), z: [good()] }, DTypeError],
    [{ y: good(), z: [0, 0, 0] }, DTypeError],
    [{ y: good(), z: new Float32Array(3) }, DTypeError],
    [{ y: good(), z: new Float64Array(4) }, ShapeError],
    [{ y: good(), z: tensor([[1, 2, 3]]) }, ShapeError],
    [{ y: good(), z: tensor([1, 2, 3], { dtype: "float32" }) }, DTypeError],
    [{ y: good(), z: variable([1, 2, 3]).mul(2) }, CompileError],
    [{ y: w, z: w }, CompileError],
    [{ y: shared.subarray(0, 3), z: shared.subarray(2, 5) }, CompileError],
    [{ y: shared.subarray(0, 3), z: shared.subarray(5, 8) }, CompileError],
    [{ y: good(), z: program.outputs[0] }, CompileError],
    [{ y: good(), z: held.data }, CompileError],
  ];
  for (const [out, kind] of refused) {
    const before = elements(out);
    assert.throws(
      () => into(out, argument, random),
      (error: unknown) =>
        error instanceof kind &&
        /^into: out.* give |^into: .*(leave it out|take new values|of its own)$/.test((error as Error).message),
    );
    assert.equal(elements(out), before);
  }
  assert.equal([w.toArray(), w.version, random.generator.position], [[1, 2, 3], 0, 0]);
  into({ y: shared.subarray(0, 3), z: shared.subarray(6, 9) }, argument, random);
  assert.equal([...shared.subarray(6, 9)], [3, 5, 7], "what lies beside an argument is none of it");
  assert.equal([w.toArray(), random.generator.position], [[2, 3, 4], 2]);
});

test("a call that fails leaves the places as they were", () => {
  const f = compile((x: Tensor, i: Tensor) => x.take(i), checked);
  const out = Float64Array.of(7);
  assert.throws(() => f.into(out, tensor([1, 2]), tensor([2], { dtype: "int32" })), /out of range|index 2/);
  assert.equal([...out], [7]);
  f.into(out, tensor([1, 2]), tensor([1], { dtype: "int32" }));
  assert.equal([...out], [2]);
});

test("in a function that is being compiled the compiled function itself is to be called", () => {
  const f = compile((x: Tensor) => x.mul(2));
  const outer = compile((x: Tensor) => f.into(new Float64Array(1), x));
  assert.throws(() => outer(tensor([1])), /into: .*call the compiled function itself there/);
});

test.run();
