import { measurePerceptron } from "./perceptron.mjs";

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
    return measurePerceptron(
      {
        network,
        layers: "784-512-512-10",
        phases: "forward, backward, update",
        count: 2000,
        checked: 3,
        repetitions: repetitions(11),
        bars,
      },
      peers,
    );
  },
};
