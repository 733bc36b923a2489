// The functions of the arithmetic that JavaScript's Math has not, over numbers.

/*
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969), p. 631:
 * erf(x) = x R(x^2) up to 15/32, erfc(x) = e^(-x^2) R(x) up to 4, and beyond e^(-x^2) / x (1/sqrt(pi) - R(1/x^2) / x^2).
 */
const near = 15 / 32;

/** erf(x) for |x| up to 15/32. */
function nearErf(x: number): number {
  const s = x * x;
  const top =
    (((0.18577770618460315 * s + 3.1611237438705655) * s + 113.86415415105016) * s + 377.485237685302) * s +
    3209.3775891384694;
  const bottom = (((s + 23.601290952344122) * s + 244.02463793444417) * s + 1282.6165260773723) * s + 2844.236833439171;
  return (x * top) / bottom;
}

/** erfc(x) e^(x^2) for x from 15/32 to 4. */
function middleFactor(x: number): number {
  const top =
    (((((((2.1531153547440383e-8 * x + 0.5641884969886701) * x + 8.883149794388377) * x + 66.11919063714163) * x +
      298.6351381974001) *
      x +
      881.952221241769) *
      x +
      1712.0476126340707) *
      x +
      2051.0783778260716) *
      x +
    1230.3393547979972;
  const bottom =
    (((((((x + 15.744926110709835) * x + 117.6939508913125) * x + 537.1811018620099) * x + 1621.3895745666903) * x +
      3290.7992357334597) *
      x +
      4362.619090143247) *
      x +
      3439.3676741437216) *
      x +
    1230.3393548037495;
  return top / bottom;
}

/** erfc(x) e^(x^2) for x from 4. */
function farFactor(x: number): number {
  const s = 1 / (x * x);
  const top =
    ((((0.016315387137302097 * s + 0.30532663496123236) * s + 0.36034489994980445) * s + 0.12578172611122926) * s +
      0.016083785148742275) *
      s +
    0.0006587491615298378;
  const bottom =
    ((((s + 2.568520192289822) * s + 1.8729528499234604) * s + 0.5279051029514285) * s + 0.06051834131244132) * s +
    0.0023352049762686918;
  return (1 / Math.sqrt(Math.PI) - (s * top) / bottom) / x;
}

/** erfc(x) for x from 15/32. */
function farErfc(x: number): number {
  // Beyond it is less than the least number.
  if (x > 28) return 0;
  // e^(-x^2) in two parts, the first with an exact exponent: the rounding error of a large x^2 would be one of e^(-x^2).
  const coarse = Math.trunc(x * 16) / 16;
  const power = Math.exp(-coarse * coarse) * Math.exp(-(x - coarse) * (x + coarse));
  return power * (x <= 4 ? middleFactor(x) : farFactor(x));
}

/** The error function, to less than 4e-16 of its value. */
export function erf(x: number): number {
  if (Math.abs(x) <= near) return nearErf(x);
  return x > 0 ? 1 - farErfc(x) : x < 0 ? farErfc(-x) - 1 : x;
}

/** 1 - erf(x), to less than 1e-15 of its value also where that is small. */
export function erfc(x: number): number {
  if (Math.abs(x) <= near) return 1 - nearErf(x);
  return x > 0 ? farErfc(x) : x < 0 ? 2 - farErfc(-x) : x;
}

/** e^(x^2) erfc(|x|). */
export function erfcx(x: number): number {
  const size = Math.abs(x);
  if (size <= near) return Math.exp(size * size) * (1 - nearErf(size));
  return size <= 4 ? middleFactor(size) : farFactor(size);
}

/** x ** y, but as IEEE 754 (and C, NumPy, PyTorch) has it: 1 to any power is 1, and -1 to an infinite one. */
export function power(x: number, y: number): number {
  return x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : x ** y;
}

/** Up to here 1 - z has lost no more than five bits. */
export const nearOne = 31 / 32;

/** z (1 - z) for z = sigmoid(x); 1 - z is sigmoid(-x) where z has been rounded to 1. */
export function sigmoidSlope(x: number, z: number): number {
  if (z < nearOne) return z * (1 - z);
  const e = Math.exp(-Math.abs(x));
  return z * ((x > 0 ? e : 1) / (1 + e));
}

/** 1 - z^2 for z = tanh(x); where z has been rounded to 1 or -1 the square of 2 / (e^x + e^-x). */
export function tanhSlope(x: number, z: number): number {
  if (Math.abs(z) < nearOne) return (1 - z) * (1 + z);
  const e = Math.exp(-Math.abs(x));
  const root = (2 * e) / (1 + e * e);
  return root * root;
}

/** The nearest whole number; of two that are as near, the even one. */
export function roundHalfEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** The remainder with the sign of y, exact but for one addition; NaN for y = 0. */
export function floorMod(x: number, y: number): number {
  const remainder = x % y;
  return remainder !== 0 && remainder < 0 !== y < 0 ? remainder + y : remainder;
}

/** The root of the sum of squares, also where the squares leave the range of a double. */
export function hypot(x: number, y: number): number {
  const squares = x * x + y * y;
  // Math.hypot is right everywhere, and twenty times as slow.
  return squares > 1e-290 && squares < Infinity ? Math.sqrt(squares) : Math.hypot(x, y);
}
