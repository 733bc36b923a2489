import type { Scalar } from "../simd.js";
import { Vector, type VectorOperand } from "../vector.js";
import { formats, powerOfTwo, unlessTiny } from "./format.js";

/**
 * e^x = 2^k e^r with |r| <= ln 2 / 2 and e^r = 1 + r + r^2 P(r). The coefficients are minimax fits made for this file
 * with Sollya's fpminimax: relative error of e^r 2^-57.8 and 2^-28.2.
 */
const coefficients: Readonly<Record<Scalar, readonly number[]>> = {
  f32: [0.49999994, 0.1666652, 0.04166824, 0.008368827, 0.0013823241],
  f64: [
    0.5000000000000011, 0.1666666666666642, 0.041666666666526596, 0.008333333333490218, 0.001388888894451334,
    0.00019841269516499355, 2.4801492211244113e-5, 2.7557576800093247e-6, 2.7630560280734723e-7, 2.500332770014334e-8,
  ],
};

/** Beyond them the result is infinite, or 0 also when it is rounded: e^x itself and up to 2 e^x or e^x / 2. */
const range = { f32: [-105, 90], f64: [-747, 711] } as const;

export interface Reduced {
  /** The last bits of it are k, as an integer. */
  readonly k: Vector;
  /** e^r - 1. */
  readonly m: Vector;
}

/** The parts of e^(x + low), for x within the range that `clamped` gives; low is of the size of x's last bit. */
export function reduceExp(x: Vector, low?: Vector): Reduced {
  const { roundingConstant, ln2 } = formats[x.scalar];
  const k = x.mulAdd(Math.LOG2E, roundingConstant);
  const whole = k.sub(roundingConstant);
  const coarse = whole.mulSubFrom(ln2[0], x);
  const r = whole.mulSubFrom(ln2[1], low === undefined ? coarse : coarse.add(low));
  return { k, m: r.mul(r).mulAdd(r.polynomial(coefficients[x.scalar]), r) };
}

export function clamped(x: Vector): Vector {
  const [low, high] = range[x.scalar];
  return x.atMost(high).atLeast(low);
}

/** x 2^(k + plus), also where that is infinite or denormal. */
export function scale(x: VectorOperand, k: Vector, plus = 0): Vector {
  const half = k.halfBits();
  return powerOfTwo(half)
    .mul(x)
    .mul(powerOfTwo(k.subBits(half), plus));
}

/** 2^plus e^x. */
export function exp(x: Vector, plus = 0): Vector {
  const { k, m } = reduceExp(clamped(x));
  return scale(m.add(1), k, plus);
}

/** e^x for x that is not so large or small that the result would be infinite or denormal. */
export function moderateExp(x: Vector): Vector {
  const { k, m } = reduceExp(x);
  return m.add(1).mul(powerOfTwo(k));
}

/** e^x - 1 = 2^k2 ((2^k1 - 2^-k2) + 2^k1 m) with k = k1 + k2: the powers are near one another when k is near 0. */
export function expm1(x: Vector): Vector {
  // From -40 on it is -1.
  const { k, m } = reduceExp(x.atMost(range[x.scalar][1]).atLeast(-40));
  const half = k.halfBits();
  const other = k.subBits(half);
  const [p1, p2] = [powerOfTwo(half), powerOfTwo(other)];
  const { bias, fraction } = formats[x.scalar];
  const inverse = Vector.bits(x.scalar, BigInt(bias)).subBits(other).shiftLeft(fraction);
  return unlessTiny(x, p1.sub(inverse).add(p1.mul(m)).mul(p2));
}

/** 1 / (1 + e^-x); with e^-|x|, which does not overflow, it is e^-|x| / (1 + e^-|x|) for negative x. */
export function sigmoid(x: Vector): Vector {
  const e = exp(x.abs().neg());
  return x.less(0).select(e, 1).div(e.add(1));
}
