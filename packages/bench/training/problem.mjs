import { uniform } from "../data.mjs";

/**
 * A training that all peers do alike: steps of stochastic gradient descent with softmax and cross-entropy, float32. A
 * perceptron ("mlp") has affine layers with ReLU between them. The network of convolutions ("cnn") has 3 x 3 filters with
 * ReLU, a padding of 1 and a maximum of 2 x 2 windows behind each unless said otherwise; then affine layers, as a perceptron.
 * Biases begin with 0.
 *
 * @typedef {object} Problem
 * @property {"mlp" | "cnn"} kind
 * @property {number} rate
 * @property {number[]} shape of the images: [count, 784] or [count, 1, 28, 28]
 * @property {Float32Array} images
 * @property {Int32Array} labels
 * @property {{ shape: number[]; values: Float32Array }[]} weights [inputs, outputs] or [filters, channels, 3, 3]
 * @property {{ padding: number; pool: boolean }[]} [convolutions] of a "cnn"
 * @property {Int32Array[]} rows those of the images that are the batch of each step
 * @property {boolean} gather whether taking the rows of a batch is part of the step
 *
 * @typedef {import("../harness.mjs").Contestant & { result: () => unknown; dispose?: () => unknown }} Training
 *   `run` does a step with each batch, `result` gives the losses of the last run
 */

/** Uniform within the bound of He et al., 2015, so that the losses fall from the first step on and tell trainings apart. */
function heWeights(shape, seed) {
  const fanIn = shape.length === 4 ? shape[1] * shape[2] * shape[3] : shape[0];
  const bound = Math.sqrt(6 / fanIn);
  const values = uniform(
    shape.reduce((a, b) => a * b),
    seed,
  ).map((u) => bound * (2 * u - 1));
  return { shape, values };
}

/**
 * @param {import("../data.mjs").Dataset} data
 * @param {object} options
 * @returns {Problem}
 */
export function problem({ count, images, labels }, { kind, rate, shape, weights, convolutions, batch, steps, gather }) {
  return {
    ...(convolutions && { convolutions }),
    kind,
    rate,
    shape: [count, ...shape],
    images,
    labels,
    weights: weights.map((own, i) => heWeights(own, 3 + i)),
    rows: Array.from({ length: steps }, (_, i) =>
      Int32Array.from(uniform(batch, 11 + i), (u) => Math.floor(u * count)),
    ),
    gather,
  };
}
