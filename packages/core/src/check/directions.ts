import type { Generator } from "../random/generator.js";
import { columnOf, placeOf } from "./comparison.js";
import { always, type Place, type Settings, type Settled, settle } from "./settle.js";
import { type Sample, type SampledLine, type Subject, signs, unit } from "./subject.js";
import { type Comparison, Tally } from "./tally.js";
import { dot, type Line } from "./view.js";

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
      if (located === null) {
        tally.add(
          whole,
          () => ({ order: subject.order, of: subject.order === 1 ? "y" : "gradients", output: null, index: null }),
          () => seed,
        );
      } else {
        tally.add(
          located.derivative,
          () => located.place,
          () => located.seed,
        );
      }
    });
  }
  return tallies.map(({ result }) => result);
}

function projected(
  subject: Subject,
  i: number,
  direction: Float64Array,
  gradient: Float64Array,
  seed: Float64Array,
  settings: Settings,
): Settled {
  const { eps } = settings;
  const sample = subject.direction(i, direction);
  const here = subject.here.values;
  const along = (to: Sample, from: Float64Array) =>
    dot(
      seed,
      to.evaluation.values.map((value, k) => value - (from[k] as number)),
    );
  const [up, down] = [sample(eps), sample(-eps)];
  const line = (t: number) => ({ t, y: t === 0 ? 0 : along(sample(t), here) });
  const lineOf = (sample: SampledLine): Line => {
    const middle = sample(0).evaluation.values;
    return (t) => ({ t, y: along(sample(t), middle) });
  };
  return settle(
    {
      analytic: dot(direction, gradient),
      numerical: along(up, down.evaluation.values) / (2 * eps),
      slopes: [along(down, here) / -eps, along(up, here) / eps],
    },
    // Right elements have errors of either sign, which add up like the sides of a right angle.
    Math.sqrt(dot(gradient, gradient)),
    always,
    settings,
    () => subject.precisionOf(seed),
    () => ({
      line,
      nearby: (h) => subject.nearby(h).map((inputs) => lineOf(subject.direction(i, direction, inputs))),
      across: (h) => subject.across(h).map(lineOf),
      size: Math.sqrt(dot(subject.inputs[i]?.array ?? [], subject.inputs[i]?.array ?? []) / direction.length),
    }),
  );
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
): { readonly derivative: Settled; readonly place: Place; readonly seed: Float64Array } | null {
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
  return derivative === undefined ? null : { derivative, place: placeOf(subject, row, i, element), seed: one };
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
