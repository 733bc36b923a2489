import type { Arithmetic } from "../graph/arithmetic.js";

/*
 * x sigmoid(u), for a u that rises with x through 0, and its derivatives. With e = e^(-|u| / 2) the sigmoid is e^2 / (1 + e^2)
 * below 0 and 1 / (1 + e^2) above: e^2 may be a denormal number, of few digits, and e is none where e^2 counts. So e stands
 * on both sides of the last product, which alone is rounded to a denormal number.
 */

/** e and 1 / (1 + e^2), and whether u is below 0. */
function halves<T>(k: Arithmetic<T>, u: T): { readonly e: T; readonly inverse: T; readonly below: T } {
  const below = k.less(u, 0);
  // What is made of them is differentiated further. The absolute value would have the derivative 0 at 0, where they have one.
  const e = k.exp(k.mul(0.5, k.select(below, u, k.neg(u))));
  return { e, inverse: k.div(1, k.add(1, k.mul(e, e))), below };
}

/** x sigmoid(u). */
export function gated<T>(k: Arithmetic<T>, x: T, u: T): T {
  const { e, inverse, below } = halves(k, u);
  return k.mul(k.select(below, k.mul(x, e), x), k.select(below, k.mul(e, inverse), inverse));
}

/** sigmoid(u) (1 + x u' sigmoid(-u)), given x u'. */
export function gatedSlope<T>(k: Arithmetic<T>, u: T, lift: T): T {
  const { e, inverse, below } = halves(k, u);
  const other = k.select(below, inverse, k.mul(k.mul(e, e), inverse));
  const inner = k.add(1, k.mul(lift, other));
  return k.mul(k.select(below, k.mul(e, inner), inner), k.select(below, k.mul(e, inverse), inverse));
}

/** dout times sigmoid(u) sigmoid(-u) (2 u' + x u'' - x u'^2 tanh(u / 2)), given the first two terms and x u'^2. */
export function gatedCurvature<T>(k: Arithmetic<T>, dout: T, u: T, terms: T | number, pull: T): T {
  const { e, inverse } = halves(k, u);
  const root = k.mul(e, inverse);
  const sum = k.sub(terms, k.mul(pull, k.tanh(k.mul(0.5, u))));
  return k.mul(k.mul(dout, k.mul(sum, root)), root);
}
