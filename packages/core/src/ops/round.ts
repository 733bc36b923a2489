import type { Arithmetic } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Floor extends unary("Floor", {
  forward: (k, x) => k.floor(x),
  backward: [null],
}) {}

/**
 * The largest whole number that is not above x; its derivative is 0 everywhere (PyTorch's convention at the steps). float64, float32.
 *
 * @example
 * floor(tensor([1.5, -1.5])).toArray(); // [1, -2]
 */
export const floor = unaryFunction(Floor);

export class Ceil extends unary("Ceil", {
  forward: (k, x) => k.ceil(x),
  backward: [null],
}) {}

/**
 * The least whole number that is not below x; its derivative is 0 everywhere (PyTorch's convention at the steps). float64, float32.
 *
 * @example
 * ceil(tensor([1.5, 1])).toArray(); // [2, 1]
 */
export const ceil = unaryFunction(Ceil);

export class Round extends unary("Round", {
  forward: (k, x) => k.round(x),
  backward: [null],
}) {}

/**
 * The nearest whole number, and the even one of two (as NumPy and PyTorch, unlike Math.round); its derivative is 0
 * everywhere (PyTorch's convention at the steps). float64, float32.
 *
 * @example
 * round(tensor([0.5, 1.5, 2.5])).toArray(); // [0, 2, 2]
 */
export const round = unaryFunction(Round);

/**
 * x rounded to 11 binary digits, or to multiples of 2^-24: by adding a number so large that its last digit is the last one to be
 * kept, and taking it off again. `scale` is the power of two in x, found by halving the range of exponents; but for these two sums
 * all is exact, so that products may be fused into them.
 */
function toFloat16<T>(k: Arithmetic<T>, x: T): T {
  const size = k.abs(x);
  let scale = k.select(k.greaterEqual(size, 2 ** 2), 2 ** 2, 2 ** -14);
  for (const steps of [8, 4, 2, 1]) {
    const larger = k.mul(scale, 2 ** steps);
    scale = k.select(k.greaterEqual(size, larger), larger, scale);
  }
  const large = k.mul(scale, 1.5 * 2 ** 42);
  const rounded = k.sub(k.add(x, large), large);
  // Zeros with the sign of x; infinity beyond the largest.
  const finite = k.select(k.equal(rounded, 0), k.mul(x, 0), rounded);
  return k.select(k.greater(k.abs(rounded), 65504), k.mul(x, Number.POSITIVE_INFINITY), finite);
}

export class RoundToFloat16 extends unary("RoundToFloat16", {
  forward: (k, x) => k.inDoubles(toFloat16, x),
  backward: [(_k, dout) => dout],
}) {}

/**
 * The nearest number that float16 (IEEE 754's binary16) has, and the even one of two: 11 binary digits, from 2^-24 to 65504; from
 * 65520 on infinity. The dtype stays: what is computed with it is as precise as before. The gradient goes through unchanged, as it
 * does through a cast. float64, float32.
 *
 * @example
 * roundToFloat16(tensor([0.1, 2049, 65520])).toArray(); // [0.0999755859375, 2048, Infinity]
 */
export const roundToFloat16 = unaryFunction(RoundToFloat16);

/**
 * dout times the quotient that belongs to the result z = x mod y: x / y itself may have been rounded up to the next whole
 * number. The result is y itself where x is too small to count beside it: with the other sign, and y perhaps infinite.
 */
function timesQuotient<T>(k: Arithmetic<T>, dout: T, x: T, y: T, z: T): T {
  return k.mul(dout, k.select(k.equal(z, y), -1, k.round(k.div(k.sub(x, z), y))));
}

export class Mod extends binary("Mod", {
  takes: "number",
  forward: (k, x, y) => k.mod(x, y),
  backward: [
    (_k, dout) => dout,
    // In doubles, because the quotient may overflow in float32 where its product with a small gradient does not.
    (k, dout, x, y, z) => k.neg(k.inDoubles(timesQuotient, dout, x, y, z)),
  ],
}) {}

/**
 * x - floor(x / y) y, broadcast: the remainder with the sign of y (as Python, NumPy and PyTorch's remainder, unlike %). NaN
 * for y = 0, in int32 0. The derivative by x is 1 and that by y is -floor(x / y), also at the steps (PyTorch's convention)
 * and for an infinite y, to which a number of the other sign is one step. float64, float32, int32.
 *
 * @example
 * mod(-7, 3).item(); // 2
 */
export const mod = binaryFunction(Mod);
