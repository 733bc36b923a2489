import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Pow extends binary("Pow", {
  forward: (k, x, y) => k.pow(x, y),
  backward: [
    // y * x^(y - 1) would be 0 * infinity where both are 0 (or 1/x too large to be finite), and so would its own
    // derivative: there 1 stands for x.
    (k, dout, x, y) => {
      const nearly0 = k.equal(k.abs(k.div(1, x)), Infinity);
      return k.mul(dout, k.mul(y, k.pow(k.select(nearly0, k.select(k.equal(y, 0), 1, x), x), k.sub(y, 1))));
    },
    // A power that has gone to 0 outweighs the logarithm, also of an infinite x.
    (k, dout, x, _y, z) => {
      const least = k.select(k.equal(z, 0), k.min(x, 1), x);
      return k.mul(dout, k.mul(z, k.log(k.select(k.equal(x, 0), 1, least))));
    },
  ],
}) {}

/**
 * x to the power y, broadcast. float64, float32. x^0 is 1 and its derivative by x is 0, also at x = 0. The derivative by y
 * is 0 where x = 0 and y >= 0 (as in PyTorch), and NaN where x < 0, as the power is then defined at whole y only. An
 * infinite y has no derivative by x.
 */
export const pow = binaryFunction(Pow);

export class Sqrt extends unary("Sqrt", {
  forward: (k, x) => k.sqrt(x),
  backward: [(k, dout, _x, z) => k.div(dout, k.mul(z, 2))],
}) {}

/** The square root; NaN below 0. Its derivative at 0 is infinite. float64, float32. */
export const sqrt = unaryFunction(Sqrt);

export class Rsqrt extends unary("Rsqrt", {
  forward: (k, x) => k.div(1, k.sqrt(x)),
  backward: [(k, dout, _x, z) => k.mul(dout, k.mul(-0.5, k.mul(z, k.mul(z, z))))],
}) {}

/** 1 / sqrt(x); Infinity at 0, with an infinite derivative; NaN below. float64, float32. */
export const rsqrt = unaryFunction(Rsqrt);
