import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

export class HardSwish extends unary("HardSwish", {
  // Beyond the kinks it is x and 0 itself: six times a large x would overflow, and -Infinity times 0 be NaN.
  forward: (k, x) => k.select(k.less(x, -3), 0, k.select(k.greater(x, 3), x, k.div(k.mul(x, k.add(x, 3)), 6))),
  backward: [
    // (2x + 3) / 6 does not cancel at its root -1.5, as x / 3 + 1 / 2 would.
    (k, dout, x) => {
      const between = k.select(k.greater(k.abs(x), 3), 0, x);
      const slope = k.div(k.add(k.mul(2, between), 3), 6);
      return k.select(k.less(x, -3), 0, k.select(k.greater(x, 3), dout, k.mul(dout, slope)));
    },
  ],
}) {}

/**
 * x relu6(x + 3) / 6: 0 below -3, x above 3, a parabola in between; 0 at -Infinity. At the kinks the derivative is that of the
 * parabola, -1/2 and 3/2 (PyTorch's convention). float64, float32.
 *
 * @example
 * hardSwish(tensor([-4, 0, 1, 4])).toArray(); // about [0, 0, 0.666667, 4]
 */
export const hardSwish = unaryFunction(HardSwish);
