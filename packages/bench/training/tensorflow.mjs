/**
 * Perceptrons only: the WebAssembly backend of tfjs has no gradient of a convolution by its filters.
 *
 * @param {import("./problem.mjs").Problem} problem
 * @param {"cpu" | "wasm"} backend
 * @returns {Promise<import("./problem.mjs").Training>}
 */
export async function tensorflowTraining({ shape, images, labels, weights, rows, rate, gather }, tf, backend) {
  await tf.setBackend(backend);
  const classes = weights.at(-1).shape[1];
  const x = tf.tensor2d(images, shape);
  const t = tf.tensor1d(labels, "int32");
  const W = weights.map(({ shape, values }) => tf.variable(tf.tensor2d(values, shape)));
  const b = weights.map(({ shape }) => tf.variable(tf.zeros([shape[1]])));
  const optimizer = tf.train.sgd(rate);

  const take = (indices) => [tf.gather(x, indices), tf.oneHot(tf.gather(t, indices), classes)];
  const step = (images, target) => {
    const { value, grads } = tf.variableGrads(() => {
      const scores = W.reduce((out, own, i) => tf.add(tf.matMul(i === 0 ? out : tf.relu(out), own), b[i]), images);
      return tf.losses.softmaxCrossEntropy(target, scores);
    }, [...W, ...b]);
    optimizer.applyGradients(grads);
    return value;
  };

  const indices = rows.map((own) => tf.tensor1d(own, "int32"));
  const batches = gather ? indices : indices.map((own) => tf.tidy(() => take(own)));
  let losses = [];
  return {
    before: () => tf.setBackend(backend),
    run() {
      tf.dispose(losses);
      losses = batches.map((batch) => tf.tidy(() => step(...(gather ? take(batch) : batch))));
    },
    async result() {
      await tf.setBackend(backend);
      return losses.map((loss) => loss.dataSync()[0]);
    },
    async dispose() {
      await tf.setBackend(backend);
      tf.dispose([x, t, W, b, indices, batches, losses]);
    },
  };
}
