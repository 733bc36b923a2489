import type { Arithmetic } from "../graph/arithmetic.js";
import { binary, ternary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Mul extends binary("Mul", {
  takes: "number",
  forward: (k, x, y) => k.mul(x, y),
  backward: [(k, dout, _x, y) => k.mul(dout, y), (k, dout, x) => k.mul(dout, x)],
}) {}

/**
 * x * y element by element, broadcast. float64, float32, int32.
 *
 * @example
 * mul(tensor([[1, 2], [3, 4]]), tensor([10, 100])).toArray(); // [[10, 200], [30, 400]]
 * grad((x) => mul(x, 5))(2).item(); // 5
 */
export const mul = binaryFunction(Mul);

/**
 * a b / y, though a b leaves the range where that does not: a / y is taken first where a b overflows, or where it is small
 * and y makes it larger. 0 outweighs an infinite a.
 */
export class MulDiv extends ternary("MulDiv", {
  forward: (k, a, b, y) => {
    const product = k.mul(a, b);
    const size = k.abs(product);
    const quotient = k.div(a, y);
    const grows = k.select(k.less(k.abs(y), 1), k.less(k.abs(quotient), Infinity), 0);
    const first = k.select(k.less(size, 2 ** -60), grows, k.equal(size, Infinity));
    const finite = k.select(k.equal(product, product), product, k.mul(k.sign(a), b));
    return k.select(first, k.mul(quotient, b), k.div(finite, y));
  },
  backward: [
    (k, dout, _a, b, y) => mulDiv(k, dout, b, y),
    (k, dout, a, _b, y) => mulDiv(k, dout, a, y),
    (k, dout, _a, _b, y, z) => k.neg(mulDiv(k, dout, z, y)),
  ],
}) {}

function mulDiv<T>(k: Arithmetic<T>, a: T, b: T, y: T): T {
  return k.of(MulDiv, a, b, y);
}

export class Div extends binary("Div", {
  forward: (k, x, y) => k.div(x, y),
  backward: [(k, dout, _x, y) => k.div(dout, y), (k, dout, _x, y, z) => k.neg(mulDiv(k, dout, z, y))],
}) {}

/**
 * x / y, broadcast. float64, float32.
 *
 * @example
 * div(tensor([1, 2]), 4).toArray(); // [0.25, 0.5]
 */
export const div = binaryFunction(Div);

export class Square extends unary("Square", {
  takes: "number",
  forward: (k, x) => k.mul(x, x),
  backward: [(k, dout, x) => k.mul(k.mul(dout, 2), x)],
}) {}

/**
 * x * x. float64, float32, int32.
 *
 * @example
 * square(tensor([-3, 2])).toArray(); // [9, 4]
 * grad(square)(7).item(); // 14
 */
export const square = unaryFunction(Square);

export class Reciprocal extends unary("Reciprocal", {
  forward: (k, x) => k.div(1, x),
  // Step by step from dout to the result: z^2 would leave the range where that does not.
  backward: [(k, dout, _x, z) => k.neg(k.mul(k.mul(dout, z), z))],
}) {}

/**
 * 1 / x; infinite at 0. float64, float32.
 *
 * @example
 * reciprocal(tensor([2, 4])).toArray(); // [0.5, 0.25]
 */
export const reciprocal = unaryFunction(Reciprocal);
