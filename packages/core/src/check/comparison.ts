import type { Generator } from "../random/generator.js";
import { always, type Look, type Place, type Settings, type Settled, settle } from "./settle.js";
import {
  checkStep,
  type Evaluation,
  indexOf,
  type Sample,
  type SampledLine,
  type Subject,
  signs,
  unit,
} from "./subject.js";
import { type Comparison, Tally } from "./tally.js";
import type { Line } from "./view.js";

/** All derivatives of all rows by each input; the Jacobian as the rows of the walks, an array for each input. */
function compareAll(subject: Subject, settings: Settings, createGraph: boolean): Comparison[] {
  const jacobian = Array.from({ length: subject.rows }, (_, row) => subject.pull(unit(subject.rows, row), createGraph));
  return subject.inputs.map((input, i) => {
    const tally = new Tally();
    const analytic = (row: number, element: number) => jacobian[row]?.[i]?.[element] as number;
    const largest = steepest(subject.rows, input.size, analytic);
    for (let element = 0; element < input.size; element++) {
      const column = columnOf(subject, i, element, settings);
      for (let row = 0; row < subject.rows; row++) {
        const closely = row === largest[0] && element === largest[1];
        const look = { closely, beyond: tally.partOfWrong };
        tally.add(
          column(row, analytic(row, element), look),
          () => placeOf(subject, row, i, element),
          () => unit(subject.rows, row),
        );
      }
    }
    return tally.result;
  });
}

/** By the walk that makes no graph, and by the one that does where that gives other gradients. */
export function compareBothWays(subject: Subject, settings: Settings, random: Generator): Comparison[] {
  const fast = compareAll(subject, settings, false);
  if (fast.some(({ wrong }) => wrong > 0) || walksAgree(subject, settings, random)) return fast;
  return compareAll(subject, settings, true);
}

/** Where the largest derivative stands, which tells most: it is looked at closely even if noise explains its error. */
function steepest(rows: number, elements: number, analytic: (row: number, element: number) => number): number[] {
  let [at, most] = [[0, 0], -1];
  for (let row = 0; row < rows; row++) {
    for (let element = 0; element < elements; element++) {
      const size = Math.abs(analytic(row, element));
      if (size > most) [at, most] = [[row, element], size];
    }
  }
  return at;
}

/** Whether the walks with and without graph give the same gradients of a random combination of the rows. */
function walksAgree(subject: Subject, { atol, rtol }: Settings, random: Generator): boolean {
  const seed = signs(random, subject.rows, true);
  const [fast, graph] = [subject.pull(seed, false), subject.pull(seed, true)];
  return fast.every((gradient, i) =>
    gradient.every((value, k) => {
      const other = graph[i]?.[k] as number;
      return Object.is(value, other) || Math.abs(value - other) <= atol + rtol * Math.abs(value);
    }),
  );
}

/** What the derivative of a row by an element of an input is called. */
export function placeOf(subject: Subject, row: number, i: number, element: number): Place {
  const { name: of, index: output } = subject.row(row);
  return { order: subject.order, of, output, index: indexOf(element, subject.inputs[i]?.shape ?? []) };
}

type Column = (row: number, analytic: number, look?: Look) => Settled;

/** The derivatives of the rows by one element of an input; further values are computed only for one that is wrong. */
export function columnOf(subject: Subject, i: number, element: number, settings: Settings): Column {
  const { eps } = settings;
  const input = subject.inputs[i]?.array[element] as number;
  const sample = cached(subject.element(i, element), subject.here);
  const nearby = onceForEach((h) => subject.nearby(h).map((inputs) => subject.element(i, element, inputs)));
  const across = onceForEach((h) => subject.across(h));
  const [up, down] = [sample(eps), sample(-eps)];
  checkStep(subject.names[i] as string, input, eps, up.t === 0 || down.t === 0 ? 0 : eps);
  const here = subject.here.values;
  return (row, analytic, look = always) => {
    const above = up.evaluation.values[row] as number;
    const below = down.evaluation.values[row] as number;
    const still = here[row] as number;
    const lineOf = (sample: SampledLine): Line => {
      return (t) => {
        const { t: taken, evaluation } = sample(t);
        return { t: taken, y: evaluation.values[row] as number };
      };
    };
    // Divided by the step that was taken, not by the one that was asked for: x + eps has been rounded.
    const numerical = (above - below) / (up.t - down.t);
    return settle(
      { analytic, numerical, slopes: [(below - still) / down.t, (above - still) / up.t] },
      Math.abs(numerical),
      look,
      settings,
      () => subject.precision(row),
      () => ({
        line: lineOf(sample),
        nearby: (h) => nearby(h).map(lineOf),
        across: (h) => across(h).map(lineOf),
        size: Math.abs(input),
      }),
    );
  };
}

/** Lines for a step, whose samples are computed when they are asked for, and once for all rows. */
function onceForEach(linesFor: (h: number) => SampledLine[]): (h: number) => SampledLine[] {
  const known = new Map<number, SampledLine[]>();
  return (h) => {
    const lines = known.get(h) ?? linesFor(h).map((line) => cached(line, null));
    known.set(h, lines);
    return lines;
  };
}

function cached(sample: SampledLine, here: Evaluation | null): SampledLine {
  const known = new Map<number, Sample>(here === null ? [] : [[0, { t: 0, evaluation: here }]]);
  return (t) => {
    const value = known.get(t) ?? sample(t);
    known.set(t, value);
    return value;
  };
}
