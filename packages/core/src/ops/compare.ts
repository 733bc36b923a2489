import { binary } from "../graph/elementwise.js";
import { comparisonFunction } from "./functions.js";

const step = "a comparison is a step: its derivative is 0 or does not exist";

export class Equal extends binary("Equal", {
  takes: "any",
  gives: "bool",
  forward: (k, x, y) => k.equal(x, y),
  backward: step,
}) {}

/**
 * x = y as a bool tensor, broadcast; false where either is NaN.
 *
 * @example
 * equal(tensor([1, 2]), 2).toArray(); // [false, true]
 */
export const equal = comparisonFunction(Equal);

export class NotEqual extends binary("NotEqual", {
  takes: "any",
  gives: "bool",
  forward: (k, x, y) => k.notEqual(x, y),
  backward: step,
}) {}

/**
 * x != y as a bool tensor, broadcast; true where either is NaN.
 *
 * @example
 * notEqual(tensor([1, 2]), 2).toArray(); // [true, false]
 */
export const notEqual = comparisonFunction(NotEqual);

export class Less extends binary("Less", {
  takes: "any",
  gives: "bool",
  forward: (k, x, y) => k.less(x, y),
  backward: step,
}) {}

/**
 * x < y as a bool tensor, broadcast.
 *
 * @example
 * less(tensor([1, 2, 3]), 2).toArray(); // [true, false, false]
 */
export const less = comparisonFunction(Less);

export class LessEqual extends binary("LessEqual", {
  takes: "any",
  gives: "bool",
  forward: (k, x, y) => k.lessEqual(x, y),
  backward: step,
}) {}

/**
 * x <= y as a bool tensor, broadcast.
 *
 * @example
 * lessEqual(tensor([1, 2, 3]), 2).toArray(); // [true, true, false]
 */
export const lessEqual = comparisonFunction(LessEqual);

export class Greater extends binary("Greater", {
  takes: "any",
  gives: "bool",
  forward: (k, x, y) => k.greater(x, y),
  backward: step,
}) {}

/**
 * x > y as a bool tensor, broadcast.
 *
 * @example
 * greater(tensor([1, 2, 3]), 2).toArray(); // [false, false, true]
 */
export const greater = comparisonFunction(Greater);

export class GreaterEqual extends binary("GreaterEqual", {
  takes: "any",
  gives: "bool",
  forward: (k, x, y) => k.greaterEqual(x, y),
  backward: step,
}) {}

/**
 * x >= y as a bool tensor, broadcast.
 *
 * @example
 * greaterEqual(tensor([1, 2, 3]), 2).toArray(); // [false, true, true]
 */
export const greaterEqual = comparisonFunction(GreaterEqual);
