import { jacobian, tensor, vmap } from "@chainrule/core";
import { uniform } from "../data.mjs";
import { alternate, checkEqual, repeated } from "../harness.mjs";
import { comparisons } from "../report.mjs";
import { ways } from "../ways.mjs";

const batch = 64;
const size = 26;
const perRun = 10;

/** The Jacobian of each row, all at once. */
function ours(w, rows) {
  return vmap(jacobian((x) => w.matmul(x.tanh()).sin()))(rows);
}

/** jax-js: its Jacobian, its vmap and its jit, as an expert would write it. */
function theirs({ numpy: np, jacrev, vmap, jit, blockUntilReady }, w, rows) {
  const [matrix, batchOfRows] = [np.array(w).reshape([size, size]), np.array(rows).reshape([batch, size])];
  const each = jit((w, rows) => vmap(jacrev((x) => np.sin(np.matmul(w.ref, np.tanh(x)))))(rows));
  return () => blockUntilReady(each(matrix.ref, batchOfRows.ref));
}

/** @type {import("../bench.mjs").Work} */
export const jacobians = {
  name: "jacobians",
  async measure({ repetitions, peers: { jax } }) {
    const [w, rows] = [uniform(size * size, 1), uniform(batch * size, 2)];
    const inputs = [tensor(w).reshape([size, size]), tensor(rows).reshape([batch, size])];
    const expected = ours(...inputs).data;
    const contestants = {};
    if (jax !== null) {
      const once = theirs(jax.jax, w, rows);
      checkEqual("jacobians, jax-js", (await once()).dataSync(), expected, 1e-4);
      contestants["jax-js jit"] = {
        perRun,
        async run() {
          for (let i = 0; i < perRun; i++) (await once()).dispose();
        },
      };
    }
    for (const [way, run] of Object.entries(ways)) {
      const done = run(ours);
      checkEqual(`jacobians, ${way}`, done(...inputs).data, expected, 1e-5);
      contestants[way] = repeated(perRun, () => done(...inputs).data);
    }
    const times = await alternate(contestants, { repetitions: repetitions(25), warmUp: 3 });
    return comparisons(`Jacobians of ${batch} x (${size} -> ${size})`, times, { "jax-js jit": { compiled: 5 } });
  },
};
