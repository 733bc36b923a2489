import { ChainruleError, CompileError, compile, Random, ShapeError, type Tensor, tensor } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { BatchSampler, ByteRows, batches, DataError, takeRows } from "../src/index.js";
import { assertThrows } from "./support.js";

for (const replace of [true, false]) {
  test(`BatchSampler: replace ${replace}: iteration i always draws the same rows, in any order, and moves nothing`, () => {
    const random = new Random(11);
    const sampler = new BatchSampler(20, 6, { random, replace });
    const forward = Array.from({ length: 9 }, (_, i) => [...sampler.rows(i).data]);
    const again = new BatchSampler(20, 6, { random: new Random(11), replace });
    const backward = Array.from({ length: 9 }, (_, i) => [...again.rows(8 - i).data]).reverse();
    assert.equal(backward, forward);
    assert.is(random.generator.position, 0);
    assert.is(new Set(forward.map(String)).size, 9, "each iteration draws rows of its own");
    assert.is(sampler.rows(0).dtype, "int32");
    assert.ok(forward.flat().every((row) => row >= 0 && row < 20));
  });
}

test("BatchSampler: with replacement each batch is full, and rows repeat", () => {
  const sampler = new BatchSampler(10, 100, { random: new Random(1) });
  const rows = [...sampler.rows(0).data];
  assert.is(rows.length, 100);
  assert.is(new Set(rows).size, 10);
  assert.is(sampler.iterationsPerEpoch, 1);
  assert.is(new BatchSampler(60000, 100, { random: new Random(1) }).iterationsPerEpoch, 600);
  assert.is(new BatchSampler(60000, 128, { random: new Random(1) }).iterationsPerEpoch, 469);
});

test("BatchSampler: without replacement each epoch has every row once, in an order of its own", () => {
  for (const [size, batchSize, lengths] of [
    [20, 6, [6, 6, 6, 2]],
    [6, 3, [3, 3]],
    [4, 9, [4]],
    [1, 1, [1]],
  ] as const) {
    const sampler = new BatchSampler(size, batchSize, { random: new Random(2), replace: false });
    assert.is(sampler.iterationsPerEpoch, lengths.length);
    const epochs = [0, 1].map((epoch) => lengths.map((_, i) => [...sampler.rows(epoch * lengths.length + i).data]));
    for (const epoch of epochs) {
      assert.equal(
        epoch.map((rows) => rows.length),
        [...lengths],
      );
      assert.equal(
        epoch.flat().sort((a, b) => a - b),
        Array.from({ length: size }, (_, i) => i),
      );
    }
    if (size === 20) assert.not.equal(epochs[0], epochs[1]);
  }
});

test("BatchSampler: impossible counts are errors", () => {
  const random = new Random(1);
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    assertThrows(() => new BatchSampler(bad, 1, { random }), ChainruleError, "number of rows", String(bad));
    assertThrows(() => new BatchSampler(1, bad, { random }), ChainruleError, "batch size", String(bad));
  }
  const sampler = new BatchSampler(3, 1, { random });
  for (const bad of [-1, 0.5, Number.NaN])
    assertThrows(() => sampler.rows(bad), ChainruleError, "iteration", String(bad));
});

const data = {
  images: tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]),
  labels: tensor([10, 20, 30], { dtype: "int32" }),
};

test("takeRows: the same rows of each tensor", () => {
  const { images, labels } = takeRows(data, tensor([2, 0, 2], { dtype: "int32" }));
  assert.equal(images.toArray(), [
    [5, 6],
    [1, 2],
    [5, 6],
  ]);
  assert.equal(labels.toArray(), [30, 10, 30]);
  assert.is(labels.dtype, "int32");
  assertThrows(() => takeRows(data, [3]), ShapeError, "index 3");
});

test("batches: all rows in order, the last batch shorter", () => {
  assert.equal(
    [...batches(data, 2)].map(({ images, labels }) => [images.toArray(), labels.toArray()]),
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
        [10, 20],
      ],
      [[[5, 6]], [30]],
    ],
  );
  assert.is([...batches(data, 3)].length, 1);
  assert.is([...batches({ none: tensor([]) }, 3)].length, 0);
  assertThrows(() => [...batches(data, 0)], ChainruleError, "batch size is 0");
});

test("takeRows and batches: tensors with different numbers of rows are an error that names them", () => {
  for (const wrong of [{ ...data, labels: tensor([1, 2]) }, { ...data, labels: tensor(1) }, {}]) {
    assertThrows(() => takeRows(wrong, [0]), DataError, "takeRows", "same number of rows");
    assertThrows(() => [...batches(wrong, 1)], DataError, "batches", "same number of rows");
  }
  assertThrows(() => takeRows({ ...data, labels: tensor([1, 2]) }, [0]), DataError, "images has 3, labels has 2");
});

test("ByteRows: bytes until rows are taken, then the numbers that they stand for", () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, i) => (i * 23) % 256);
  const rows = new ByteRows(bytes, [3, 4]);
  const whole = tensor(bytes, { dtype: "float64" }).div(255).reshape([3, 4]);
  assert.is(rows.bytes, bytes);
  assert.equal(rows.toTensor().toArray(), whole.toArray());
  assert.equal(rows.slice([[1, 3]]).toArray(), whole.slice([[1, 3]]).toArray());
  assert.equal(rows.take([2, 0, -1]).toArray(), whole.take([2, 0, -1]).toArray());
  assert.equal(rows.take(tensor([1], { dtype: "int32" })).toArray(), whole.take([1]).toArray());
  const single = new ByteRows(bytes, [3, 2, 2], { dtype: "float32", most: 255 });
  assert.equal(single.take([]).shape, [0, 2, 2]);
  const last = single.take([2]);
  assert.is(last.dtype, "float32");
  assert.equal([...last.data], [...bytes.subarray(8)]);
  const data = { images: rows, labels: tensor([5, 6, 7]) };
  assert.equal(takeRows(data, [2, 1]).images.toArray(), whole.take([2, 1]).toArray());
  assert.equal(
    [...batches(data, 2)].map(({ images, labels }) => [images.toArray(), labels.toArray()]),
    [
      [whole.slice([[0, 2]]).toArray(), [5, 6]],
      [whole.slice([[2, 3]]).toArray(), [7]],
    ],
  );
});

test("ByteRows: what is no rows of bytes, indices out of range, and traced indices are errors", () => {
  const rows = new ByteRows(new Uint8Array(6), [3, 2]);
  for (const index of [3, -4, 0.5, Number.NaN]) {
    assertThrows(() => rows.take([index]), ShapeError, `index ${index}`, "[3, 2]");
  }
  for (const [start, stop] of [
    [0, 4],
    [-1, 2],
    [2, 1],
    [0, 1.5],
  ] as const) {
    assertThrows(() => rows.slice([[start, stop]]), ShapeError, `rows ${start} to ${stop}`);
  }
  for (const ranges of [
    [],
    [[0]],
    [[0, 2, 2]],
    [
      [0, 1],
      [0, 1],
    ],
    [0, 1],
  ]) {
    assertThrows(() => rows.slice(ranges as never), ShapeError, "takes the range of the rows, slice([[start, stop]])");
  }
  assertThrows(() => new ByteRows(new Uint8Array(5), [3, 2]), DataError, "5 bytes", "[3, 2]");
  assertThrows(() => new ByteRows([1, 2] as never, [2]), DataError, "takes a Uint8Array");
  const indices = tensor([1], { dtype: "int32" });
  assertThrows(() => compile((i: Tensor) => rows.take(i))(indices), CompileError, "not known while");
});

test.run();
