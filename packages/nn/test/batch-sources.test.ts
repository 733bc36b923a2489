import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ChainruleError, Random, type Tensor, tensor } from "@chainrule/core";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import { Affine, accuracy, DataError, SGD, softmaxWithLoss, splitRows, Trainer } from "../src/index.js";
import { csvBatches, idxBatches, readCsv } from "../src/node.js";
import { assertThrows, wave } from "./support.js";

const numbers = (x: Tensor) => [...x.data];
const sorted = (list: readonly number[]) => list.toSorted((a, b) => a - b);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

async function all<B>(batches: AsyncIterable<B>): Promise<B[]> {
  const list: B[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

async function rejects(batches: AsyncIterable<unknown>, ...parts: string[]): Promise<void> {
  const error = await all(batches).then(() => undefined, (error: unknown) => error); // biome-ignore format: a line
  assertThrows(() => {
    if (error !== undefined) throw error;
  }, DataError, ...parts); // biome-ignore format: a line
}

// --- splits ---

test("splitRows: each row in one part, as many as the shares say", () => {
  for (const size of [0, 1, 3, 10, 17, 1000]) {
    const parts = splitRows(size, { train: 0.7, validation: 0.2, test: 0.1 }, { random: new Random(1) });
    assert.equal(sorted(Object.values(parts).flatMap(numbers)), range(size));
    for (const [name, share] of [
      ["train", 0.7],
      ["validation", 0.2],
      ["test", 0.1],
    ] as const) {
      assert.ok(Math.abs(parts[name].size - share * size) < 1, `${name} of ${size}: ${parts[name].size}`);
      assert.is(parts[name].dtype, "int32");
    }
    const again = splitRows(size, { train: 0.7, validation: 0.2, test: 0.1 }, { random: new Random(1) });
    assert.equal(numbers(again.train), numbers(parts.train));
  }
  assert.not.equal(numbers(splitRows(50, { all: 1 }, { random: new Random(1) }).all), range(50));
});

test("splitRows: stratified, each part has its share of each class, in any order", () => {
  const labels = range(100).map((i) => (i < 70 ? 5 : i < 90 ? -2 : 0));
  for (const given of [labels, Int32Array.from(labels), tensor(labels, { dtype: "int32" }) as Tensor]) {
    const { train, held } = splitRows(100, { train: 0.8, held: 0.2 }, { random: new Random(3), labels: given });
    assert.equal(sorted([...numbers(train), ...numbers(held)]), range(100));
    const count = (rows: Tensor, label: number) => numbers(rows).filter((row) => labels[row] === label).length;
    assert.equal([5, -2, 0].map((label) => count(held, label)), [14, 4, 2]); // biome-ignore format: a line
    const classes = numbers(train).map((row) => labels[row] as number);
    assert.not.equal(classes, sorted(classes), "classes are mixed");
  }
});

test("splitRows: what does not make parts", () => {
  const random = new Random(1);
  assertThrows(
    () => splitRows(10, { a: 0.5, b: 0.6 }, { random }),
    ChainruleError,
    "splitRows: parts",
    "add up to 1.1",
  );
  assertThrows(() => splitRows(10, { a: 2, b: -1 }, { random }), ChainruleError, "{ train: 0.8");
  assertThrows(() => splitRows(10, [0.5, 0.5] as never, { random }), ChainruleError, "shares by name");
  assertThrows(() => splitRows(-1, { a: 1 }, { random }), ChainruleError, "the number of rows is -1");
  assertThrows(() => splitRows(10, { a: 1 }, {} as never), ChainruleError, "splitRows", "new Random(42)");
  assertThrows(() => splitRows(3, { a: 1 }, { random, labels: [1, 2] }), ChainruleError, "labels int32 [2] for 3 rows");
  assertThrows(() => splitRows(3, { a: 1 }, { random, labels: wave([3]) as Tensor }), ChainruleError, "float64 [3]");
});

test.run();

// --- from files ---

const files = suite<{ folder: string }>("streams");
files.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "stream-"));
});
files.after.each(({ folder }) => rmSync(folder, { recursive: true }));

