import type { Arithmetic, ElementwiseRule, Formula } from "../../graph/arithmetic.js";

/** What a rule that guards against overflow, or against digits that a difference loses, computes: as a textbook has it. */
export interface Plain {
  /** What the inputs and the result are called, where that is not x, y, w and z. */
  readonly letters?: string;
  readonly forward?: Formula;
  /** The derivative by each input, of the inputs and the result; null for that of the rule. */
  readonly derivatives?: readonly (Formula | null)[];
  /** The input that stands in derivatives as a number, where it is one: `2 * x`, and not `2 * x^(2 - 1)`. */
  readonly exponent?: number;
}

interface Ruled {
  readonly name: string;
  readonly rule: ElementwiseRule;
}

/** The name and the rule of an elementwise op. */
export function ruleOf(op: new () => Ruled): Ruled {
  return op.prototype as Ruled;
}

/** sqrt(2 / pi) (x + 0.044715 x^3) */
function cubic<T>(k: Arithmetic<T>, x: T): T {
  return k.mul(Math.sqrt(2 / Math.PI), k.add(x, k.mul(0.044715, k.pow(x, 3))));
}

/** Its derivative. */
function cubicSlope<T>(k: Arithmetic<T>, x: T): T {
  return k.mul(Math.sqrt(2 / Math.PI), k.add(1, k.mul(3 * 0.044715, k.pow(x, 2))));
}

function density<T>(k: Arithmetic<T>, x: T): T {
  return k.mul(1 / Math.sqrt(2 * Math.PI), k.exp(k.div(k.neg(k.pow(x, 2)), 2)));
}

function squares<T>(k: Arithmetic<T>, x: T, y: T): T {
  return k.add(k.pow(x, 2), k.pow(y, 2));
}

const zero: Formula = (k, x) => k.mul(0, x);

/** By the names of the ops; the rules of the others are what a textbook has. */
export const plain: Readonly<Record<string, Plain>> = {
  Where: { letters: "c x y z" },
  Clamp: { letters: "x low high z" },
  Div: { derivatives: [null, (k, x, y) => k.neg(k.div(x, k.pow(y, 2)))] },
  MulDiv: { letters: "a b y z", forward: (k, a, b, y) => k.div(k.mul(a, b), y) },
  Shifted: { letters: "x scale shift z" },
  Pow: {
    exponent: 1,
    derivatives: [(k, x, y) => k.mul(y, k.pow(x, k.sub(y, 1))), (k, x, _y, z) => k.mul(z, k.log(x))],
  },
  Mod: { derivatives: [null, (k, x, y) => k.neg(k.floor(k.div(x, y)))] },
  Sigmoid: { forward: (k, x) => k.div(1, k.add(1, k.exp(k.neg(x)))) },
  // As functions of x and z they are computed from one of the two, z unless it is nearly 1.
  SigmoidSlope: { letters: "x s z", derivatives: [zero, (k, _x, s) => k.sub(1, k.mul(2, s))] },
  TanhSlope: { letters: "x t z", derivatives: [zero, (k, _x, t) => k.mul(-2, t)] },
  Softplus: { forward: (k, x) => k.log(k.add(1, k.exp(x))) },
  LogSigmoid: { forward: (k, x) => k.neg(k.log(k.add(1, k.exp(k.neg(x))))) },
  Silu: { forward: (k, x) => k.mul(x, k.sigmoid(x)) },
  SiluSlope: {
    forward: (k, x) => k.mul(k.sigmoid(x), k.add(1, k.mul(x, k.sigmoid(k.neg(x))))),
    derivatives: [
      (k, x) => {
        const slope = k.mul(k.sigmoid(x), k.sigmoid(k.neg(x)));
        return k.mul(slope, k.sub(2, k.mul(x, k.tanh(k.div(x, 2)))));
      },
    ],
  },
  LeakyRelu: { letters: "x slope z" },
  Elu: {
    letters: "x alpha z",
    derivatives: [
      (k, x, alpha) => k.select(k.greater(x, 0), 1, k.mul(alpha, k.exp(x))),
      (k, x) => k.select(k.greater(x, 0), 0, k.expm1(x)),
    ],
  },
  HardSwish: {
    derivatives: [(k, x) => k.select(k.less(x, -3), 0, k.select(k.greater(x, 3), 1, k.div(k.add(k.mul(2, x), 3), 6)))],
  },
  ErfSlope: {
    forward: (k, x) => k.mul(2 / Math.sqrt(Math.PI), k.exp(k.neg(k.pow(x, 2)))),
    derivatives: [(k, x, z) => k.mul(-2, k.mul(x, z))],
  },
  Gelu: { forward: (k, x) => k.mul(x, k.div(k.add(1, k.erf(k.div(x, Math.SQRT2))), 2)) },
  GeluSlope: {
    forward: (k, x) => k.add(k.div(k.add(1, k.erf(k.div(x, Math.SQRT2))), 2), k.mul(x, density(k, x))),
    derivatives: [(k, x) => k.mul(k.sub(2, k.pow(x, 2)), density(k, x))],
  },
  GeluTanh: { forward: (k, x) => k.mul(x, k.div(k.add(1, k.tanh(cubic(k, x))), 2)) },
  GeluTanhSlope: {
    forward: (k, x) => {
      const t = k.tanh(cubic(k, x));
      return k.add(k.div(k.add(1, t), 2), k.div(k.mul(x, k.mul(cubicSlope(k, x), k.sub(1, k.pow(t, 2)))), 2));
    },
    derivatives: [
      (k, x) => {
        const [t, slope] = [k.tanh(cubic(k, x)), cubicSlope(k, x)];
        const bend = k.mul(Math.sqrt(2 / Math.PI) * 6 * 0.044715, x);
        const inner = k.add(slope, k.div(k.mul(x, k.sub(bend, k.mul(2, k.mul(t, k.pow(slope, 2))))), 2));
        return k.mul(k.sub(1, k.pow(t, 2)), inner);
      },
    ],
  },
  HypotSlope: {
    forward: (k, x, y) => k.div(x, k.hypot(x, y)),
    derivatives: [
      (k, x, y) => k.div(k.pow(y, 2), k.pow(k.hypot(x, y), 3)),
      (k, x, y) => k.neg(k.div(k.mul(x, y), k.pow(k.hypot(x, y), 3))),
    ],
  },
  Hypot: { derivatives: [(k, x, _y, z) => k.div(x, z), (k, _x, y, z) => k.div(y, z)] },
  Atan2: {
    letters: "y x z",
    derivatives: [(k, y, x) => k.div(x, squares(k, x, y)), (k, y, x) => k.neg(k.div(y, squares(k, x, y)))],
  },
};
