import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mnistFolder } from "./peers.mjs";

/** Uniform numbers from 0 to 1, the same in each run (a linear congruential generator: no speed rests on its quality). */
export function uniform(size, seed = 1, ArrayType = Float32Array) {
  const out = new ArrayType(size);
  let state = seed >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state / 2 ** 32;
  }
  return out;
}

/**
 * @typedef {object} Dataset
 * @property {string} name
 * @property {number} count
 * @property {Float32Array} images [count, 784], from 0 to 1
 * @property {Int32Array} labels [count]
 */

const pixels = 784;

/**
 * The first images of MNIST.
 *
 * @returns {Dataset | null} `null` where the files are not installed
 */
export function mnistImages(count = 60_000) {
  const folder = mnistFolder();
  if (folder === null) return null;
  const bytes = readFileSync(join(folder, "train-images-idx3-ubyte")).subarray(16, 16 + count * pixels);
  return {
    name: "MNIST",
    count,
    images: Float32Array.from(bytes, (byte) => byte / 255),
    labels: Int32Array.from(readFileSync(join(folder, "train-labels-idx1-ubyte")).subarray(8, 8 + count)),
  };
}

/**
 * Most pixels of MNIST are 0; with these, nobody gains by it.
 *
 * @returns {Dataset}
 */
export function denseImages(count = 10_000) {
  return {
    name: "dense random images",
    count,
    images: uniform(count * pixels, 1),
    labels: Int32Array.from(uniform(count, 2), (u) => Math.floor(u * 10)),
  };
}
