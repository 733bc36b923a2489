import { binary, unary } from "../graph/elementwise.js";
import { binaryFunction, unaryFunction } from "./functions.js";

export class Add extends binary("Add", {
  takes: "number",
  forward: (k, x, y) => k.add(x, y),
  backward: [(_k, dout) => dout, (_k, dout) => dout],
}) {}

/**
 * x + y, broadcast. float64, float32, int32.
 *
 * @example
 * add(tensor([[1, 2], [3, 4]]), tensor([10, 20])).toArray(); // [[11, 22], [13, 24]]
 * tensor([1, 2]).add(1).toArray(); // [2, 3]
 */
export const add = binaryFunction(Add);

export class Sub extends binary("Sub", {
  takes: "number",
  forward: (k, x, y) => k.sub(x, y),
  backward: [(_k, dout) => dout, (k, dout) => k.neg(dout)],
}) {}

/**
 * x - y, broadcast. float64, float32, int32.
 *
 * @example
 * sub(tensor([1, 2]), 3).toArray(); // [-2, -1]
 */
export const sub = binaryFunction(Sub);

export class Neg extends unary("Neg", {
  takes: "number",
  forward: (k, x) => k.neg(x),
  backward: [(k, dout) => k.neg(dout)],
}) {}

/**
 * -x. float64, float32, int32.
 *
 * @example
 * neg(tensor([1, -2])).toArray(); // [-1, 2]
 */
export const neg = unaryFunction(Neg);
