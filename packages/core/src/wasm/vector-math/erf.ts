import { Vector } from "../vector.js";
import { exactProduct } from "./double-double.js";
import { clamped, exp, reduceExp, scale } from "./exp.js";
import { signOf } from "./format.js";

/**
 * erf x = x + x Q(x^2) for |x| up to 27/32: a minimax fit made for this file with Sollya's fpminimax, relative error
 * 2^-56.3 (which is the rounding of its first coefficient). erfc x is (1 - x) - x Q(x^2) there.
 */
const near = [
  0.1283791670955126, -0.376126389031839, 0.11283791670960168, -0.026866170645931244, 0.005223977632402259,
  -0.0008548327385032597, 0.00012055344549520082, -1.4925872509565684e-5, 1.646428585775044e-6, -1.6365476256162978e-7,
  1.4553959091220936e-8, -9.72602725884442e-10,
];
const nearEnd = 27 / 32;

/**
 * erfc x = e^(-x^2) (1/2 + P((x - 4) / (x + 4))) / x from 27/32 on; the substitution, as in M. M. Shepherd and J. G.
 * Laframboise, "Chebyshev approximation of (1 + 2x)exp(x^2)erfc x in 0 <= x < infinity", Mathematics of Computation 36
 * (1981), p. 249, brings all of them near 0. The Chebyshev series up to x = 28 was computed for this file; error
 * 2^-58.6 (the rounding of its coefficients).
 */
const far = [
  0.04799783050024556, 0.059723465959804566, -0.1016700134078224, 0.11617743547600033, -0.10500112171761718,
  0.0784203253190685, -0.04881471116509253, 0.025005730783923995, -0.010128998846298991, 0.0029155484009672945,
  -0.00036800573476096493, -0.00013911996990023995, 8.658857837066003e-5, -1.1247872334064873e-5, -7.082270699554388e-6,
  3.0588409668270506e-6, 2.865313092012831e-7, -4.598936111348856e-7, 2.827128351050743e-8, 6.111874032436112e-8,
  -1.0930033059652897e-8, -6.4398665764714684e-9, 2.013772624803118e-9,
];

/** Beyond it erfc is less than half of the least number. */
const end = 28;

/** x e^(x^2) erfc x for x from 27/32 to the end. */
function farFactor(x: Vector): Vector {
  const u = x.sub(4).div(x.add(4));
  return u.polynomial(far).add(0.5);
}

/** erfc x for x from 27/32 to the end. */
function farErfc(x: Vector): Vector {
  const factor = farFactor(x);
  // The rounding error of a large x^2 would be a relative one of the result.
  const square = exactProduct(x, x);
  const { k, m } = reduceExp(clamped(square.high.neg()), square.low.neg());
  return scale(m.mulAdd(factor, factor).div(x), k);
}

/** x Q(x^2). */
function excess(x: Vector): Vector {
  const z = x.mul(x);
  return x.mul(z.polynomial(near));
}

export function erf(x: Vector): Vector {
  const size = x.abs();
  const distant = Vector.of("f64", 1).sub(farErfc(size.atMost(end)));
  return size
    .lessEqual(nearEnd)
    .select(size.add(excess(size)), distant)
    .xor(signOf(x));
}

export function erfc(x: Vector): Vector {
  const size = x.abs();
  const distant = farErfc(size.atMost(end));
  const signed = x.less(0).select(Vector.of("f64", 2).sub(distant), distant);
  return size.lessEqual(nearEnd).select(Vector.of("f64", 1).sub(x).sub(excess(x)), signed);
}

/** sqrt(pi) x e^(x^2) erfc x in powers of 1 / x^2 (asymptotic, M. Abramowitz and I. A. Stegun, 7.1.23), from the end on. */
const beyond = [1, -0.5, 0.75, -1.875, 6.5625, -29.53125, 162.421875];

/** e^(x^2) erfc |x|. */
export function erfcx(x: Vector): Vector {
  const size = x.abs();
  const nearby = exp(size.mul(size).atMost(1)).mul(Vector.of("f64", 1).sub(size).sub(excess(size)));
  const inverse = Vector.of("f64", 1).div(size);
  const distant = inverse
    .mul(inverse)
    .polynomial(beyond)
    .mul(1 / Math.sqrt(Math.PI));
  const factor = size.lessEqual(end).select(farFactor(size), distant);
  return size.lessEqual(nearEnd).select(nearby, factor.mul(inverse));
}
