import { join } from "node:path";
import { saveTensors } from "@chainrule/nn/node";
import { instance } from "@viz-js/viz";
import { type Chart, type Point, renderChart } from "../chart.js";
import type { TwoLayerNet } from "./network.js";
import type { Options } from "./options.js";
import { resultFiles, saveText } from "./out-folder.js";
import { stepGraph } from "./step-graph.js";
import type { AccuracyPoint, History } from "./train.js";
import type { ParameterCheck } from "./verify.js";

/** The source's accuracies at the end (A8), and what is asked for here. */
const expected = {
  train: { source: 0.9755, bound: 0.974 },
  test: { source: 0.968, bound: 0.966 },
  firstEpoch: 0.9,
  /** Ten classes, and nothing learned. */
  before: { least: 0.05, most: 0.2 },
} as const;

/** How many losses are averaged for a point of the curve. */
const smoothing = 100;

export function gradientTable(checks: readonly ParameterCheck[], { isSourcesNetwork }: { isSourcesNetwork: boolean }): string {
  const rows = checks.map(({ name, size, checked, kinks, difference, source, bound, ok }) => [
    name,
    checked === size ? `${size}` : `${checked} of ${size}`,
    checked === 0 ? "-" : difference.toExponential(1),
    isSourcesNetwork ? source.toExponential(1) : "-",
    bound.toExponential(0),
    `${ok ? "ok" : "NOT MET"}${kinks > 0 ? ` (${kinks} left out, at the kink of a ReLU)` : ""}`,
  ]);
  return table([["parameter", "elements", "mean |difference|", "the source's", "bound", ""], ...rows]);
}

/** Whether a full run with the default options has learned what it has to; the lines that say so. */
export function verdict(points: readonly AccuracyPoint[], perEpoch: number): { readonly ok: boolean; readonly lines: string[] } {
  const [before, after] = [points[0], points.find(({ iteration }) => iteration === perEpoch)];
  const end = points.at(-1);
  const wanted: [string, boolean][] = [
    ["before training about 0.10", inRange(before?.train) && inRange(before?.test)],
    [`after epoch 1 at least ${expected.firstEpoch}`, least(after, expected.firstEpoch, expected.firstEpoch)],
    [
      `at the end train at least ${expected.train.bound}, test at least ${expected.test.bound}`,
      least(end, expected.train.bound, expected.test.bound),
    ],
  ];
  return {
    ok: wanted.every(([, met]) => met),
    lines: wanted.map(([what, met]) => `  accuracy ${what}: ${met ? "ok" : "NOT MET"}`),
  };
}

function inRange(accuracy = Number.NaN): boolean {
  return accuracy >= expected.before.least && accuracy <= expected.before.most;
}

function least(point: AccuracyPoint | undefined, train: number, test: number): boolean {
  return point !== undefined && point.train >= train && point.test >= test;
}

/** The last accuracies beside the source's, if the data are the same. */
export function accuracyTable({ train, test }: AccuracyPoint, isMnist: boolean): string {
  return table([
    ["accuracy", "here", ...(isMnist ? ["the source's"] : [])],
    ["train", train.toFixed(4), ...(isMnist ? [`${expected.train.source}`] : [])],
    ["test", test.toFixed(4), ...(isMnist ? [`${expected.test.source}`] : [])],
  ]);
}

/** Writes the curves, the graph of a small step and the weights; the names of the files. */
export async function writeResults(
  network: TwoLayerNet,
  history: History,
  points: readonly AccuracyPoint[],
  perEpoch: number,
  options: Options,
): Promise<string[]> {
  const path = (name: keyof typeof resultFiles) => join(options.out, resultFiles[name]);
  saveText(path("loss"), renderChart(lossChart(history.losses)));
  saveText(path("accuracy"), renderChart(accuracyChart(points, perEpoch)));
  const dot = stepGraph();
  saveText(path("dot"), dot);
  saveText(path("graph"), (await instance()).renderString(dot, { format: "svg" }));
  const { batch, lr, seed } = options;
  saveTensors(path("weights"), network.parameters(), {
    network: "Affine(W1, b1), ReLU, Affine(W2, b2)",
    training: JSON.stringify({ iterations: history.losses.length, batch, lr, seed }),
  });
  return (Object.keys(resultFiles) as (keyof typeof resultFiles)[]).map(path);
}

function lossChart(losses: readonly number[]): Chart {
  const steps = losses.map((loss, i): Point => [i + 1, loss]);
  const means: Point[] = [];
  for (let end = Math.min(smoothing, losses.length); end <= losses.length; end += smoothing) {
    const some = losses.slice(Math.max(0, end - smoothing), end);
    if (some.length > 0) means.push([end - some.length / 2, some.reduce((sum, loss) => sum + loss, 0) / some.length]);
  }
  return {
    title: "Loss of the training batches",
    x: { name: "iteration", min: 0 },
    y: { name: "loss", min: 0 },
    series: [
      { name: "each step", points: steps, faint: true },
      { name: `mean of ${smoothing} steps`, points: means },
    ],
  };
}

function accuracyChart(points: readonly AccuracyPoint[], perEpoch: number): Chart {
  const curve = (set: "train" | "test") => points.map((point): Point => [point.iteration / perEpoch, point[set]]);
  return {
    title: "Accuracy on all images",
    x: { name: "epoch", min: 0 },
    y: { name: "accuracy", min: 0, max: 1 },
    series: [
      { name: "train", points: curve("train") },
      { name: "test", points: curve("test"), dashed: true },
    ],
  };
}

/** Columns as wide as they have to be, two spaces apart. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd()).join("\n");
}
