import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { checkNoMore, checkOptions, fromArray, type Tensor } from "@chainrule/core";
import { checkFloatDType, checkSetting } from "../checks.js";
import { ByteRows } from "../data/byte-rows.js";
import { checkText, DataError } from "../data/errors.js";
import { type IdxData, idxHeaderMax, idxMagic, parseIdx, readIdxHeader } from "../data/idx.js";
import type { FloatDType } from "../initializers/initializer.js";
import { fileError, readBytes } from "./files.js";

/** Images, one a row, and the class of each. */
export type ImageSet = {
  /** [N, height x width], brightness from 0 to 1 in the rows that are taken; bytes until then. */
  readonly images: ByteRows<readonly [number, number]>;
  /** [N], int32, from 0 to classes - 1. */
  readonly labels: Tensor<[number]>;
};

export interface IdxFolder {
  readonly train: ImageSet;
  readonly test: ImageSet;
  /** Height and width of an image, in pixels. */
  readonly imageShape: readonly [number, number];
}

export interface IdxFolderOptions {
  /** The dtype of the images that are taken; float64 unless said otherwise. */
  readonly dtype?: FloatDType;
  /** How many classes there are: labels go from 0 to one less. Default 10. */
  readonly classes?: number;
}

/**
 * Reads a folder with the four IDX files of MNIST, or of a data set in its form: `train-images-idx3-ubyte`,
 * `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, also named with a dot
 * (`train-images.idx3-ubyte`), gzipped or not.
 *
 * @example
 * // One image of 1 x 2 pixels, and its label.
 * const image = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255);
 * const label = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7);
 * for (const part of ["train", "t10k"]) {
 *   writeFileAtomically(`${part}-images-idx3-ubyte`, image);
 *   writeFileAtomically(`${part}-labels-idx1-ubyte`, label);
 * }
 * readIdxFolder(".").train.images.shape; // [1, 2]
 *
 * @throws DataError, with the name of the file, for a file that is missing, unreadable or no IDX file of its kind, for
 * images and labels that do not agree in number, and for a label that is out of range.
 */
export function readIdxFolder(folder: string, options: IdxFolderOptions = {}, ...none: []): IdxFolder {
  checkText("readIdxFolder", "the path of a folder", folder);
  checkNoMore("readIdxFolder", none);
  checkOptions("readIdxFolder", options, ["dtype", "classes"]);
  const { dtype = "float64", classes = 10 } = options;
  checkFloatDType("readIdxFolder", dtype);
  checkSetting(
    "readIdxFolder",
    "classes",
    classes,
    () => Number.isInteger(classes) && classes >= 1,
    "a whole number of at least 1",
  );
  const names = namesIn(folder);
  const train = readSet(folder, names, "train", dtype, classes);
  const test = readSet(folder, names, "t10k", dtype, classes);
  const [height, width] = train.imageShape;
  if (test.imageShape[0] !== height || test.imageShape[1] !== width) {
    throw new DataError(
      `${folder}: training images are ${height} x ${width}, test images ${test.imageShape.join(" x ")}; they must have one size`,
    );
  }
  return { train: train.set, test: test.set, imageShape: train.imageShape };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw fileError(folder, "cannot be read as a folder", cause);
  }
}

function readSet(folder: string, names: readonly string[], part: string, dtype: FloatDType, classes: number) {
  const images = readPart(folder, names, `${part}-images`, 3);
  const labels = readPart(folder, names, `${part}-labels`, 1);
  const [count, height, width] = images.shape as readonly [number, number, number];
  if (labels.data.length !== count) {
    throw new DataError(
      `${images.path} has ${count} images, but ${basename(labels.path)} has ${labels.data.length} labels`,
    );
  }
  if (images.data.length === 0) throw new DataError(`${images.path}: no images: sizes [${images.shape.join(", ")}]`);
  const bad = labels.data.findIndex((label) => label >= classes);
  if (bad !== -1) {
    throw new DataError(
      `${labels.path}: label ${labels.data[bad]} (row ${bad}) is out of range: ${classes} classes are 0 to ${classes - 1}`,
    );
  }
  const set: ImageSet = {
    images: new ByteRows(images.data, [count, height * width], { dtype }),
    labels: fromArray(Int32Array.from(labels.data), [count]),
  };
  return { set, imageShape: [height, width] as const };
}

/** Reads the file of one of the names that `base` with so many axes may have. */
function readPart(
  folder: string,
  names: readonly string[],
  base: string,
  axes: number,
): IdxData & { readonly path: string } {
  const plain = [`${base}-idx${axes}-ubyte`, `${base}.idx${axes}-ubyte`];
  const possible = [...plain, ...plain.map((name) => `${name}.gz`)];
  const name = possible.find((candidate) => names.includes(candidate));
  if (name === undefined) throw new DataError(`${folder}: no file ${plain.join(" or ")}, nor with .gz; it is needed`);
  const path = join(folder, name);
  const data = parseIdx(unzipped(path, readBytes(path)), path);
  if (data.shape.length !== axes) {
    const what = axes === 3 ? "images" : "labels";
    throw new DataError(
      `${path}: wrong magic number ${idxMagic(data.shape.length)}: ${what} begin with ${idxMagic(axes)}`,
    );
  }
  return { ...data, path };
}

/** By what the file holds, not by its name: some programs unzip on the way and keep the name. */
function unzipped(path: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const header = gunzipBeginning(path, bytes);
  const { end } = readIdxHeader(header, path);
  if (end > bytes.length * mostInflation) {
    throw new DataError(
      `${path}: truncated or corrupt gzip: its header promises ${end} bytes, more than ${bytes.length} can hold`,
    );
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: end });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new DataError(
        `${path}: extra bytes at the end: unzipped it is longer than the ${end} bytes that its header promises`,
      );
    }
    throw fileError(path, "truncated or corrupt gzip", cause);
  }
}

/** How many times as long what is unzipped can be: the format's bound is 1032, and an empty file has a header, too. */
const mostInflation = 1100;

/** The first bytes of what is zipped, as many as a header may have; more of them are never made than a small multiple. */
function gunzipBeginning(path: string, bytes: Uint8Array): Uint8Array {
  try {
    for (let taken = 256; taken < bytes.length; taken *= 4) {
      const beginning = gunzipSync(bytes.subarray(0, taken), { finishFlush: constants.Z_SYNC_FLUSH });
      if (beginning.length >= idxHeaderMax) return beginning;
    }
    // All of it is short, or the zipped form's own header is long.
    return gunzipSync(bytes, { maxOutputLength: 64 * 2 ** 20 });
  } catch (cause) {
    throw fileError(path, "truncated or corrupt gzip", cause);
  }
}
