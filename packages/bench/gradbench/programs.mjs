import { ba } from "./programs/ba.mjs";
import { det } from "./programs/det.mjs";
import { gmm } from "./programs/gmm.mjs";
import { hello } from "./programs/hello.mjs";
import { ht } from "./programs/ht.mjs";
import { kmeans } from "./programs/kmeans.mjs";
import { llsq } from "./programs/llsq.mjs";
import { lse } from "./programs/lse.mjs";
import { lstm } from "./programs/lstm.mjs";
import { ode } from "./programs/ode.mjs";
import { particle } from "./programs/particle.mjs";
import { saddle } from "./programs/saddle.mjs";

/**
 * An evaluation of GradBench as a user of ours writes it.
 *
 * @typedef {object} Evaluation
 * @property {(input: any) => unknown[]} arguments of its functions, from the input that the suite sends
 * @property {Record<string, Function>} functions by the suite's names; all are compiled
 * @property {Record<string, (result: any) => unknown>} [outputs] a result as the suite wants it; by default, the values of the tensor
 */

/** @type {Record<string, Evaluation>} */
export const evaluations = { hello, lse, llsq, kmeans, gmm, ba, ht, lstm, det, ode, particle, saddle };

/** A result as the suite wants it. */
export const output = ({ outputs = {} }, name, result) => outputs[name]?.(result) ?? valuesOf(result);

function valuesOf(result) {
  if (Array.isArray(result) || result.toArray !== undefined) return result.toArray();
  return Object.fromEntries(Object.entries(result).map(([key, part]) => [key, valuesOf(part)]));
}
