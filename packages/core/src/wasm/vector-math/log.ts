import type { Scalar } from "../simd.js";
import { Vector } from "../vector.js";
import { formats } from "./format.js";

/**
 * log x = k ln 2 + log m with m from sqrt(1/2) to sqrt(2), and with s = (m - 1) / (m + 1): log m = 2 s + s^3 P(s^2).
 * The coefficients are minimax fits made for this file with Sollya's fpminimax: relative error 2^-59.5 and 2^-35.0.
 */
const coefficients: Readonly<Record<Scalar, readonly number[]>> = {
  f32: [0.6666666, 0.40000847, 0.28510404, 0.24023628],
  f64: [
    0.6666666666666735, 0.39999999999409713, 0.2857142874356461, 0.222221984439725, 0.18183571495776235,
    0.1531385544537799, 0.14798017527720853,
  ],
};

/** The bits of sqrt(1/2). */
const rootHalf = { f32: 0x3f3504f3n, f64: 0x3fe6a09e667f3bcdn } as const;

/** k as a float, and m, of x = 2^k m, for finite x > 0. */
export function splitLog(x: Vector): { readonly k: Vector; readonly m: Vector } {
  const { scalar } = x;
  const { fraction, bias, least } = formats[scalar];
  const denormal = x.less(least);
  const up = fraction + 1;
  const normal = denormal.select(x.mul(2 ** up), x);
  const one = BigInt(bias) << BigInt(fraction);
  const shifted = normal.addBits(Vector.bits(scalar, one - rootHalf[scalar]));
  // An integer becomes a float as the last bits of a float without a fraction.
  const magic = 2 ** fraction;
  const exponent = shifted
    .shiftRight(fraction)
    .or(magic)
    .sub(magic + bias);
  const k = exponent.sub(denormal.and(up));
  const m = shifted
    .and(Vector.bits(scalar, (1n << BigInt(fraction)) - 1n))
    .addBits(Vector.bits(scalar, rootHalf[scalar]));
  return { k, m };
}

/** k ln 2 + log(1 + f) for f from sqrt(1/2) - 1 to sqrt(2) - 1; of f - f^2 / 2 the square is taken off last. */
function sumLog(k: Vector, f: Vector): Vector {
  const [high, low] = formats[f.scalar].ln2;
  const s = f.div(f.add(2));
  const z = s.mul(s);
  const half = f.mul(f).mul(0.5);
  const rest = z.mulAdd(z.polynomial(coefficients[f.scalar]), half);
  return k.mulAdd(high, f.sub(half.sub(k.mulAdd(low, s.mul(rest)))));
}

/** What the logarithm of x is for x = 0, x < 0, infinity and NaN, and `value` for others. */
function ofPositive(x: Vector, value: Vector): Vector {
  // All bits set is a NaN.
  const special = x.equal(0).select(-Infinity, x.or(x.less(0)));
  return x.greater(0).and(x.less(Infinity)).select(value, special);
}

export function log(x: Vector): Vector {
  const { k, m } = splitLog(x);
  return ofPositive(x, sumLog(k, m.sub(1)));
}

/** log(1 + x): what the rounding of u = 1 + x loses is added to m - 1, in proportion. */
export function log1p(x: Vector): Vector {
  const u = x.add(1);
  const back = u.sub(1);
  const lost = x.sub(back).sub(u.sub(back).sub(1));
  const { k, m } = splitLog(u);
  const value = ofPositive(u, sumLog(k, m.sub(1).add(lost.div(u).mul(m))));
  return x
    .abs()
    .less(2 ** -55)
    .select(x, value);
}
