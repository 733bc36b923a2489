import { Vector } from "../vector.js";
import { signOf } from "./format.js";
import type { Call } from "./library.js";

// Formulas over doubles. The series are minimax fits made for this file with Sollya's fpminimax.

/** atan t = t + t^3 P(t^2) for |t| <= tan(pi/8), relative error 2^-63.8. */
const nearAtan = [
  -0.33333333333333326, 0.1999999999999726, -0.14285714285347945, 0.11111111086131813, -0.09090908081986845,
  0.0769228153211371, -0.06666210771917558, 0.05876881775918076, -0.05217589442558464, 0.04500527048450106,
  -0.03340981188277378, 0.015134463825552185,
];
/** asin t = t + t^3 P(t^2) for |t| <= 1/2, relative error 2^-59.9. */
const nearAsin = [
  0.1666666666666676, 0.07499999999970867, 0.04464285717455937, 0.030381942709939623, 0.022372214933962416,
  0.017351612884603268, 0.013980810971389734, 0.011398984890791528, 0.010779871868343047, 0.0037077635317693423,
  0.02170432555336977, -0.02099485893090953, 0.0326261117857431,
];
/** What pi/2 as a double lacks. */
const halfPiRest = 6.123233995736766e-17;

/** atan of x >= 0: by atan x = pi/4 + atan((x - 1) / (x + 1)) = pi/2 - atan(1 / x). */
function positiveAtan(x: Vector): Vector {
  const [large, middle] = [x.greater(1 + Math.SQRT2), x.greater(Math.SQRT2 - 1)];
  const top = large.select(-1, middle.select(x.sub(1), x));
  const bottom = large.select(x, middle.select(x.add(1), 1));
  const t = top.div(bottom);
  const z = t.mul(t);
  const series = t.mul(z).mulAdd(z.polynomial(nearAtan), large.select(halfPiRest, middle.and(halfPiRest / 2)));
  return large.select(Math.PI / 2, middle.and(Math.PI / 4)).add(series.add(t));
}

export function atan(x: Vector): Vector {
  return positiveAtan(x.abs()).xor(signOf(x));
}

/** The angle of the point (x, y). */
export function atan2(y: Vector, x: Vector): Vector {
  const [height, width] = [y.abs(), x.abs()];
  // Of equals the quotient is 1, also of infinities; but 0 / 0 is 0.
  const ratio = height.equal(width).select(height.notEqual(0).and(1), height.div(width));
  const angle = positiveAtan(ratio);
  // Pi less the angle where x is negative or -0.
  const left = Vector.bits("f64", 0n).subBits(x.shiftRight(63));
  const mirrored = Vector.of("f64", Math.PI).sub(angle.sub(2 * halfPiRest));
  return left.select(mirrored, angle).xor(signOf(y));
}

/** t + t^3 P(t^2) and t^2 are x and x^2 for |x| <= 1/2, else the root of (1 - |x|) / 2 and its square. */
function asinSeries(size: Vector): { readonly near: Vector; readonly series: Vector } {
  const near = size.lessEqual(0.5);
  const z = near.select(size.mul(size), Vector.of("f64", 1).sub(size).mul(0.5));
  const t = near.select(size, z.sqrt());
  return { near, series: t.mul(z).mulAdd(z.polynomial(nearAsin), t) };
}

/** asin |x| = pi/2 - 2 asin(sqrt((1 - |x|) / 2)). */
export function asin(x: Vector): Vector {
  const { near, series } = asinSeries(x.abs());
  const far = Vector.of("f64", Math.PI / 2).sub(series.mul(2).sub(halfPiRest));
  return near.select(series, far).xor(signOf(x));
}

/** pi/2 - asin x; 2 asin(sqrt((1 - x) / 2)) for x > 1/2, and pi less that of -x for x < -1/2. */
export function acos(x: Vector): Vector {
  const { near, series } = asinSeries(x.abs());
  const middle = Vector.of("f64", Math.PI / 2).sub(series.xor(signOf(x)).sub(halfPiRest));
  const double = series.mul(2);
  const negative = Vector.of("f64", Math.PI).sub(double.sub(2 * halfPiRest));
  return near.select(middle, x.less(0).select(negative, double));
}

/** From here on log1p x is log x, and x + sqrt(x^2 + 1) is 2 x. */
const large = 2 ** 60;

/** log(x + sqrt(x^2 + 1)) = log1p(x + x^2 / (1 + sqrt(x^2 + 1))), and log x + ln 2 for large x. */
export function asinh(x: Vector, call: Call): Vector {
  const size = x.abs();
  const far = size.greater(large);
  const square = size.mul(size);
  const argument = size.add(square.div(square.add(1).sqrt().add(1)));
  const value = call("log1p", far.select(size, argument)).add(far.and(Math.LN2));
  return value.xor(signOf(x));
}

/** log(x + sqrt(x^2 - 1)) = log1p(t + sqrt(2 t + t^2)) with t = x - 1, and log x + ln 2 for large x. */
export function acosh(x: Vector, call: Call): Vector {
  const far = x.greater(large);
  const t = x.sub(1);
  const argument = t.add(t.mul(t.add(2)).sqrt());
  const value = call("log1p", far.select(x, argument)).add(far.and(Math.LN2));
  // All bits set is a NaN.
  return value.or(x.less(1));
}

/** log1p(2 x / (1 - x)) / 2. */
export function atanh(x: Vector, call: Call): Vector {
  const size = x.abs();
  const argument = size.add(size).div(Vector.of("f64", 1).sub(size));
  return call("log1p", argument).mul(0.5).xor(signOf(x));
}
