import { join } from "node:path";
import { toDot } from "@chainrule/core";
import type { Evaluation, History } from "@chainrule/nn";
import { saveTensors, writeFileAtomically } from "@chainrule/nn/node";
import { toSvg } from "@chainrule/pictures";
import { accuracyAxis, type Chart, type Point, renderChart } from "../support/chart.js";
import { meansOf } from "../support/curves.js";
import type { TwoLayerNet } from "./network.js";
import type { Options } from "./options.js";
import { resultFiles } from "./out-folder.js";
import { smallStep } from "./step-graph.js";

/** How many losses are averaged for a point of the curve. */
const smoothing = 100;

/** Writes the weights, the curves and the graph of a small step; the names of the files. */
export function writeResults(network: TwoLayerNet, history: History, options: Options): string[] {
  const path = (name: keyof typeof resultFiles) => join(options.out, resultFiles[name]);
  const { batch, lr, seed } = options;
  saveTensors(path("weights"), network.parameters(), {
    network: "Affine(W1, b1), ReLU, Affine(W2, b2)",
    training: JSON.stringify({ iterations: history.losses.length, batch, lr, seed }),
  });
  writeFileAtomically(path("loss"), renderChart(lossChart(history.losses)));
  writeFileAtomically(path("accuracy"), renderChart(accuracyChart(history.evaluations)));
  const loss = smallStep();
  writeFileAtomically(path("dot"), toDot(loss));
  writeFileAtomically(path("graph"), toSvg(loss));
  return (Object.keys(resultFiles) as (keyof typeof resultFiles)[]).map(path);
}

function lossChart(losses: readonly number[]): Chart {
  const steps = losses.map((loss, i): Point => [i + 1, loss]);
  const means = meansOf(losses, Math.min(smoothing, losses.length));
  return {
    title: `Loss of the training batches, and its mean over ${smoothing} steps`,
    x: { name: "iteration", min: 0 },
    y: { name: "loss", min: 0 },
    series: [
      { name: "each step", points: steps, faint: true },
      { name: `mean of ${smoothing} steps`, points: means },
    ],
  };
}

function accuracyChart(evaluations: readonly Evaluation[]): Chart {
  const curve = (set: "train" | "test") =>
    evaluations.map(({ epoch, values }): Point => [epoch, values[`${set}.accuracy`] ?? Number.NaN]);
  const [train, test] = [curve("train"), curve("test")];
  return {
    title: "Accuracy on all images",
    x: { name: "epoch", min: 0 },
    y: accuracyAxis([train, test].map((points) => points.map(([, accuracy]) => accuracy))),
    series: [
      { name: "train", points: train },
      { name: "test", points: test, dashed: true },
    ],
  };
}
