import type { DType } from "../../dtype.js";
import type { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import { All, Any, Count } from "../../ops/count.js";
import { Norm } from "../../ops/norm.js";
import { LogSumExp, Mean } from "../../ops/reduce.js";
import type { ReduceOptions } from "../../ops/reduction.js";
import { LogSoftmax, Softmax } from "../../ops/softmax.js";
import { Center, Deviation, Standardize } from "../../ops/standardize.js";
import { Std, Variance } from "../../ops/variance.js";
import { normalizeAxes, reducedShape, sizeOf } from "../../shape/shape.js";
import { deviationOf, meanOf, momentsOf, standardized } from "./moments.js";

type Decomposition<N extends Node> = (node: N, x: Tensor, dtype: DType) => Tensor;

/** The ops that are compiled as a composition of simpler ones, and how. */
const decompositions = new Map<unknown, Decomposition<Node>>();

function define<N extends Node>(op: abstract new (...args: never[]) => N, decomposition: Decomposition<N>): void {
  decompositions.set(op, decomposition as Decomposition<Node>);
}

/** The result of a node as a composition of simpler ops; `null` for an op that is compiled as it is. */
export function decompose(node: Node, inputs: readonly Tensor[], dtype: DType): Tensor | null {
  return decompositions.get(node.constructor)?.(node, inputs[0] as Tensor, dtype) ?? null;
}

/** A reduction, or a map along axes. */
interface Along {
  readonly name: string;
  readonly axis: number | readonly number[] | undefined;
  readonly keepDims?: boolean;
}

/** What a reduction reduces over, and what it is reshaped to: the compositions keep the axes until then. */
function axesOf(node: Along, x: Tensor) {
  const axis = normalizeAxes(node.name, node.axis, x.shape);
  const shape = reducedShape(x.shape, axis, node.keepDims ?? true);
  return { over: { axis, keepDims: true as const }, n: sizeOf(axis.map((i) => x.shape[i] as number)), shape };
}

/** The logarithm of the sum of exponentials of what is at most 0: what is less than 0 would be lost beside e^0. */
function logOfSum(shifted: Tensor, over: ReduceOptions): Tensor {
  const isLargest = shifted.equal(0);
  const others = isLargest.where(0, shifted.exp()).sum(over);
  return others.add(isLargest.cast(shifted.dtype).sum(over).sub(1)).log1p();
}

define(LogSumExp, (node, x) => {
  const { over, n, shape } = axesOf(node, x);
  if (over.axis.length === 0) return x.add(0);
  if (n === 0) return x.sum(over).sub(Infinity).reshape(shape);
  const max = x.max(over);
  // An infinite maximum is the answer itself: infinity - infinity would be NaN.
  const finite = max.isFinite();
  const sum = logOfSum(x.sub(finite.where(max, 0)), over);
  return finite.where(max.add(sum), max).reshape(shape);
});

define(Softmax, (node, x) => {
  if (x.size === 0) return x.add(0);
  const over = { axis: node.axis, keepDims: true };
  const exp = x.sub(x.max(over)).exp();
  return exp.div(exp.sum(over));
});

define(LogSoftmax, (node, x) => {
  if (x.size === 0) return x.add(0);
  const over = { axis: node.axis, keepDims: true };
  const shifted = x.sub(x.max(over));
  return shifted.sub(logOfSum(shifted, over));
});

define(Mean, (node, x, dtype) => {
  const { over, shape } = axesOf(node, x);
  return meanOf(x, over).cast(dtype).reshape(shape);
});

define(Variance, (node, x, dtype) => {
  const { over, shape } = axesOf(node, x);
  const { squares, scale } = momentsOf(x, over, true);
  const variance = squares.div(node.freedom(x));
  return (scale === null ? variance : variance.div(scale).div(scale)).cast(dtype).reshape(shape);
});

define(Std, (node, x, dtype) => {
  const { over, shape } = axesOf(node, x);
  const dispersion = { center: true, freedom: node.freedom(x), eps: 0 };
  return deviationOf(momentsOf(x, over, true), dispersion)
    .cast(dtype)
    .reshape(shape);
});

define(Deviation, (node, x, dtype) => {
  const { over } = axesOf(node, x);
  return deviationOf(momentsOf(x, over, node.center), node).cast(dtype);
});

define(Center, (node, x, dtype) => {
  const { over } = axesOf(node, x);
  const { deviations, scale } = momentsOf(x, over, true);
  return deviations.mul(scale === null ? 1 / node.divisor : scale.mul(node.divisor).reciprocal()).cast(dtype);
});

define(Standardize, (node, x, dtype) => {
  const { over } = axesOf(node, x);
  return standardized(x, momentsOf(x, over, node.center), node).cast(dtype);
});

define(Norm, (node, x, dtype) => {
  const { over, n, shape } = axesOf(node, x);
  if (node.ord === 1) return x.abs().sum(over).reshape(shape);
  if (node.ord === Infinity) return (n === 0 ? x.sum(over) : x.abs().max(over)).reshape(shape);
  return deviationOf(momentsOf(x, over, false), { center: false, freedom: 1, eps: 0 })
    .cast(dtype)
    .reshape(shape);
});

/** The number of elements that are not 0. */
function countOf(node: Count | Any | All, x: Tensor): Tensor {
  const { over, shape } = axesOf(node, x);
  const zero = x.constant(0);
  return x.notEqual(zero).cast("int32").sum(over).reshape(shape);
}
define(Count, countOf);
define(Any, (node, x) => countOf(node, x).greater(0));
define(All, (node, x) => countOf(node, x).equal(axesOf(node, x).n));
