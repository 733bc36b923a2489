import type { Generator } from "../random/generator.js";
import type { GradcheckDerivative } from "./gradcheck-report.js";
import { judge } from "./one-sided.js";
import { checkStep, indexOf, type Sample, type Subject, signs, unit } from "./subject.js";

export interface Settings {
  readonly eps: number;
  readonly atol: number;
  readonly rtol: number;
  readonly mode: "full" | "random";
  /** How many random directions; only for "random". */
  readonly projections: number;
}

/** What was compared for one input. */
export interface Comparison {
  readonly checked: number;
  readonly wrong: number;
  readonly worst: GradcheckDerivative | null;
  /** The seed of the row (or the combination of rows) that the worst one is a derivative of. */
  readonly seed: Float64Array;
}

/** What counts most first: a report, and an input, is of its gravest kind. */
export const GRAVITY: readonly GradcheckDerivative["kind"][] = [
  "not finite",
  "wrong gradient",
  "kink",
  "precision",
  "right",
];

/** Collects derivatives, and keeps the one that says most. */
class Tally {
  private checked = 0;
  private wrong = 0;
  private part = -1;
  private worst: GradcheckDerivative | null = null;
  private seed: Float64Array = new Float64Array(0);

  add(derivative: GradcheckDerivative, seed: () => Float64Array): void {
    const { kind, error, tolerance } = derivative;
    this.checked++;
    if (kind !== "right") this.wrong++;
    // With no tolerance at all, 0 / 0 is still right.
    const part = error === 0 ? 0 : !Number.isFinite(error) ? Number.POSITIVE_INFINITY : error / tolerance;
    const order = this.worst === null ? -1 : GRAVITY.indexOf(kind) - GRAVITY.indexOf(this.worst.kind);
    // An element says more than a direction.
    const isVaguer = derivative.index === null && this.worst?.index !== null;
    if (order > 0 || (order === 0 && (part <= this.part || (kind !== "right" && isVaguer)))) return;
    this.part = part;
    this.worst = derivative;
    this.seed = seed();
  }

  get isWrong(): boolean {
    return this.wrong > 0;
  }

  get result(): Comparison {
    return { checked: this.checked, wrong: this.wrong, worst: this.worst, seed: this.seed };
  }
}

/** All derivatives of all rows by each input; the Jacobian as the rows of the walks, an array for each input. */
export function compareAll(subject: Subject, settings: Settings, createGraph: boolean): Comparison[] {
  const jacobian = Array.from({ length: subject.rows }, (_, row) => subject.pull(unit(subject.rows, row), createGraph));
  return subject.inputs.map((input, i) => {
    const tally = new Tally();
    for (let element = 0; element < input.size; element++) {
      const column = columnOf(subject, i, element, settings);
      for (let row = 0; row < subject.rows; row++) {
        const analytic = jacobian[row]?.[i]?.[element] as number;
        tally.add(column(row, analytic), () => unit(subject.rows, row));
      }
    }
    return tally.result;
  });
}

/** Random combinations of the rows, differentiated in random directions; of one that is wrong, an element that is. */
export function compareRandomly(subject: Subject, settings: Settings, random: Generator): Comparison[] {
  const tallies = subject.inputs.map(() => new Tally());
  for (let k = 0; k < settings.projections; k++) {
    const seed = signs(random, subject.rows, true);
    const gradients = subject.pull(seed, k % 2 === 1);
    subject.inputs.forEach((input, i) => {
      if (input.size === 0 || subject.rows === 0) return;
      const gradient = gradients[i] as Float64Array;
      const direction = signs(random, input.size);
      const tally = tallies[i] as Tally;
      const whole = projected(subject, i, direction, gradient, seed, settings);
      // One element that is wrong will do: to find it takes many calls.
      const located =
        whole.kind === "right" || tally.isWrong ? null : locate(subject, i, direction, gradient, seed, settings);
      tally.add(located?.derivative ?? whole, () => located?.seed ?? seed);
    });
  }
  return tallies.map(({ result }) => result);
}

/** Whether the walks with and without graph give the same gradients of a random combination of the rows. */
export function walksAgree(subject: Subject, { atol, rtol }: Settings, random: Generator): boolean {
  const seed = signs(random, subject.rows, true);
  const [fast, graph] = [subject.pull(seed, false), subject.pull(seed, true)];
  return fast.every((gradient, i) =>
    gradient.every((value, k) => {
      const other = graph[i]?.[k] as number;
      return Object.is(value, other) || Math.abs(value - other) <= atol + rtol * Math.abs(value);
    }),
  );
}

type Column = (row: number, analytic: number) => GradcheckDerivative;

