// The functions of the arithmetic that JavaScript's Math has not, over numbers.

/** The polynomial with these coefficients, that of the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + (coefficients[i] as number);
  return sum;
}

/*
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969), p. 631:
 * erf(x) = x R(x^2) up to 15/32, erfc(x) = e^(-x^2) R(x) up to 4, and beyond e^(-x^2) / x (1/sqrt(pi) - R(1/x^2) / x^2).
 */
const nearTop = [1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3];
const nearBottom = [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3];
const middleTop = [
  2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
  8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
];
const middleBottom = [
  1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
  4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
];
const farTop = [
  1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
  6.58749161529837803e-4,
];
const farBottom = [
  1, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3,
];

const near = 15 / 32;

/** erf(x) for |x| up to 15/32. */
function nearErf(x: number): number {
  const square = x * x;
  return (x * polynomial(nearTop, square)) / polynomial(nearBottom, square);
}

/** erfc(x) for x from 15/32. */
function farErfc(x: number): number {
  // Beyond it is less than the least number, and 1/x^2 is soon 0.
  if (x > 28) return 0;
  const square = 1 / (x * x);
  const factor =
    x <= 4
      ? polynomial(middleTop, x) / polynomial(middleBottom, x)
      : (1 / Math.sqrt(Math.PI) - (square * polynomial(farTop, square)) / polynomial(farBottom, square)) / x;
  // e^(-x^2) in two parts, the first with an exact exponent: the rounding error of a large x^2 would be one of e^(-x^2).
  const coarse = Math.trunc(x * 16) / 16;
  return Math.exp(-coarse * coarse) * Math.exp(-(x - coarse) * (x + coarse)) * factor;
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
