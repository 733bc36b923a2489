import { cloth } from "./programs/cloth.mjs";
import { jacobians, recurrence } from "./programs/jax.mjs";
import { layout, layoutByNumber, layoutByPoint } from "./programs/layout.mjs";
import { lstm, lstmByNumber, lstmByUnit } from "./programs/lstm.mjs";
import { power } from "./programs/power.mjs";

/**
 * A derivative, written as an expert of each of the contestants would.
 *
 * @typedef {object} Program
 * @property {Record<string, (size: any) => (() => unknown) | Promise<() => unknown>>} contestants each makes a call out of nothing: what
 *   it takes is a part of the first call
 * @property {Record<string, () => Promise<void>>} [prepare] what a contestant does once in a process, before all programs; not timed
 * @property {Record<string, (result: any) => unknown>} [outputs] what a contestant gives, in the order of numbers that ours has
 */

/** @type {Record<string, Program>} */
export const programs = {
  power,
  layout,
  layoutByPoint,
  layoutByNumber,
  cloth,
  lstm,
  lstmByUnit,
  lstmByNumber,
  jacobians,
  recurrence,
};
