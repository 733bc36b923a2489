import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

export class Exp extends unary("Exp", {
  forward: (k, x) => k.exp(x),
  backward: [(k, dout, _x, z) => k.mul(dout, z)],
}) {}

/**
 * e to the power x. float64, float32.
 *
 * @example
 * exp(tensor([0, 1])).toArray(); // about [1, 2.718282]
 * grad(exp)(1).item(); // about 2.718282
 */
export const exp = unaryFunction(Exp);

export class Expm1 extends unary("Expm1", {
  forward: (k, x) => k.expm1(x),
  // Not the result plus 1, which far below 0 has lost e^x.
  // In doubles: e^x overflows in float32 where its product with a small gradient does not.
  backward: [(k, dout, x) => k.inDoubles((k, dout, x) => k.mul(dout, k.exp(x)), dout, x)],
}) {}

/**
 * e^x - 1, exact near 0. float64, float32.
 *
 * @example
 * expm1(tensor([0, 1e-20])).toArray(); // [0, 1e-20]
 */
export const expm1 = unaryFunction(Expm1);

export class Log extends unary("Log", {
  forward: (k, x) => k.log(x),
  backward: [(k, dout, x) => k.div(dout, x)],
}) {}

/**
 * The natural logarithm: -Infinity at 0, NaN below. float64, float32.
 *
 * @example
 * log(tensor([1, Math.E])).toArray(); // [0, 1]
 * grad(log)(2).item(); // 0.5
 */
export const log = unaryFunction(Log);

export class Log1p extends unary("Log1p", {
  forward: (k, x) => k.log1p(x),
  backward: [(k, dout, x) => k.div(dout, k.add(x, 1))],
}) {}

/**
 * log(1 + x), exact near 0. float64, float32.
 *
 * @example
 * log1p(tensor([0, 1e-20])).toArray(); // [0, 1e-20]
 */
export const log1p = unaryFunction(Log1p);
