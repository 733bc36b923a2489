import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * One of the programs that are compared: `run` does the work `perRun` times and gives, or promises, what it computed, so
 * that the work can be neither skipped nor wrong. One that runs in another process has `timed` instead, which does the
 * same and promises the milliseconds that it measured there.
 *
 * @typedef {object} Contestant
 * @property {() => unknown} [run]
 * @property {() => Promise<number>} [timed]
 * @property {() => unknown} [before] not timed, before each repetition
 * @property {number} [perRun] 1 unless said
 */

/**
 * @typedef {object} Measured
 * @property {number} median milliseconds of one work
 * @property {number} spread the middle half of the repetitions, as a part of the median
 */

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

/**
 * Medians of alternating repetitions, A B A B ..., so that a slow moment of the machine meets everyone.
 *
 * @param {Record<string, Contestant>} contestants
 * @param {object} options
 * @param {number} options.repetitions
 * @param {number} [options.warmUp] repetitions before those that count
 * @param {boolean} [options.collect] whether the heap is collected before each run, so that nobody pays for the garbage
 *   of another: for long runs with much garbage. A forced collection also throws optimised code away, which short runs
 *   would measure instead of the work.
 * @returns {Promise<Record<string, Measured>>}
 */
export async function alternate(contestants, { repetitions, warmUp = 2, collect = false }) {
  const entries = Object.entries(contestants);
  const times = Object.fromEntries(entries.map(([name]) => [name, /** @type {number[]} */ ([])]));
  for (let repetition = -warmUp; repetition < repetitions; repetition++) {
    for (const [name, contestant] of entries) {
      await contestant.before?.();
      if (collect) collectGarbage();
      const time = await (contestant.timed?.() ?? timeOf(contestant.run));
      if (repetition >= 0) times[name].push(time / (contestant.perRun ?? 1));
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, summary(times[name])]));
}

/** Milliseconds; a run that promises nothing is not made to wait for a turn of the event loop. */
async function timeOf(run) {
  const start = performance.now();
  const result = run();
  if (result instanceof Promise) await result;
  return performance.now() - start;
}

/** @param {readonly number[]} times */
export function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ part) => {
    const place = part * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place - Math.floor(place));
  };
  return { median: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) };
}

/** A run of `count` works, for those that are too short to be timed alone. */
export function repeated(count, f) {
  return {
    perRun: count,
    run() {
      for (let i = 0; i < count; i++) f();
    },
  };
}

/**
 * Both have computed the same thing, to rounding; a benchmark of two different works says nothing.
 *
 * @param {string} work
 * @param {ArrayLike<number>} ours
 * @param {ArrayLike<number>} theirs
 * @param {number} tolerance relative to the largest value
 */
export function checkEqual(work, ours, theirs, tolerance) {
  let scale = 0;
  let difference = ours.length === theirs.length ? 0 : Number.NaN;
  for (let i = 0; i < ours.length; i++) {
    scale = Math.max(scale, Math.abs(theirs[i]));
    difference = Math.max(difference, Math.abs(ours[i] - theirs[i]));
  }
  if (!(difference <= tolerance * scale)) {
    throw new Error(`${work}: the results differ by ${difference}, the largest value being ${scale}`);
  }
}
