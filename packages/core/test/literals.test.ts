import vm from "node:vm";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  compile,
  customOp,
  type DType,
  DTypeError,
  fromArray,
  type NumberArray,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../src/index.js";
import { thrownBy } from "./support/numbers.js";

// What becomes of the values that a tensor is made of: nothing is reinterpreted, cut off or taken for something else.

interface Row {
  readonly array: NumberArray;
  readonly dtype: DType;
}

/** Every typed array of numbers, with values at the ends of its range. */
const rows: Readonly<Record<string, Row>> = {
  Int8Array: { array: Int8Array.of(-128, 0, 127), dtype: "int32" },
  Uint8Array: { array: Uint8Array.of(0, 200, 255), dtype: "int32" },
  Buffer: { array: Buffer.from([0, 200, 255]), dtype: "int32" },
  Uint8ClampedArray: { array: Uint8ClampedArray.of(0, 200, 255), dtype: "int32" },
  Int16Array: { array: Int16Array.of(-32768, 0, 32767), dtype: "int32" },
  Uint16Array: { array: Uint16Array.of(0, 40000, 65535), dtype: "int32" },
  Int32Array: { array: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1), dtype: "int32" },
  Uint32Array: { array: Uint32Array.of(0, 1, 2 ** 31 - 1), dtype: "int32" },
  Float32Array: { array: Float32Array.of(0.5, Number.NaN, -Infinity), dtype: "float32" },
  Float64Array: { array: Float64Array.of(0.1, Number.NaN, -0), dtype: "float64" },
  "of another realm": { array: vm.runInNewContext("new Float32Array([1, 2, 3])") as Float32Array, dtype: "float32" },
  "bytes of another realm": { array: vm.runInNewContext("new Uint8Array([1, 200])") as Uint8Array, dtype: "int32" },
};

for (const [name, { array, dtype }] of Object.entries(rows)) {
  test(`${name} makes ${dtype}, or the floats that are asked for`, () => {
    const values = Array.from(array);
    const whole = dtype === "int32";
    const forms: (readonly [made: Tensor, dtype: DType])[] = [
      [tensor(array), dtype],
      [tensor([array, array]), dtype],
      [fromArray(array, [values.length]), dtype],
      [fromArray(array, [1, values.length], { name: "rows" }), dtype],
      [tensor(array, { dtype: "float64" }), "float64"],
      [fromArray(array, [values.length], { dtype: "float64" }), "float64"],
      [variable(array, { dtype: "float64" }), "float64"],
      ...(whole ? [[tensor(new Array(values.length).fill(0), { dtype }).assign(array), dtype] as const] : []),
    ];
    for (const [made, expected] of forms) {
      assert.is(made.dtype, expected);
      assert.equal([...made.data], made.rank === 2 && made.shape[0] === 2 ? [...values, ...values] : values);
    }
    assert.equal([...tensor(array, { dtype: "float32" }).data], values.map(Math.fround));
    if (values.every((value) => value === 0 || value === 1)) return;
    assert.throws(() => tensor(array, { dtype: "bool" }), /is no bool/);
    assert.throws(() => fromArray(array, [values.length], { dtype: "bool" }), /is no bool/);
    if (values.every((value) => (value | 0) === value && !Object.is(value, -0))) return;
    assert.throws(() => fromArray(array, [values.length], { dtype: "int32" }), /is no int32/);
  });
}

test("arrays that an element takes no part of are copied, and own arrays of fromArray are kept", () => {
  const doubles = Float64Array.of(1, 2);
  assert.is(fromArray(doubles, [2]).data, doubles);
  const bits = Uint8Array.of(0, 1);
  assert.is(fromArray(bits, [2], { dtype: "bool" }).data, bits);
  assert.is.not(tensor(doubles).data, doubles);
});

test("bools come from booleans, or from 0 and 1 where they are asked for", () => {
  assert.equal(tensor([true, false]).toArray(), [true, false]);
  assert.equal(tensor([1, 0], { dtype: "bool" }).toArray(), [true, false]);
  assert.equal(tensor(Float32Array.of(1, 0), { dtype: "bool" }).toArray(), [true, false]);
  assert.throws(() => tensor([true, 2]), /2 is no bool/);
  assert.throws(() => tensor([0.5], { dtype: "bool" }), /0.5 is no bool/);
  const filled = (value: number) =>
    customOp("Filled", {
      arity: 1,
      shape: (shape) => shape,
      dtype: () => "bool",
      forward: (out) => out.fill(value),
      backward: "it is a truth value",
    })(tensor([1, 2]));
  assert.equal(filled(1).toArray(), [true, true]);
  assert.throws(() => filled(7), /Filled: 7 is no bool/);
});

