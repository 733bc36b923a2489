import type { Arithmetic } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

/** The derivative of asin, 1 / sqrt(1 - x^2), whose own is x / sqrt(1 - x^2)^3. */
export class AsinSlope extends unary("AsinSlope", {
  forward: (k, x) => k.div(1, k.sqrt(k.mul(k.sub(1, x), k.add(1, x)))),
  backward: [(k, dout, x, z) => k.mul(dout, k.mul(k.mul(x, z), k.mul(z, z)))],
}) {}

export class Asin extends unary("Asin", {
  forward: (k, x) => k.asin(x),
  backward: [(k, dout, x) => k.mul(dout, k.of(AsinSlope, x))],
}) {}

/**
 * The angle in radians, from -pi/2 to pi/2, whose sine is x: NaN beyond +-1, where its derivative is infinite. float64, float32.
 *
 * @example
 * asin(1).item(); // about 1.570796
 */
export const asin = unaryFunction(Asin);

export class Acos extends unary("Acos", {
  forward: (k, x) => k.acos(x),
  backward: [(k, dout, x) => k.neg(k.mul(dout, k.of(AsinSlope, x)))],
}) {}

/**
 * The angle in radians, from 0 to pi, whose cosine is x: NaN beyond +-1, where its derivative is infinite. float64, float32.
 *
 * @example
 * acos(tensor([1, -1])).toArray(); // about [0, 3.141593]
 */
export const acos = unaryFunction(Acos);

export class Atan extends unary("Atan", {
  forward: (k, x) => k.atan(x),
  backward: [
    // 1 / (1 + x^2), without the square, which at infinity would make a NaN of the second derivative.
    (k, dout, x) => {
      const r = k.hypot(x, 1);
      return k.div(k.div(dout, r), r);
    },
  ],
}) {}

/**
 * The angle in radians, from -pi/2 to pi/2, whose tangent is x. float64, float32.
 *
 * @example
 * atan(1).item(); // about 0.785398
 * grad(atan)(1).item(); // about 0.5
 */
export const atan = unaryFunction(Atan);

/**
 * A factor that, applied twice, makes a vector of length about `r` so long that what follows stays in range; 1 where it does
 * so anyhow. Powers of 4, so that the root is exact, too; 2^600 is for float64 alone, float32 has no such r.
 */
function magnifier<T>(k: Arithmetic<T>, r: T): T {
  const forFloat32 = k.select(k.less(r, 1e-35), 2 ** 96, k.select(k.less(r, 1e-15), 2 ** 64, k.sign(r)));
  return k.select(k.less(r, 1e-150), 2 ** 600, forFloat32);
}

/**
 * x / (x^2 + y^2), 0 at the origin: the derivative of the angle by y. In the second derivative terms as large as 1 / r^2
 * cancel, which must not be infinite each: so it is that of a magnified vector, magnified itself, and the factors stand
 * where, read from either end, no product of some of them overflows. Where 1 / r does, it is 2^-70 of the value that is
 * differentiated; the rest of it, a whole number, is added by `floor`, through which no gradient goes.
 */
function curl<T>(k: Arithmetic<T>, dout: T, x: T, y: T): T {
  const longest = k.max(k.abs(x), k.abs(y));
  const factor = magnifier(k, longest);
  const root = k.sqrt(factor);
  const [longX, longY] = [k.mul(k.mul(x, factor), factor), k.mul(k.mul(y, factor), factor)];
  const r = k.hypot(longX, longY);
  // 0 and infinity, which are what halving does not change.
  const singular = k.equal(k.mul(r, 0.5), r);
  const divisor = k.select(singular, 1, r);
  const ratio = k.div(k.mul(k.select(singular, 0, longX), root), divisor);
  const overflows = k.equal(k.div(1000, longest), Infinity);
  const last = k.select(overflows, k.mul(factor, 2 ** -70), factor);
  const result = k.mul(k.div(k.mul(ratio, root), divisor), last);
  const whole = k.add(result, k.floor(k.mul(result, 2 ** 70)));
  return k.mul(dout, k.select(overflows, whole, result));
}

export class Atan2 extends binary("Atan2", {
  forward: (k, y, x) => k.atan2(y, x),
  backward: [(k, dout, y, x) => k.inDoubles(curl, dout, x, y), (k, dout, y, x) => k.neg(k.inDoubles(curl, dout, y, x))],
}) {}

/**
 * `atan2(y, x)`: the angle of the point (x, y) in radians, from -pi to pi, broadcast. At the origin it is 0 or +-pi by the
 * signs of the zeros, and both derivatives are 0 there. float64, float32.
 *
 * @example
 * atan2(1, -1).item(); // about 2.35619
 */
export const atan2 = binaryFunction(Atan2);
