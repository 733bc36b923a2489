import type { DType } from "../dtype.js";
import { erf, erfc, erfcx, floorMod, hypot, power, roundHalfEven, sigmoidSlope, tanhSlope } from "../loops/math.js";
import type { Node } from "./node.js";
import type { Tensor } from "./tensor.js";

/** What an elementwise op takes and gives. */
export interface Dtypes {
  /** The dtypes that the op takes: floats, numbers (int32 as well), bools or any; "where" is a bool and two of any. */
  readonly takes?: "float" | "number" | "bool" | "any" | "where";
  /** The dtype of the result where it is not that of the inputs. */
  readonly gives?: "bool";
}

/** A rule seen without its arity, as the loops and the walk use it. */
export interface ElementwiseRule extends Dtypes {
  readonly forward: <T>(k: Arithmetic<T>, ...inputs: T[]) => T;
  readonly backward: readonly ((<T>(k: Arithmetic<T>, dout: T, ...inputsAndOutput: T[]) => T) | null)[] | string;
}

/** A node that computes by a rule. */
interface RuledNode extends Node {
  readonly rule: ElementwiseRule;
}

/** An expression over any arithmetic. */
export type Formula = <T>(k: Arithmetic<T>, ...operands: T[]) => T;

/**
 * The arithmetic that an elementwise op is written over, once. Over numbers it is the reference and the fast path of
 * scalars, over tensors it builds graph, over program text (`scripts/generate-loops.ts`) it becomes a typed-array loop.
 * At least one operand of each call is a `T`; comparisons give 1 or 0, and `select` takes its second operand where the
 * first is not 0.
 */
export interface Arithmetic<T> {
  add(x: T | number, y: T | number): T;
  sub(x: T | number, y: T | number): T;
  mul(x: T | number, y: T | number): T;
  div(x: T | number, y: T | number): T;
  /** As IEEE 754 has it: 1 to any power is 1, and so is -1 to an infinite one. */
  pow(x: T | number, y: T | number): T;
  max(x: T | number, y: T | number): T;
  min(x: T | number, y: T | number): T;
  equal(x: T | number, y: T | number): T;
  notEqual(x: T | number, y: T | number): T;
  less(x: T | number, y: T | number): T;
  lessEqual(x: T | number, y: T | number): T;
  greater(x: T | number, y: T | number): T;
  greaterEqual(x: T | number, y: T | number): T;
  select(condition: T, x: T | number, y: T | number): T;
  /** The op of some inputs: over tensors it is one node, with its own derivative, over all else its expression. */
  of(op: new () => RuledNode, ...inputs: T[]): T;
  /** The formula in float64, for operands in float32 as well: for what leaves the range of float32 in between. */
  inDoubles(formula: Formula, ...operands: T[]): T;
  atan2(y: T | number, x: T | number): T;
  /** The root of the sum of squares, without overflow. */
  hypot(x: T | number, y: T | number): T;
  /** The remainder of x by y, with the sign of y. */
  mod(x: T | number, y: T | number): T;
  neg(x: T): T;
  abs(x: T): T;
  sign(x: T): T;
  floor(x: T): T;
  ceil(x: T): T;
  /** The nearest whole number, the even one of two. */
  round(x: T): T;
  sqrt(x: T): T;
  exp(x: T): T;
  expm1(x: T): T;
  log(x: T): T;
  log1p(x: T): T;
  sin(x: T): T;
  cos(x: T): T;
  tan(x: T): T;
  asin(x: T): T;
  acos(x: T): T;
  atan(x: T): T;
  sinh(x: T): T;
  cosh(x: T): T;
  tanh(x: T): T;
  asinh(x: T): T;
  acosh(x: T): T;
  atanh(x: T): T;
  erf(x: T): T;
  erfc(x: T): T;
  sigmoid(x: T): T;
  /** The derivative of z = sigmoid(x), z (1 - z), exact also where z has been rounded to 1. */
  sigmoidSlope(x: T, z: T): T;
  /** The derivative of z = tanh(x), 1 - z^2, exact also where z has been rounded to 1 or -1. */
  tanhSlope(x: T, z: T): T;
}

/** What a forward of the engine's own may use besides. Over tensors, in a backward, it is not there. */
export interface ForwardArithmetic<T> extends Arithmetic<T> {
  /** e^(x^2) erfc(|x|). */
  erfcx(x: T): T;
}

export const numberArithmetic: ForwardArithmetic<number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: power,
  max: (x, y) => Math.max(x, y),
  min: (x, y) => Math.min(x, y),
  equal: (x, y) => (x === y ? 1 : 0),
  notEqual: (x, y) => (x !== y ? 1 : 0),
  less: (x, y) => (x < y ? 1 : 0),
  lessEqual: (x, y) => (x <= y ? 1 : 0),
  greater: (x, y) => (x > y ? 1 : 0),
  greaterEqual: (x, y) => (x >= y ? 1 : 0),
  select: (condition, x, y) => (condition !== 0 ? x : y),
  of: (op, ...inputs) => expressionOf(op)(numberArithmetic, ...inputs),
  inDoubles: (formula, ...operands) => formula(numberArithmetic, ...operands),
  atan2: Math.atan2,
  hypot,
  mod: floorMod,
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  erfc,
  erfcx,
  sigmoid: (x) => stableSigmoid(numberArithmetic, x),
  sigmoidSlope,
  tanhSlope,
};

