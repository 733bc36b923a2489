import type { Arithmetic } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";
import { cosine, magnified, magnifier } from "./hypot.js";

export class Asin extends unary("Asin", {
  forward: (k, x) => k.asin(x),
  backward: [(k, dout, x) => k.div(k.div(dout, k.sqrt(k.sub(1, x))), k.sqrt(k.add(1, x)))],
}) {}

/** The angle in radians, from -pi/2 to pi/2, whose sine is x: NaN beyond +-1, where its derivative is infinite. float64, float32. */
export const asin = unaryFunction(Asin);

export class Acos extends unary("Acos", {
  forward: (k, x) => k.acos(x),
  backward: [(k, dout, x) => k.neg(k.div(k.div(dout, k.sqrt(k.sub(1, x))), k.sqrt(k.add(1, x))))],
}) {}

/** The angle in radians, from 0 to pi, whose cosine is x: NaN beyond +-1, where its derivative is infinite. float64, float32. */
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

/** The angle in radians, from -pi/2 to pi/2, whose tangent is x. float64, float32. */
export const atan = unaryFunction(Atan);

/**
 * x / (x^2 + y^2), 0 at the origin: the derivative of the angle by y. Of the magnified vector (see `slope` in hypot.ts),
 * and magnified again itself.
 */
function curl<T>(k: Arithmetic<T>, dout: T, x: T, y: T): T {
  const factor = magnifier(k, k.max(k.abs(x), k.abs(y)));
  const [longX, longY] = [magnified(k, x, factor), magnified(k, y, factor)];
  const r = k.hypot(longX, longY);
  const shrunk = k.div(k.mul(cosine(k, longX, r), factor), k.select(k.equal(r, 0), 1, r));
  return k.mul(dout, k.mul(shrunk, factor));
}

export class Atan2 extends binary("Atan2", {
  forward: (k, y, x) => k.atan2(y, x),
  backward: [(k, dout, y, x) => curl(k, dout, x, y), (k, dout, y, x) => k.neg(curl(k, dout, y, x))],
}) {}

/**
 * `atan2(y, x)`: the angle of the point (x, y) in radians, from -pi to pi, broadcast. At the origin it is 0 or +-pi by the
 * signs of the zeros, and both derivatives are 0 there. Where the distance from the origin is so small that its inverse
 * overflows, the second derivatives are NaN, as that inverse is a factor of them. float64, float32.
 *
 * @example
 * atan2(1, -1).item(); // about 2.35619
 */
export const atan2 = binaryFunction(Atan2);
