import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import { DataError, idxMagic, parseIdx } from "../src/index.js";
import { readIdxFolder } from "../src/node.js";
import { assertThrows } from "./support.js";

/** An IDX file, written out as its description says: sizes are big-endian. */
function idx(shape: readonly number[], elements: readonly number[], type = 8): Uint8Array {
  const sizes = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...sizes, ...elements]);
}

test("parseIdx: shape and elements, of any number of axes", () => {
  const images = parseIdx(idx([2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]));
  assert.equal(images.shape, [2, 2, 3]);
  assert.equal([...images.data], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]);
  assert.equal(parseIdx(idx([3], [7, 8, 9])).shape, [3]);
  assert.equal(parseIdx(idx([0, 28, 28], [])).shape, [0, 28, 28]);
  assert.equal(parseIdx(idx([300], new Array<number>(300).fill(1))).shape, [300]);
  assert.is(idxMagic(3), 2051);
  assert.is(idxMagic(1), 2049);
});

test("parseIdx: reads a view into a larger buffer where it stands", () => {
  const bytes = Uint8Array.from([9, 9, 9, ...idx([2], [5, 6]), 9]);
  assert.equal([...parseIdx(bytes.subarray(3, 13)).data], [5, 6]);
});

const broken: readonly [name: string, bytes: Uint8Array, ...parts: string[]][] = [
  ["nothing", new Uint8Array(0), "truncated", "0 bytes"],
  ["half a magic number", Uint8Array.of(0, 0, 8), "truncated", "3 bytes"],
  ["half a header", idx([2, 2, 2], []).subarray(0, 11), "truncated", "11 bytes", "header of 3 axes takes 16"],
  ["a missing element", idx([2, 2], [1, 2, 3]), "truncated", "[2, 2]", "16 bytes", "got 15"],
  ["an extra element", idx([2, 2], [1, 2, 3, 4, 5]), "1 extra bytes", "16 bytes", "got 17"],
  ["a wrong magic number", Uint8Array.of(0, 1, 8, 3, 0, 0, 0, 0), "wrong magic number 67587", "2051", "2049"],
  ["a negative magic number", Uint8Array.of(255, 0, 8, 3, 0, 0, 0, 0), "wrong magic number 4278192131"],
  ["no axes", Uint8Array.of(0, 0, 8, 0, 1), "wrong magic number 2048"],
  ["floats", idx([1], [0, 0, 0, 0], 0x0d), "wrong magic number 3329", "0x0d", "unsigned bytes"],
  ["a gzipped file", gzipSync(idx([1], [1])), "gzipped"],
  ["a text", new TextEncoder().encode("<!DOCTYPE html>"), "wrong magic number"],
  ["enormous sizes", idx([4294967295, 4294967295, 4294967295], []), "truncated"],
];
for (const [name, bytes, ...parts] of broken) {
  test(`parseIdx: ${name} is an error that names what is wrong`, () => {
    assertThrows(() => parseIdx(bytes, "train.idx"), DataError, "train.idx", ...parts);
    assertThrows(() => parseIdx(bytes), DataError, "IDX data", ...parts);
  });
}
test.run();

const folders = suite<{ folder: string }>("readIdxFolder");
folders.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "idx-"));
});
folders.after.each(({ folder }) => {
  rmSync(folder, { recursive: true });
});

const good: Readonly<Record<string, Uint8Array>> = {
  "train-images-idx3-ubyte": idx([2, 1, 3], [0, 51, 102, 153, 204, 255]),
  "train-labels-idx1-ubyte": idx([2], [9, 0]),
  "t10k-images-idx3-ubyte": idx([1, 1, 3], [255, 0, 255]),
  "t10k-labels-idx1-ubyte": idx([1], [4]),
};

