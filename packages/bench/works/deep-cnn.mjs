import { denseImages, mnistImages } from "../data.mjs";
import { measureTraining } from "../training/measure.mjs";
import { problem } from "../training/problem.mjs";

/** The textbook's network of chapter 8, without its dropout, which each peer draws in its own way. */
const network = {
  kind: "cnn",
  rate: 0.05,
  shape: [1, 28, 28],
  weights: [
    [16, 1, 3, 3],
    [16, 16, 3, 3],
    [32, 16, 3, 3],
    [32, 32, 3, 3],
    [64, 32, 3, 3],
    [64, 64, 3, 3],
    [64 * 4 * 4, 50],
    [50, 10],
  ],
  convolutions: [
    { padding: 1, pool: false },
    { padding: 1, pool: true },
    { padding: 1, pool: false },
    { padding: 2, pool: true },
    { padding: 1, pool: false },
    { padding: 1, pool: true },
  ],
  batch: 100,
  steps: 2,
  gather: false,
};

const bars = { PyTorch: {} };

/** @type {import("../bench.mjs").Work} */
export const deepCnn = {
  name: "deep-cnn",
  measure({ repetitions, peers }) {
    const data = mnistImages(2000) ?? denseImages(2000);
    const work = `step of DeepConvNet (six convolutions, two affine layers), batch 100, ${data.name}`;
    return measureTraining(work, problem(data, network), { bars, checked: 3, repetitions: repetitions(7) }, peers);
  },
};
