import type { Arithmetic } from "../graph/arithmetic.js";
import { binary } from "../graph/elementwise.js";
import { binaryFunction } from "./functions.js";

/**
 * x / r for a vector of length r with x as one of its components: the derivative of the length by that component. 0 for
 * the vector 0; and where r is infinite, 1 or -1 for an infinite component and 0 for the others.
 */
export function cosine<T>(k: Arithmetic<T>, x: T, r: T): T {
  // 0 and infinity, which to divide by would make a NaN, are what halving does not change.
  const singular = k.equal(k.mul(r, 0.5), r);
  const limit = k.select(k.equal(k.abs(x), r), k.sign(x), 0);
  return k.div(k.select(singular, limit, x), k.select(singular, 1, r));
}

/**
 * dout times the derivative of the length of (x, y) by x. In the second derivative terms as large as 1 / r cancel, which must not
 * be infinite each: a short vector is magnified, by a power of 2, so that nothing is rounded.
 */
function slope<T>(k: Arithmetic<T>, dout: T, x: T, y: T): T {
  const short = k.less(k.hypot(x, y), 1e-30);
  const longX = k.select(short, k.mul(x, 2 ** 100), x);
  const longY = k.select(short, k.mul(y, 2 ** 100), y);
  return k.mul(dout, cosine(k, longX, k.hypot(longX, longY)));
}

export class Hypot extends binary("Hypot", {
  forward: (k, x, y) => k.hypot(x, y),
  // In doubles, because the length may overflow in float32 where the slope does not.
  backward: [(k, dout, x, y) => k.inDoubles(slope, dout, x, y), (k, dout, x, y) => k.inDoubles(slope, dout, y, x)],
}) {}

/**
 * The length of the vector (x, y), sqrt(x^2 + y^2), broadcast, without overflow of the squares. At the origin both
 * derivatives are 0, and so are therefore the second ones of `hypot(x, y).square()` there: those of `x.square().add(y.square())`,
 * the same function, are right. float64, float32.
 *
 * @example
 * hypot(3, 4).item(); // 5
 */
export const hypot = binaryFunction(Hypot);
