import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

export class Tanh extends unary("Tanh", {
  forward: (k, x) => k.tanh(x),
  backward: [(k, dout, _x, z) => k.mul(dout, k.sub(1, k.mul(z, z)))],
}) {}

/** The hyperbolic tangent. float64, float32. */
export const tanh = unaryFunction(Tanh);

export class Sigmoid extends unary("Sigmoid", {
  forward: (k, x) => k.sigmoid(x),
  backward: [(k, dout, _x, z) => k.mul(dout, k.mul(z, k.sub(1, z)))],
}) {}

/** 1 / (1 + e^-x), without overflow at any x. float64, float32. */
export const sigmoid = unaryFunction(Sigmoid);

export class Relu extends unary("Relu", {
  forward: (k, x) => k.max(x, 0),
  backward: [(k, dout, x) => k.select(k.greater(x, 0), dout, 0)],
}) {}

/** max(x, 0); its derivative at 0 is 0 (PyTorch's and the textbook's convention). float64, float32. */
export const relu = unaryFunction(Relu);

export class Softplus extends unary("Softplus", {
  forward: (k, x) => k.add(k.max(x, 0), k.log1p(k.exp(k.neg(k.abs(x))))),
  backward: [(k, dout, x) => k.mul(dout, k.sigmoid(x))],
}) {}

/** log(1 + e^x), without overflow at any x. float64, float32. */
export const softplus = unaryFunction(Softplus);
