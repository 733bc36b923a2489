import type { AccuracyPoint } from "./train.js";
import type { ParameterCheck } from "./verify.js";

/** The source's accuracies at the end (A8), and what is asked for here. */
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
  return table([["parameter", "elements", "mean |difference|", "the source's", "bound", ""], ...rows]);
}

/** Whether a full run with the default options has learned what it has to; the lines that say so. */
export function verdict(
  points: readonly AccuracyPoint[],
  perEpoch: number,
): { readonly ok: boolean; readonly lines: string[] } {
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

/** Columns as wide as they have to be, two spaces apart. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}
