import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { numberArithmetic } from "../src/graph/arithmetic.js";
import { Module } from "../src/wasm/encoder.js";
import { relaxedSimd, webAssembly } from "../src/wasm/features.js";
import type { Scalar } from "../src/wasm/simd.js";
import { Vector } from "../src/wasm/vector.js";
import { accuracy } from "../src/wasm/vector-math/accuracy.js";
import { arityOf, type MathName, mathNames, VectorMath } from "../src/wasm/vector-math/index.js";
import { writeVector } from "../src/wasm/vector-writer.js";

type Floats = Float32Array | Float64Array;
type Run = (xs: readonly number[], ys?: readonly number[]) => Floats;

function exportsOf(module: Module): unknown {
  const api = webAssembly();
  if (api === undefined) throw new Error("these tests need WebAssembly");
  return new api.Instance(new api.Module(module.encode(200))).exports;
}

/** A loop over memory around the code that is emitted; relaxed SIMD if wished for. */
function compiled(scalar: Scalar, name: MathName, relaxed = false): Run {
  const module = new Module();
  const math = new VectorMath(module, { relaxed });
  module.func({ name: "run", params: ["i32", "i32", "i32", "i32"] }, (code, x, y, out, bytes) => {
    code.loop((start) => {
      code.get(out).get(x).memory("v128.load");
      if (arityOf(name) === 2) code.get(y).memory("v128.load");
      math.emit(code, scalar, name);
      code.memory("v128.store");
      for (const pointer of [x, y, out]) code.get(pointer).i32(16).op("i32.add").set(pointer);
      code.get(bytes).i32(16).op("i32.sub").tee(bytes).branchIf(start);
    });
  });
  const { memory, run } = exportsOf(module) as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly run: (x: number, y: number, out: number, bytes: number) => void;
  };
  const Type = scalar === "f32" ? Float32Array : Float64Array;
  return (xs, ys = []) => {
    const bytes = Math.ceil((xs.length * Type.BYTES_PER_ELEMENT) / 16) * 16;
    new Type(memory.buffer, 0, xs.length).set(xs);
    new Type(memory.buffer, bytes, ys.length).set(ys);
    run(0, bytes, 2 * bytes, bytes);
    return new Type(memory.buffer, 2 * bytes, xs.length);
  };
}

/** The unit of the last place of the numbers of a format as large as x. */
function unit(x: number, scalar: Scalar): number {
  const [least, fraction] = scalar === "f32" ? [-126, 23] : [-1022, 52];
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const exponent = ((view.getUint16(0) >> 4) & 0x7ff) - 1023;
  return 2 ** (Math.max(exponent, least) - fraction);
}

