import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Mul extends binary("Mul", {
  takes: "number",
  forward: (k, x, y) => k.mul(x, y),
  backward: [(k, dout, _x, y) => k.mul(dout, y), (k, dout, x) => k.mul(dout, x)],
}) {}

/** x * y element by element, broadcast. float64, float32, int32. */
export const mul = binaryFunction(Mul);

export class Div extends binary("Div", {
  forward: (k, x, y) => k.div(x, y),
  backward: [
    (k, dout, _x, y) => k.div(dout, y),
    // A quotient of 0 outweighs an infinite dout, of which only the sign is taken.
    (k, dout, _x, y, z) => {
      const product = k.mul(dout, z);
      const finite = k.select(k.equal(product, product), product, k.mul(k.sign(dout), z));
      return k.neg(k.div(finite, y));
    },
  ],
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
