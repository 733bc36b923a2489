import { compile, tensor, valueAndGrad } from "@chainrule/core";
import { denseImages } from "../data.mjs";
import { alternate } from "../harness.mjs";
import { chainruleTraining } from "../training/chainrule.mjs";
import { problem } from "../training/problem.mjs";
import { network } from "./mnist.mjs";

/** How long compilation takes, from the call of the function to the module that can run. */

/** A function that compiles the MNIST step anew, each time it is called. */
function mnistStep() {
  let build;
  const way = (step) => {
    build = (...batch) => compile(step).program(...batch).module.length;
    // The training runs nothing: it only hands over the step and its arguments.
    return (...batch) => {
      args = batch;
      return tensor(0);
    };
  };
  let args = [];
  chainruleTraining(problem(denseImages(), { ...network, steps: 1 }), way).run();
  return () => build(...args);
}

/** `nodes` additions and multiplications of numbers, and their gradient. */
function scalarGraph(nodes) {
  const f = valueAndGrad((x) => {
    let y = x;
    for (let i = 0; i < nodes / 2; i++) y = y.mul(x).add(i % 2 ? x : 1);
    return y;
  });
  return () => compile(f).program(tensor(0.5)).module.length;
}

/** `nodes` ops on vectors, and their gradient. */
function vectorGraph(nodes) {
  const f = valueAndGrad((x) => {
    let y = x;
    for (let i = 0; i < nodes; i++) y = i % 3 === 0 ? y.mul(x) : y.add(x);
    return y.sum();
  });
  return () => compile(f).program(tensor([0.5, 0.25, 0.125])).module.length;
}

const limit = (milliseconds) => ({ median: milliseconds, spread: 0 });

/** @type {import("../bench.mjs").Work} */
export const compilation = {
  name: "compile",
  async measure({ repetitions }) {
    const works = {
      mnist: mnistStep(),
      scalars: scalarGraph(10_000),
      "four times": scalarGraph(40_000),
      vectors: vectorGraph(10_000),
      "four times the vectors": vectorGraph(40_000),
    };
    const contestants = Object.fromEntries(Object.entries(works).map(([name, run]) => [name, { run }]));
    const times = await alternate(contestants, { repetitions: repetitions(9), warmUp: 4 });
    const row = (work, ours, peer, theirs) => ({ work, way: "compiled", ours, peer, theirs, bar: 1 });
    const growth = (4 * Math.log(40_000)) / Math.log(10_000);
    const grown = ({ median, spread }) => ({ median: growth * median, spread });
    return [
      row("compiling the MNIST step", times.mnist, "20 ms", limit(20)),
      row("compiling 10,000 scalar nodes and their gradient", times.scalars, "500 ms", limit(500)),
      row("compiling 40,000 scalar nodes", times["four times"], "n log n from 10,000", grown(times.scalars)),
      row("compiling 10,000 vector nodes and their gradient", times.vectors, "500 ms", limit(500)),
      row(
        "compiling 40,000 vector nodes",
        times["four times the vectors"],
        "n log n from 10,000",
        grown(times.vectors),
      ),
    ];
  },
};