function double(hexadecimal: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hexadecimal}`));
  return view.getFloat64(0);
}

const data = readFileSync(new URL("../../test/data/vector-math.txt", import.meta.url), "utf8");
const listed = Array.from(
  data.matchAll(/^\[(\w+)\]\n([^[]+)/gm),
  ([, name, rows]) => [name as Exclude<MathName, "sign">, (rows as string).trim()] as const,
);

test("there are values for every function but the sign, which is exact", () => {
  assert.equal(listed.map(([name]) => name).toSorted(), mathNames.filter((name) => name !== "sign").toSorted());
});

function checkDoubles(relaxed: boolean): void {
  for (const [name, text] of listed) {
    const rows = text.split(";").map((row) => row.trim().split(" "));
    const numbers = (column: number) => rows.map((row) => double(row.at(column) as string));
    const [xs, ys, exact] = [numbers(0), arityOf(name) === 2 ? numbers(1) : [], numbers(-2)];
    const found = compiled("f64", name, relaxed)(xs, ys);
    rows.forEach((row, i) => {
      const value = exact[i] as number;
      const error = Math.abs(((found[i] as number) - value) / unit(value, "f64") - Number(row.at(-1)) / 1000);
      const at = `${name}(${[xs[i], ys[i]]}) = ${found[i]}, not ${value}`;
      assert.ok(error <= accuracy[name].f64 + 0.001, `${at}: ${error} units of the last place`);
    });
  }
}

test("doubles: within the stated bounds of values of more precision", () => {
  assert.equal([...listed.map(([name]) => name), "sign"].sort(), [...mathNames].sort());
  checkDoubles(false);
});

const zeros = [0, -0, Infinity, -Infinity, Number.NaN];
const plain = [1, -1, 0.5, -0.5, 1.5, 2, -2, 3, -3, 2.5, -4, 28, 30, 800, 801, 1e5, 1e10, -1e10, 2 ** 53, 2 ** 53 + 2];
const edges: Readonly<Record<Scalar, readonly number[]>> = {
  f32: [
    ...zeros,
    ...plain,
    2 ** -149,
    -(2 ** -149),
    2 ** -126,
    3.4028234663852886e38,
    -3e38,
    88.72,
    88.73,
    -87.4,
    -104,
  ],
  f64: [
    ...[
      ...zeros,
      ...plain,
      5e-324,
      -5e-324,
      2 ** -1023,
      2 ** -1022,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      1e300,
      1e-300,
    ],
    ...[709.78, 709.79, 710.4, 710.5, -708.4, -745.13, -745.2, 1.6e6, 1.7e6, 1 - 2 ** -53, 1 + 2 ** -52, 26.5, 27.2],
  ],
};

/** The reference: the scalar arithmetic over doubles, whose own error is at most some units of a double. */
function reference(name: MathName, x: number, y: number): number {
  const f = numberArithmetic[name] as (x: number, y: number) => number;
  return f(x, y);
}

/** What the second operand belongs to, where it is none of its own: the result of a function at the first. */
const resultOf: Readonly<Partial<Record<MathName, "sigmoid" | "tanh">>> = {
  sigmoidSlope: "sigmoid",
  tanhSlope: "tanh",
};

function checkAgainstScalars(scalar: Scalar, name: MathName, xs: number[], others: number[], relaxed: boolean): void {
  const inner = resultOf[name];
  const result = (x: number) => numberArithmetic[inner as "tanh"](x);
  const ys = inner === undefined ? others : xs.map((x) => (scalar === "f32" ? Math.fround(result(x)) : result(x)));
  const found = compiled(scalar, name, relaxed)(xs, ys);
  const slack = scalar === "f64" ? 4 : 0.01;
  for (let i = 0; i < xs.length; i++) {
    const [x, y, value] = [xs[i] as number, ys[i] as number, found[i] as number];
    const exact = reference(name, x, y);
    const rounded = scalar === "f32" ? Math.fround(exact) : exact;
    if (Object.is(value, rounded)) continue;
    // Zeros, infinities and NaN are to be the same, but where they come by rounding.
    const near = Math.abs(value - exact) <= (accuracy[name][scalar] + slack) * unit(exact, scalar);
    const overflows = scalar === "f32" && Math.abs(exact) > 3.402823e38 && Math.abs(exact) < 3.402824e38;
    const same = near && exact !== 0 && Number.isFinite(rounded) && Math.sign(value) * Math.sign(exact) >= 0;
    if (!same && !overflows) assert.unreachable(`${scalar} ${name}(${[x, y]}) = ${value}, not ${exact}`);
  }
}

/** All pairs. */
function product(numbers: readonly number[]): readonly [number[], number[]] {
  return [numbers.flatMap((x) => numbers.map(() => x)), numbers.flatMap(() => [...numbers])];
}

test("edges: zeros, infinities, NaN, denormals and overflow as in the scalar arithmetic", () => {
  for (const scalar of ["f32", "f64"] as const) {
    const numbers = edges[scalar].map((x) => (scalar === "f32" ? Math.fround(x) : x));
    const [first, second] = product(numbers);
    for (const name of mathNames) {
      if (arityOf(name) === 2) checkAgainstScalars(scalar, name, first, second, false);
      else checkAgainstScalars(scalar, name, numbers, numbers, false);
    }
  }
});

/** Every 9973rd pattern of bits of a float, and the same from another start. */
function patterns(count: number, step: number): number[] {
  const bits = Uint32Array.from({ length: count }, (_, i) => Math.imul(i, step));
  return [...new Float32Array(bits.buffer)];
}

function checkFloats(relaxed: boolean, step: number): void {
  const xs = patterns(Math.ceil(2 ** 32 / step), step);
  const ys = patterns(xs.length, 2654435761);
  // Most patterns are very large or very small: those in between once more.
  const small = Array.from({ length: 40000 }, (_, i) => Math.fround(((i * 0.6180339887) % 1) * 24 - 12));
  for (const name of mathNames) {
    checkAgainstScalars("f32", name, xs, ys, relaxed);
    checkAgainstScalars("f32", name, small, small.toReversed(), relaxed);
  }
}

test("floats: within the stated bounds over all patterns of bits", () => checkFloats(false, 9973));

test("fused multiply-adds keep the bounds", () => {
  if (!relaxedSimd().available) return;
  checkDoubles(true);
  checkFloats(true, 99991);
});

test("a function that is used often is in its module once, and short ones are written out", () => {
  const sizeOf = (uses: number, name: MathName) => {
    const module = new Module();
    const math = new VectorMath(module);
    module.func({ name: "run", params: ["v128"], results: ["v128"] }, (code, x) => {
      code.get(x);
      for (let i = 0; i < uses; i++) math.emit(code, "f64", name);
    });
    return { functions: module.functionCount, bytes: module.encode().length };
  };
  assert.is(sizeOf(1, "erf").functions, sizeOf(9, "erf").functions);
  assert.is(sizeOf(9, "erf").bytes - sizeOf(1, "erf").bytes, 16);
  assert.is(sizeOf(9, "exp").functions, 1);
});

test("a formula computes what is used twice once", () => {
  const module = new Module();
  module.func({ name: "run", params: ["f64"], results: ["f64"] }, (code, x) => {
    const lanes = code.local("v128");
    code.get(x).op("f64x2.splat").set(lanes);
    const input = Vector.input("f64");
    const root = input.sqrt();
    // With every step the number of paths to the root doubles.
    let sum = root;
    for (let i = 0; i < 40; i++) sum = sum.add(sum);
    const before = code.size;
    writeVector(code, sum.sub(root), new Map([[input, lanes]]));
    assert.ok(code.size - before < 400, `${code.size - before} bytes`);
    code.lane("f64x2.extract_lane", 0);
  });
  const { run } = exportsOf(module) as { readonly run: (x: number) => number };
  assert.is(run(9), 3 * 2 ** 40 - 3);
});

test("a formula over an input without a local says what is missing", () => {
  const module = new Module();
  module.func({ params: [] }, (code) => {
    assert.throws(() => writeVector(code, Vector.input("f32").abs()), /name one in the inputs of writeVector/);
  });
});

test.run();
