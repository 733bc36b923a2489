/**
 * A function takes away one reference from each array that it is given; `.ref` adds one for a further use.
 *
 * @param {import("./problem.mjs").Problem} problem
 * @returns {import("./problem.mjs").Training}
 */
export function jaxTraining({ kind, shape, images, labels, weights, rows, rate, gather }, jax) {
  const { numpy: np, nn, lax, tree } = jax;
  const batch = rows[0].length;
  const classes = weights.at(-1).shape[1];
  const x = np.array(images).reshape(shape);
  const t = np.array(labels);
  let parameters = {
    W: weights.map(({ shape, values }) => np.array(values).reshape(shape)),
    b: weights.map(({ shape }) => np.zeros([shape.length === 4 ? shape[0] : shape[1]])),
  };

  const affine = (x, W, b) => np.matmul(x, W).add(b);
  const forwards = {
    mlp: ({ W, b }, x) => W.reduce((out, own, i) => affine(i === 0 ? out : nn.relu(out), own, b[i]), x),
    cnn({ W, b }, x) {
      const last = W.length - 1;
      for (let i = 0; i < last; i++) {
        const convolved = lax.convGeneralDilated(x, W[i], [1, 1], "SAME").add(b[i].reshape([-1, 1, 1]));
        const [filters, size] = [convolved.shape[1], convolved.shape[2] / 2];
        x = np.max(nn.relu(convolved).reshape([batch, filters, size, 2, size, 2]), [3, 5]);
      }
      return affine(x.reshape([batch, -1]), W[last], b[last]);
    },
  };
  const forward = forwards[kind];
  const lossOf = (parameters, images, labels) =>
    nn
      .logSoftmax(forward(parameters, images))
      .mul(nn.oneHot(labels, classes))
      .sum()
      .mul(-1 / batch);
  const valueAndGrad = jax.valueAndGrad(lossOf);
  const step = jax.jit((parameters, images, labels) => {
    const [loss, gradients] = valueAndGrad(tree.ref(parameters), images, labels);
    return [loss, tree.map((own, gradient) => own.sub(gradient.mul(rate)), parameters, gradients)];
  });

  const indices = rows.map((own) => np.array(own));
  // Faster before the compiled function than in it.
  const take = (own) => [x.ref.slice(own.ref), t.ref.slice(own.ref)];
  const batches = gather ? indices : indices.map(take);
  let losses = [];
  return {
    async run() {
      tree.dispose(losses);
      losses = batches.map((batch) => {
        const [images, labels] = gather ? take(batch) : tree.ref(batch);
        const [loss, updated] = step(parameters, images, labels);
        parameters = updated;
        return loss;
      });
      await jax.blockUntilReady([losses, parameters]);
    },
    result: () => losses.map((loss) => loss.ref.dataSync()[0]),
    dispose() {
      tree.dispose([x, t, parameters, losses, batches, ...(gather ? [] : indices)]);
      step.dispose();
    },
  };
}
