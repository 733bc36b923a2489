import { GraphError } from "../errors.js";
import { type Arithmetic, bounded, type ForwardArithmetic } from "../graph/arithmetic.js";
import { unary } from "../graph/elementwise.js";
import type { GeluFunction } from "../graph/signatures/elementwise.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { show } from "../show.js";
import { gated, gatedCurvature, gatedSlope } from "./gated.js";

/** Beyond it the normal density is 0 to the last bit, and what it multiplies must not be infinite. */
const farOut = 40;
const densityAt0 = 1 / Math.sqrt(2 * Math.PI);

/**
 * The normal distribution function at -|x| is ratio h^2, with h^2 = e^(-x^2 / 2). That may be a denormal number, of few
 * digits, and h is none where h^2 counts: so h stands on both sides of the last product, which alone is rounded to one.
 */
function normalTail<T>(k: Arithmetic<T>, x: T): { readonly ratio: T; readonly h: T; readonly t: T } {
  const t = bounded(k, x, farOut);
  const ratio = k.mul(0.5, (k as ForwardArithmetic<T>).erfcx(k.mul(t, Math.SQRT1_2)));
  return { ratio, h: k.exp(k.mul(-0.25, k.mul(t, t))), t };
}

/** The derivative of gelu, with its own derivatives. */
export class GeluSlope extends unary("GeluSlope", {
  // Phi(x) + x phi(x), which above 0 is 1 - (Phi(-x) - x phi(x)).
  forward: (k, x) => {
    const { ratio, h, t } = normalTail(k, x);
    const tail = k.mul(k.mul(k.sub(ratio, k.mul(k.abs(t), densityAt0)), h), h);
    return k.select(k.less(x, 0), tail, k.sub(1, tail));
  },
  // (2 - x^2) phi(x)
  backward: [
    (k, dout, x) => {
      const t = bounded(k, x, farOut);
      const h = k.exp(k.mul(-0.25, k.mul(t, t)));
      return k.mul(k.mul(dout, k.mul(k.mul(densityAt0, k.sub(2, k.mul(t, t))), h)), h);
    },
  ],
}) {}

/** The node of `gelu`. */
export class Gelu extends unary("Gelu", {
  forward: (k, x) => {
    const { ratio, h, t } = normalTail(k, x);
    const [tail, below] = [k.mul(ratio, h), k.less(x, 0)];
    return k.mul(k.select(below, k.mul(t, tail), x), k.select(below, h, k.sub(1, k.mul(tail, h))));
  },
  backward: [(k, dout, x) => k.mul(dout, k.of(GeluSlope, x))],
}) {}

const scale = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/** u = 2 sqrt(2/pi) (t + 0.044715 t^3), of which the sigmoid is (1 + tanh(u/2)) / 2. */
function cubicArgument<T>(k: Arithmetic<T>, t: T): T {
  return k.mul(scale, k.mul(t, k.add(1, k.mul(cubic, k.mul(t, t)))));
}

/** Its derivative by t. */
function cubicSlope<T>(k: Arithmetic<T>, t: T): T {
  return k.mul(scale, k.add(1, k.mul(3 * cubic, k.mul(t, t))));
}

function geluTanh<T>(k: Arithmetic<T>, x: T): T {
  return gated(k, k.max(x, -farOut), cubicArgument(k, bounded(k, x, farOut)));
}

function geluTanhSlope<T>(k: Arithmetic<T>, x: T): T {
  const t = bounded(k, x, farOut);
  return gatedSlope(k, cubicArgument(k, t), k.mul(t, cubicSlope(k, t)));
}

function geluTanhCurvature<T>(k: Arithmetic<T>, dout: T, x: T): T {
  const t = bounded(k, x, farOut);
  const slope = cubicSlope(k, t);
  const terms = k.add(k.mul(slope, 2), k.mul(6 * cubic * scale, k.mul(t, t)));
  return gatedCurvature(k, dout, cubicArgument(k, t), terms, k.mul(k.mul(t, slope), slope));
}

/** The derivative of `GeluTanh`, with its own derivatives. */
// In doubles, because a rounding error of u is a relative one of the result.
export class GeluTanhSlope extends unary("GeluTanhSlope", {
  forward: (k, x) => k.inDoubles(geluTanhSlope, x),
  backward: [(k, dout, x) => k.inDoubles(geluTanhCurvature, dout, x)],
}) {}

/** The node of `gelu` with the approximation by tanh. */
export class GeluTanh extends unary("GeluTanh", {
  forward: (k, x) => k.inDoubles(geluTanh, x),
  backward: [(k, dout, x) => k.mul(dout, k.of(GeluTanhSlope, x))],
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
export const gelu = ((
  x: Tensor | number,
  options: { readonly approximate?: "none" | "tanh" | undefined } = {},
  ...none: []
) => {
  checkNoMore("Gelu", none);
  checkOptions("Gelu", options, ["approximate"]);
  const { approximate = "none" } = options;
  if (approximate !== "none" && approximate !== "tanh") {
    throw new GraphError(`Gelu: approximate is "none" or "tanh", got ${show(approximate)}`);
  }
  const node = approximate === "tanh" ? new GeluTanh() : new Gelu();
  return node.apply(operand("Gelu", x));
}) as GeluFunction;
