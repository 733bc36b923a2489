import { type Said, unsaid } from "./extremes.js";

/*
 * The second derivatives of the elementwise ops of two numbers in closed form, at any pair of numbers that there is. Where
 * squares and cubes would leave the range of doubles, the formula is taken at a pair of moderate size, and scaled: all of
 * those functions are homogeneous.
 */

type Hessian = readonly [xx: Said, xy: Said, yy: Said];
type Reference = (x: number, y: number) => Hessian;

const flat: Hessian = [0, 0, 0];
const I = Infinity;

/** x 2^exponent, in steps that do not leave the range before the result does. */
function scale(x: number, exponent: number): number {
  const step = Math.max(-1000, Math.min(1000, exponent));
  return step === exponent ? x * 2 ** step : scale(x * 2 ** step, exponent - step);
}

const exponentOf = (x: number) => (x === 0 ? -I : Math.floor(Math.log2(Math.abs(x))));

/** The second derivatives of a function that grows with its arguments to the power `degree`. */
function homogeneous(
  x: number,
  y: number,
  degree: number,
  of: (x: number, y: number) => readonly [number, number, number],
): Hessian {
  const e = Math.max(exponentOf(x), exponentOf(y));
  const [xx, xy, yy] = of(scale(x, -e), scale(y, -e));
  const back = (d: number) => scale(d, (degree - 2) * e);
  return [back(xx), back(xy), back(yy)];
}

function ofDiv(x: number, y: number): Hessian {
  if (!Number.isFinite(x) && !Number.isFinite(y)) return [0, 0, unsaid];
  if (y === 0) return [0, -I, x === 0 ? unsaid : (x / y) * I];
  if (!Number.isFinite(y)) return flat;
  const e = exponentOf(y);
  const unit = scale(y, -e);
  const mixed = scale(-1 / unit ** 2, -2 * e);
  if (!Number.isFinite(x)) return [0, mixed, x * unit];
  if (x === 0) return [0, mixed, 0];
  return [0, mixed, scale((2 * scale(x, -exponentOf(x))) / unit ** 3, exponentOf(x) - 3 * e)];
}

function ofHypot(x: number, y: number): Hessian {
  if (x === 0 && y === 0) return [unsaid, unsaid, unsaid];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return flat;
  return homogeneous(x, y, 1, (x, y) => {
    const cube = (x * x + y * y) ** 1.5;
    return [(y * y) / cube, (-x * y) / cube, (x * x) / cube];
  });
}

/** Of x / r: third derivatives of a length, which at shorter ones than these are infinite in parts that cancel. */
function ofHypotSlope(x: number, y: number): Hessian {
  if (Math.hypot(x, y) < 1e-30) return [unsaid, unsaid, unsaid];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return flat;
  return homogeneous(x, y, 0, (x, y) => {
    const fifth = (x * x + y * y) ** 2.5;
    return [(-3 * x * y * y) / fifth, (2 * x * x * y - y ** 3) / fifth, (2 * x * y * y - x ** 3) / fifth];
  });
}

/** Of `atan2(y, x)`. */
function ofAtan2(y: number, x: number): Hessian {
  if (x === 0 && y === 0) return [unsaid, unsaid, unsaid];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return flat;
  return homogeneous(y, x, 0, (y, x) => {
    const fourth = (x * x + y * y) ** 2;
    return [(-2 * x * y) / fourth, (y * y - x * x) / fourth, (2 * x * y) / fourth];
  });
}

function ofPow(x: number, y: number): Hessian {
  if (!Number.isFinite(y)) return [unsaid, unsaid, unsaid];
  const [power, log] = [x ** y, Math.log(x)];
  const factor = y * (y - 1);
  // In logarithms: the power itself may be too large, and the factor so small that the product is not.
  const curvature = factor === 0 ? 0 : Math.sign(factor) * Math.exp(Math.log(Math.abs(factor)) + (y - 2) * log);
  if (x < 0 || Object.is(x, -0)) {
    const ofWhole = factor === 0 ? 0 : factor * x ** (y - 2);
    return [Number.isInteger(y) ? ofWhole : unsaid, unsaid, unsaid];
  }
  if (x === I) return [curvature, y < 1 ? 0 : I, y < 0 ? 0 : I];
  // At 0 and 1 the derivatives along the axis jump.
  if (x === 0) return y < 0 ? [curvature, I, I] : [curvature, y === 0 || y === 1 ? unsaid : y > 1 ? 0 : -I, 0];
  return [curvature, x ** (y - 1) * (1 + y * log), power === 0 ? 0 : power * log ** 2];
}

function ofElu(x: number, alpha: number): Hessian {
  const e = x > 0 ? 0 : Math.exp(x);
  return [e === 0 ? 0 : alpha * e, e, 0];
}

/** By the names of the nodes; for a pair of numbers the second derivatives by both. */
export const hessians: Readonly<Record<string, Reference>> = {
  Add: () => flat,
  Sub: () => flat,
  Mul: () => [0, 1, 0],
  Div: ofDiv,
  Pow: ofPow,
  Maximum: () => flat,
  Minimum: () => flat,
  Atan2: ofAtan2,
  Hypot: ofHypot,
  HypotSlope: ofHypotSlope,
  LeakyRelu: (x) => [0, x > 0 ? 0 : 1, 0],
  Elu: ofElu,
  Mod: (x, y) => (y === 0 || !Number.isFinite(x) ? [0, unsaid, unsaid] : flat),
};
