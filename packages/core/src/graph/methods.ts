import type { DType } from "../dtype.js";
import * as ops from "../ops/index.js";
import type { PadWidths } from "../ops/pad.js";
import { tooMany } from "../options.js";
import type { Range } from "../shape/types.js";
import type { Literal } from "./literal.js";
import type { CumulateOptions, SortOptions, TopKOptions } from "./signatures/axes.js";
import type { DiagonalOptions } from "./signatures/indexing.js";
import type { Sizes } from "./signatures/operands.js";
import type { Tensor } from "./tensor.js";

type Operand = Tensor | number;
type Reduce = Parameters<typeof ops.sum>[1];
type ReduceOptions = Exclude<Reduce, number | readonly number[]>;
type Axes = number | readonly number[];
type Indices = Operand | readonly number[];

/** The tensor of a method, behind whose arguments nothing stands. */
function only(self: Tensor, op: string, none: unknown): Tensor {
  if (none !== undefined) throw tooMany(op, none);
  return self;
}

/**
 * Gives Tensor its ops as methods. They call the functions when they are used, not when they are defined: the ops make
 * tensors and tensors have ops, and neither can be loaded first.
 */
export function installMethods(prototype: object): void {
  const methods: Record<string, (this: Tensor, ...args: never[]) => unknown> = {
    add(y: Operand, none?: unknown) {
      return ops.add(only(this, "add", none), y);
    },
    sub(y: Operand, none?: unknown) {
      return ops.sub(only(this, "sub", none), y);
    },
    mul(y: Operand, none?: unknown) {
      return ops.mul(only(this, "mul", none), y);
    },
    div(y: Operand, none?: unknown) {
      return ops.div(only(this, "div", none), y);
    },
    pow(y: Operand, none?: unknown) {
      return ops.pow(only(this, "pow", none), y);
    },
    maximum(y: Operand, none?: unknown) {
      return ops.maximum(only(this, "maximum", none), y);
    },
    minimum(y: Operand, none?: unknown) {
      return ops.minimum(only(this, "minimum", none), y);
    },
    mod(y: Operand, none?: unknown) {
      return ops.mod(only(this, "mod", none), y);
    },
    hypot(y: Operand, none?: unknown) {
      return ops.hypot(only(this, "hypot", none), y);
    },
    atan2(x: Operand, none?: unknown) {
      return ops.atan2(only(this, "atan2", none), x);
    },
    equal(y: Operand, none?: unknown) {
      return ops.equal(only(this, "equal", none), y);
    },
    notEqual(y: Operand, none?: unknown) {
      return ops.notEqual(only(this, "notEqual", none), y);
    },
    less(y: Operand, none?: unknown) {
      return ops.less(only(this, "less", none), y);
    },
    lessEqual(y: Operand, none?: unknown) {
      return ops.lessEqual(only(this, "lessEqual", none), y);
    },
    greater(y: Operand, none?: unknown) {
      return ops.greater(only(this, "greater", none), y);
    },
    greaterEqual(y: Operand, none?: unknown) {
      return ops.greaterEqual(only(this, "greaterEqual", none), y);
    },
    logicalAnd(y: Operand, none?: unknown) {
      return ops.logicalAnd(only(this, "logicalAnd", none), y);
    },
    logicalOr(y: Operand, none?: unknown) {
      return ops.logicalOr(only(this, "logicalOr", none), y);
    },
    logicalNot(none?: unknown) {
      return ops.logicalNot(only(this, "logicalNot", none));
    },
    isNaN(none?: unknown) {
      return ops.isNaN(only(this, "isNaN", none));
    },
    isFinite(none?: unknown) {
      return ops.isFinite(only(this, "isFinite", none));
    },
    neg(none?: unknown) {
      return ops.neg(only(this, "neg", none));
    },
    square(none?: unknown) {
      return ops.square(only(this, "square", none));
    },
    sqrt(none?: unknown) {
      return ops.sqrt(only(this, "sqrt", none));
    },
    rsqrt(none?: unknown) {
      return ops.rsqrt(only(this, "rsqrt", none));
    },
    reciprocal(none?: unknown) {
      return ops.reciprocal(only(this, "reciprocal", none));
    },
    exp(none?: unknown) {
      return ops.exp(only(this, "exp", none));
    },
    expm1(none?: unknown) {
      return ops.expm1(only(this, "expm1", none));
    },
    log(none?: unknown) {
      return ops.log(only(this, "log", none));
    },
    log1p(none?: unknown) {
      return ops.log1p(only(this, "log1p", none));
    },
    abs(none?: unknown) {
      return ops.abs(only(this, "abs", none));
    },
    sign(none?: unknown) {
      return ops.sign(only(this, "sign", none));
    },
    floor(none?: unknown) {
      return ops.floor(only(this, "floor", none));
    },
    ceil(none?: unknown) {
      return ops.ceil(only(this, "ceil", none));
    },
    round(none?: unknown) {
      return ops.round(only(this, "round", none));
    },
    roundToFloat16(none?: unknown) {
      return ops.roundToFloat16(only(this, "roundToFloat16", none));
    },
    sin(none?: unknown) {
      return ops.sin(only(this, "sin", none));
    },
    cos(none?: unknown) {
      return ops.cos(only(this, "cos", none));
    },
    tan(none?: unknown) {
      return ops.tan(only(this, "tan", none));
    },
    asin(none?: unknown) {
      return ops.asin(only(this, "asin", none));
    },
    acos(none?: unknown) {
      return ops.acos(only(this, "acos", none));
    },
    atan(none?: unknown) {
      return ops.atan(only(this, "atan", none));
    },
    sinh(none?: unknown) {
      return ops.sinh(only(this, "sinh", none));
    },
    cosh(none?: unknown) {
      return ops.cosh(only(this, "cosh", none));
    },
    tanh(none?: unknown) {
      return ops.tanh(only(this, "tanh", none));
    },
    asinh(none?: unknown) {
      return ops.asinh(only(this, "asinh", none));
    },
    acosh(none?: unknown) {
      return ops.acosh(only(this, "acosh", none));
    },
    atanh(none?: unknown) {
      return ops.atanh(only(this, "atanh", none));
    },
    erf(none?: unknown) {
      return ops.erf(only(this, "erf", none));
    },
    erfc(none?: unknown) {
      return ops.erfc(only(this, "erfc", none));
    },
    sigmoid(none?: unknown) {
      return ops.sigmoid(only(this, "sigmoid", none));
    },
    relu(none?: unknown) {
      return ops.relu(only(this, "relu", none));
    },
    softplus(none?: unknown) {
      return ops.softplus(only(this, "softplus", none));
    },
    logSigmoid(none?: unknown) {
      return ops.logSigmoid(only(this, "logSigmoid", none));
    },
    silu(none?: unknown) {
      return ops.silu(only(this, "silu", none));
    },
    gelu(options?: { approximate?: "none" | "tanh" }, none?: unknown) {
      return ops.gelu(only(this, "gelu", none), options);
    },
    elu(alpha?: Operand, none?: unknown) {
      return ops.elu(only(this, "elu", none), alpha);
    },
    leakyRelu(slope?: Operand, none?: unknown) {
      return ops.leakyRelu(only(this, "leakyRelu", none), slope);
    },
    sum(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.sum(only(this, "sum", none), axis as Axes, options);
    },
    prod(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.prod(only(this, "prod", none), axis as Axes, options);
    },
    mean(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.mean(only(this, "mean", none), axis as Axes, options);
    },
    max(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.max(only(this, "max", none), axis as Axes, options);
    },
    min(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.min(only(this, "min", none), axis as Axes, options);
    },
    logSumExp(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.logSumExp(only(this, "logSumExp", none), axis as Axes, options);
    },
    variance(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.variance(only(this, "variance", none), axis as Axes, options);
    },
    std(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.std(only(this, "std", none), axis as Axes, options);
    },
    norm(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.norm(only(this, "norm", none), axis as Axes, options);
    },
    any(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.any(only(this, "any", none), axis as Axes, options);
    },
    all(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.all(only(this, "all", none), axis as Axes, options);
    },
    count(axis?: Reduce, options?: ReduceOptions, none?: unknown) {
      return ops.count(only(this, "count", none), axis as Axes, options);
    },
    clamp(low?: Operand, high?: Operand, none?: unknown) {
      return ops.clamp(only(this, "clamp", none), low, high);
    },
    where(x: Operand, y: Operand, none?: unknown) {
      return ops.where(only(this, "where", none), x, y);
    },
    argMax(axis?: number, options?: { keepDims?: boolean }, none?: unknown) {
      return ops.argMax(only(this, "argMax", none), axis, options);
    },
    argMin(axis?: number, options?: { keepDims?: boolean }, none?: unknown) {
      return ops.argMin(only(this, "argMin", none), axis, options);
    },
    cumsum(axis?: number, options?: CumulateOptions, none?: unknown) {
      return ops.cumsum(only(this, "cumsum", none), axis, options);
    },
    cumprod(axis?: number, options?: CumulateOptions, none?: unknown) {
      return ops.cumprod(only(this, "cumprod", none), axis, options);
    },
    matmul(b: Tensor, none?: unknown) {
      return ops.matmul(only(this, "matmul", none), b);
    },
    dot(b: Tensor, none?: unknown) {
      return ops.dot(only(this, "dot", none), b);
    },
    outer(b: Tensor, none?: unknown) {
      return ops.outer(only(this, "outer", none), b);
    },
    diagonal(options?: DiagonalOptions | number, none?: unknown) {
      return ops.diagonal(only(this, "diagonal", none), options);
    },
    trace(options?: DiagonalOptions | number, none?: unknown) {
      return ops.trace(only(this, "trace", none), options);
    },
    tril(offset?: number, none?: unknown) {
      return ops.tril(only(this, "tril", none), offset);
    },
    triu(offset?: number, none?: unknown) {
      return ops.triu(only(this, "triu", none), offset);
    },
    transpose(...order: Sizes) {
      return ops.transpose(this, ...order);
    },
    reshape(...shape: Sizes) {
      return ops.reshape(this, ...shape);
    },
    broadcastTo(...shape: Sizes) {
      return ops.broadcastTo(this, ...shape);
    },
    expandDims(axis: number, none?: unknown) {
      return ops.expandDims(only(this, "expandDims", none), axis);
    },
    squeeze(...axis: [number?]) {
      return ops.squeeze(this, ...axis);
    },
    slice(...ranges: [readonly Range[]]) {
      return ops.slice(this, ...ranges);
    },
    take(indices: Indices, axis?: number, none?: unknown) {
      return ops.take(only(this, "take", none), indices, axis as 0);
    },
    indexAdd(indices: Tensor | Literal, source: Operand, axis?: number, none?: unknown) {
      return ops.indexAdd(only(this, "indexAdd", none), indices, source, axis);
    },
    gather(indices: Tensor | Literal, axis: number, none?: unknown) {
      return ops.gather(only(this, "gather", none), indices, axis);
    },
    scatterAdd(indices: Tensor | Literal, source: Operand, axis: number, none?: unknown) {
      return ops.scatterAdd(only(this, "scatterAdd", none), indices, source, axis);
    },
    flip(...axis: [Axes?]) {
      return ops.flip(this, ...axis);
    },
    roll(shift: Axes, axis?: Axes, none?: unknown) {
      return ops.roll(only(this, "roll", none), shift, axis);
    },
    tile(...repeats: Sizes) {
      return ops.tile(this, ...repeats);
    },
    pad(widths: PadWidths, value?: number, none?: unknown) {
      return ops.pad(only(this, "pad", none), widths, value);
    },
    split(parts: Axes, axis?: number, none?: unknown) {
      return ops.split(only(this, "split", none), parts, axis);
    },
    unstack(axis?: number, none?: unknown) {
      return ops.unstack(only(this, "unstack", none), axis);
    },
    sort(axis?: number, options?: SortOptions, none?: unknown) {
      return ops.sort(only(this, "sort", none), axis, options);
    },
    argSort(axis?: number, options?: SortOptions, none?: unknown) {
      return ops.argSort(only(this, "argSort", none), axis, options);
    },
    topK(k: number, axis?: number, options?: TopKOptions, none?: unknown) {
      return ops.topK(only(this, "topK", none), k, axis, options);
    },
    oneHot(classes: number, options?: { dtype?: DType }, none?: unknown) {
      return ops.oneHot(only(this, "oneHot", none), classes, options);
    },
    softmax(axis?: number, none?: unknown) {
      return ops.softmax(only(this, "softmax", none), axis);
    },
    logSoftmax(axis?: number, none?: unknown) {
      return ops.logSoftmax(only(this, "logSoftmax", none), axis);
    },
    cast(dtype: DType, none?: unknown) {
      return ops.cast(only(this, "cast", none), dtype);
    },
  };
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(prototype, name, { value, writable: true });
}
