import type { Scalar } from "../simd.js";
import { Vector } from "../vector.js";

/** What the formulas need to know of the two floating-point formats. */
interface Format {
  /** Bits of the fraction that are stored. */
  readonly fraction: number;
  /** What is added to exponents. */
  readonly bias: number;
  readonly signBit: bigint;
  /** Added to a whole number it leaves that number in the last bits of the sum: 1.5 * 2^fraction. */
  readonly roundingConstant: number;
  /** The least number that is not denormal. */
  readonly least: number;
  /** ln 2 in two parts: exponents times the first are exact. */
  readonly ln2: readonly [high: number, low: number];
}

export const formats: Readonly<Record<Scalar, Format>> = {
  f32: {
    fraction: 23,
    bias: 127,
    signBit: 1n << 31n,
    roundingConstant: 1.5 * 2 ** 23,
    least: 2 ** -126,
    ln2: [0.693145751953125, 1.428606765330187e-6],
  },
  f64: {
    fraction: 52,
    bias: 1023,
    signBit: 1n << 63n,
    roundingConstant: 1.5 * 2 ** 52,
    least: 2 ** -1022,
    ln2: [0.6931471803691238, 1.9082149292705877e-10],
  },
};

/** The bit of the sign of each lane. */
export function signOf(x: Vector): Vector {
  return x.and(Vector.bits(x.scalar, formats[x.scalar].signBit));
}

/** 2^exponent for integers whose last bits are given, within the range of exponents that are not denormal. */
export function powerOfTwo(exponent: Vector, plus = 0): Vector {
  const { bias, fraction } = formats[exponent.scalar];
  return exponent.addBits(Vector.bits(exponent.scalar, BigInt(bias + plus))).shiftLeft(fraction);
}

/** x itself where that is 0, -0 or so small that the second term of the series x + ... is lost, else the value. */
export function unlessTiny(x: Vector, value: Vector): Vector {
  return x
    .abs()
    .less(x.scalar === "f32" ? 2 ** -26 : 2 ** -55)
    .select(x, value);
}

/** 1 or -1; zeros and NaN stay. */
export function sign(x: Vector): Vector {
  return x.abs().greater(0).select(signOf(x).or(1), x);
}
