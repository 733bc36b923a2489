import { compile, MatMul, tensor } from "@chainrule/core";
import { uniform } from "../data.mjs";
import { alternate, checkEqual, repeated } from "../harness.mjs";

const sizes = [256, 512, 1024];
/** The size at which plain loops are measured, and the results of all are checked. */
const checkedSize = 512;

/** The textbook's loop: one dot product after another. */
function naive(a, b, n) {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      out[i * n + j] = sum;
    }
  }
  return out;
}

/** The same with the two inner loops exchanged, so that memory is read in its order. */
function reordered(a, b, n) {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += x * b[k * n + j];
    }
  }
  return out;
}

/** Our forms, each a function that gives the product of the same a and b. */
function forms(a, b, n) {
  const [x, y] = [a, b].map((array) => tensor(array).reshape([n, n]));
  const [xT, yT] = [x.transpose(), y.transpose()];
  const [x64, y64] = [x.cast("float64"), y.cast("float64")];
  return {
    plain: () => x.matmul(y).data,
    "A transposed": () => new MatMul(true, false).apply(xT, y).data,
    "B transposed": () => new MatMul(false, true).apply(x, yT).data,
    "both transposed": () => new MatMul(true, true).apply(xT, yT).data,
    float64: () => x64.matmul(y64).data,
  };
}

/** The product as a program: the matrices are in its memory, as those of tfjs are in that of its backend. */
function program(a, b, n) {
  const compiled = compile((x, y) => x.matmul(y)).program(...[a, b].map((array) => tensor(array).reshape([n, n])));
  compiled.inputs[0].set(a);
  compiled.inputs[1].set(b);
  return () => {
    compiled.execute();
    return compiled.outputs[0];
  };
}

/** What each peer has: a contestant and its result. */
async function peersAt(a, b, n, perRun, { tensorflow, jax, numpy, torch }) {
  const contestants = {};
  const results = {};
  if (tensorflow?.wasm) {
    const { tf } = tensorflow;
    const before = () => tf.setBackend("wasm");
    await before();
    const [x, y] = [tf.tensor2d(a, [n, n]), tf.tensor2d(b, [n, n])];
    // The product is there as soon as it is called for; it need not be read.
    contestants["tfjs wasm"] = { ...repeated(perRun, () => tf.dispose(tf.matMul(x, y))), before };
    results["tfjs wasm"] = tf.tidy(() => tf.matMul(x, y).dataSync());
  }
  if (jax !== null) {
    const { numpy: np, blockUntilReady, jit } = jax.jax;
    const [x, y] = [a, b].map((array) => np.array(array).reshape([n, n]));
    const product = jit((x, y) => np.matmul(x, y));
    const once = () => blockUntilReady(product(x.ref, y.ref));
    contestants["jax-js jit"] = {
      perRun,
      async run() {
        for (let i = 0; i < perRun; i++) (await once()).dispose();
      },
    };
    results["jax-js jit"] = (await once()).dataSync();
  }
  for (const [name, peer] of Object.entries({ NumPy: numpy, PyTorch: torch })) {
    if (peer === null) continue;
    const contestant = await peer.contestant("MatMul", { a, b, n, count: perRun });
    await contestant.timed();
    contestants[name] = { ...contestant, perRun };
    results[name] = await contestant.result();
  }
  return { contestants, results };
}

/** @type {import("../bench.mjs").Work} */
export const matmul = {
  name: "matmul",
  async measure({ repetitions, peers }) {
    const rows = [];
    for (const n of sizes) {
      const [a, b] = [uniform(n * n, 1), uniform(n * n, 2)];
      const perRun = (1024 / n) ** 2;
      const own = forms(a, b, n);
      const compiled = program(a, b, n);
      const theirs = await peersAt(a, b, n, perRun, peers);
      const expected = n === checkedSize ? naive(a, b, n) : own.plain();
      const all = { ...theirs.results, ...Object.fromEntries(Object.entries(own).map(([name, f]) => [name, f()])) };
      all.compiled = compiled();
      for (const [name, result] of Object.entries(all)) checkEqual(`matmul, ${name}`, result, expected, 1e-5);
      const times = await alternate(
        {
          ...Object.fromEntries(Object.entries(own).map(([name, f]) => [name, repeated(perRun, f)])),
          compiled: repeated(perRun, compiled),
          ...theirs.contestants,
        },
        { repetitions: repetitions(15), warmUp: 3 },
      );
      const work = `matmul of ${n} x ${n} matrices`;
      for (const [peer, bar] of Object.entries({
        "tfjs wasm": 1.1,
        "jax-js jit": undefined,
        NumPy: undefined,
        PyTorch: undefined,
      })) {
        rows.push({ work, ours: times.plain, peer, theirs: times[peer] ?? null, bar });
        rows.push({ work, way: "compiled", ours: times.compiled, peer, theirs: times[peer] ?? null, bar });
      }
      for (const form of Object.keys(own).filter((name) => name !== "plain")) {
        const bar = form === "float64" ? 0.4 : 0.9;
        rows.push({ work: `${work}, ${form}`, ours: times[form], peer: "our plain form", theirs: times.plain, bar });
      }
      if (n === checkedSize) rows.push(...(await loops(a, b, n, own.plain, repetitions(5))));
    }
    return rows;
  },
};

async function loops(a, b, n, ours, repetitions) {
  checkEqual("matmul, loops exchanged", reordered(a, b, n), ours(), 1e-5);
  const times = await alternate(
    { ours: { run: ours }, naive: { run: () => naive(a, b, n) }, reordered: { run: () => reordered(a, b, n) } },
    { repetitions, warmUp: 1 },
  );
  const work = `matmul of ${n} x ${n} matrices`;
  return [
    { work, ours: times.ours, peer: "naive loop", theirs: times.naive, bar: 3 },
    { work, ours: times.ours, peer: "naive loop, inner loops exchanged", theirs: times.reordered },
  ];
}
