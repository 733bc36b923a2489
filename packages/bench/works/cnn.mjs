import { denseImages, mnistImages } from "../data.mjs";
import { measureTraining } from "../training/measure.mjs";
import { problem } from "../training/problem.mjs";

const network = {
  kind: "cnn",
  rate: 0.05,
  shape: [1, 28, 28],
  weights: [
    [16, 1, 3, 3],
    [32, 16, 3, 3],
    [32 * 7 * 7, 10],
  ],
  batch: 64,
  steps: 2,
  gather: false,
};

/** Not tfjs: its WebAssembly backend has no gradient of a convolution by its filters. */
const bars = {
  "jax-js jit": { compiled: 80 },
  PyTorch: { compiled: 0.6 },
};

/** @type {import("../bench.mjs").Work} */
export const cnn = {
  name: "cnn",
  measure({ repetitions, peers }) {
    const data = mnistImages(2000) ?? denseImages(2000);
    const work = `step of conv 3x3 16, relu, pool 2, conv 3x3 32, relu, pool 2, dense 10; batch 64, ${data.name}`;
    const options = { bars, checked: 2, repetitions: repetitions(7) };
    return measureTraining(work, problem(data, network), options, peers);
  },
};
