import type { Arithmetic } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

/** x, but 1 in the place of 0. */
function nonzero<T>(k: Arithmetic<T>, x: T): T {
  return k.select(k.equal(x, 0), 1, x);
}

/**
 * Where x^(y - 1) overflows though z = x^y is at most 1: at an x that is nearly 0. The second derivative by x and y,
 * x^(y - 1) (1 + y log x), is then infinite with the sign of 1 + y log x, so its two terms must not be both infinite.
 */
function isSteep<T>(k: Arithmetic<T>, x: T, z: T): T {
  return k.equal(k.div(k.select(k.greater(z, 1), 0, z), nonzero(k, x)), Infinity);
}

/** v as a number that no gradient goes through: rounded to a multiple of 2^-60, which loses nothing of what it is for. */
function fixed<T>(k: Arithmetic<T>, v: T): T {
  return k.mul(k.floor(k.mul(v, 2 ** 60)), 2 ** -60);
}

export class Pow extends binary("Pow", {
  forward: (k, x, y) => k.pow(x, y),
  backward: [
    // y x^(y - 1), but (y / x) x^y where both are tiny and the power nearly 1: there 1 / x may be too large to be finite, and 0
    // times it, or times its own derivative, NaN. An infinite power is multiplied by what grows with y only
    // if it does itself. And a dout or derivative of 0 outweighs an infinite other one.
    (k, dout, x, y, z) => {
      const size = k.abs(x);
      // The largest such |y|: 0 at x = 0, where only 0^0 is 1, and none where x is not tiny.
      const largest = k.select(k.less(size, 1e-16), k.mul(k.sign(size), 1e-16), -1);
      const nearly1 = k.lessEqual(k.abs(y), largest);
      const divisor = k.select(nearly1, nonzero(k, x), 1);
      const power = k.pow(x, k.select(nearly1, y, k.select(isSteep(k, x, z), -1, k.sub(y, 1))));
      const falling = k.less(k.abs(z), 1 / Math.E);
      const factor = k.select(falling, k.select(k.equal(power, Infinity), k.sub(1, y), y), y);
      const slope = k.mul(k.div(factor, divisor), power);
      const product = k.mul(dout, slope);
      return k.select(k.equal(product, product), product, k.mul(k.sign(dout), k.sign(slope)));
    },
    // z log x. At 0 and infinity the logarithm is a constant, as it has no derivative there: at 0 it is -Infinity, 0 or less
    // than 0 for y below, at or above 0; at infinity 0 where the power has gone to 0.
    (k, dout, x, y, z) => {
      const at0 = k.select(k.less(y, 0), x, k.sub(1, k.mul(k.sign(y), 0.5)));
      const atInfinity = k.select(k.equal(z, 0), k.sign(x), Infinity);
      const base = k.select(k.equal(x, 0), at0, k.select(k.equal(x, Infinity), atInfinity, x));
      const log = k.log(base);
      // Where the derivatives by x of both factors are infinite, the tangent: value, derivative by x and by y.
      const steep = isSteep(k, x, z);
      const steepLog = k.select(steep, log, 0);
      const atPoint = fixed(k, steepLog);
      const exponent = k.mul(y, atPoint);
      const byX = k.mul(k.add(exponent, 1), k.sub(steepLog, atPoint));
      const byY = k.mul(atPoint, k.sub(exponent, fixed(k, exponent)));
      const tangent = k.mul(fixed(k, k.select(steep, z, 0)), k.add(atPoint, k.add(byX, byY)));
      return k.mul(dout, k.select(steep, tangent, k.mul(z, log)));
    },
  ],
}) {}

/**
 * x to the power y, broadcast. float64, float32. x^0 is 1 and its derivative by x is 0, also at x = 0. The derivative by y
 * is 0 where x = 0 and y >= 0 (as in PyTorch), and NaN where x < 0, as the power is then defined at whole y only. An
 * infinite y has no derivative by x. The second derivative by x and y is -Infinity at x = 0 < y < 1, and not defined at
 * x = 0, y = 0 or 1, where the derivatives jump: any number there.
 */
export const pow = binaryFunction(Pow);

export class Sqrt extends unary("Sqrt", {
  forward: (k, x) => k.sqrt(x),
  backward: [(k, dout, _x, z) => k.div(dout, k.mul(z, 2))],
}) {}

/** The square root; NaN below 0. Its derivative at 0 is infinite. float64, float32. */
export const sqrt = unaryFunction(Sqrt);

export class Rsqrt extends unary("Rsqrt", {
  forward: (k, x) => k.div(1, k.sqrt(x)),
  backward: [(k, dout, _x, z) => k.mul(dout, k.mul(-0.5, k.mul(z, k.mul(z, z))))],
}) {}

/** 1 / sqrt(x); Infinity at 0, with an infinite derivative; NaN below. float64, float32. */
export const rsqrt = unaryFunction(Rsqrt);
