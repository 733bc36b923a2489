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

/** dout a b / r for the cosines a and b of two components of a vector of length r; 0 where r is 0 or infinite. */
function turn<T>(k: Arithmetic<T>, dout: T, [a, b]: readonly [T, T], r: T): T {
  const singular = k.equal(k.mul(r, 0.5), r);
  return k.div(k.select(singular, 0, k.mul(k.mul(dout, a), b)), k.select(singular, 1, r));
}

/**
 * The derivative of the length of (x, y) by x, which is the cosine x / r. Its own derivatives are y^2 / r^3 and -x y / r^3: of
 * 1 / r - x^2 / r^3 nothing would be left where x is nearly all of r. A short vector is magnified, by a power of 2, as there are
 * few digits in its length.
 */
export class HypotSlope extends binary("HypotSlope", {
  takes: "float",
  forward: (k, x, y) => {
    const short = k.less(k.hypot(x, y), 1e-30);
    const longX = k.select(short, k.mul(x, 2 ** 100), x);
    const longY = k.select(short, k.mul(y, 2 ** 100), y);
    return cosine(k, longX, k.hypot(longX, longY));
  },
  backward: [
    (k, dout, x, y) => k.inDoubles(ownTurn, dout, x, y),
    (k, dout, x, y) => k.inDoubles(otherTurn, dout, x, y),
  ],
}) {}

function cosineOf<T>(k: Arithmetic<T>, x: T, y: T): T {
  return k.of(HypotSlope, x, y);
}

/** dout times the derivative of x / r by x, y^2 / r^3. */
function ownTurn<T>(k: Arithmetic<T>, dout: T, x: T, y: T): T {
  const sine = cosineOf(k, y, x);
  return turn(k, dout, [sine, sine], k.hypot(x, y));
}

/** dout times the derivative of x / r by y, -x y / r^3. */
function otherTurn<T>(k: Arithmetic<T>, dout: T, x: T, y: T): T {
  return turn(k, k.neg(dout), [cosineOf(k, x, y), cosineOf(k, y, x)], k.hypot(x, y));
}

function slope<T>(k: Arithmetic<T>, dout: T, x: T, y: T): T {
  return k.mul(dout, cosineOf(k, x, y));
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
