import type { Arithmetic } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Floor extends unary("Floor", {
  forward: (k, x) => k.floor(x),
  backward: [null],
}) {}

/** The largest whole number that is not above x; its derivative is 0 everywhere (PyTorch's convention at the steps). float64, float32. */
export const floor = unaryFunction(Floor);

export class Ceil extends unary("Ceil", {
  forward: (k, x) => k.ceil(x),
  backward: [null],
}) {}

/** The least whole number that is not below x; its derivative is 0 everywhere (PyTorch's convention at the steps). float64, float32. */
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
