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
  measure({ repetitions, peers }) {
    const data = mnistImages(2000) ?? denseImages(2000);
    const work = `step 784-512-512-10, batch 128, ${data.name}: forward, backward, update`;
    const options = { bars, checked: 3, repetitions: repetitions(11) };
    return measureTraining(work, problem(data, network), options, peers);
  },
};