test("numbers that int32 does not hold are refused", () => {
  assert.throws(() => tensor(Uint32Array.of(2 ** 31)), /2147483648 is no int32/);
  assert.equal(tensor(Uint32Array.of(2 ** 32 - 1), { dtype: "float64" }).toArray(), [2 ** 32 - 1]);
  for (const value of [0.5, Number.NaN, Infinity, 2 ** 31, -(2 ** 31) - 1]) {
    assert.throws(() => tensor([value], { dtype: "int32" }), /is no int32/);
    assert.throws(() => tensor([0], { dtype: "int32" }).assign([value]), /is no int32/);
  }
});

test("a cast cuts off as it says, eager and compiled", () => {
  const values = [Number.NaN, 3e9, -1.5, Infinity, -Infinity, 2 ** 31, -(2 ** 31) - 1, 1e300];
  const x = tensor(values);
  const expected = values.map((value) => Math.trunc(value) | 0);
  assert.equal(x.cast("int32").toArray(), expected);
  assert.equal(compile((t: Tensor) => t.cast("int32"))(x).toArray(), expected);
});

test("a plain row beside a typed one counts as what it would be alone", () => {
  for (const rows of [
    [[1, 2], Float64Array.of(3, 4)],
    [Float64Array.of(1, 2), [3, 4]],
    [Float64Array.of(1, 2), Float64Array.of(3, 4)],
  ]) {
    const made = tensor(rows as never) as Tensor;
    assert.equal([made.dtype, made.toArray()], ["float64", [[1, 2], [3, 4]]]); // biome-ignore format: a matrix
    assert.equal((tensor([rows, rows] as never) as Tensor).shape, [2, 2, 2]);
  }
  for (const [rows, kinds] of [
    [[[1, 2], Float32Array.of(3, 4)], "the first row is float64, and element [1] is float32"],
    [[[1, 2], Int32Array.of(3, 4)], "the first row is float64, and element [1] is int32"],
    [[[true, false], Uint8Array.of(1, 0)], "the first row is bool, and element [1] is int32"],
    [[Float32Array.of(1, 2), [3, 4]], "the first row is float32, and element [1] is float64"],
  ] as const) {
    assert.ok(thrownBy(() => tensor(rows as never)).includes(kinds), kinds);
    assert.is((tensor(rows as never, { dtype: "float32" }) as Tensor).dtype, "float32");
  }
});

/** What no tensor is made of, with a part of the error. */
const refused: readonly (readonly [
  what: string,
  literal: unknown,
  kind: typeof DTypeError | typeof ShapeError,
  part: RegExp,
])[] = [
  ["BigInts", BigInt64Array.of(1n), DTypeError, /BigInt.*Array\.from\(values, Number\)/],
  ["a BigInt", [1, 2n], DTypeError, /element \[1\] is a BigInt/],
  ["bytes without a type", new ArrayBuffer(8), DTypeError, /ArrayBuffer.*new Float32Array\(buffer\)/],
  ["a view of bytes", new DataView(new ArrayBuffer(8)), DTypeError, /DataView/],
  [
    "rows of two kinds",
    [Uint8Array.of(1), Float32Array.of(2)],
    DTypeError,
    /first row is int32, and element \[1\] is float32/,
  ],
  ["a typed row and a plain one", [Uint8Array.of(1), [2]], DTypeError, /say which is meant/],
  ["typed rows of two lengths", [Uint8Array.of(1, 2), Uint8Array.of(1)], ShapeError, /element \[1\] has length 1/],
  ["a row in the place of a number", [1, Uint8Array.of(1)], ShapeError, /element \[1\] has length 1/],
  ["an object", [Object.create(null)], DTypeError, /element \[0\] is of type object/],
  ["a function", [() => 1], DTypeError, /of type function/],
  ["a symbol", [Symbol("x")], DTypeError, /Symbol\(x\)/],
  ["a long text", ["x".repeat(1e6)], DTypeError, /"x{40}"/],
];
for (const [what, literal, kind, part] of refused) {
  test(`${what}: refused by name`, () => {
    for (const make of [tensor, variable] as readonly ((literal: never) => unknown)[]) {
      assert.throws(
        () => make(literal as never),
        (error: Error) => error instanceof kind && part.test(error.message),
      );
    }
  });
}

test("lists of nothing, more than there is room for, are refused as nested arrays", () => {
  for (const shape of [
    [2 ** 25, 0],
    [2 ** 13, 2 ** 13, 0, 5],
  ]) {
    assert.throws(() => zeros(shape).toArray(), /lists without elements, for which there is no room as nested arrays/);
  }
  assert.equal(zeros([2, 0]).toArray(), [[], []]);
});

test("arrays that contain themselves, or are nested without end", () => {
  const own: unknown[] = [];
  own.push(own);
  let deep: unknown = 1;
  for (let i = 0; i < 20_000; i++) deep = [deep];
  for (const literal of [own, deep, [own], [[1], own]])
    assert.match(
      thrownBy(() => tensor(literal as never)),
      /^ShapeError: /,
    );
});

test.run();
