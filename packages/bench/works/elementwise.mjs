import { tensor } from "@chainrule/core";
import { alternate, checkEqual, uniform } from "../harness.mjs";

const size = 1_000_000;
/** Several works in one run: it is the memory of new arrays, and when it comes back, that makes one alone uneven. */
const perRun = 10;

function repeat(f) {
  return () => {
    for (let i = 0; i < perRun; i++) f();
  };
}

/** @type {import("../bench.mjs").Work} */
export const elementwise = {
  name: "elementwise",
  async measure({ repetitions }) {
    const [a, b] = [uniform(size, 1), uniform(size, 2)];
    const [x, y] = [tensor(a), tensor(b)];
    const kept = new Float32Array(size);
    const addLoop = (out) => {
      for (let i = 0; i < size; i++) out[i] = a[i] + b[i];
      return out;
    };
    const expLoop = (out) => {
      for (let i = 0; i < size; i++) out[i] = Math.exp(a[i]);
      return out;
    };
    const rows = [];
    for (const [name, bar, loop, ours] of [
      ["add", 0.6, addLoop, () => x.add(y).data],
      ["exp", 0.8, expLoop, () => x.exp().data],
    ]) {
      const theirs = () => loop(new Float32Array(size));
      checkEqual(name, ours(), theirs(), 1e-6);
      const times = await alternate(
        { ours: { run: repeat(ours) }, theirs: { run: repeat(theirs) }, kept: { run: repeat(() => loop(kept)) } },
        { repetitions: repetitions(25), warmUp: 3, perRun },
      );
      const work = `${name} of 10^6 elements`;
      rows.push(
        { work, ours: times.ours, peer: "plain loop into a new array", theirs: times.theirs, bar },
        { work, ours: times.ours, peer: "plain loop into an array that is there", theirs: times.kept },
      );
    }
    return rows;
  },
};
