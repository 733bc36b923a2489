import { grad, tensor, variable } from "@chainrule/core";
import { alternate, checkEqual } from "../harness.mjs";
import { micrograd } from "../micrograd.mjs";
import { comparisons } from "../report.mjs";
import { ways } from "../ways.mjs";

const weights = Array.from({ length: 10 }, (_, i) => 0.5 + i / 20);
const biases = Array.from({ length: 10 }, (_, i) => i / 10 - 0.5);

/** x = x w[i] + b[i], over and over: a multiplication and an addition in turn, ten variables of each used by all. */
function program(nodes, x, w, b) {
  for (let i = 0; i < nodes / 2; i++) x = x.mul(w[i % 10]).add(b[i % 10]);
  return x;
}

function peer(Value, nodes) {
  return () => {
    const [w, b] = [weights, biases].map((values) => values.map((value) => new Value(value)));
    program(nodes, new Value(1), w, b).backward();
    return [...w, ...b].map((leaf) => leaf.grad);
  };
}

/** The same program with ours: variables and `backward()`. */
function eagerly(nodes) {
  const [w, b] = [weights, biases].map((values) => values.map((value) => variable(value)));
  program(nodes, variable(1), w, b).backward();
  return [...w, ...b].map((leaf) => leaf.grad.item());
}

/** As a function from the leaves to their gradients, which has no variables and can be run in any way. */
function transformed(nodes, way) {
  const leaves = { w: weights.map((value) => tensor(value)), b: biases.map((value) => tensor(value)) };
  const gradient = way(grad(({ w, b }) => program(nodes, tensor(1), w, b)));
  return () => {
    const { w, b } = gradient(leaves);
    return [...w, ...b].map((leaf) => leaf.item());
  };
}

const withSet = "micrograd in JavaScript";
const withArray = "the same, children in an array, not a Set";

const sizes = [
  { nodes: 100_000, name: "10^5", bars: { [withSet]: { compiled: 60 }, [withArray]: {} } },
  { nodes: 1_000_000, name: "10^6", bars: { [withSet]: { eager: 3 }, [withArray]: {} } },
];

/** @type {import("../bench.mjs").Work} */
export const scalars = {
  name: "scalars",
  async measure({ repetitions }) {
    const rows = [];
    for (const { nodes, name, bars } of sizes) {
      const contestants = {
        [withSet]: {
          run: peer(
            micrograd((children) => new Set(children)),
            nodes,
          ),
        },
        [withArray]: {
          run: peer(
            micrograd((children) => children),
            nodes,
          ),
        },
      };
      for (const [way, run] of Object.entries(ways)) {
        contestants[way] = { run: way === "eager" ? () => eagerly(nodes) : transformed(nodes, run) };
        checkEqual(`scalars, ${way}`, contestants[way].run(), contestants[withSet].run(), 1e-12);
      }
      const times = await alternate(contestants, { repetitions: repetitions(9), collect: true });
      const work = `scalar graph of ${name} add/mul nodes, float64: forward and backward`;
      rows.push(...comparisons(work, times, bars));
    }
    return rows;
  },
};
