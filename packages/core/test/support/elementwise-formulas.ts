import type { Jet, Jets } from "./jets.js";

/*
 * The elementwise ops once more, by the plainest formula of a textbook: over jets of hundreds of digits nothing overflows and
 * what cancels leaves enough.
 */

type Unary = (k: Jets, x: Jet) => Jet;
type Binary = (k: Jets, x: Jet, y: Jet) => Jet;

const one = (k: Jets) => k.number(1);
const half = (k: Jets, x: Jet) => k.mul(k.number(0.5), x);
const root1 = (k: Jets, x: Jet, sign: 1 | -1) => k.sqrt(k.add(k.mul(x, x), k.number(sign)));

const sigmoid: Unary = (k, x) => k.inverse(k.add(one(k), k.exp(k.neg(x))));
const tanh: Unary = (k, x) => k.sub(k.mul(k.number(2), sigmoid(k, k.mul(k.number(2), x))), one(k));
const softplus: Unary = (k, x) => k.log(k.add(one(k), k.exp(x)));
const asin: Unary = (k, x) => k.atan(k.div(x, k.sqrt(k.sub(one(k), k.mul(x, x)))));
const normalCdf: Unary = (k, x) => half(k, k.add(one(k), k.erf(k.div(x, k.sqrt(k.number(2))))));

export const unaryFormulas: Readonly<Record<string, Unary>> = {
  Neg: (k, x) => k.neg(x),
  Square: (k, x) => k.mul(x, x),
  Sqrt: (k, x) => k.sqrt(x),
  Rsqrt: (k, x) => k.inverse(k.sqrt(x)),
  Reciprocal: (k, x) => k.inverse(x),
  Exp: (k, x) => k.exp(x),
  Expm1: (k, x) => k.sub(k.exp(x), one(k)),
  Log: (k, x) => k.log(x),
  Log1p: (k, x) => k.log(k.add(x, one(k))),
  Abs: (k, x) => (k.isNegative(x) ? k.neg(x) : x),
  Relu: (k, x) => (k.isNegative(x) ? k.number(0) : x),
  Sin: (k, x) => k.sin(x),
  Cos: (k, x) => k.cos(x),
  Tan: (k, x) => k.div(k.sin(x), k.cos(x)),
  Asin: asin,
  Acos: (k, x) => k.sub(half(k, k.pi), asin(k, x)),
  Atan: (k, x) => k.atan(x),
  Sinh: (k, x) => half(k, k.sub(k.exp(x), k.exp(k.neg(x)))),
  Cosh: (k, x) => half(k, k.add(k.exp(x), k.exp(k.neg(x)))),
  Tanh: tanh,
  Asinh: (k, x) => k.log(k.add(x, root1(k, x, 1))),
  Acosh: (k, x) => k.log(k.add(x, root1(k, x, -1))),
  Atanh: (k, x) => half(k, k.log(k.div(k.add(one(k), x), k.sub(one(k), x)))),
  Erf: (k, x) => k.erf(x),
  Erfc: (k, x) => k.sub(one(k), k.erf(x)),
  Sigmoid: sigmoid,
  LogSigmoid: (k, x) => k.neg(softplus(k, k.neg(x))),
  Softplus: softplus,
  Silu: (k, x) => k.mul(x, sigmoid(k, x)),
  HardSwish: (k, x) => {
    if (k.less(x, k.number(-3))) return k.number(0);
    return k.less(k.number(3), x) ? x : k.div(k.mul(x, k.add(x, k.number(3))), k.number(6));
  },
  Gelu: (k, x) => k.mul(x, normalCdf(k, x)),
  GeluTanh: (k, x) => {
    const cube = k.mul(k.mul(k.quotient(44715, 1_000_000), x), k.mul(x, x));
    const u = k.mul(k.sqrt(k.div(k.number(2), k.pi)), k.add(x, cube));
    return half(k, k.mul(x, k.add(one(k), tanh(k, u))));
  },
};

/** Of y and x. */
const atan2: Binary = (k, y, x) => {
  const steep = k.less(k.mul(x, x), k.mul(y, y));
  const angle = steep ? k.sub(half(k, k.isNegative(y) ? k.neg(k.pi) : k.pi), k.atan(k.div(x, y))) : k.atan(k.div(y, x));
  if (steep || !k.isNegative(x)) return angle;
  return k.isNegative(y) ? k.sub(angle, k.pi) : k.add(angle, k.pi);
};

export const binaryFormulas: Readonly<Record<string, Binary>> = {
  Add: (k, x, y) => k.add(x, y),
  Sub: (k, x, y) => k.sub(x, y),
  Mul: (k, x, y) => k.mul(x, y),
  Div: (k, x, y) => k.div(x, y),
  Pow: (k, x, y) => k.exp(k.mul(y, k.log(x))),
  Maximum: (k, x, y) => (k.less(x, y) ? y : x),
  Minimum: (k, x, y) => (k.less(x, y) ? x : y),
  LeakyRelu: (k, x, slope) => (k.isNegative(x) ? k.mul(slope, x) : x),
  Elu: (k, x, alpha) => (k.isNegative(x) ? k.mul(alpha, k.sub(k.exp(x), one(k))) : x),
  Hypot: (k, x, y) => k.sqrt(k.add(k.mul(x, x), k.mul(y, y))),
  Atan2: atan2,
};
