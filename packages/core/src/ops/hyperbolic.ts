import { unary } from "../graph/elementwise.js";
import { unaryFunction } from "./functions.js";

// In doubles, because e^x overflows in float32 where its product with a small gradient does not.
export class Sinh extends unary("Sinh", {
  forward: (k, x) => k.sinh(x),
  backward: [(k, dout, x) => k.inDoubles((k, dout, x) => k.mul(dout, k.cosh(x)), dout, x)],
}) {}

/**
 * The hyperbolic sine, (e^x - e^-x) / 2; infinite from about +-710 on in float64, from +-89 in float32.
 *
 * @example
 * sinh(1).item(); // about 1.175201
 */
export const sinh = unaryFunction(Sinh);

export class Cosh extends unary("Cosh", {
  forward: (k, x) => k.cosh(x),
  backward: [(k, dout, x) => k.inDoubles((k, dout, x) => k.mul(dout, k.sinh(x)), dout, x)],
}) {}

/**
 * The hyperbolic cosine, (e^x + e^-x) / 2; infinite from about +-710 on in float64, from +-89 in float32.
 *
 * @example
 * cosh(tensor([0, 1])).toArray(); // about [1, 1.543081]
 * grad(cosh)(1).item(); // about 1.175201
 */
export const cosh = unaryFunction(Cosh);

export class Asinh extends unary("Asinh", {
  forward: (k, x) => k.asinh(x),
  backward: [(k, dout, x) => k.div(dout, k.hypot(x, 1))],
}) {}

/**
 * The inverse of sinh. float64, float32.
 *
 * @example
 * asinh(1).item(); // about 0.881374
 */
export const asinh = unaryFunction(Asinh);

/** The derivative of acosh, 1 / sqrt(x^2 - 1), whose own is -x / sqrt(x^2 - 1)^3. */
export class AcoshSlope extends unary("AcoshSlope", {
  forward: (k, x) => k.div(k.div(1, k.sqrt(k.sub(x, 1))), k.sqrt(k.add(x, 1))),
  // x z, which is about 1 for a large x, comes first: z^3 would underflow.
  backward: [(k, dout, x, z) => k.neg(k.mul(k.mul(k.mul(dout, k.mul(k.select(k.equal(x, Infinity), 0, x), z)), z), z))],
}) {}

export class Acosh extends unary("Acosh", {
  forward: (k, x) => k.acosh(x),
  backward: [(k, dout, x) => k.mul(dout, k.of(AcoshSlope, x))],
}) {}

/**
 * The inverse of cosh, 0 or more: NaN below 1, and at 1 its derivative is infinite. float64, float32.
 *
 * @example
 * acosh(tensor([1, 2])).toArray(); // about [0, 1.316958]
 */
export const acosh = unaryFunction(Acosh);

/** The derivative of atanh, 1 / (1 - x^2), whose own is 2 x / (1 - x^2)^2. */
export class AtanhSlope extends unary("AtanhSlope", {
  forward: (k, x) => k.div(1, k.mul(k.sub(1, x), k.add(1, x))),
  backward: [(k, dout, x, z) => k.mul(dout, k.mul(k.mul(2, x), k.mul(z, z)))],
}) {}

export class Atanh extends unary("Atanh", {
  forward: (k, x) => k.atanh(x),
  backward: [(k, dout, x) => k.mul(dout, k.of(AtanhSlope, x))],
}) {}

/**
 * The inverse of tanh: infinite at +-1, NaN beyond. float64, float32.
 *
 * @example
 * atanh(tensor([0, 0.5])).toArray(); // about [0, 0.549306]
 */
export const atanh = unaryFunction(Atanh);
