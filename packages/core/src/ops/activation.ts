import { type Arithmetic, bounded } from "../graph/arithmetic.js";
import { binary, unary } from "../graph/elementwise.js";
import type { ParametricFunction } from "../graph/signatures/elementwise.js";
import { nearOne } from "../loops/math.js";
import { binaryFunction, unaryFunction } from "./functions.js";
import { gated, gatedCurvature, gatedSlope } from "./gated.js";

/** 2 / (e^x + e^-x), without overflow. */
function sech<T>(k: Arithmetic<T>, x: T): T {
  const e = k.exp(k.neg(k.abs(x)));
  return k.div(k.mul(2, e), k.add(1, k.mul(e, e)));
}

/** The derivative of z = tanh(x), with its own derivatives by what it is computed from: x where z is nearly 1, else z. */
export class TanhSlope extends binary("TanhSlope", {
  forward: (k, x, z) => k.tanhSlope(x, z),
  backward: [
    (k, dout, x, z) => {
      const s = sech(k, x);
      return k.mul(k.mul(dout, k.select(k.less(k.abs(z), nearOne), 0, k.mul(-2, k.mul(z, s)))), s);
    },
    (k, dout, _x, z) => k.mul(dout, k.select(k.less(k.abs(z), nearOne), k.mul(-2, z), 0)),
  ],
}) {}

export class Tanh extends unary("Tanh", {
  forward: (k, x) => k.tanh(x),
  backward: [(k, dout, x, z) => k.mul(dout, k.of(TanhSlope, x, z))],
}) {}

/**
 * The hyperbolic tangent. float64, float32.
 *
 * @example
 * tanh(1).item(); // about 0.761594
 * grad(tanh)(0).item(); // 1
 */
export const tanh = unaryFunction(Tanh);

/** The derivative of z = sigmoid(x), with its own derivatives by what it is computed from. */
export class SigmoidSlope extends binary("SigmoidSlope", {
  forward: (k, x, z) => k.sigmoidSlope(x, z),
  backward: [
    (k, dout, x, z) => k.mul(k.mul(dout, k.select(k.less(z, nearOne), 0, k.neg(k.mul(z, z)))), k.sigmoid(k.neg(x))),
    // 1 - 2 z loses its digits at x = 0.
    (k, dout, x, z) => k.mul(dout, k.select(k.less(z, nearOne), k.neg(k.tanh(k.mul(x, 0.5))), k.sigmoid(k.neg(x)))),
  ],
}) {}

export class Sigmoid extends unary("Sigmoid", {
  forward: (k, x) => k.sigmoid(x),
  backward: [(k, dout, x, z) => k.mul(dout, k.of(SigmoidSlope, x, z))],
}) {}

/**
 * 1 / (1 + e^-x), without overflow at any x. float64, float32.
 *
 * @example
 * sigmoid(tensor([-1000, 0, 1])).toArray(); // about [0, 0.5, 0.731059]
 * grad(sigmoid)(0).item(); // 0.25
 */
export const sigmoid = unaryFunction(Sigmoid);

export class Relu extends unary("Relu", {
  forward: (k, x) => k.max(x, 0),
  backward: [(k, dout, x) => k.select(k.lessEqual(x, 0), 0, dout)],
}) {}

/**
 * max(x, 0); its derivative at 0 is 0 (PyTorch's and the textbook's convention), at NaN 1. float64, float32.
 *
 * @example
 * relu(tensor([-2, 0, 3])).toArray(); // [0, 0, 3]
 * grad(relu)(3).item(); // 1
 */
export const relu = unaryFunction(Relu);

export class Softplus extends unary("Softplus", {
  forward: (k, x) => k.add(k.max(x, 0), k.log1p(k.exp(k.neg(k.abs(x))))),
  backward: [(k, dout, x) => k.mul(dout, k.sigmoid(x))],
}) {}

