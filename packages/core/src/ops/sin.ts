import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

export class Sin extends unary("Sin", {
  forward: (k, x) => k.sin(x),
  backward: [(k, dout, x) => k.mul(dout, k.cos(x))],
}) {}

/**
 * The sine of x in radians. float64, float32.
 *
 * @example
 * sin(1).item(); // about 0.841471
 * grad(sin)(0).item(); // 1
 */
export const sin = unaryFunction(Sin);

export class Cos extends unary("Cos", {
  forward: (k, x) => k.cos(x),
  backward: [(k, dout, x) => k.neg(k.mul(dout, k.sin(x)))],
}) {}

/**
 * The cosine of x in radians. float64, float32.
 *
 * @example
 * cos(tensor([0, Math.PI])).toArray(); // [1, -1]
 */
export const cos = unaryFunction(Cos);

export class Tan extends unary("Tan", {
  forward: (k, x) => k.tan(x),
  backward: [(k, dout, _x, z) => k.mul(dout, k.add(1, k.mul(z, z)))],
}) {}

/**
 * The tangent of x in radians. float64, float32.
 *
 * @example
 * tan(1).item(); // about 1.557408
 */
export const tan = unaryFunction(Tan);
