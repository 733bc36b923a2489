import { once } from "node:events";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  ChainruleError,
  CompileError,
  compile,
  type DType,
  fromArray,
  fromJSON,
  fromTransfer,
  type Shape,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../src/index.js";
import { assertBits } from "./support/same-bits.js";

// Tensors as text and as messages: what comes back has the same bits, and what is not of the form is refused by name.

const f64 = [1, -1, 0.1, 1 / 3, 5e-324, -2.2e-308, Number.MAX_VALUE, 0, -0, Number.NaN, Infinity, -Infinity];
const f32 = [...f64, 2 ** -149, 3.4028234663852886e38].map(Math.fround);
const elements: Readonly<Record<DType, readonly number[]>> = {
  float64: f64,
  float32: f32,
  int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)],
  bool: [0, 1],
};
const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

const anyTensor = fc
  .tuple(
    fc.constantFrom(...(Object.keys(arrays) as DType[])),
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
  )
  .chain(([dtype, shape]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const any = dtype === "float64" ? [fc.double()] : dtype === "float32" ? [fc.float()] : [];
    const element = fc.oneof(fc.constantFrom(...elements[dtype]), ...any);
    return fc
      .array(element, { minLength: size, maxLength: size })
      .map((values): Tensor => fromArray(arrays[dtype].from(values), shape as Shape, { dtype }));
  });

function assertSame(found: Tensor, wanted: Tensor): void {
  assertBits(found, wanted, `${wanted}`);
  assert.not(found.requiresGrad);
}

test("every tensor comes back out of JSON and out of a message to the bit", () => {
  fc.assert(
    fc.property(anyTensor, (x) => {
      const text = JSON.stringify(x);
      for (const given of [text, JSON.parse(text), x.toJSON()]) assertSame(fromJSON(given as string), x);
      const record = x.toTransfer();
      assertSame(fromTransfer(structuredClone(record)), x);
      const moved = structuredClone(record, { transfer: [record.data.buffer] });
      assert.is(record.data.byteLength, 0);
      assert.is(fromTransfer(moved).shape.length === 0 || fromTransfer(moved).array === moved.data, true);
      assertSame(fromTransfer(moved), x);
    }),
    { seed: 20261129, numRuns: 300 },
  );
});

test("the text is what is written here", () => {
  const x = tensor([[1.5, -0], [Number.NaN, Infinity]], { dtype: "float32", name: "x" }); // biome-ignore format: a matrix
  assert.is(JSON.stringify(x), '{"dtype":"float32","shape":[2,2],"values":[[1.5,"-0"],["NaN","Infinity"]]}');
  assert.is(JSON.stringify({ a: tensor(true), b: tensor(-Infinity) }).includes('"values":"-Infinity"'), true);
  assert.is(JSON.stringify(zeros([2, 0])), '{"dtype":"float64","shape":[2,0],"values":[[],[]]}');
});

test("what is sent is a copy, with a buffer of its own", () => {
  const x = fromArray(new Float64Array(new ArrayBuffer(64), 16, 2), [2]);
  const { data } = x.toTransfer();
  assert.is(data.buffer.byteLength, 16);
  data[0] = 5;
  assert.is(x.data[0], 0);
  // The values of a variable that lie in the memory of a program are fetched.
  const v = variable([1, 2]);
  compile(() => v.assign(v.mul(3)).mul(1))();
  assert.equal(v.toTransfer().data, Float64Array.of(3, 6));
  assert.equal(JSON.stringify(v), '{"dtype":"float64","shape":[2],"values":[3,6]}');
});