function write(folder: string, files: Readonly<Record<string, Uint8Array>>): string {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

const forms: Readonly<Record<string, (name: string, bytes: Uint8Array) => readonly [string, Uint8Array]>> = {
  plain: (name, bytes) => [name, bytes],
  "with a dot": (name, bytes) => [name.replace("-idx", ".idx"), bytes],
  gzipped: (name, bytes) => [`${name}.gz`, gzipSync(bytes)],
  "gzipped, with a dot": (name, bytes) => [`${name.replace("-idx", ".idx")}.gz`, gzipSync(bytes)],
  "named .gz, but not gzipped": (name, bytes) => [`${name}.gz`, bytes],
  "gzipped, but not named so": (name, bytes) => [name, gzipSync(bytes)],
};
for (const [form, rename] of Object.entries(forms)) {
  folders(`reads the four files, ${form}`, ({ folder }) => {
    write(folder, Object.fromEntries(Object.entries(good).map(([name, bytes]) => rename(name, bytes))));
    for (const dtype of ["float64", "float32"] as const) {
      const { train, test: held, imageShape } = readIdxFolder(folder, { dtype });
      assert.equal(imageShape, [1, 3]);
      assert.is(train.images.dtype, dtype);
      assert.equal([...train.images.shape], [2, 3]);
      const expected = [0, 0.2, 0.4, 0.6, 0.8, 1].map((value) => (dtype === "float32" ? Math.fround(value) : value));
      const images = train.images.toTensor();
      assert.is(images.dtype, dtype);
      assert.equal([...images.data], expected);
      assert.is(train.labels.dtype, "int32");
      assert.equal([...train.labels.data], [9, 0]);
      assert.equal([...held.images.bytes], [255, 0, 255]);
      assert.equal([...held.labels.data], [4]);
    }
  });
}

const bad: readonly [name: string, files: Readonly<Record<string, Uint8Array>>, ...parts: string[]][] = [
  ["a truncated file", { "t10k-labels-idx1-ubyte": idx([2], [1]) }, "t10k-labels-idx1-ubyte: truncated"],
  [
    "labels instead of images",
    { "train-images-idx3-ubyte": idx([2], [1, 2]) },
    "train-images-idx3-ubyte",
    "2049",
    "images begin with 2051",
  ],
  [
    "images instead of labels",
    { "train-labels-idx1-ubyte": idx([2, 1, 1], [1, 2]) },
    "train-labels",
    "2051",
    "labels begin with 2049",
  ],
  [
    "too few labels",
    { "train-labels-idx1-ubyte": idx([1], [1]) },
    "train-images-idx3-ubyte has 2 images",
    "train-labels-idx1-ubyte has 1 labels",
  ],
  [
    "a label out of range",
    { "train-labels-idx1-ubyte": idx([2], [3, 10]) },
    "train-labels-idx1-ubyte",
    "label 10 (row 1)",
    "0 to 9",
  ],
  ["images of another size", { "t10k-images-idx3-ubyte": idx([1, 3, 1], [1, 2, 3]) }, "1 x 3", "3 x 1"],
  [
    "no images",
    { "t10k-images-idx3-ubyte": idx([0, 1, 3], []), "t10k-labels-idx1-ubyte": idx([0], []) },
    "t10k-images-idx3-ubyte: no images",
  ],
  [
    "a gzip cut short",
    { "train-images-idx3-ubyte": gzipSync(good["train-images-idx3-ubyte"] as Uint8Array).subarray(0, 20) },
    "train-images-idx3-ubyte: truncated or corrupt gzip",
  ],
  [
    "a gzip that holds more than its header promises, as a bomb does",
    {
      "train-images-idx3-ubyte": gzipSync(
        Buffer.concat([good["train-images-idx3-ubyte"] as Uint8Array, Buffer.alloc(1e8)]),
      ),
    },
    "longer than the 22 bytes that its header promises",
  ],
  [
    "a gzip whose header promises more than it can hold",
    { "train-images-idx3-ubyte": gzipSync(idx([2 ** 31, 2 ** 15, 2 ** 15], [1])) },
    "promises 2305843009213694000 bytes",
  ],
  [
    "a gzip of less than a header",
    { "train-images-idx3-ubyte": gzipSync(Uint8Array.of(0, 0, 8)) },
    "truncated: 3 bytes",
  ],
  [
    "sizes that fill a screen",
    { "train-images-idx3-ubyte": idx(new Array(255).fill(4e9), []) },
    "train-images-idx3-ubyte: truncated",
    " ... ",
  ],
];
for (const [name, files, ...parts] of bad) {
  folders(`${name}: an error with the name of the file`, ({ folder }) => {
    write(folder, { ...good, ...files });
    assertThrows(() => readIdxFolder(folder), DataError, folder, ...parts);
  });
}

folders("a missing file, a missing folder, a file for a folder", ({ folder }) => {
  const { "train-labels-idx1-ubyte": labels, ...others } = good;
  write(folder, others);
  assertThrows(
    () => readIdxFolder(folder),
    DataError,
    folder,
    "train-labels-idx1-ubyte or train-labels.idx1-ubyte",
    ".gz",
  );
  assertThrows(() => readIdxFolder(join(folder, "none")), DataError, "none", "ENOENT");
  assertThrows(
    () => readIdxFolder(join(folder, "t10k-labels-idx1-ubyte")),
    DataError,
    "t10k-labels-idx1-ubyte",
    "ENOTDIR",
  );
  assert.ok(labels);
});

folders("other numbers of classes", ({ folder }) => {
  write(folder, { ...good, "train-labels-idx1-ubyte": idx([2], [46, 0]) });
  assert.equal([...readIdxFolder(folder, { classes: 47 }).train.labels.data], [46, 0]);
  assertThrows(() => readIdxFolder(folder, { classes: 46 }), DataError, "label 46");
});

folders.run();