/** Products of int32 numbers, of which only the last 32 bits are kept: a double would lose them. */
const integerArithmetic: ForwardArithmetic<number> = { ...numberArithmetic, mul: Math.imul };

/** The arithmetic of plain numbers that stand for elements of a dtype. */
export function arithmeticOf(dtype: DType): ForwardArithmetic<number> {
  return dtype === "int32" ? integerArithmetic : numberArithmetic;
}

/** The expression of an elementwise op. */
export function expressionOf(op: new () => RuledNode): Formula {
  return (op.prototype as RuledNode).rule.forward;
}

/** 1 / (1 + e^-x) without overflow: e^-|x| is at most 1. */
export function stableSigmoid<T>(k: Arithmetic<T>, x: T): T {
  const e = k.exp(k.neg(k.abs(x)));
  return k.div(k.select(k.greaterEqual(x, 0), 1, e), k.add(e, 1));
}

/** x held between -bound and bound, so that what multiplies a factor that has gone to 0 is not infinite. */
export function bounded<T>(k: Arithmetic<T>, x: T, bound: number): T {
  return k.min(k.max(x, -bound), bound);
}

type TensorOperand = Tensor | number;

/** A number among tensors becomes a scalar of the other operand's dtype. */
function pair(x: TensorOperand, y: TensorOperand): readonly [Tensor, Tensor] {
  if (typeof x !== "number") return [x, typeof y === "number" ? x.constant(y) : y];
  if (typeof y !== "number") return [y.constant(x), y];
  throw new TypeError("at least one operand is a tensor");
}

function binary(method: (x: Tensor, y: Tensor) => Tensor): (x: TensorOperand, y: TensorOperand) => Tensor {
  return (x, y) => method(...pair(x, y));
}

/**
 * 1 / cosh(x)^2, of which the derivatives are right everywhere as well: those of the cosine would be NaN where that overflows,
 * those of 4 sigmoid(2x) sigmoid(-2x) cancel around 0.
 */
function squaredSecant<T>(k: Arithmetic<T>, x: T): T {
  const [secant, twice] = [k.div(1, k.cosh(bounded(k, x, 1))), k.mul(2, x)];
  const far = k.mul(4, k.mul(k.sigmoid(twice), k.sigmoid(k.neg(twice))));
  return k.select(k.less(k.abs(x), 1), k.mul(secant, secant), far);
}

/** Through the methods of the tensors themselves, so that this file needs none of the ops. */
export const tensorArithmetic: Arithmetic<Tensor> = {
  add: binary((x, y) => x.add(y)),
  sub: binary((x, y) => x.sub(y)),
  mul: binary((x, y) => x.mul(y)),
  div: binary((x, y) => x.div(y)),
  pow: binary((x, y) => x.pow(y)),
  max: binary((x, y) => x.maximum(y)),
  min: binary((x, y) => x.minimum(y)),
  equal: binary((x, y) => x.equal(y)),
  notEqual: binary((x, y) => x.notEqual(y)),
  less: binary((x, y) => x.less(y)),
  lessEqual: binary((x, y) => x.lessEqual(y)),
  greater: binary((x, y) => x.greater(y)),
  greaterEqual: binary((x, y) => x.greaterEqual(y)),
  select: (condition, x, y) => condition.where(x, y),
  of: (Op, ...inputs) => new Op().apply(...inputs),
  inDoubles: (formula, ...operands) => {
    const [{ dtype }] = operands as [Tensor];
    if (dtype === "float64") return formula(tensorArithmetic, ...operands);
    return formula(tensorArithmetic, ...operands.map((operand) => operand.cast("float64"))).cast(dtype);
  },
  atan2: binary((y, x) => y.atan2(x)),
  hypot: binary((x, y) => x.hypot(y)),
  mod: binary((x, y) => x.mod(y)),
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  sign: (x) => x.sign(),
  floor: (x) => x.floor(),
  ceil: (x) => x.ceil(),
  round: (x) => x.round(),
  sqrt: (x) => x.sqrt(),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  log: (x) => x.log(),
  log1p: (x) => x.log1p(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tan: (x) => x.tan(),
  asin: (x) => x.asin(),
  acos: (x) => x.acos(),
  atan: (x) => x.atan(),
  sinh: (x) => x.sinh(),
  cosh: (x) => x.cosh(),
  tanh: (x) => x.tanh(),
  asinh: (x) => x.asinh(),
  acosh: (x) => x.acosh(),
  atanh: (x) => x.atanh(),
  erf: (x) => x.erf(),
  erfc: (x) => x.erfc(),
  sigmoid: (x) => x.sigmoid(),
  sigmoidSlope: (x) => squaredSecant(tensorArithmetic, x.div(2)).div(4),
  tanhSlope: (x) => squaredSecant(tensorArithmetic, x),
};

/** A result over plain numbers as the dtype stores it. */
export function rounded(dtype: DType, value: number): number {
  return dtype === "float64" || dtype === "bool" ? value : dtype === "float32" ? Math.fround(value) : value | 0;
}
