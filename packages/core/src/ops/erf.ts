import { type Arithmetic, bounded } from "../graph/arithmetic.js";
import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

/** 2 / sqrt(pi) e^(-x^2), the derivative of erf. */
function bell<T>(k: Arithmetic<T>, x: T): T {
  const t = bounded(k, x, 40);
  return k.mul(2 / Math.sqrt(Math.PI), k.exp(k.neg(k.mul(t, t))));
}

export class Erf extends unary("Erf", {
  forward: (k, x) => k.erf(x),
  backward: [(k, dout, x) => k.mul(dout, bell(k, x))],
}) {}

/**
 * The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. In float64 exact to the last bits (W. J.
 * Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23, 1969). float64, float32.
 *
 * @example
 * erf(1).item(); // about 0.842701
 */
export const erf = unaryFunction(Erf);

export class Erfc extends unary("Erfc", {
  forward: (k, x) => k.erfc(x),
  backward: [(k, dout, x) => k.neg(k.mul(dout, bell(k, x)))],
}) {}

/** 1 - erf(x), exact also where it is small, up to x = 26.5 (1e-308). float64, float32. */
export const erfc = unaryFunction(Erfc);
