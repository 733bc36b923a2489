import { MatMul, tensor } from "@chainrule/core";
import { alternate, checkEqual, uniform } from "../harness.mjs";

const n = 512;

/** The textbook's loop: one dot product after another. */
function naive(a, b) {
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
function reordered(a, b) {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += x * b[k * n + j];
    }
  }
  return out;
}

function transposed(a) {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = a[i * n + j];
  return out;
}

/** @type {import("../bench.mjs").Work} */
export const matmul = {
  name: "matmul",
  async measure({ repetitions }) {
    const [a, b] = [uniform(n * n, 1), uniform(n * n, 2)];
    const [x, y, xT, yT] = [a, b, transposed(a), transposed(b)].map((array) => tensor(array).reshape([n, n]));
    const forms = {
      plain: () => x.matmul(y).data,
      "A transposed": () => new MatMul(true, false).apply(xT, y).data,
      "B transposed": () => new MatMul(false, true).apply(x, yT).data,
      "both transposed": () => new MatMul(true, true).apply(xT, yT).data,
    };
    const expected = naive(a, b);
    for (const [name, form] of Object.entries(forms)) checkEqual(`matmul, ${name}`, form(), expected, 1e-5);
    checkEqual("matmul, loops exchanged", reordered(a, b), expected, 1e-5);

    const loops = await alternate(
      { ours: { run: forms.plain }, naive: { run: () => naive(a, b) }, reordered: { run: () => reordered(a, b) } },
      { repetitions: repetitions(9) },
    );
    const times = await alternate(Object.fromEntries(Object.entries(forms).map(([name, run]) => [name, { run }])), {
      repetitions: repetitions(41),
      warmUp: 5,
    });
    const work = `matmul of ${n} x ${n} matrices`;
    return [
      { work, ours: loops.ours, peer: "naive loop", theirs: loops.naive, bar: 3 },
      { work, ours: loops.ours, peer: "naive loop, inner loops exchanged", theirs: loops.reordered },
      ...Object.entries(times).flatMap(([name, time]) =>
        name === "plain"
          ? []
          : [{ work: `${work}, ${name}`, ours: time, peer: "our plain form", theirs: times.plain, bar: 0.8 }],
      ),
    ];
  },
};
