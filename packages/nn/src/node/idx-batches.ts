import { checkNoMore, checkOptions, fromArray, type Tensor } from "@chainrule/core";
import { checkFloatDType } from "../checks.js";
import { ByteRows } from "../data/byte-rows.js";
import { checkText, DataError } from "../data/errors.js";
import { idxHeaderMax, readIdxHeader } from "../data/idx.js";
import { grouped } from "../data/row-stream.js";
import type { FloatDType } from "../initializers/initializer.js";
import { chunksOf } from "./stream.js";
import { checkStreaming, type StreamOptions, streamNames } from "./streaming.js";

export interface IdxBatchesOptions extends StreamOptions {
  /** The dtype of the images; float64 unless said otherwise. */
  readonly dtype?: FloatDType | undefined;
}

/** A batch of images, brightness from 0 to 1, and their classes. */
export type ImageBatch = {
  /** [N, height x width] */
  readonly images: Tensor<[number, number]>;
  /** [N], int32 */
  readonly labels: Tensor<[number]>;
};

/**
 * The batches of a pair of IDX files, images and labels, gzipped or not, which are read anew in each epoch and never held as a
 * whole. `readIdxFolder` is for those that fit in memory.
 *
 * @returns the batches of an epoch; see `BatchSource`
 *
 * @example
 * // Two images of 1 x 2 pixels, and their labels.
 * writeFileAtomically("images", Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 255, 0));
 * writeFileAtomically("labels", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 3));
 * const epoch = idxBatches({ images: "images", labels: "labels" }, { batchSize: 2 });
 * const found = [];
 * for await (const { labels } of epoch(0)) found.push(...labels.data);
 * found; // [7, 3]
 *
 * @throws DataError, with the name of the file, from the batches: for a file that cannot be read, is no IDX file of its kind, cut
 * short or too long, and for images and labels that do not agree in number.
 */
export function idxBatches(
  paths: { readonly images: string; readonly labels: string },
  options: IdxBatchesOptions,
  ...none: []
): (epoch: number) => AsyncIterable<ImageBatch> {
  const op = "idxBatches";
  checkNoMore(op, none);
  checkOptions(op, options, [...streamNames, "dtype"]);
  const { dtype = "float64" } = options ?? {};
  const { batchSize, order } = checkStreaming(op, options);
  checkFloatDType(op, dtype);
  checkText(op, "the path of the images", paths?.images);
  checkText(op, "the path of the labels", paths?.labels);
  const { images, labels } = paths;
  return async function* (epoch) {
    for await (const rows of grouped(order(pairsOf(images, labels), epoch), batchSize)) {
      const length = rows[0]?.image.length ?? 0;
      const bytes = new Uint8Array(rows.length * length);
      for (const [row, { image }] of rows.entries()) bytes.set(image, row * length);
      yield {
        images: new ByteRows(bytes, [rows.length, length], { dtype }).toTensor() as Tensor as Tensor<[number, number]>,
        labels: fromArray(
          Int32Array.from(rows, ({ label }) => label),
          [rows.length],
        ),
      };
    }
  };
}

async function* pairsOf(images: string, labels: string) {
  const numbers = idxRows(labels, 1);
  let waiting: readonly Uint8Array[] = [];
  let at = 0;
  let count = 0;
  try {
    for await (const piece of idxRows(images, 3)) {
      const pairs: { readonly image: Uint8Array; readonly label: number }[] = [];
      for (const image of piece) {
        if (at === waiting.length) {
          const next = await numbers.next();
          if (next.done) throw new DataError(`${images} has more images than ${labels} has labels, ${count}`);
          waiting = next.value;
          at = 0;
        }
        pairs.push({ image, label: waiting[at++]?.[0] as number });
        count++;
      }
      yield pairs;
    }
    if (at < waiting.length || !(await numbers.next()).done) {
      throw new DataError(`${images} has ${count} images, but ${labels} has more labels`);
    }
  } finally {
    await numbers.return(undefined);
  }
}

/** The rows of an IDX file with so many axes, the bytes of each; lists that are not empty. */
async function* idxRows(path: string, axes: number): AsyncGenerator<readonly Uint8Array[]> {
  let pending: Uint8Array = new Uint8Array(0);
  let header: { readonly rows: number; readonly length: number } | undefined;
  let rows = 0;
  for await (const piece of chunksOf(path)) {
    const bytes = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    let at = 0;
    if (header === undefined) {
      if (bytes.length < idxHeaderMax && bytes.length < 4 + 4 * (bytes[3] ?? 255)) {
        pending = bytes;
        continue;
      }
      const { shape, start } = readIdxHeader(bytes, path);
      header = sizesOf(path, shape, axes);
      at = start;
    }
    const { length } = header;
    const found: Uint8Array[] = [];
    for (; bytes.length - at >= length && rows < header.rows; at += length, rows++) {
      // A copy: a view would keep all of the piece, for as long as the row waits to be drawn.
      found.push(new Uint8Array(bytes.subarray(at, at + length)));
    }
    if (found.length > 0) yield found;
    if (rows === header.rows && at < bytes.length) {
      throw new DataError(`${path}: extra bytes at the end: its header promises ${rows} rows of ${length} bytes`);
    }
    pending = new Uint8Array(bytes.subarray(at));
  }
  const { rows: promised, length } = header ?? sizesOf(path, readIdxHeader(pending, path).shape, axes);
  if (rows < promised) {
    throw new DataError(
      `${path}: truncated: its header promises ${promised} rows of ${length} bytes, and there are ${rows}`,
    );
  }
}

/** The most bytes of a row: an image of more is none of this format. */
const longest = 2 ** 26;

function sizesOf(path: string, shape: readonly number[], axes: number) {
  const [rows = 0, ...inner] = shape;
  const length = inner.reduce((size, n) => size * n, 1);
  if (shape.length !== axes) {
    throw new DataError(`${path}: ${shape.length} axes, where ${axes === 3 ? "images have 3" : "labels have 1"}`);
  }
  if (length === 0 || length > longest) {
    throw new DataError(`${path}: images of ${inner.join(" x ")}: they have from 1 to ${longest} pixels`);
  }
  return { rows, length };
}