test("a worker is sent a tensor, and sends one back", async () => {
  const index = new URL("../src/index.js", import.meta.url).href;
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     import(${JSON.stringify(index)}).then(({ fromTransfer }) => parentPort.once("message", (record) => {
       const result = fromTransfer(record).mul(2).toTransfer();
       parentPort.postMessage(result, [result.data.buffer]);
     }));`,
    { eval: true },
  );
  const record = tensor([[1, Number.NaN], [-0, 4]]).toTransfer(); // biome-ignore format: a matrix
  worker.postMessage(record, [record.data.buffer]);
  const [message] = (await once(worker, "message")) as [typeof record];
  await worker.terminate();
  assertSame(fromTransfer(message), tensor([[2, Number.NaN], [-0, 8]])); // biome-ignore format: a matrix
});

test("a message of another realm is taken as one of this", () => {
  const other = runInNewContext("({ dtype: 'float32', shape: [2], data: new Float32Array([1, 2]) })") as never;
  assertSame(fromTransfer(other), tensor(Float32Array.of(1, 2)));
});

test("in a function that is traced there are no values to be written or sent", () => {
  for (const f of [(x: Tensor) => x.toTransfer(), (x: Tensor) => x.toJSON(), (x: Tensor) => JSON.stringify(x)]) {
    assert.throws(
      () => compile((x: Tensor) => [f(x), x])(tensor([1, 2])),
      (e: Error) => e instanceof CompileError,
    );
  }
  // What comes from outside is a constant of the program, as with tensor(...).
  const record = tensor([1, 2]).toTransfer();
  assert.equal(compile((x: Tensor) => x.mul(fromTransfer(record)))(tensor([3, 4])).toArray(), [3, 8]);
});

const data = Float64Array.of(1, 2);
const wrong: readonly (readonly [f: "fromJSON" | "fromTransfer", given: unknown, error: RegExp])[] = [
  ["fromJSON", "{", /^ChainruleError: fromJSON: "\{" is no JSON text/],
  ["fromJSON", "[1, 2]", /takes what toJSON gives, \{ dtype, shape, values \} and nothing else, got \[1, 2\]/],
  ["fromJSON", "null", /got null/],
  ["fromJSON", undefined, /got undefined/],
  ["fromJSON", 5, /got 5/],
  ["fromJSON", { dtype: "float64", shape: [1] }, /got an object with dtype, shape/],
  [
    "fromJSON",
    { dtype: "float64", shape: [1], values: [1], name: "x" },
    /got an object with dtype, shape, values, name/,
  ],
  ["fromJSON", { w: tensor(1).toJSON() }, /got an object with w; it holds tensors: call fromJSON for each/],
  ["fromJSON", [tensor(1).toJSON()], /it holds tensors: call fromJSON for each/],
  ["fromJSON", tensor(1), /got a Tensor/],
  [
    "fromJSON",
    tensor(1).toTransfer(),
    /got a tensor in the form of toTransfer \(make a tensor of it with fromTransfer/,
  ],
  ["fromJSON", structuredClone(tensor(1)), /got the plain object that structuredClone makes of a tensor/],
  ["fromJSON", { dtype: "float16", shape: [1], values: [1] }, /^DTypeError: fromJSON: "float16" is no dtype/],
  ["fromJSON", { dtype: "float64", shape: [-1], values: [] }, /^ShapeError: fromJSON: \[-1\] is no shape/],
  ["fromJSON", { dtype: "float64", shape: "[2]", values: [] }, /^ShapeError: fromJSON: a shape is a list of sizes/],
  [
    "fromJSON",
    { dtype: "float64", shape: [2 ** 40], values: [] },
    /^ShapeError: fromJSON: values is an array of length 0; of the shape \[1099511627776\]/,
  ],
  [
    "fromJSON",
    { dtype: "float64", shape: [2], values: [1] },
    /values is an array of length 1; of the shape \[2\] it is an array of length 2/,
  ],
  ["fromJSON", { dtype: "float64", shape: [2, 2], values: [[1, 2], [3]] }, /^ShapeError: fromJSON: values\[1\] is an array of length 1/], // biome-ignore format: a row
  ["fromJSON", { dtype: "float64", shape: [2], values: 1 }, /^ShapeError: fromJSON: values is 1/],
  [
    "fromJSON",
    { dtype: "float64", shape: [1], values: [[1]] },
    /^ShapeError: fromJSON: values\[0\] is \[1\], a number by the shape/,
  ],
  ["fromJSON", { dtype: "float64", shape: [], values: [1] }, /^ShapeError: fromJSON: values is \[1\]/],
  [
    "fromJSON",
    { dtype: "float64", shape: [1], values: [null] },
    /^DTypeError: fromJSON: values\[0\] is null; values are numbers, and "NaN"/,
  ],
  ["fromJSON", { dtype: "float64", shape: [1], values: ["nan"] }, /^DTypeError: fromJSON: values\[0\] is "nan"/],
  ["fromJSON", { dtype: "float64", shape: [1], values: ["1"] }, /^DTypeError: fromJSON: values\[0\] is "1"/],
  ["fromJSON", { dtype: "float64", shape: [1], values: [true] }, /^DTypeError: fromJSON: values\[0\] is true/],
  ["fromJSON", { dtype: "int32", shape: [1], values: ["NaN"] }, /^DTypeError: fromJSON: values\[0\]: NaN is no int32/],
  ["fromJSON", { dtype: "int32", shape: [1], values: [1.5] }, /^DTypeError: fromJSON: values\[0\]: 1.5 is no int32/],
  [
    "fromJSON",
    { dtype: "bool", shape: [1], values: [1] },
    /^DTypeError: fromJSON: values\[0\] is 1; a bool is true or false/,
  ],
  ["fromTransfer", undefined, /takes what toTransfer gives, \{ dtype, shape, data \} and nothing else, got undefined/],
  ["fromTransfer", data, /got a Float64Array of length 2/],
  ["fromTransfer", tensor(1), /got a Tensor/],
  ["fromTransfer", structuredClone(tensor(1)), /got the plain object that structuredClone makes of a tensor/],
  ["fromTransfer", tensor(1).toJSON(), /got a tensor in the form of toJSON \(make a tensor of it with fromJSON/],
  ["fromTransfer", { x: tensor(1).toTransfer() }, /it holds tensors: call fromTransfer for each/],
  ["fromTransfer", { dtype: "float64", shape: [2], data, name: "x" }, /got an object with dtype, shape, data, name/],
  [
    "fromTransfer",
    { dtype: "float32", shape: [2], data },
    /^DTypeError: fromTransfer: the data are a Float64Array of length 2; for float32 they are a Float32Array/,
  ],
  ["fromTransfer", { dtype: "float64", shape: [2], data: [1, 2] }, /^DTypeError: fromTransfer: the data are \[1, 2\]/],
  [
    "fromTransfer",
    { dtype: "float64", shape: [3], data },
    /^ShapeError: fromTransfer: 2 elements do not make the shape \[3\]/,
  ],
  [
    "fromTransfer",
    { dtype: "float64", shape: [2], data: new Float64Array() },
    /was the array transferred to somewhere else before/,
  ],
  ["fromTransfer", { dtype: "bool", shape: [1], data: Uint8Array.of(2) }, /^DTypeError: fromTransfer: 2 is no bool/],
];

test("an array of a class with methods of its own, as Node's Buffer, is seen as one of the dtype's, and never handed out again", () => {
  class Doubles extends Float64Array {
    override slice(): Doubles {
      return this;
    }
  }
  const buffer = Buffer.alloc(3, 1);
  const doubles = Doubles.of(1, 2, 3) as Doubles;
  for (const [array, dtype] of [
    [buffer, "bool"],
    [doubles, "float64"],
  ] as const) {
    const given = array as Uint8Array | Float64Array;
    for (const x of [
      fromArray(given, [3], { dtype }),
      fromTransfer({ dtype, shape: [3], data: given } as never),
    ] as Tensor[]) {
      assert.is(Object.getPrototypeOf(x.data), arrays[dtype].prototype);
      const { data } = x.toTransfer();
      assert.is(Object.getPrototypeOf(data), arrays[dtype].prototype);
      data.fill(0);
      assert.is.not(given[0], 0);
      assert.equal([...x.data], [...given]);
      for (const op of [x.flip(), x.take([0, 1, 2]), x.detach()])
        assert.is.not(op.toTransfer().data.buffer, given.buffer);
    }
  }
});

for (const [name, given, error] of wrong) {
  test(`${name} refuses what is not of its form: ${error.source}`, () => {
    const call = { fromJSON, fromTransfer }[name] as (given: unknown) => unknown;
    assert.throws(
      () => call(given),
      (e: unknown) => e instanceof ChainruleError && error.test(`${e.name}: ${e.message}`),
    );
  });
}

test.run();