function idx(shape: readonly number[], elements: Uint8Array | readonly number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]);
  return Uint8Array.from([0, 0, 8, shape.length, ...sizes, ...elements]);
}

function write(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** 3,000 images of 10 x 10, of which each pixel is the number of the image modulo 251: more than a piece of a file. */
const count = 3000;
const pixels = Uint8Array.from({ length: count * 100 }, (_, i) => Math.floor(i / 100) % 251);
const labels = range(count).map((i) => i % 251);

files("idxBatches: all rows in order, plain and gzipped", async ({ folder }) => {
  for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
    const paths = {
      images: write(folder, "images", pack(idx([count, 10, 10], pixels))),
      labels: write(folder, "labels", pack(idx([count], labels))),
    };
    const batches = await all(idxBatches(paths, { batchSize: 700, dtype: "float32" })(0));
    assert.equal(batches.map(({ images }) => [...images.shape]), [700, 700, 700, 700, 200].map((n) => [n, 100])); // biome-ignore format: a line
    assert.equal(
      batches.flatMap((batch) => numbers(batch.labels as Tensor)),
      labels,
    );
    const values = batches.flatMap(({ images }) => numbers(images as Tensor));
    assert.is(values.findIndex((value, i) => Math.round(value * 255) !== pixels[i]), -1); // biome-ignore format: a line
    assert.is(batches[0]?.images.dtype, "float32");
  }
});

files(
  "idxBatches: shuffled through a buffer: each row once, images with their labels, the same for an epoch",
  async ({ folder }) => {
    const paths = {
      images: write(folder, "images", idx([count, 10, 10], pixels)),
      labels: write(folder, "labels", idx([count], labels)),
    };
    for (const shuffleBuffer of [1, 50, 10_000]) {
      const source = idxBatches(paths, { batchSize: 512, random: new Random(1), shuffleBuffer });
      const order = async (epoch: number) =>
        (await all(source(epoch))).flatMap((batch) => numbers(batch.labels as Tensor));
      const [first, second, again] = [await order(0), await order(1), await order(0)];
      assert.equal(sorted(first), sorted(labels));
      assert.equal(again, first);
      if (shuffleBuffer > 1) assert.not.equal(second, first);
      else assert.equal(first, labels);
      const [batch] = await all(source(0));
      const brightness = numbers(batch?.images.slice([[0, 512], 0]) as Tensor).map((x) => Math.round(x * 255));
      assert.equal(brightness, numbers(batch?.labels as Tensor));
      // No row comes before those that the buffer holds have been read.
      const isEarly = (label: number, i: number) => label > i + 50;
      if (shuffleBuffer === 50) assert.is(first.slice(0, 100).findIndex(isEarly), -1);
    }
  },
);

files("a source that is left in the middle of an epoch closes its files", async ({ folder }) => {
  const paths = {
    images: write(folder, "images", gzipSync(idx([count, 10, 10], pixels))),
    labels: write(folder, "labels", idx([count], labels)),
  };
  // The lowest number that is free: one that is not closed would take it.
  const free = () => {
    const file = openSync(paths.labels, "r");
    closeSync(file);
    return file;
  };
  const before = free();
  for (let i = 0; i < 20; i++) {
    for await (const batch of idxBatches(paths, { batchSize: 10 })(0)) {
      assert.is(batch.labels.size, 10);
      break;
    }
  }
  assert.is(free(), before);
});

