import { conv2d, fromArray, maxPool2d, tensor, variable } from "@chainrule/core";
import { Affine, ReLU, Sequential, SGD, softmaxWithLoss } from "@chainrule/nn";

function perceptron(weights) {
  const layers = weights.map(({ shape: [inputs, outputs], values }) => {
    const initializer = (shape) => fromArray(values, shape);
    return new Affine(inputs, outputs, { initializer, dtype: "float32" });
  });
  const network = new Sequential(layers.flatMap((layer, i) => (i === 0 ? [layer] : [new ReLU(), layer])));
  return { parameters: network, forward: (x) => network.forward(x) };
}

function convolutional(weights, convolutions = weights.slice(0, -1).map(() => ({ padding: 1, pool: true }))) {
  const W = weights.map(({ shape, values }) => variable(fromArray(values, shape)));
  const b = weights.map(({ shape }) => variable(new Float32Array(shape.length === 4 ? shape[0] : shape[1])));
  const first = convolutions.length;
  const forward = (x) => {
    convolutions.forEach(({ padding, pool }, i) => {
      x = conv2d(x, W[i], b[i], { padding }).relu();
      if (pool) x = maxPool2d(x, { kernel: 2 });
    });
    x = x.reshape([x.shape[0], W[first].shape[0]]);
    for (let i = first; i < W.length; i++) x = (i === first ? x : x.relu()).matmul(W[i]).add(b[i]);
    return x;
  };
  return {
    parameters: Object.fromEntries([...W.map((own, i) => [`W${i}`, own]), ...b.map((own, i) => [`b${i}`, own])]),
    forward,
  };
}

/**
 * As a user of the packages writes it.
 *
 * @param {import("./problem.mjs").Problem} problem
 * @param {(step: Function) => Function} way see ways.mjs
 * @returns {import("./problem.mjs").Training}
 */
export function chainruleTraining({ kind, rate, shape, images, labels, weights, convolutions, rows, gather }, way) {
  const x = fromArray(images, shape);
  const t = tensor(labels);
  const { parameters, forward } = { mlp: perceptron, cnn: convolutional }[kind](weights, convolutions);
  const optimizer = new SGD(parameters, { lr: rate });

  const step = (images, labels) => {
    const loss = softmaxWithLoss(forward(images), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };

  const indices = rows.map((own) => tensor(own));
  const batches = gather ? indices.map((own) => [own]) : indices.map((own) => [x.take(own), t.take(own)]);
  const done = way(gather ? (own) => step(x.take(own), t.take(own)) : step);
  let losses = [];
  return {
    run() {
      losses = batches.map((batch) => done(...batch).item());
    },
    result: () => losses,
  };
}
