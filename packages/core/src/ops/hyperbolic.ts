import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

export class Sinh extends unary("Sinh", {
  forward: (k, x) => k.sinh(x),
  backward: [(k, dout, x) => k.mul(dout, k.cosh(x))],
}) {}

/** The hyperbolic sine, (e^x - e^-x) / 2; infinite from about +-710 on in float64, from +-89 in float32. */
export const sinh = unaryFunction(Sinh);

export class Cosh extends unary("Cosh", {
  forward: (k, x) => k.cosh(x),
  backward: [(k, dout, x) => k.mul(dout, k.sinh(x))],
}) {}

/** The hyperbolic cosine, (e^x + e^-x) / 2; infinite from about +-710 on in float64, from +-89 in float32. */
export const cosh = unaryFunction(Cosh);

export class Asinh extends unary("Asinh", {
  forward: (k, x) => k.asinh(x),
  backward: [(k, dout, x) => k.div(dout, k.hypot(x, 1))],
}) {}

/** The inverse of sinh. float64, float32. */
export const asinh = unaryFunction(Asinh);

export class Acosh extends unary("Acosh", {
  forward: (k, x) => k.acosh(x),
  backward: [(k, dout, x) => k.div(k.div(dout, k.sqrt(k.sub(x, 1))), k.sqrt(k.add(x, 1)))],
}) {}

/** The inverse of cosh, 0 or more: NaN below 1, and at 1 its derivative is infinite. float64, float32. */
export const acosh = unaryFunction(Acosh);

export class Atanh extends unary("Atanh", {
  forward: (k, x) => k.atanh(x),
  backward: [(k, dout, x) => k.div(k.div(dout, k.sub(1, x)), k.add(1, x))],
}) {}

/** The inverse of tanh: infinite at +-1, NaN beyond. float64, float32. */
export const atanh = unaryFunction(Atanh);
