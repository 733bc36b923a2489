import type { Evaluation } from "@chainrule/nn";
import { keep } from "../support/report.js";
import type { ParameterCheck } from "./verify.js";

/** The source's accuracies at the end, and what is asked for here. */
const expected = {
  train: { source: 0.9755, bound: 0.974 },
  test: { source: 0.968, bound: 0.966 },
  firstEpoch: 0.9,
  /** Ten classes, and nothing learned. */
  before: { least: 0.05, most: 0.2 },
} as const;

export function gradientTable(
  checks: readonly ParameterCheck[],
  { isSourcesNetwork }: { isSourcesNetwork: boolean },
): string {
  const rows = checks.map(({ name, size, checked, kinks, difference, source, bound, ok }) => [
    name,
    checked === size ? `${size}` : `${checked} of ${size}`,
    checked === 0 ? "-" : difference.toExponential(1),
    isSourcesNetwork ? source.toExponential(1) : "-",
    bound.toExponential(0),
    `${ok ? "ok" : "NOT MET"}${kinks > 0 ? ` (${kinks} left out, at the kink of a ReLU)` : ""}`,
  ]);
  for (const { name, difference, bound, source, ok } of checks) {
    const wanted = `at most ${bound}${isSourcesNetwork ? ` (source ${source.toExponential(1)})` : ""}`;
    keep({ name: `gradient check of ${name}: mean difference`, ours: difference.toExponential(1), wanted, ok });
  }
  return table([["parameter", "elements", "mean |difference|", "the source's", "bound", ""], ...rows]);
}

/** Whether a full run with the default options has learned what it has to; the lines that say so. */
export function verdict(evaluations: readonly Evaluation[]): { readonly ok: boolean; readonly lines: string[] } {
  const [before, after] = [0, 1].map((epoch) => evaluations.find((evaluation) => evaluation.epoch === epoch));
  const end = evaluations.at(-1);
  const wanted: [string, boolean][] = [
    ["before training about 0.10", inRange(before, "train") && inRange(before, "test")],
    [`after epoch 1 at least ${expected.firstEpoch}`, least(after, expected.firstEpoch, expected.firstEpoch)],
    [
      `at the end train at least ${expected.train.bound}, test at least ${expected.test.bound}`,
      least(end, expected.train.bound, expected.test.bound),
    ],
  ];
  for (const set of ["train", "test"] as const) {
    const [ours, { source, bound }] = [accuracyOf(end, set), expected[set]];
    const ok = ours >= bound;
    keep({ name: `accuracy, ${set}`, ours: ours.toFixed(4), wanted: `at least ${bound} (source ${source})`, ok });
  }
  return {
    ok: wanted.every(([, met]) => met),
    lines: wanted.map(([what, met]) => `  accuracy ${what}: ${met ? "ok" : "NOT MET"}`),
  };
}

/** The share of images whose class is found, from 0 to 1. */
function accuracyOf(evaluation: Evaluation | undefined, set: "train" | "test"): number {
  return evaluation?.values[`${set}.accuracy`] ?? Number.NaN;
}

function inRange(evaluation: Evaluation | undefined, set: "train" | "test"): boolean {
  const accuracy = accuracyOf(evaluation, set);
  return accuracy >= expected.before.least && accuracy <= expected.before.most;
}

function least(evaluation: Evaluation | undefined, train: number, test: number): boolean {
  return accuracyOf(evaluation, "train") >= train && accuracyOf(evaluation, "test") >= test;
}

/** The line of an evaluation. */
export function epochLine(evaluation: Evaluation): string {
  const { epoch, iteration, values } = evaluation;
  const columns = [
    `epoch ${String(Number(epoch.toFixed(2))).padStart(2)}`,
    `iteration ${String(iteration).padStart(5)}`,
    `train ${accuracyOf(evaluation, "train").toFixed(4)}`,
    `test ${accuracyOf(evaluation, "test").toFixed(4)}`,
    ...(iteration > 0 ? [`mean loss ${values["loss"]?.toFixed(4)}`] : []),
  ];
  return `  ${columns.join("   ")}`;
}

/** The last accuracies beside the source's, if the data are the same. */
export function accuracyTable(evaluation: Evaluation | undefined, isMnist: boolean): string {
  const [train, test] = [accuracyOf(evaluation, "train"), accuracyOf(evaluation, "test")];
  return table([
    ["accuracy", "here", ...(isMnist ? ["the source's"] : [])],
    ["train", train.toFixed(4), ...(isMnist ? [`${expected.train.source}`] : [])],
    ["test", test.toFixed(4), ...(isMnist ? [`${expected.test.source}`] : [])],
  ]);
}

/** Columns as wide as they have to be, two spaces apart. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}
