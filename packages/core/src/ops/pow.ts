import { type Arithmetic, tensorArithmetic } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

/** x, but 1 in the place of 0. */
function nonzero<T>(k: Arithmetic<T>, x: T): T {
  return k.select(k.equal(x, 0), 1, x);
}

/** v as a number that no gradient goes through: rounded to a multiple of 2^-60, which loses nothing of what it is for. */
function fixed<T>(k: Arithmetic<T>, v: T): T {
  return k.mul(k.floor(k.mul(v, 2 ** 60)), 2 ** -60);
}

/*
 * The second derivative by x and y is x^(y - 1) (1 + y log x). Where x is so near to 0 that x^(y - 1) overflows, it is
 * infinite with the sign of 1 + y log x, and its two terms, which have opposite signs, must not be both infinite.
 */
const signChange = 1 / Math.E;

/** Whether the result is graph, which may be differentiated again; numbers and loops are values and no more. */
function makesGraph<T>(k: Arithmetic<T>): boolean {
  return Object.is(k, tensorArithmetic);
}

/** y x^(y - 1): the derivative of z = x^y by x. */
function slope<T>(k: Arithmetic<T>, x: T, y: T, z: T): T {
  // Where x^(y - 1) overflows and 1 + y log x > 0, or y is nearly 0, the quotient (y / x) x^y, which may be finite and grows
  // with y; where it overflows and 1 + y log x < 0, a multiple of it that falls with y.
  const rising = k.less(k.abs(k.sub(z, 1)), 1 - signChange);
  const steepness = k.div(k.select(k.less(k.abs(y), 1e-18), 0, z), nonzero(k, k.abs(x)));
  const ratio = k.select(rising, steepness, 1);
  // 0 and infinity are what halving does not change.
  const quotient = k.equal(k.mul(ratio, 0.5), ratio);
  const power = k.pow(x, k.select(quotient, 0, k.sub(y, 1)));
  const falling = () => k.select(k.less(k.abs(z), signChange), k.sub(1, y), y);
  const factor = makesGraph(k) ? k.select(k.equal(power, Infinity), falling(), y) : y;
  const divided = k.div(factor, k.select(quotient, nonzero(k, x), 1));
  return k.mul(k.mul(divided, fixed(k, k.select(quotient, z, 1))), power);
}

/**
 * log x, which at 0 and infinity is a constant: at 0 it is -Infinity, 0 or less than 0 for y below, at or above 0; at
 * infinity 0 where the power z has gone to 0.
 */
function logarithm<T>(k: Arithmetic<T>, x: T, y: T, z: T): T {
  const at0 = k.select(k.less(y, 0), x, k.sub(1, k.mul(k.sign(y), 0.5)));
  const large = k.select(k.equal(x, Infinity), Infinity, x);
  const least = k.select(k.equal(z, 0), k.min(large, 1), large);
  return k.log(k.select(k.equal(x, 0), at0, least));
}

/** z, for z = x^y, as a function of x and y whose derivative times `log` = log x has the right sign where it overflows. */
function expanded<T>(k: Arithmetic<T>, x: T, y: T, z: T, log: T): T {
  const overflows = k.equal(k.div(k.select(k.greater(z, 1), 0, z), nonzero(k, k.abs(x))), Infinity);
  // z e^(a - a0) to first order, for a near to a0 = y log x: so x has an influence through the logarithm only.
  const exponent = k.mul(y, k.select(overflows, log, 0));
  const growth = k.add(k.sub(exponent, fixed(k, exponent)), 1);
  return k.select(overflows, k.mul(fixed(k, k.select(overflows, z, 0)), growth), z);
}

/** dout y x^(y - 1) */
function byBase<T>(k: Arithmetic<T>, dout: T, x: T, y: T, z: T): T {
  if (typeof y === "number") {
    // The plain formula will do where it is finite.
    const plain = k.mul(dout, k.mul(y, k.pow(x, k.sub(y, 1))));
    if (Number.isFinite(plain)) return plain;
  }
  const byX = slope(k, x, y, z);
  // What is 0, the slope or dout, outweighs an infinite other one.
  const product = k.mul(dout, byX);
  return k.select(k.equal(product, product), product, k.mul(k.sign(dout), k.sign(byX)));
}

/** dout x^y log x */
function byExponent<T>(k: Arithmetic<T>, dout: T, x: T, y: T, z: T): T {
  if (typeof z === "number") {
    const plain = k.mul(dout, k.mul(z, k.log(x)));
    if (Number.isFinite(plain)) return plain;
  }
  const log = logarithm(k, x, y, z);
  // A power of its own: of the two ways from x to a second derivative none may end in float32 before they meet.
  return k.mul(dout, k.mul(makesGraph(k) ? expanded(k, x, y, k.pow(x, y), log) : z, log));
}

export class Pow extends binary("Pow", {
  forward: (k, x, y) => k.pow(x, y),
  // In doubles, because a power overflows in float32 where its product with a small gradient does not.
  backward: [
    (k, dout, x, y, z) => k.inDoubles(byBase, dout, x, y, z),
    (k, dout, x, y, z) => k.inDoubles(byExponent, dout, x, y, z),
  ],
}) {}

/**
 * x to the power y, broadcast. float64, float32. x^0 is 1 and its derivative by x is 0, also at x = 0. The derivative by y
 * is 0 where x = 0 and y >= 0 (as in PyTorch), and NaN where x < 0, as the power is then defined at whole y only. An
 * infinite y has no derivative by x. The second derivative by x and y is -Infinity at x = 0 < y < 1, and not defined at
 * x = 0, y = 0 or 1, where the derivatives jump: any number there.
 *
 * @example
 * pow(tensor([1, 2, 3]), 2).toArray(); // [1, 4, 9]
 * pow(2, tensor([-1, 0.5])).toArray(); // about [0.5, 1.414214]
 */
export const pow = binaryFunction(Pow);

export class Sqrt extends unary("Sqrt", {
  forward: (k, x) => k.sqrt(x),
  backward: [(k, dout, _x, z) => k.div(dout, k.mul(z, 2))],
}) {}

/**
 * The square root; NaN below 0. Its derivative at 0 is infinite. float64, float32.
 *
 * @example
 * sqrt(tensor([4, 9])).toArray(); // [2, 3]
 * grad(sqrt)(4).item(); // 0.25
 */
export const sqrt = unaryFunction(Sqrt);

export class Rsqrt extends unary("Rsqrt", {
  forward: (k, x) => k.div(1, k.sqrt(x)),
  // Step by step from dout to the result: z^3 would leave the range where that does not.
  backward: [(k, dout, _x, z) => k.mul(k.mul(k.mul(-0.5, k.mul(dout, z)), z), z)],
}) {}

/**
 * 1 / sqrt(x); Infinity at 0, with an infinite derivative; NaN below. float64, float32.
 *
 * @example
 * rsqrt(tensor([1, 4])).toArray(); // [1, 0.5]
 */
export const rsqrt = unaryFunction(Rsqrt);
