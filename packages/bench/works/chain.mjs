import { tensor, variable } from "@chainrule/core";
import { alternate, checkEqual, uniform } from "../harness.mjs";

const additions = 1000;
const perRun = 5;

/** @type {import("../bench.mjs").Work} */
export const chain = {
  name: "chain",
  async measure({ repetitions, tensorflow }) {
    if (tensorflow === null) return "tfjs is not installed";
    const { tf } = tensorflow;
    await tf.setBackend("cpu");
    const [start, step] = [uniform(10, 1), uniform(10, 2)];

    /** y + c, with a constant c, or y + x, where the gradients of all the uses of x are added up too. */
    const contestants = (again) => {
      const c = tensor(step);
      const ours = () => {
        const x = variable(start);
        let y = x.add(again ? x : c);
        for (let i = 1; i < additions; i++) y = y.add(again ? x : c);
        y.sum().backward();
        return x.grad.data;
      };
      const [xTheirs, cTheirs] = [tf.tensor1d(start), tf.tensor1d(step)];
      const gradient = tf.grad((x) => {
        let y = x;
        for (let i = 0; i < additions; i++) y = tf.add(y, again ? x : cTheirs);
        return tf.sum(y);
      });
      const theirs = () => tf.tidy(() => gradient(xTheirs).dataSync());
      return { ours, theirs };
    };

    const rows = [];
    for (const again of [false, true]) {
      const { ours, theirs } = contestants(again);
      checkEqual("chain", ours(), theirs(), 1e-6);
      const times = (run) => () => {
        for (let i = 0; i < perRun; i++) run();
      };
      const { ours: own, theirs: other } = await alternate(
        { ours: { run: times(ours) }, theirs: { run: times(theirs) } },
        { repetitions: repetitions(25), warmUp: 5, perRun },
      );
      const work = `chain of ${additions.toLocaleString("en")} additions of 10-element tensors, forward and backward`;
      rows.push(
        again
          ? { work: `${work}, each adding the variable again`, ours: own, peer: "tfjs cpu", theirs: other }
          : { work, ours: own, peer: "tfjs cpu", theirs: other, bar: 8 },
      );
    }
    return rows;
  },
};
