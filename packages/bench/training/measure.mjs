import { alternate, checkEqual } from "../harness.mjs";
import { comparisons } from "../report.mjs";
import { ways } from "../ways.mjs";
import { chainruleTraining } from "./chainrule.mjs";
import { jaxTraining } from "./jax.mjs";
import { tensorflowTraining } from "./tensorflow.mjs";

const numpyForms = {
  "NumPy, textbook's mixed precision": { image_dtype: "float32", weight_dtype: "float64" },
  "NumPy, all float64": { image_dtype: "float64", weight_dtype: "float64" },
  "NumPy, all float32": { image_dtype: "float32", weight_dtype: "float32" },
};

/** Makes the training of a peer, or gives nothing where the peer is not installed. */
const makers = {
  "tfjs cpu": (problem, { tensorflow }) => tensorflow && tensorflowTraining(problem, tensorflow.tf, "cpu"),
  "tfjs wasm": (problem, { tensorflow }) =>
    tensorflow?.wasm ? tensorflowTraining(problem, tensorflow.tf, "wasm") : null,
  "jax-js jit": (problem, { jax }) => jax && jaxTraining(problem, jax.jax),
  ...Object.fromEntries(
    Object.entries(numpyForms).map(([name, dtypes]) => [
      name,
      (problem, { numpy }) => numpy?.contestant("Training", { ...problem, ...dtypes }),
    ]),
  ),
  PyTorch: (problem, { torch }) => torch?.contestant("Training", problem),
};

/**
 * The rows of a training: each way of ours against each of the peers, after a check that all have the same losses.
 *
 * @param {string} work
 * @param {import("./problem.mjs").Problem} problem
 * @param {object} options
 * @param {Record<string, Record<string, number>>} options.bars see `comparisons`; they say, too, which peers there are
 * @param {number} options.checked the runs whose losses are compared
 * @param {number} options.repetitions
 * @param {import("../bench.mjs").Peers} installed
 * @returns {Promise<import("../report.mjs").Row[]>}
 */
export async function measureTraining(work, problem, { bars, checked, repetitions }, installed) {
  const own = Object.fromEntries(Object.entries(ways).map(([name, way]) => [name, chainruleTraining(problem, way)]));
  const theirs = {};
  for (const name of Object.keys(bars)) {
    const contestant = await makers[name](problem, installed);
    if (contestant) theirs[name] = contestant;
  }
  const all = { ...own, ...theirs };
  for (const contestant of Object.values(all)) contestant.perRun = problem.rows.length;
  await checkLosses(work, all, checked);
  const times = await alternate(all, { repetitions, warmUp: 2 });
  for (const contestant of Object.values(theirs)) await contestant.dispose();
  return comparisons(work, times, bars);
}

const tolerance = 1e-3;

/** The losses of all steps of the first runs are the same; and they change, without which they would tell nothing. */
async function checkLosses(work, contestants, runs) {
  const losses = {};
  for (const [name, contestant] of Object.entries(contestants)) {
    losses[name] = [];
    for (let i = 0; i < runs; i++) {
      await contestant.before?.();
      await (contestant.timed ?? contestant.run)();
      losses[name].push(...(await contestant.result()));
    }
  }
  const [expected] = Object.values(losses);
  const [first, last] = [expected[0], expected.at(-1)];
  if (!(Math.abs(first - last) > 20 * tolerance * first)) {
    throw new Error(
      `${work}: the loss goes from ${first} to ${last} in ${expected.length} steps, which checks nothing`,
    );
  }
  for (const [name, own] of Object.entries(losses)) checkEqual(`${work}, losses of ${name}`, own, expected, tolerance);
}
