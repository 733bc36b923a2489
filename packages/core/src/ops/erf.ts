import { type Arithmetic, bounded } from "../graph/arithmetic.js";
import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

/** Beyond it e^(-x^2) is 0, and what is multiplied by that must not be infinite. */
const farOut = 40;

/** The derivative of erf, 2 / sqrt(pi) e^(-x^2), as h^2: h is no denormal number where h^2 counts. */
export class ErfSlope extends unary("ErfSlope", {
  forward: (k, x) => {
    const h = halfBell(k, bounded(k, x, farOut));
    return k.mul(k.mul(2 / Math.sqrt(Math.PI), h), h);
  },
  backward: [
    (k, dout, x) => {
      const t = bounded(k, x, farOut);
      const h = halfBell(k, t);
      return k.mul(k.mul(dout, k.mul(k.mul(-4 / Math.sqrt(Math.PI), t), h)), h);
    },
  ],
}) {}

/** e^(-t^2 / 2) */
function halfBell<T>(k: Arithmetic<T>, t: T): T {
  return k.exp(k.mul(-0.5, k.mul(t, t)));
}

export class Erf extends unary("Erf", {
  forward: (k, x) => k.erf(x),
  backward: [(k, dout, x) => k.mul(dout, k.of(ErfSlope, x))],
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
  backward: [(k, dout, x) => k.neg(k.mul(dout, k.of(ErfSlope, x)))],
}) {}

/**
 * 1 - erf(x), exact also where it is small, up to x = 26.5 (1e-308). float64, float32.
 *
 * @example
 * erfc(tensor([0, 1, 20])).toArray(); // about [1, 0.157299, 5.39587e-176]
 */
export const erfc = unaryFunction(Erfc);
