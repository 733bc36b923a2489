import type { DType } from "../dtype.js";
import * as ops from "../ops/index.js";
import type { PadWidths } from "../ops/pad.js";
import type { DiagonalOptions, SortOptions, TopKOptions } from "../shape/indexing-types.js";
import type { CumulateOptions, Sizes } from "../shape/signatures.js";
import type { Range } from "../shape/types.js";
import type { Literal } from "./literal.js";
import type { Tensor } from "./tensor.js";

type Operand = Tensor | number;
type Reduce = Parameters<typeof ops.sum>[1];
type ReduceOptions = Exclude<Reduce, number | readonly number[]>;
type Axes = number | readonly number[];
type Indices = Operand | readonly number[];

/**
 * Gives Tensor its ops as methods. They call the functions when they are used, not when they are defined: the ops make
 * tensors and tensors have ops, and neither can be loaded first.
 */
export function installMethods(prototype: object): void {
  const methods: Record<string, (this: Tensor, ...args: never[]) => unknown> = {
    add(y: Operand) {
      return ops.add(this, y);
    },
    sub(y: Operand) {
      return ops.sub(this, y);
    },
    mul(y: Operand) {
      return ops.mul(this, y);
    },
    div(y: Operand) {
      return ops.div(this, y);
    },
    pow(y: Operand) {
      return ops.pow(this, y);
    },
    maximum(y: Operand) {
      return ops.maximum(this, y);
    },
    minimum(y: Operand) {
      return ops.minimum(this, y);
    },
    mod(y: Operand) {
      return ops.mod(this, y);
    },
    hypot(y: Operand) {
      return ops.hypot(this, y);
    },
    atan2(x: Operand) {
      return ops.atan2(this, x);
    },
    equal(y: Operand) {
      return ops.equal(this, y);
    },
    notEqual(y: Operand) {
      return ops.notEqual(this, y);
    },
    less(y: Operand) {
      return ops.less(this, y);
    },
    lessEqual(y: Operand) {
      return ops.lessEqual(this, y);
    },
    greater(y: Operand) {
      return ops.greater(this, y);
    },
    greaterEqual(y: Operand) {
      return ops.greaterEqual(this, y);
    },
    logicalAnd(y: Operand) {
      return ops.logicalAnd(this, y);
    },
    logicalOr(y: Operand) {
      return ops.logicalOr(this, y);
    },
    logicalNot() {
      return ops.logicalNot(this);
    },
    isNaN() {
      return ops.isNaN(this);
    },
    isFinite() {
      return ops.isFinite(this);
    },
    neg() {
      return ops.neg(this);
    },
    square() {
      return ops.square(this);
    },
    sqrt() {
      return ops.sqrt(this);
    },
    rsqrt() {
      return ops.rsqrt(this);
    },
    reciprocal() {
      return ops.reciprocal(this);
    },
    exp() {
      return ops.exp(this);
    },
    expm1() {
      return ops.expm1(this);
    },
    log() {
      return ops.log(this);
    },
    log1p() {
      return ops.log1p(this);
    },
    abs() {
      return ops.abs(this);
    },
    sign() {
      return ops.sign(this);
    },
    floor() {
      return ops.floor(this);
    },
    ceil() {
      return ops.ceil(this);
    },
    round() {
      return ops.round(this);
    },
    sin() {
      return ops.sin(this);
    },
    cos() {
      return ops.cos(this);
    },
    tan() {
      return ops.tan(this);
    },
    asin() {
      return ops.asin(this);
    },
    acos() {
      return ops.acos(this);
    },
    atan() {
      return ops.atan(this);
    },
    sinh() {
      return ops.sinh(this);
    },
    cosh() {
      return ops.cosh(this);
    },
    tanh() {
      return ops.tanh(this);
    },
    asinh() {
      return ops.asinh(this);
    },
    acosh() {
      return ops.acosh(this);
    },
    atanh() {
      return ops.atanh(this);
    },
    erf() {
      return ops.erf(this);
    },
    erfc() {
      return ops.erfc(this);
    },
    sigmoid() {
      return ops.sigmoid(this);
    },
    relu() {
      return ops.relu(this);
    },
    softplus() {
      return ops.softplus(this);
    },
    logSigmoid() {
      return ops.logSigmoid(this);
    },
    silu() {
      return ops.silu(this);
    },
    gelu(options?: { approximate?: "none" | "tanh" }) {
      return ops.gelu(this, options);
    },
    elu(alpha?: Operand) {
      return ops.elu(this, alpha);
    },
    leakyRelu(slope?: Operand) {
      return ops.leakyRelu(this, slope);
    },
    sum(axis?: Reduce, options?: ReduceOptions) {
      return ops.sum(this, axis as Axes, options);
    },
    prod(axis?: Reduce, options?: ReduceOptions) {
      return ops.prod(this, axis as Axes, options);
    },
    mean(axis?: Reduce, options?: ReduceOptions) {
      return ops.mean(this, axis as Axes, options);
    },
    max(axis?: Reduce, options?: ReduceOptions) {
      return ops.max(this, axis as Axes, options);
    },
    min(axis?: Reduce, options?: ReduceOptions) {
      return ops.min(this, axis as Axes, options);
    },
    logSumExp(axis?: Reduce, options?: ReduceOptions) {
      return ops.logSumExp(this, axis as Axes, options);
    },
    variance(axis?: Reduce, options?: ReduceOptions) {
      return ops.variance(this, axis as Axes, options);
    },
    std(axis?: Reduce, options?: ReduceOptions) {
      return ops.std(this, axis as Axes, options);
    },
    norm(axis?: Reduce, options?: ReduceOptions) {
      return ops.norm(this, axis as Axes, options);
    },
    any(axis?: Reduce, options?: ReduceOptions) {
      return ops.any(this, axis as Axes, options);
    },
    all(axis?: Reduce, options?: ReduceOptions) {
      return ops.all(this, axis as Axes, options);
    },
    count(axis?: Reduce, options?: ReduceOptions) {
      return ops.count(this, axis as Axes, options);
    },
    clamp(low?: Operand, high?: Operand) {
      return ops.clamp(this, low, high);
    },
    where(x: Operand, y: Operand) {
      return ops.where(this, x, y);
    },
    argMax(axis?: number, options?: { keepDims?: boolean }) {
      return ops.argMax(this, axis, options);
    },
    argMin(axis?: number, options?: { keepDims?: boolean }) {
      return ops.argMin(this, axis, options);
    },
    cumsum(axis?: number, options?: CumulateOptions) {
      return ops.cumsum(this, axis, options);
    },
    cumprod(axis?: number, options?: CumulateOptions) {
      return ops.cumprod(this, axis, options);
    },
    matmul(b: Tensor) {
      return ops.matmul(this, b);
    },
    dot(b: Tensor) {
      return ops.dot(this, b);
    },
    outer(b: Tensor) {
      return ops.outer(this, b);
    },
    diagonal(options?: DiagonalOptions | number) {
      return ops.diagonal(this, options);
    },
    trace(options?: DiagonalOptions | number) {
      return ops.trace(this, options);
    },
    tril(offset?: number) {
      return ops.tril(this, offset);
    },
    triu(offset?: number) {
      return ops.triu(this, offset);
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
    expandDims(axis: number) {
      return ops.expandDims(this, axis);
    },
    squeeze(...axis: [number?]) {
      return ops.squeeze(this, ...axis);
    },
    slice(...ranges: [readonly Range[]]) {
      return ops.slice(this, ...ranges);
    },
    take(indices: Indices, axis?: number) {
      return ops.take(this, indices, axis as 0);
    },
    indexAdd(indices: Tensor | Literal, source: Operand, axis?: number) {
      return ops.indexAdd(this, indices, source, axis);
    },
    gather(indices: Tensor | Literal, axis: number) {
      return ops.gather(this, indices, axis);
    },
    scatterAdd(indices: Tensor | Literal, source: Operand, axis: number) {
      return ops.scatterAdd(this, indices, source, axis);
    },
    flip(...axis: [Axes?]) {
      return ops.flip(this, ...axis);
    },
    roll(shift: Axes, axis?: Axes) {
      return ops.roll(this, shift, axis);
    },
    tile(...repeats: Sizes) {
      return ops.tile(this, ...repeats);
    },
    pad(widths: PadWidths, value?: number) {
      return ops.pad(this, widths, value);
    },
    split(parts: Axes, axis?: number) {
      return ops.split(this, parts, axis);
    },
    unstack(axis?: number) {
      return ops.unstack(this, axis);
    },
    sort(axis?: number, options?: SortOptions) {
      return ops.sort(this, axis, options);
    },
    argSort(axis?: number, options?: SortOptions) {
      return ops.argSort(this, axis, options);
    },
    topK(k: number, axis?: number, options?: TopKOptions) {
      return ops.topK(this, k, axis, options);
    },
    oneHot(classes: number, options?: { dtype?: DType }) {
      return ops.oneHot(this, classes, options);
    },
    softmax(axis?: number) {
      return ops.softmax(this, axis);
    },
    logSoftmax(axis?: number) {
      return ops.logSoftmax(this, axis);
    },
    cast(dtype: DType) {
      return ops.cast(this, dtype);
    },
  };
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(prototype, name, { value, writable: true });
}
