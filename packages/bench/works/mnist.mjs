import { measurePerceptron } from "./perceptron.mjs";

/** The textbook's network; also what the work "compile" compiles. */
export const network = {
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
  measure({ repetitions, peers }) {
    return measurePerceptron(
      {
        network,
        layers: "784-50-10",
        phases: "gather, forward, backward, update",
        checked: 1,
        repetitions: repetitions(21),
        bars,
      },
      peers,
    );
  },
};