const bad: readonly (readonly [name: string, images: Uint8Array, labels: Uint8Array, ...parts: string[]])[] = [
  ["too few labels", idx([3, 1, 2], range(6)), idx([2], [1, 2]), "images has more images", "labels, 2"],
  ["too many labels", idx([1, 1, 2], [1, 2]), idx([2], [1, 2]), "images has 1 images", "more labels"],
  ["cut short", idx([3, 1, 2], range(5)), idx([3], [1, 2, 3]), "images: truncated", "3 rows of 2 bytes, and there are 2"],
  ["too long", idx([1, 1, 2], range(3)), idx([1], [1]), "images: extra bytes"],
  ["labels for images", idx([1], [1]), idx([1], [1]), "images: 1 axes, where images have 3"],
  ["no pixels", idx([2, 0, 3], []), idx([2], [1, 2]), "images of 0 x 3"],
  ["enormous images", idx([1, 65536, 65536], []), idx([1], [1]), "images of 65536 x 65536"],
  ["a text", new TextEncoder().encode("<!DOCTYPE html>"), idx([1], [1]), "images: wrong magic number"],
  ["nothing", new Uint8Array(0), idx([1], [1]), "images: truncated"],
  ["half a header", idx([1, 1, 1], []).subarray(0, 9), idx([1], [1]), "images: truncated"],
  ["a gzip cut short", gzipSync(idx([3, 1, 2], range(6))).subarray(0, 20), idx([3], [1, 2, 3]), "images: truncated or corrupt gzip"],
  ["a gzip bomb", gzipSync(Buffer.concat([idx([1, 1, 1], [1]), Buffer.alloc(1e7)])), idx([1], [1]), "images: extra bytes"],
]; // biome-ignore format: a table
for (const [name, images, labels, ...parts] of bad) {
  files(`idxBatches: ${name}: an error with the name of the file`, async ({ folder }) => {
    const paths = { images: write(folder, "images", images), labels: write(folder, "labels", labels) };
    await rejects(idxBatches(paths, { batchSize: 2 })(0), ...parts);
  });
}

files("idxBatches and csvBatches: what is no file, and settings that are none", async ({ folder }) => {
  await rejects(csvBatches(folder, { a: "a" }, { batchSize: 2 })(0), folder, "it is a folder");
  await rejects(csvBatches(join(folder, "none"), { a: "a" }, { batchSize: 2 })(0), "none", "ENOENT");
  const paths = { images: "a", labels: "b" };
  assertThrows(() => idxBatches(paths, {} as never), ChainruleError, "idxBatches: batchSize is undefined");
  assertThrows(() => idxBatches(paths, { batchSize: 1, shuffleBuffer: 0 }), ChainruleError, "shuffleBuffer is 0");
  assertThrows(() => idxBatches("a" as never, { batchSize: 1 }), DataError, "the path of the images is a text");
  assertThrows(() => csvBatches("a", {}, { batchSize: 1 }), DataError, "csvBatches: columns are given by name");
});

files("csvBatches: numbers and classes of a file, plain and gzipped, as readCsv has them", async ({ folder }) => {
  const text = `height,kind,width\n${range(20_000)
    .map((i) => `${i},${i % 3 === 0 ? "öak" : '"fern"'},${i / 8}\r\n`)
    .join("")}`;
  for (const content of [text, gzipSync(text)]) {
    const path = write(folder, "plants.csv", content);
    const columns = { x: ["width", "height"], t: { column: "kind", classes: ["fern", "öak"] }, h: "height" } as const;
    const batches = await all(csvBatches(path, columns, { batchSize: 6000, dtype: "float32" })(0));
    assert.equal(batches.map(({ x, t, h }) => [x, t, h].map(({ shape }) => [...shape])), [6000, 6000, 6000, 2000].map((n) => [[n, 2], [n], [n]])); // biome-ignore format: a line
    assert.equal(
      batches.flatMap(({ h }) => numbers(h as Tensor)),
      range(20_000),
    );
    assert.equal(batches.flatMap(({ t }) => numbers(t as Tensor)), range(20_000).map((i) => (i % 3 === 0 ? 1 : 0))); // biome-ignore format: a line
    assert.equal(numbers(batches[3]?.x.slice([5]) as Tensor), [18_005 / 8, 18_005]);
    assert.equal([batches[0]?.x.dtype, batches[0]?.t.dtype], ["float32", "int32"]);
    const shuffled = await all(csvBatches(path, columns, { batchSize: 6000, random: new Random(1) })(3));
    assert.equal(sorted(shuffled.flatMap(({ h }) => numbers(h as Tensor))), range(20_000));
    for (const { h, t } of shuffled) assert.equal(numbers(t as Tensor), numbers(h as Tensor).map((i) => (i % 3 === 0 ? 1 : 0))); // biome-ignore format: a line
  }
  const table = readCsv(write(folder, "plants.csv", text));
  assert.equal(table.classes("kind").names, ["fern", "öak"]);
  assert.is(table.size, 20_000);
  const first = write(folder, "plain.csv", "1,2\n3,4\n");
  const [batch] = await all(csvBatches(first, { x: ["1", "0"] }, { batchSize: 5, header: false })(0));
  assert.equal(batch?.x.toArray(), [[2, 1], [4, 3]]); // biome-ignore format: a line
});