/** The derivatives of the rows by one element of an input; further values are computed only for one that is wrong. */
function columnOf(subject: Subject, i: number, element: number, { eps, atol, rtol }: Settings): Column {
  const input = subject.inputs[i]?.array[element] as number;
  const sample = cached(subject.element(i, element), subject);
  const [up, down] = [sample(eps), sample(-eps)];
  checkStep(subject.names[i] as string, input, eps, up.t === 0 || down.t === 0 ? 0 : eps);
  const here = subject.here.values;
  return (row, analytic) => {
    const [above, below, still] = [up.evaluation.values[row], down.evaluation.values[row], here[row]] as [
      number,
      number,
      number,
    ];
    // Divided by the step that was taken, not by the one that was asked for: x + eps has been rounded.
    const numerical = (above - below) / (up.t - down.t);
    const error = Math.abs(analytic - numerical);
    const tolerance = atol + rtol * Math.abs(numerical);
    const { name: of, index: output } = subject.row(row);
    const index = indexOf(element, subject.inputs[i]?.shape ?? []);
    const found = { order: subject.order, of, output, index, analytic, numerical, error, tolerance };
    const slopes = [(below - still) / down.t, (above - still) / up.t] as const;
    // Before the tolerance is looked at, which an infinite difference makes infinite.
    if (!Number.isFinite(error)) return { ...found, slopes, kind: "not finite" };
    if (error <= tolerance) return { ...found, slopes, kind: "right" };
    const line = (t: number) => {
      const { t: taken, evaluation } = sample(t);
      return { t: taken, y: evaluation.values[row] as number };
    };
    const judgement = judge(line, analytic, eps, { atol, rtol }, subject.rounding(row));
    return { ...found, slopes: judgement.slopes, kind: judgement.verdict };
  };
}

function cached(sample: (t: number) => Sample, { here }: Subject): (t: number) => Sample {
  const known = new Map<number, Sample>([[0, { t: 0, evaluation: here }]]);
  return (t) => {
    const value = known.get(t) ?? sample(t);
    known.set(t, value);
    return value;
  };
}

// --- random directions -----------------------------------------------------------------------------------------------

function projected(
  subject: Subject,
  i: number,
  direction: Float64Array,
  gradient: Float64Array,
  seed: Float64Array,
  { eps, atol, rtol }: Settings,
): GradcheckDerivative {
  const sample = subject.direction(i, direction);
  const here = subject.here.values;
  const [up, down] = [sample(eps), sample(-eps)];
  const along = (to: Sample, from: Float64Array, t: number) =>
    dot(
      seed,
      to.evaluation.values.map((value, k) => value - (from[k] as number)),
    ) / t;
  const numerical = along(up, down.evaluation.values, 2 * eps);
  const analytic = dot(direction, gradient);
  const error = Math.abs(analytic - numerical);
  // Right elements have errors of either sign, which add up like the sides of a right angle.
  const tolerance = atol + rtol * Math.sqrt(dot(gradient, gradient));
  const found = {
    order: subject.order,
    of: subject.order === 1 ? "y" : "gradients",
    output: null,
    index: null,
    analytic,
    numerical,
    error,
    tolerance,
    slopes: [along(down, here, -eps), along(up, here, eps)] as const,
  };
  if (!Number.isFinite(error)) return { ...found, kind: "not finite" };
  if (error <= tolerance) return { ...found, kind: "right" };
  const line = (t: number) => ({ t, y: t === 0 ? 0 : along(sample(t), here, 1) });
  const { verdict, slopes } = judge(line, analytic, eps, { atol: tolerance, rtol: 0 }, 0);
  return { ...found, slopes, kind: verdict };
}

/**
 * An element behind a wrong projection: of the elements of the input one half is taken, again and again, in which the
 * derivative is farther off; then the rows in the same way.
 */
function locate(
  subject: Subject,
  i: number,
  direction: Float64Array,
  gradient: Float64Array,
  seed: Float64Array,
  settings: Settings,
): { readonly derivative: GradcheckDerivative; readonly seed: Float64Array } | null {
  const error = (part: Float64Array) => {
    const sample = subject.direction(i, part);
    const [up, down] = [sample(settings.eps).evaluation.values, sample(-settings.eps).evaluation.values];
    const numerical =
      dot(
        seed,
        up.map((value, k) => value - (down[k] as number)),
      ) /
      (2 * settings.eps);
    return dot(part, gradient) - numerical;
  };
  const element = halve(direction, error);
  const column = columnOf(subject, i, element, settings);
  const sample = subject.element(i, element);
  const [up, down] = [sample(settings.eps), sample(-settings.eps)];
  const below = down.evaluation.values;
  const slopes = up.evaluation.values.map((value, k) => (value - (below[k] as number)) / (up.t - down.t));
  const row = halve(seed, (part) => (subject.pull(part, false)[i]?.[element] as number) - dot(part, slopes));
  const one = unit(subject.rows, row);
  const found = [false, true].map((createGraph) => column(row, subject.pull(one, createGraph)[i]?.[element] as number));
  const derivative = found.find(({ kind }) => kind !== "right");
  return derivative === undefined ? null : { derivative, seed: one };
}

/** The place in which a linear error is largest, by halves: what is not in the first half is in the second. */
function halve(whole: Float64Array, error: (part: Float64Array) => number): number {
  let [from, to] = [0, whole.length];
  const within = (from: number, to: number) => error(whole.map((value, k) => (k >= from && k < to ? value : 0)));
  let total = within(from, to);
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    const left = within(from, middle);
    // A NaN is worse than anything.
    if (Number.isNaN(left) || Math.abs(left) >= Math.abs(total - left)) {
      to = middle;
      total = left;
    } else {
      from = middle;
      total -= left;
    }
  }
  return from;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + (value === 0 ? 0 : value * (b[k] as number)), 0);
}
