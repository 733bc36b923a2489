import { GraphError } from "../errors.js";
import { type Arithmetic, bounded } from "../graph/arithmetic.js";
import { unary } from "../graph/elementwise.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkOptions } from "../options.js";
import type { GeluFunction } from "../shape/signatures.js";
import { show } from "../show.js";

/** Beyond it the normal density is 0 to the last bit, and what it multiplies must not be infinite. */
const farOut = 40;

/** The normal distribution function. The complement, not 1 + erf: that would lose what is left of it far below 0. */
function normalCdf<T>(k: Arithmetic<T>, x: T): T {
  return k.mul(0.5, k.erfc(k.mul(x, -Math.SQRT1_2)));
}

export class Gelu extends unary("Gelu", {
  forward: (k, x) => k.mul(k.max(x, -farOut), normalCdf(k, x)),
  backward: [
    (k, dout, x) => {
      const t = bounded(k, x, farOut);
      const density = k.mul(1 / Math.sqrt(2 * Math.PI), k.exp(k.mul(-0.5, k.mul(t, t))));
      return k.mul(dout, k.add(normalCdf(k, x), k.mul(t, density)));
    },
  ],
}) {}

const scale = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/** 2 sqrt(2/pi) (x + 0.044715 x^3): (1 + tanh(u/2)) / 2 is the sigmoid of u. */
function cubicArgument<T>(k: Arithmetic<T>, x: T): T {
  return k.mul(scale, k.mul(x, k.add(1, k.mul(cubic, k.mul(x, x)))));
}

export class GeluTanh extends unary("GeluTanh", {
  forward: (k, x) => {
    const t = bounded(k, x, farOut);
    return k.mul(k.max(x, -farOut), k.sigmoid(cubicArgument(k, t)));
  },
  backward: [
    (k, dout, x) => {
      const t = bounded(k, x, farOut);
      const u = cubicArgument(k, t);
      const slope = k.mul(scale, k.add(1, k.mul(3 * cubic, k.mul(t, t))));
      const rest = k.mul(k.mul(t, slope), k.sigmoid(k.neg(u)));
      return k.mul(dout, k.mul(k.sigmoid(u), k.add(1, rest)));
    },
  ],
}) {}

/**
 * x times the normal distribution function at x; 0 at -Infinity. float64, float32.
 *
 * @param options.approximate "none" (the default) for the function itself, "tanh" for the approximation
 * x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) of the first publication (D. Hendrycks, K. Gimpel, arXiv:1606.08415)
 * @throws GraphError for another approximation
 *
 * @example
 * gelu(1).item(); // about 0.841345
 * gelu(1, { approximate: "tanh" }).item(); // about 0.841192
 */
export const gelu = ((x: Tensor | number, options: { readonly approximate?: "none" | "tanh" | undefined } = {}) => {
  checkOptions("Gelu", options, ["approximate"]);
  const { approximate = "none" } = options;
  if (approximate !== "none" && approximate !== "tanh") {
    throw new GraphError(`Gelu: approximate is "none" or "tanh", got ${show(approximate)}`);
  }
  const node = approximate === "tanh" ? new GeluTanh() : new Gelu();
  return node.apply(operand("Gelu", x));
}) as GeluFunction;