files("a Trainer is fed from a file", async ({ folder }) => {
  const rows = range(400).map((i) => [Math.sin(i), Math.cos(1.7 * i)] as const);
  const text = rows.map(([a, b]) => `${a},${b},${a + b > 0 ? "above" : "below"}\n`).join("");
  const columns = { x: ["0", "1"], t: { column: "2", classes: ["below", "above"] } } as const;
  const path = write(folder, "points.csv", text);
  const random = new Random(1);
  const network = new Affine(2, 2, { random });
  const data = csvBatches(path, columns, { batchSize: 50, header: false, random, shuffleBuffer: 100 });
  const trainer = new Trainer({
    network,
    optimizer: new SGD(network, { lr: 0.5 }),
    data,
    predict: ({ x }) => network.forward(x) as Tensor,
    loss: (scores, { t }) => softmaxWithLoss(scores, t),
    metrics: { accuracy: (scores, { t }) => accuracy(scores, t) },
    evaluations: { train: csvBatches(path, columns, { batchSize: 150, header: false }) },
    epochs: 20,
    random,
  });
  const { evaluations, losses } = await trainer.run();
  assert.is(losses.length, 160);
  const found = evaluations.at(-1)?.values["train.accuracy"] ?? 0;
  assert.ok(found > 0.97, `${found}`);
});

files("csvBatches and readCsv: files that are not what they should be", async ({ folder }) => {
  const rows = (text: string | Uint8Array, columns: Record<string, string> = { a: "a" }) =>
    csvBatches(write(folder, "a.csv", text), columns, { batchSize: 2 })(0);
  await rejects(rows("a,b\n1,2\nx,3\n"), "a.csv: line 3", 'column "a": "x" is no number');
  await rejects(rows("a,b\n1,2\n", { c: "c" }), 'a.csv: no column "c"');
  await rejects(rows(""), "a.csv: no records");
  await rejects(rows('a\n"1\n2'), "a.csv: line 2: a quote that does not end");
  await rejects(rows(Uint8Array.of(97, 10, 0xff, 10)), "a.csv: is no text in UTF-8");
  await rejects(rows(gzipSync("a\n1\n").subarray(0, 15)), "a.csv: truncated or corrupt gzip");
  await rejects(rows(`a\n"${"x".repeat(2 ** 22)}`), "a.csv: line 2: a record of more than");
  assertThrows(
    () => readCsv(write(folder, "b.csv", Uint8Array.of(0xff, 0xfe))),
    DataError,
    "b.csv: is no text in UTF-8",
  );
  assertThrows(() => readCsv(join(folder, "none")), DataError, "none", "ENOENT");
  assertThrows(() => readCsv(write(folder, "c.csv", "a,b\n1\n")), DataError, "c.csv: line 2: 1 fields");
});

files.run();
