import { variable } from "@chainrule/core";
import { alternate, checkEqual } from "../harness.mjs";
import { micrograd } from "../micrograd.mjs";

const nodes = 1_000_000;
const weights = Array.from({ length: 10 }, (_, i) => 0.5 + i / 20);
const biases = Array.from({ length: 10 }, (_, i) => i / 10 - 0.5);

/** x = x w[i] + b[i], over and over: a multiplication and an addition in turn, ten variables of each used by all. */
function program(leaf) {
  const w = weights.map(leaf);
  const b = biases.map(leaf);
  let x = leaf(1);
  for (let i = 0; i < nodes / 2; i++) x = x.mul(w[i % 10]).add(b[i % 10]);
  x.backward();
  return [...w, ...b];
}

/** @type {import("../bench.mjs").Work} */
export const scalars = {
  name: "scalars",
  async measure({ repetitions }) {
    const ours = () => program((value) => variable(value)).map((leaf) => leaf.grad.item());
    const peer = (Value) => () => program((value) => new Value(value)).map((leaf) => leaf.grad);
    const withSet = peer(micrograd((children) => new Set(children)));
    const withArray = peer(micrograd((children) => children));
    checkEqual("scalars", ours(), withSet(), 1e-12);
    const times = await alternate(
      { ours: { run: ours }, withSet: { run: withSet }, withArray: { run: withArray } },
      { repetitions: repetitions(9), collect: true },
    );
    const work = "scalar graph of 10^6 add/mul nodes, float64: build and backward";
    return [
      { work, ours: times.ours, peer: "micrograd in JavaScript", theirs: times.withSet, bar: 3 },
      { work, ours: times.ours, peer: "the same, children in an array, not a Set", theirs: times.withArray },
    ];
  },
};
