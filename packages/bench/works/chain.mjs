import { tensor, valueAndGrad } from "@chainrule/core";
import { uniform } from "../data.mjs";
import { alternate, checkEqual, repeated } from "../harness.mjs";
import { comparisons } from "../report.mjs";
import { ways } from "../ways.mjs";

const additions = 1000;
const perRun = 5;

/** y + c, with a constant c, or y + x, where the gradients of all the uses of x are added up too. */
const forms = [
  { again: false, name: "", bars: { "tfjs cpu": { eager: 8 }, PyTorch: { compiled: 100 } } },
  { again: true, name: ", each adding the variable again", bars: { "tfjs cpu": {}, PyTorch: {} } },
];

/** @type {import("../bench.mjs").Work} */
export const chain = {
  name: "chain",
  async measure({ repetitions, peers: { tensorflow, torch } }) {
    const [start, step] = [uniform(10, 1), uniform(10, 2)];
    const rows = [];
    for (const { again, name, bars } of forms) {
      const [x, c] = [tensor(start), tensor(step)];
      // The value, too: the gradient alone could be had without the additions.
      const work = valueAndGrad((x) => {
        let y = x;
        for (let i = 0; i < additions; i++) y = y.add(again ? x : c);
        return y.sum();
      });
      const contestants = {};
      const results = {};
      for (const [way, run] of Object.entries(ways)) {
        const done = run(work);
        const ours = () => {
          const { value, gradient } = done(x);
          return [value.item(), ...gradient.data];
        };
        contestants[way] = repeated(perRun, ours);
        results[way] = ours();
      }
      if (tensorflow !== null) {
        const theirs = tensorflowChain(tensorflow.tf, start, step, again);
        await tensorflow.tf.setBackend("cpu");
        contestants["tfjs cpu"] = repeated(perRun, theirs);
        results["tfjs cpu"] = theirs();
      }
      if (torch !== null) {
        const theirs = await torch.contestant("Chain", { start, step, additions, again });
        await theirs.timed();
        contestants.PyTorch = theirs;
        results.PyTorch = await theirs.result();
      }
      for (const [peer, own] of Object.entries(results)) checkEqual(`chain, ${peer}`, results.eager, own, 1e-6);
      const times = await alternate(contestants, { repetitions: repetitions(25), warmUp: 5 });
      const title = `chain of ${additions.toLocaleString("en")} additions of 10-element tensors, forward and backward${name}`;
      rows.push(...comparisons(title, times, bars));
    }
    return rows;
  },
};

function tensorflowChain(tf, start, step, again) {
  const [x, c] = [tf.tensor1d(start), tf.tensor1d(step)];
  const work = tf.valueAndGrad((x) => {
    let y = x;
    for (let i = 0; i < additions; i++) y = tf.add(y, again ? x : c);
    return tf.sum(y);
  });
  return () =>
    tf.tidy(() => {
      const { value, grad } = work(x);
      return [value.dataSync()[0], ...grad.dataSync()];
    });
}
