import { compile, grad, jacobian, scan, tensor, vmap, zeros } from "@chainrule/core";
import * as jax from "@jax-js/jax";
import { uniform } from "../../data.mjs";

/** jax-js on its WebAssembly backend, as peers.mjs has it. */
async function start() {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
}

const prepare = { "jax-js": start };

const numbers = (size, seed) => uniform(size, seed).map((u) => (u - 0.5) / 2);

const batch = 64;
const width = 26;

/** The Jacobians [64, 26, 26] of a layer at a batch of points. */
function jacobiansWithJax() {
  const { numpy: np } = jax;
  const w = np.array(numbers(width * width, 1)).reshape([width, width]);
  const x = np.array(numbers(batch * width, 2)).reshape([batch, width]);
  // Its jacfwd has the input's axis first.
  const jacobians = jax.jit((w, x) =>
    np.transpose(jax.vmap(jax.jacfwd((x) => np.tanh(np.matmul(w.ref, x))))(x), [0, 2, 1]),
  );
  return () => jacobians(w.ref, x.ref).dataSync();
}

function jacobiansWithOurs() {
  const w = tensor(numbers(width * width, 1))
    .reshape([width, width])
    .detach();
  const x = tensor(numbers(batch * width, 2))
    .reshape([batch, width])
    .detach();
  const jacobians = compile((w, x) => vmap(jacobian((x) => w.matmul(x).tanh()))(x));
  const out = new Float32Array(batch * width * width);
  return () => {
    jacobians.into(out, w, x);
    return out;
  };
}

const size = 32;
const steps = 100;

/** The gradient, by the weights, of the sum of a state after 100 steps of tanh(W h + x). */
function recurrenceWithJax() {
  const { numpy: np } = jax;
  const w = np.array(numbers(size * size, 1)).reshape([size, size]);
  const x = np.array(numbers(size, 2));
  // Traced once; without it the first call takes twice as long, and further ones, too.
  const step = jax.jit((w, x, h) => np.tanh(np.matmul(w, h).add(x)));
  const sum = (w, x) => {
    let h = np.zeros([size]);
    for (let i = 0; i < steps; i++) h = step(w.ref, x.ref, h);
    w.dispose();
    x.dispose();
    return h.sum();
  };
  const gradient = jax.jit(jax.grad(sum));
  return () => gradient(w.ref, x.ref).dataSync();
}

function recurrenceWithOurs() {
  const float32 = { dtype: "float32" };
  const sum = (w, x) =>
    scan((h) => [w.matmul(h).add(x).tanh()], zeros([size], float32), undefined, { length: steps })[0].sum();
  const gradient = compile(grad(sum));
  const w = tensor(numbers(size * size, 1))
    .reshape([size, size])
    .detach();
  const x = tensor(numbers(size, 2));
  const out = new Float32Array(size * size);
  return () => {
    gradient.into(out, w, x);
    return out;
  };
}

/** @type {import("../programs.mjs").Program} */
export const jacobians = { contestants: { ours: jacobiansWithOurs, "jax-js": jacobiansWithJax }, prepare };

/** @type {import("../programs.mjs").Program} */
export const recurrence = { contestants: { ours: recurrenceWithOurs, "jax-js": recurrenceWithJax }, prepare };
