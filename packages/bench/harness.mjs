import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * One of the programs that are compared: `run` does the work once (or several times, see `perRun`) and gives what it
 * computed, so that the work can be neither skipped nor wrong.
 *
 * @typedef {object} Contestant
 * @property {() => unknown} run
 * @property {() => unknown} [before] not timed, before each repetition
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
 * @param {number} [options.perRun] works in one run
 * @param {boolean} [options.collect] whether the heap is collected before each run, so that nobody pays for the garbage
 *   of another: for long runs with much garbage. A forced collection also throws optimised code away, which short runs
 *   would measure instead of the work.
 * @returns {Promise<Record<string, Measured>>}
 */
export async function alternate(contestants, { repetitions, warmUp = 2, perRun = 1, collect = false }) {
  const entries = Object.entries(contestants);
  const times = Object.fromEntries(entries.map(([name]) => [name, /** @type {number[]} */ ([])]));
  for (let repetition = -warmUp; repetition < repetitions; repetition++) {
    for (const [name, { before, run }] of entries) {
      await before?.();
      if (collect) collectGarbage();
      const start = performance.now();
      run();
      const time = performance.now() - start;
      if (repetition >= 0) times[name].push(time / perRun);
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, summary(times[name])]));
}

/** @param {number[]} times */
function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ part) => {
    const place = part * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place - Math.floor(place));
  };
  return { median: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) };
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

/** Uniform numbers from 0 to 1, the same in each run (a linear congruential generator: no speed rests on its quality). */
export function uniform(size, seed = 1) {
  const out = new Float32Array(size);
  let state = seed >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state / 2 ** 32;
  }
  return out;
}
