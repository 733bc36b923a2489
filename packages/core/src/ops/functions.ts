import type { Node } from "../graph/node.js";
import { asTensor, type Tensor } from "../graph/tensor.js";
import type { BinaryFunction, UnaryFunction } from "../shape/signatures.js";

/** The function of an op with one input, with the compile-time shapes of its signature. */
export function unaryFunction(Op: new () => Node): UnaryFunction {
  return ((x: Tensor | number) => new Op().apply(asTensor(x))) as UnaryFunction;
}

/** The function of an op with two inputs; a number takes the dtype of the tensor that it meets. */
export function binaryFunction(Op: new () => Node): BinaryFunction {
  return ((x: Tensor | number, y: Tensor | number) => {
    const a = typeof x === "number" ? constantLike(x, y) : x;
    return new Op().apply(a, typeof y === "number" ? a.constant(y) : y);
  }) as BinaryFunction;
}

/** `value` as a scalar of the dtype of `other`, or as float64 where `other` is a number as well. */
export function constantLike(value: number, other: Tensor | number): Tensor {
  return typeof other === "number" ? asTensor(value) : other.constant(value);
}
