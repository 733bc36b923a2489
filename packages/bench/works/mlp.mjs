import { denseImages, mnistImages } from "../data.mjs";
import { measureTraining } from "../training/measure.mjs";
import { problem } from "../training/problem.mjs";

const network = {
  kind: "mlp",
  rate: 0.1,
  shape: [784],
  weights: [
    [784, 512],
    [512, 512],
    [512, 10],
  ],
  batch: 128,
  steps: 4,
  gather: false,
};

const bars = {
  "tfjs wasm": { compiled: 15 },
  "jax-js jit": { compiled: 1.7 },
  "NumPy, all float32": {},
  PyTorch: {},
};

/** @type {import("../bench.mjs").Work} */
export const mlp = {
  name: "mlp",
  async measure({ repetitions, peers }) {
    const real = mnistImages(2000);
    const rows = [];
    for (const data of real === null ? [denseImages(2000)] : [real, denseImages(2000)]) {
      // The bars are for the first data set; the second one has no zeros to be skipped.
      const asked = rows.length === 0 ? bars : { "tfjs wasm": {}, "jax-js jit": {}, PyTorch: {} };
      const work = `step 784-512-512-10, batch 128, ${data.name}: forward, backward, update`;
      const options = { bars: asked, checked: 3, repetitions: repetitions(11) };
      rows.push(...(await measureTraining(work, problem(data, network), options, peers)));
    }
    return rows;
  },
};
