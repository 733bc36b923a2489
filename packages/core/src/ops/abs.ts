import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

export class Abs extends unary("Abs", {
  takes: "number",
  forward: (k, x) => k.abs(x),
  backward: [(k, dout, x) => k.mul(dout, k.sign(x))],
}) {}

/**
 * |x|; its derivative at 0 is 0 (PyTorch's convention). What is composed of it cannot know better: the second derivative of
 * `x.abs().square()` at 0 comes out as 0, and that of `x.square()`, the same function, is right. float64, float32, int32.
 *
 * @example
 * abs(tensor([-2, 0, 3])).toArray(); // [2, 0, 3]
 * grad(abs)(-2).item(); // -1
 */
export const abs = unaryFunction(Abs);

export class Sign extends unary("Sign", {
  takes: "number",
  forward: (k, x) => k.sign(x),
  backward: [null],
}) {}

/**
 * -1, 0 or 1; its derivative is 0 everywhere (PyTorch's convention at 0). float64, float32, int32.
 *
 * @example
 * sign(tensor([-2, 0, 3])).toArray(); // [-1, 0, 1]
 */
export const sign = unaryFunction(Sign);
