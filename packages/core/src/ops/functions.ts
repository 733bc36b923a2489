import type { Node } from "../graph/node.js";
import type { ReduceFunction } from "../graph/signatures/axes.js";
import type {
  BinaryFunction,
  ComparisonFunction,
  TestFunction,
  UnaryFunction,
} from "../graph/signatures/elementwise.js";
import { asTensor, operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore } from "../options.js";

/** The function of an op with one input, with the compile-time shapes of its signature. */
export function unaryFunction(Op: new () => Node): UnaryFunction {
  const { name } = Op.prototype as Node;
  return ((x: Tensor | number, none?: unknown, list?: unknown) => {
    if (none !== undefined || list !== undefined) checkNoMore(name, [none, list]);
    return new Op().apply(operand(name, x));
  }) as UnaryFunction;
}

/** `unaryFunction`, of an op that gives bools. */
export function testFunction(Op: new () => Node): TestFunction {
  return unaryFunction(Op) as TestFunction;
}

/** The function of an op with two inputs; a number takes the dtype of the tensor that it meets. The second may have a default. */
export function binaryFunction(Op: new () => Node, otherwise?: number): BinaryFunction {
  const { name } = Op.prototype as Node;
  return ((x: Tensor | number, y: Tensor | number = otherwise as number, none?: unknown, list?: unknown) => {
    if (none !== undefined || list !== undefined) checkNoMore(name, [none, list]);
    const a = typeof x === "number" ? constantLike(name, x, y) : operand(name, x);
    return new Op().apply(a, typeof y === "number" ? a.constant(y, name) : operand(name, y));
  }) as BinaryFunction;
}

/** `binaryFunction`, of an op that gives bools. */
export function comparisonFunction(Op: new () => Node): ComparisonFunction {
  return binaryFunction(Op) as ComparisonFunction;
}

/** `value` as a scalar of the dtype of the first tensor among `others`, or as float64 where all are numbers as well. */
export function constantLike(op: string, value: number, ...others: readonly (Tensor | number)[]): Tensor {
  const like = others.find((other) => typeof other !== "number");
  return like === undefined ? asTensor(value) : operand(op, like).constant(value, op);
}

/** The function of an op that reduces: `axis` is an axis, a list of axes or a record of all options. */
export function reduceFunction<Axis, Options, Extra = unknown>(
  Op: new (axis?: Axis, options?: Options) => Node,
): ReduceFunction<Extra> {
  return ((x: Tensor | number, axis?: Axis, options?: Options, ...none: []) => {
    const node = new Op(axis, options);
    checkNoMore(node.name, none);
    return node.apply(operand(node.name, x));
  }) as ReduceFunction<Extra>;
}
