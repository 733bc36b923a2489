import fc from "fast-check";
import type { Node, Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { elementwiseRow } from "./elementwise-rows.js";
import { nearestHalf } from "./halves.js";
import { type Anywhere, numbers, type Row } from "./row.js";

const [x, y] = [draw.grid(-2, 2, 0), draw.grid(-2, 2, 2)];
const positive = draw.grid(0.25, 4);
/** Never a whole number, where floor and ceil step, nor 0. */
const betweenSteps = draw.grid(-3, 3, 2);
const inside = draw.grid(-0.75, 0.75);

/** 2 / sqrt(pi) times the sum of (-1)^n x^(2n + 1) / (n! (2n + 1)), from its definition. */
function erfSeries(x: number): number {
  let sum = 0;
  let power = x;
  for (let n = 0; n < 60; n++) {
    sum += power / (2 * n + 1);
    power *= (-x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const normalCdf = (x: number) => (1 + erfSeries(x / Math.SQRT2)) / 2;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const wave = 2 * Math.PI;

/** The tanh form of gelu has a node of its own, and no function. */
function geluTanhRow(): Row {
  const cubic = (a: number) => Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a ** 3));
  const { method: _, ...row } = elementwiseRow(ops.GeluTanh, ops.gelu, (a) => (a / 2) * (1 + cubic(a)), [
    draw.grid(-4, 4),
  ]);
  return { ...row, fn: null, call: ([a]) => ops.gelu(a as Tensor, { approximate: "tanh" }) };
}

const truth = fc.nat(1);
const truths = { dtypes: ["bool"], gradient: "a truth value changes in steps" } as const;
const special = fc.constantFrom(0, 1.5, -2, Infinity, -Infinity, NaN);
const asksFloats = { gradient: "a truth value changes in steps", result: "bool" } as const;

/** Elementwise mathematics beyond the basic ops, activations and truth values. */
export const mathRows: readonly Row[] = [
  elementwiseRow(ops.Expm1, ops.expm1, (a) => Math.exp(a) - 1, [x]),
  elementwiseRow(ops.Rsqrt, ops.rsqrt, (a) => a ** -0.5, [positive]),
  elementwiseRow(ops.Reciprocal, ops.reciprocal, (a) => a ** -1, [draw.awayFrom0(0.5, 3)]),
  elementwiseRow(ops.Tan, ops.tan, (a) => Math.sin(a) / Math.cos(a), [draw.grid(-1, 1)]),
  elementwiseRow(ops.Asin, ops.asin, (a) => Math.atan2(a, Math.sqrt(1 - a * a)), [inside]),
  elementwiseRow(ops.Acos, ops.acos, (a) => Math.atan2(Math.sqrt(1 - a * a), a), [inside]),
  elementwiseRow(ops.Atan, ops.atan, (a) => Math.asin(a / Math.sqrt(1 + a * a)), [x]),
  elementwiseRow(
    ops.Atan2,
    ops.atan2,
    (b, a) => Math.acos(a / Math.sqrt(a * a + b * b)) * Math.sign(b),
    // Not along the ray of the angles pi and -pi, and away from where the arc cosine loses digits.
    [draw.awayFrom0(0.5, 3), draw.awayFrom0(0.5, 2)],
  ),
  elementwiseRow(ops.Sinh, ops.sinh, (a) => (Math.exp(a) - Math.exp(-a)) / 2, [x]),
  elementwiseRow(ops.Cosh, ops.cosh, (a) => (Math.exp(a) + Math.exp(-a)) / 2, [x]),
  elementwiseRow(ops.Asinh, ops.asinh, (a) => Math.log(a + Math.sqrt(a * a + 1)), [x]),
  elementwiseRow(ops.Acosh, ops.acosh, (a) => Math.log(a + Math.sqrt(a * a - 1)), [draw.grid(1.25, 4)]),
  elementwiseRow(ops.Atanh, ops.atanh, (a) => Math.log((1 + a) / (1 - a)) / 2, [inside]),
  elementwiseRow(ops.Erf, ops.erf, erfSeries, [draw.grid(-3, 3)]),
  elementwiseRow(ops.Erfc, ops.erfc, (a) => 1 - erfSeries(a), [draw.grid(-3, 3)]),
  elementwiseRow(ops.Hypot, ops.hypot, (a, b) => Math.sqrt(a * a + b * b), [draw.awayFrom0(0.5, 3), y]),

  elementwiseRow(ops.LogSigmoid, ops.logSigmoid, (a) => Math.log(sigmoid(a)), [draw.grid(-6, 6)]),
  elementwiseRow(ops.Silu, ops.silu, (a) => a * sigmoid(a), [draw.grid(-6, 6)]),
  elementwiseRow(ops.HardSwish, ops.hardSwish, (a) => (a * Math.min(Math.max(a + 3, 0), 6)) / 6, [draw.grid(-5, 5, 1)]),
  elementwiseRow(ops.Gelu, ops.gelu, (a) => a * normalCdf(a), [draw.grid(-4, 4)]),
  geluTanhRow(),
  elementwiseRow(ops.LeakyRelu, ops.leakyRelu, (a, slope) => (a < 0 ? slope * a : a), [betweenSteps, x]),
  elementwiseRow(ops.Elu, ops.elu, (a, alpha) => (a < 0 ? alpha * (Math.exp(a) - 1) : a), [betweenSteps, x]),

  elementwiseRow(ops.Floor, ops.floor, (a) => a - (((a % 1) + 1) % 1), [betweenSteps]),
  elementwiseRow(ops.Ceil, ops.ceil, (a) => a + (((-a % 1) + 1) % 1), [betweenSteps]),
  // The nearest whole number is where the phase of a wave of period 1 is 0.
  elementwiseRow(ops.Round, ops.round, (a) => a - Math.atan2(Math.sin(wave * a), Math.cos(wave * a)) / wave, [
    draw.grid(-3, 3, 1),
  ]),
  // Steps whose slope is said to be 1.
  elementwiseRow(
    ops.RoundToFloat16,
    ops.roundToFloat16,
    nearestHalf,
    [draw.grid(-3, 3).map((a) => a * (1 + 2 ** -11))],
    {
      gradient: () => false,
    },
  ),
  elementwiseRow(
    ops.Mod,
    ops.mod,
    (a, b) => ((a % b) + b) % b,
    // x is an odd multiple of 1/32 and y a multiple of 1/4: never where the quotient is whole.
    [draw.grid(-2, 2, 2), fc.constantFrom(0.75, 1, 1.5, 2, -0.5, -1.25, -2)],
    { dtypes: numbers },
  ),

  elementwiseRow(ops.LogicalAnd, ops.logicalAnd, (a, b) => Number(a + b === 2), [truth, truth], truths),
  elementwiseRow(ops.LogicalOr, ops.logicalOr, (a, b) => Number(a + b !== 0), [truth, truth], truths),
  elementwiseRow(ops.LogicalNot, ops.logicalNot, (a) => Number(a === 0), [truth], truths),
  ...(
    [
      [ops.IsNaN, ops.isNaN, Number.isNaN],
      [ops.IsFinite, ops.isFinite, Number.isFinite],
    ] as [new () => Node, Anywhere, (a: number) => boolean][]
  ).map(([Class, fn, holds]) => elementwiseRow(Class, fn, (a = 0) => Number(holds(a)), [special], asksFloats)),
];
