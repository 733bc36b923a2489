import { Vector } from "../vector.js";
import { exactProduct, exactSum, fastSum, type Pair, pairProduct, pairSum } from "./double-double.js";
import { clamped, reduceExp, scale } from "./exp.js";
import { signOf } from "./format.js";
import { splitLog } from "./log.js";

/** ln 2; exponents times the first number are exact. */
const ln2 = [0.6931471805598903, 5.497923018708371e-14] as const;

/** 2/3 as a pair; the terms after it of log m = 2 s + s^3 (2/3 + s^2 P(s^2)), see log.ts; relative error 2^-73.4. */
const twoThirds = [0.6666666666666666, 3.700743415417188e-17] as const;
const coefficients = [
  0.3999999999999998, 0.2857142857144384, 0.22222222217787832, 0.1818181884452401, 0.15384558371743132,
  0.13336267432405627, 0.11675707182606487, 0.11982471839791313,
];

const of = (value: number): Vector => Vector.of("f64", value);

/** log x to about 2^-65, for finite x > 0. */
function pairLog(x: Vector): Pair {
  const { k, m } = splitLog(x);
  const f = m.sub(1);
  const bottom = exactSum(m, of(1));
  const s = f.div(bottom.high);
  const product = exactProduct(s, bottom.high);
  const rest = f.sub(product.high).sub(product.low).sub(s.mul(bottom.low));
  const quotient: Pair = { high: s, low: rest.div(bottom.high) };
  const square = pairProduct(quotient, quotient);
  const series = fastSum(of(twoThirds[0]), square.high.mul(square.high.polynomial(coefficients)));
  const factor: Pair = { high: series.high, low: series.low.add(twoThirds[1]) };
  const cube = pairProduct(pairProduct(quotient, square), factor);
  const logarithm = pairSum({ high: s.mul(2), low: quotient.low.mul(2) }, cube);
  const whole = exactSum(k.mul(ln2[0]), k.mul(ln2[1]));
  return pairSum(whole, logarithm);
}

/** x ** y = e^(y log |x|), negative for negative x and odd y. */
export function pow(x: Vector, y: Vector): Vector {
  const size = x.abs();
  // Beyond 2^65 the power of any double but 1 is 0 or infinite.
  const exponent = y.atMost(2 ** 65).atLeast(-(2 ** 65));
  const logarithm = pairLog(size);
  const product = exactProduct(exponent, logarithm.high);
  const sum = fastSum(product.high, product.low.add(exponent.mul(logarithm.low)));
  const ordinary = size.greater(0).and(size.less(Infinity));
  const limits = exponent.mul(size.less(1).select(-Infinity, Infinity));
  const power = ordinary.select(sum.high, limits);
  const low = power.abs().less(1000).and(ordinary).and(sum.low);
  const { k, m } = reduceExp(clamped(power), low);
  const positive = scale(m.add(1), k);
  const whole = y.trunc().equal(y);
  const half = y.mul(0.5);
  const odd = whole.andNot(half.trunc().equal(half));
  const signed = positive.xor(odd.and(signOf(x)));
  // All bits set is a NaN: a root of a negative number, x a NaN, or y a NaN.
  const root = x.less(0).and(x.greater(-Infinity)).andNot(whole);
  const missing = x.notEqual(x).or(y.notEqual(y));
  // IEEE 754: 1 to any power, and -1 to an infinite one.
  const endless = size.equal(1).and(y.abs().equal(Infinity));
  return y.equal(0).or(x.equal(1)).or(endless).select(1, signed.or(root).or(missing));
}
