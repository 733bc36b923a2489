import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, testFunction, unaryFunction } from "./functions.js";

const step = "a truth value changes in steps";

export class LogicalAnd extends binary("LogicalAnd", {
  takes: "bool",
  forward: (k, x, y) => k.mul(x, y),
  backward: step,
}) {}

/**
 * Whether x and y hold, two bool tensors, broadcast.
 *
 * @example
 * logicalAnd(tensor([true, true]), tensor([true, false])).toArray(); // [true, false]
 */
export const logicalAnd = binaryFunction(LogicalAnd);

export class LogicalOr extends binary("LogicalOr", {
  takes: "bool",
  forward: (k, x, y) => k.max(x, y),
  backward: step,
}) {}

/**
 * Whether x or y holds or both do, two bool tensors, broadcast.
 *
 * @example
 * logicalOr(tensor([true, false]), tensor([false, false])).toArray(); // [true, false]
 */
export const logicalOr = binaryFunction(LogicalOr);

export class LogicalNot extends unary("LogicalNot", {
  takes: "bool",
  forward: (k, x) => k.sub(1, x),
  backward: step,
}) {}

/**
 * Whether x, a bool tensor, does not hold.
 *
 * @example
 * logicalNot(tensor([true, false])).toArray(); // [false, true]
 */
export const logicalNot = unaryFunction(LogicalNot);

export class IsNaN extends unary("IsNaN", {
  gives: "bool",
  forward: (k, x) => k.notEqual(x, x),
  backward: step,
}) {}

/**
 * Whether x is NaN, as a bool tensor. float64, float32.
 *
 * @example
 * isNaN(tensor([1, Number.NaN])).toArray(); // [false, true]
 */
const isNotANumber = testFunction(IsNaN);

export class IsFinite extends unary("IsFinite", {
  gives: "bool",
  forward: (k, x) => k.less(k.abs(x), Infinity),
  backward: step,
}) {}

/**
 * Whether x is neither infinite nor NaN, as a bool tensor. float64, float32.
 *
 * @example
 * isFinite(tensor([1, Number.NaN, Number.POSITIVE_INFINITY])).toArray(); // [true, false, false]
 */
const isFiniteNumber = testFunction(IsFinite);

// Under names that stand for other functions without an import.
export { isFiniteNumber as isFinite, isNotANumber as isNaN };
