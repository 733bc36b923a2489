import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Pow extends binary("Pow", {
  forward: (k, x, y) => k.pow(x, y),
  backward: [
    // y x^(y - 1), but (y / x) x^y where both are tiny and the power nearly 1: there 1 / x may be too large to be finite, and 0
    // times it, or times its own derivative, NaN.
    (k, dout, x, y) => {
      const size = k.abs(x);
      // The largest such |y|: 0 at x = 0, where only 0^0 is 1, and none where x is not tiny.
      const largest = k.select(k.less(size, 1e-16), k.mul(k.sign(size), 1e-16), -1);
      const nearly1 = k.lessEqual(k.abs(y), largest);
      const divisor = k.select(nearly1, k.select(k.equal(x, 0), 1, x), 1);
      return k.mul(dout, k.mul(k.div(y, divisor), k.pow(x, k.select(nearly1, y, k.sub(y, 1)))));
    },
    // A power that has gone to 0 outweighs the logarithm, also of an infinite x.
    (k, dout, x, y, z) => {
      const least = k.select(k.equal(z, 0), k.min(x, 1), x);
      return k.mul(dout, k.mul(z, k.log(k.select(k.equal(x, 0), k.select(k.less(y, 0), x, 1), least))));
    },
  ],
}) {}

/**
 * x to the power y, broadcast. float64, float32. x^0 is 1 and its derivative by x is 0, also at x = 0. The derivative by y
 * is 0 where x = 0 and y >= 0 (as in PyTorch), and NaN where x < 0, as the power is then defined at whole y only. An
 * infinite y has no derivative by x. The mixed second derivative x^(y - 1) (1 + y log x) is NaN where its two terms are
 * infinite with opposite signs (x = 0 < y < 1, or x so small that x^(y - 1) overflows), and at an infinite x.
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
