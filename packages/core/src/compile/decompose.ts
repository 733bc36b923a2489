import type { DType } from "../dtype.js";
import type { Node } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { All, Any, Count } from "../ops/count.js";
import { Norm } from "../ops/norm.js";
import { LogSumExp, Mean } from "../ops/reduce.js";
import type { Reduction } from "../ops/reduction.js";
import { LogSoftmax, Softmax } from "../ops/softmax.js";
import { Std, Variance } from "../ops/variance.js";
import { normalizeAxes, reducedShape, sizeOf } from "../shape/shape.js";

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

/** What a reduction reduces over, and what it is reshaped to: the compositions keep the axes until then. */
function axesOf(node: Reduction, x: Tensor) {
  const axis = normalizeAxes(node.name, node.axis, x.shape);
  const shape = reducedShape(x.shape, axis, node.keepDims);
  return { over: { axis, keepDims: true }, n: sizeOf(axis.map((i) => x.shape[i] as number)), shape };
}

define(Mean, (node, x) => {
  const { over, n, shape } = axesOf(node, x);
  return x.sum(over).div(n).reshape(shape);
});

define(LogSumExp, (node, x) => {
  const { over, n, shape } = axesOf(node, x);
  if (over.axis.length === 0) return x.add(0);
  if (n === 0) return x.sum(over).sub(Infinity).reshape(shape);
  const max = x.max(over);
  // An infinite maximum is the answer itself: infinity - infinity would be NaN.
  const finite = max.isFinite();
  const shifted = x.sub(finite.where(max, 0)).exp().sum(over).log();
  return finite.where(max.add(shifted), max).reshape(shape);
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
  return shifted.sub(shifted.exp().sum(over).log());
});

function varianceOf(node: Variance | Std, x: Tensor): Tensor {
  const { over, n, shape } = axesOf(node, x);
  const freedom = Math.max(0, n - node.correction);
  const deviations = x.sub(x.sum(over).div(n));
  return deviations.square().sum(over).div(freedom).reshape(shape);
}
define(Variance, varianceOf);
define(Std, (node, x) => varianceOf(node, x).sqrt());

define(Norm, (node, x, dtype) => {
  const { over, n, shape } = axesOf(node, x);
  if (node.ord === 1) return x.abs().sum(over).reshape(shape);
  if (node.ord === Infinity) return (n === 0 ? x.sum(over) : x.abs().max(over)).reshape(shape);
  // No square of a float32 overflows, or is lost, in float64.
  if (dtype === "float32") return x.cast("float64").square().sum(over).sqrt().cast(dtype).reshape(shape);
  const squares = x.square().sum(over);
  if (n === 0) return squares.reshape(shape);
  const largest = x.abs().max(over);
  // Below 1e-290 squares that have been lost to underflow would count.
  const plain = squares
    .greater(1e-290)
    .logicalAnd(squares.isFinite())
    .logicalOr(largest.greater(0).logicalAnd(largest.isFinite()).logicalNot());
  const scale = plain.where(1, largest);
  return scale.mul(x.div(scale).square().sum(over).sqrt()).reshape(shape);
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
