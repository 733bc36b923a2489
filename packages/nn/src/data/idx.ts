import { checkNoMore, show } from "@chainrule/core";
import { checkBytes, DataError } from "./errors.js";

/** What an IDX file holds: unsigned bytes, row-major. */
export interface IdxData {
  readonly shape: readonly number[];
  /** A view of the bytes that were parsed, not a copy. */
  readonly data: Uint8Array;
}

/** The code of unsigned bytes, the only element type that is read. */
const UBYTE = 0x08;

/**
 * The magic number that an IDX file of unsigned bytes with so many axes begins with: 2051 for images (3), 2049 for
 * labels (1).
 *
 * @example
 * idxMagic(3); // 2051
 */
export function idxMagic(axes: number, ...none: []): number {
  checkNoMore("idxMagic", none);
  if (!Number.isInteger(axes) || axes < 0 || axes > 255) {
    throw new DataError(`idxMagic: ${show(axes)} axes: a whole number from 0 to 255 is needed`);
  }
  return UBYTE * 256 + axes;
}

/**
 * Reads the IDX format of MNIST and of data sets in its form, elements being unsigned bytes: two zero bytes, the type
 * of the elements, the number of axes, the size of each axis as four bytes, big-endian, then the elements
 * (http://yann.lecun.com/exdb/mnist/).
 *
 * @param name what errors call the data, such as the name of its file
 * @throws DataError when it is cut short, too long, or in another format.
 *
 * @example
 * parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)).shape; // [2]
 */
export function parseIdx(bytes: Uint8Array, name = "IDX data", ...none: []): IdxData {
  checkNoMore("parseIdx", none);
  checkBytes("parseIdx", bytes, name);
  const { shape, start, end } = readIdxHeader(bytes, name);
  if (bytes.length !== end) {
    const wrong = bytes.length < end ? "truncated" : `${bytes.length - end} extra bytes at the end`;
    throw new DataError(
      `${name}: ${wrong}: sizes [${shape.join(", ")}] make ${end} bytes with the header, got ${bytes.length}`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}

/** What the first bytes of an IDX file say: the shape, and where the elements begin and end. */
export function readIdxHeader(bytes: Uint8Array, name: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4)
    throw new DataError(`${name}: truncated: ${bytes.length} bytes have no room for a magic number`);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new DataError(`${name}: is gzipped; decompress it first`);
  const magic = view.getUint32(0);
  const [type, axes] = [view.getUint8(2), view.getUint8(3)];
  if (magic >> 16 !== 0 || axes === 0) {
    throw new DataError(
      `${name}: wrong magic number ${magic}: images begin with ${idxMagic(3)}, labels with ${idxMagic(1)}`,
    );
  }
  if (type !== UBYTE) {
    throw new DataError(
      `${name}: wrong magic number ${magic}: elements of type 0x${hex(type)}, only unsigned bytes (0x08) are read`,
    );
  }
  const start = 4 + 4 * axes;
  if (bytes.length < start) {
    throw new DataError(`${name}: truncated: ${bytes.length} bytes, but a header of ${axes} axes takes ${start}`);
  }
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  return { shape, start, end: start + shape.reduce((size, n) => size * n, 1) };
}

/** The longest header: 255 axes. */
export const idxHeaderMax = 4 + 4 * 255;

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