/**
 * log(1 + e^x), without overflow at any x. float64, float32.
 *
 * @example
 * softplus(tensor([0, 1000])).toArray(); // about [0.693147, 1000]
 * grad(softplus)(0).item(); // 0.5
 */
export const softplus = unaryFunction(Softplus);

export class LogSigmoid extends unary("LogSigmoid", {
  forward: (k, x) => k.sub(k.min(x, 0), k.log1p(k.exp(k.neg(k.abs(x))))),
  backward: [(k, dout, x) => k.mul(dout, k.sigmoid(k.neg(x)))],
}) {}

/**
 * log(sigmoid(x)), exact also where the sigmoid underflows. float64, float32.
 *
 * @example
 * logSigmoid(tensor([0, -1000])).toArray(); // about [-0.693147, -1000]
 */
export const logSigmoid = unaryFunction(LogSigmoid);

/** Silu and its derivatives are 0 or x beyond. */
const farOut = 2000;

/** The derivative of silu, with its own derivatives. */
export class SiluSlope extends unary("SiluSlope", {
  forward: (k, x) => gatedSlope(k, x, bounded(k, x, farOut)),
  backward: [(k, dout, x) => gatedCurvature(k, dout, x, 2, bounded(k, x, farOut))],
}) {}

export class Silu extends unary("Silu", {
  forward: (k, x) => gated(k, k.max(x, -farOut), x),
  backward: [(k, dout, x) => k.mul(dout, k.of(SiluSlope, x))],
}) {}

/**
 * x sigmoid(x), also called swish; 0 at -Infinity. float64, float32.
 *
 * @example
 * silu(tensor([-1, 0, 1])).toArray(); // about [-0.268941, 0, 0.731059]
 * grad(silu)(0).item(); // 0.5
 */
export const silu = unaryFunction(Silu);

export class LeakyRelu extends binary("LeakyRelu", {
  forward: (k, x, slope) => k.select(k.greater(x, 0), x, k.mul(slope, x)),
  backward: [
    (k, dout, x, slope) => k.select(k.greater(x, 0), dout, k.mul(dout, slope)),
    (k, dout, x) => k.mul(dout, k.select(k.greater(x, 0), 0, x)),
  ],
}) {}

/**
 * x above 0 and `slope` x below. The slope is a number, or a tensor, broadcast, which gets a gradient as well (PReLU). The
 * derivative at 0 is the slope (PyTorch's convention). float64, float32.
 *
 * @param slope 0.01 by default
 *
 * @example
 * leakyRelu(tensor([-2, 3])).toArray(); // [-0.02, 3]
 * leakyRelu(-2, 0.1).item(); // -0.2
 */
export const leakyRelu = binaryFunction(LeakyRelu, 0.01) as ParametricFunction;

export class Elu extends binary("Elu", {
  forward: (k, x, alpha) => k.select(k.greater(x, 0), x, k.mul(alpha, k.expm1(x))),
  backward: [
    // Above 0 the exponential is that of 0: a large x would make it infinite, and 0 times its derivative NaN. Where it has
    // gone to 0, it outweighs also an infinite alpha.
    (k, dout, x, alpha) => {
      const positive = k.greater(x, 0);
      const e = k.exp(k.select(positive, 0, x));
      return k.select(positive, dout, k.mul(k.mul(dout, k.select(k.equal(e, 0), 0, alpha)), e));
    },
    (k, dout, x) => k.mul(dout, k.expm1(k.select(k.greater(x, 0), 0, x))),
  ],
}) {}

/**
 * x above 0 and `alpha` (e^x - 1) below. Alpha is a number, or a tensor, broadcast, which gets a gradient as well. The
 * derivative at 0 is alpha (PyTorch's convention). Where e^x underflows the derivative by x is 0, for an infinite alpha too.
 * float64, float32.
 *
 * @param alpha 1 by default
 *
 * @example
 * elu(tensor([-1, 3])).toArray(); // about [-0.632121, 3]
 */
export const elu = binaryFunction(Elu, 1) as ParametricFunction;
