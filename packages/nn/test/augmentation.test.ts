import {
  assertGradcheck,
  ChainruleError,
  compile,
  DTypeError,
  Random,
  ShapeError,
  type Tensor,
  tensor,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { imagesFromBytes, normalizeChannels, randomCrop, randomErase, randomFlip, randomNoise } from "../src/index.js";
import { assertClose, assertThrows, wave } from "./support.js";

type Pixels = number[][][][];
const images = wave([16, 2, 4, 5]) as Tensor;
const pixels = (x: Tensor) => x.toArray() as Pixels;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** The one among some pictures that an image is. */
const which = (image: unknown, pictures: readonly unknown[]) => {
  const text = JSON.stringify(image);
  return pictures.findIndex((picture) => JSON.stringify(picture) === text);
};

test("randomFlip: each image as it is or turned round, about half of them", () => {
  for (const [direction, flip] of [
    ["horizontal", (image: number[][][]) => image.map((plane) => plane.map((line) => line.toReversed()))],
    ["vertical", (image: number[][][]) => image.map((plane) => plane.toReversed())],
  ] as const) {
    const found = pixels(randomFlip(images, new Random(1), { direction }));
    const flipped = found.map((image, i) => which(image, [pixels(images)[i], flip(pixels(images)[i] as number[][][])]));
    assert.ok(flipped.every((at) => at >= 0));
    const count = flipped.reduce((a, b) => a + b, 0);
    assert.ok(count > 3 && count < 13, `${count} of 16`);
    assert.equal(pixels(randomFlip(images, new Random(1), { direction, probability: 0 })), pixels(images));
    assert.equal(pixels(randomFlip(images, new Random(1), { direction, probability: 1 })), pixels(images).map(flip));
  }
});

test("randomCrop: a window of each image, with a padding too; all places come", () => {
  for (const [size, padding] of [
    [[2, 3], 0],
    [[4, 5], 1],
    [[4, 5], 0],
    [[6, 2], 1],
    [[0, 1], 0],
  ] as const) {
    const cut = randomCrop(images, new Random(2), { size, padding });
    assert.equal([...cut.shape], [16, 2, ...size]);
    const [height, width] = size;
    const places = new Set<number>();
    for (const [i, image] of pixels(cut).entries()) {
      const at = (plane: number, y: number, x: number) => pixels(images)[i]?.[plane]?.[y - padding]?.[x - padding] ?? 0;
      const windows = range(4 + 2 * padding - height + 1).flatMap((top) =>
        range(5 + 2 * padding - width + 1).map((left) =>
          range(2).map((plane) => range(height).map((y) => range(width).map((x) => at(plane, top + y, left + x)))),
        ),
      );
      const place = which(image, windows);
      assert.ok(place >= 0, `[${size}], ${padding}, image ${i}`);
      places.add(place);
      if (i === 0) assert.ok(windows.length > 0);
    }
    const all = (4 + 2 * padding - height + 1) * (5 + 2 * padding - width + 1);
    if (height > 0) assert.ok(places.size > Math.min(all, 9) / 2, `${places.size} of ${all}`);
  }
  assert.equal(pixels(randomCrop(images, new Random(2))), pixels(images));
});

test("randomErase: a rectangle of each image, or nothing", () => {
  const found = pixels(randomErase(images, new Random(3), { size: [2, 3], value: 7, probability: 0.5 }));
  let erased = 0;
  for (const [i, image] of found.entries()) {
    const places = image.map((plane) =>
      plane.flatMap((line, y) => line.flatMap((value, x) => (value === 7 ? [[y, x]] : []))),
    );
    assert.equal(places[0], places[1], "all channels");
    const [corner] = places[0] as number[][];
    const expected = pixels(images)[i]?.map((plane) => plane.map((line) => [...line])) as number[][][];
    if (corner !== undefined) {
      erased++;
      const [top, left] = corner as [number, number];
      for (const plane of expected)
        for (const y of range(2)) for (const x of range(3)) (plane[top + y] as number[])[left + x] = 7;
    }
    assert.equal(image, expected);
  }
  assert.ok(erased > 3 && erased < 13, `${erased}`);
});

test("randomNoise and normalizeChannels", () => {
  const noise = randomNoise(images, new Random(4), { std: 0.1 }).sub(images) as Tensor;
  assertClose(noise, new Random(4).normal([16, 2, 4, 5], { std: 0.1 }) as Tensor, 1e-15);
  const normal = normalizeChannels(images, { mean: [0.5, -1], std: [2, 4] });
  const naive = pixels(images).map(([a, b]) => [
    (a as number[][]).map((line) => line.map((x) => (x - 0.5) / 2)),
    (b as number[][]).map((line) => line.map((x) => (x + 1) / 4)),
  ]);
  assertClose(normal, tensor(naive as Pixels), 1e-15);
  assertClose(normalizeChannels(wave([3]), { mean: 1, std: 2 }), wave([3]).sub(1).div(2) as Tensor, 0);
});

const batches: Readonly<Record<string, (x: Tensor, random: Random) => Tensor>> = {
  randomFlip: (x, random) => randomFlip(x, random),
  randomCrop: (x, random) => randomCrop(x, random, { size: [3, 3], padding: 1 }),
  randomErase: (x, random) => randomErase(x, random, { size: [2, 2] }),
  randomNoise: (x, random) => randomNoise(x, random, { std: 0.1 }),
  normalizeChannels: (x) => normalizeChannels(x, { mean: 0.5, std: 2 }),
};
for (const [name, f] of Object.entries(batches)) {
  test(`${name}: compiled as in eager mode, of either dtype, images with and without channels; with gradients`, () => {
    const compiled = compile(f);
    for (const x of [
      wave([6, 1, 4, 4]),
      wave([6, 4, 4]),
      wave([6, 4, 4]).cast("float32"),
      wave([0, 4, 4]),
    ] as Tensor[]) {
      for (const seed of [1, 2]) {
        const expected = f(x, new Random(seed));
        assert.is(expected.dtype, x.dtype);
        const found = compiled(x, new Random(seed));
        assertClose(found.cast("float64"), expected.cast("float64"), x.dtype === "float32" ? 1e-6 : 1e-15);
      }
    }
    assertGradcheck((x) => f(x as Tensor, new Random(1)), [wave([2, 3, 3])]);
    assertThrows(() => f(tensor([[[1]]], { dtype: "int32" }), new Random(1)), DTypeError, name, "int32");
  });
}

test("imagesFromBytes: channels first, in all forms, and back", () => {
  const random = new Random(9);
  for (const channels of [1, 3, 4] as const) {
    const bytes = Uint8Array.from(random.integers([2 * 3 * 2 * channels], { high: 256 }).data);
    const found = pixels(imagesFromBytes(bytes, [2, 3, 2, channels]) as Tensor);
    const at = (n: number, y: number, x: number, c: number) =>
      (bytes[((n * 3 + y) * 2 + x) * channels + c] as number) / 255;
    const made = (planes: number, value: (n: number, y: number, x: number, c: number) => number) =>
      range(2).map((n) => range(planes).map((c) => range(3).map((y) => range(2).map((x) => value(n, y, x, c)))));
    assert.equal(found, made(channels, at));
    if (channels > 1) {
      assert.equal(pixels(imagesFromBytes(bytes, [2, 3, 2, channels], { channels: "rgb" }) as Tensor), made(3, at));
    }
    const grey = imagesFromBytes(bytes, [2, 3, 2, channels], { channels: "grey" }) as Tensor;
    const luma = (n: number, y: number, x: number) =>
      channels === 1 ? at(n, y, x, 0) : 0.299 * at(n, y, x, 0) + 0.587 * at(n, y, x, 1) + 0.114 * at(n, y, x, 2);
    assertClose(grey, tensor(made(1, luma)), 1e-15);
  }
  assert.is(imagesFromBytes(new Uint8ClampedArray(4), [1, 1, 1, 4], { dtype: "float32" }).dtype, "float32");
  assertThrows(() => imagesFromBytes(new Uint8Array(5), [1, 1, 1, 4]), ChainruleError, "5 bytes for [1, 1, 1, 4]");
  assertThrows(() => imagesFromBytes(new Uint8Array(2), [1, 1, 1, 2]), ChainruleError, "2 channels");
  assertThrows(
    () => imagesFromBytes(new Uint8Array(1), [1, 1, 1, 1], { channels: "rgb" }),
    ChainruleError,
    '1 channels, and "rgb"',
  );
});

test("what is no batch of images, or cannot be cut, is an error that says so", () => {
  const random = new Random(1);
  for (const [name, f] of Object.entries({ randomFlip, randomCrop })) {
    assertThrows(() => f(wave([4, 784]) as Tensor, random), ShapeError, name, "[4, 784]", "x.reshape([-1, 1, 28, 28])");
    // Not as an option, which other functions take it as.
    for (const random of [undefined, { random: new Random(42) }])
      assertThrows(() => f(images, random as never), ChainruleError, `${name}(x, new Random(42))`);
  }
  assertThrows(
    () => randomCrop(images, random, { size: [5, 5] }),
    ShapeError,
    "randomCrop: a window of 5 x 5",
    "[16, 2, 4, 5]",
  );
  assertThrows(
    () => randomCrop(images, random, { size: 3 as never }),
    ShapeError,
    "randomCrop: a window of 3",
    "[height, width]",
  );
  assertThrows(() => randomErase(images, random, { size: [1, 6] }), ShapeError, "randomErase: a rectangle of 1 x 6");
  assertThrows(() => randomErase(images, random, {} as never), ShapeError, "randomErase: a rectangle of undefined");
  assertThrows(() => randomFlip(images, random, { probability: 2 }), ChainruleError, "randomFlip: probability 2");
  assertThrows(() => randomNoise(images, random, {} as never), ChainruleError, "randomNoise: std undefined");
  assertThrows(
    () => normalizeChannels(images, { mean: [1], std: 1 }),
    ShapeError,
    "mean of 1 channels",
    "[16, 2, 4, 5]",
  );
  assertThrows(() => normalizeChannels(images, { mean: 0, std: [1, 0] }), ChainruleError, "std 0", "above 0");
});

test.run();
