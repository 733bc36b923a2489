import type { Arithmetic } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Mul extends binary("Mul", {
  takes: "number",
  forward: (k, x, y) => k.mul(x, y),
  backward: [(k, dout, _x, y) => k.mul(dout, y), (k, dout, x) => k.mul(dout, x)],
}) {}

/** x * y element by element, broadcast. float64, float32, int32. */
export const mul = binaryFunction(Mul);

/**
 * dout * factor, and 0, not NaN, where one of them is 0 and the other infinite: what is 0 outweighs a derivative that has
 * overflowed.
 */
export function absorbing<T>(k: Arithmetic<T>, dout: T, factor: T): T {
  const product = k.mul(dout, factor);
  return k.select(k.equal(product, product), product, k.mul(k.sign(dout), k.sign(factor)));
}

export class Div extends binary("Div", {
  forward: (k, x, y) => k.div(x, y),
  backward: [(k, dout, _x, y) => k.div(dout, y), (k, dout, _x, y, z) => k.neg(k.div(absorbing(k, dout, z), y))],
}) {}

/** x / y, broadcast. float64, float32. */
export const div = binaryFunction(Div);

export class Square extends unary("Square", {
  takes: "number",
  forward: (k, x) => k.mul(x, x),
  backward: [(k, dout, x) => k.mul(k.mul(dout, 2), x)],
}) {}

/** x * x. float64, float32, int32. */
export const square = unaryFunction(Square);

export class Reciprocal extends unary("Reciprocal", {
  forward: (k, x) => k.div(1, x),
  backward: [(k, dout, _x, z) => k.neg(k.mul(dout, k.mul(z, z)))],
}) {}

/** 1 / x; infinite at 0. float64, float32. */
export const reciprocal = unaryFunction(Reciprocal);
