import { DTypeError } from "../errors.js";
import { binary, ternary } from "../graph/elementwise.js";
import type { ClampFunction } from "../graph/signatures/elementwise.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore, isRecord } from "../options.js";
import { show } from "../show.js";
import { binaryFunction, constantLike } from "./functions.js";

export class Maximum extends binary("Maximum", {
  takes: "number",
  forward: (k, x, y) => k.max(x, y),
  backward: [
    (k, dout, x, y) => k.select(k.less(x, y), 0, k.select(k.equal(x, y), k.mul(dout, 0.5), dout)),
    (k, dout, x, y) => k.select(k.greater(x, y), 0, k.select(k.equal(x, y), k.mul(dout, 0.5), dout)),
  ],
}) {}

/**
 * The larger of x and y, broadcast; NaN if either is. A tie gives each half of the gradient, a NaN each all of it (PyTorch).
 *
 * @example
 * maximum(tensor([1, 5]), tensor([3, 2])).toArray(); // [3, 5]
 */
export const maximum = binaryFunction(Maximum);

export class Minimum extends binary("Minimum", {
  takes: "number",
  forward: (k, x, y) => k.min(x, y),
  backward: [
    (k, dout, x, y) => k.select(k.greater(x, y), 0, k.select(k.equal(x, y), k.mul(dout, 0.5), dout)),
    (k, dout, x, y) => k.select(k.less(x, y), 0, k.select(k.equal(x, y), k.mul(dout, 0.5), dout)),
  ],
}) {}

/**
 * The smaller of x and y, broadcast; NaN if either is. A tie gives each half of the gradient, a NaN each all of it (PyTorch).
 *
 * @example
 * minimum(tensor([1, 5]), 3).toArray(); // [1, 3]
 */
export const minimum = binaryFunction(Minimum);

export class Clamp extends ternary("Clamp", {
  takes: "number",
  forward: (k, x, low, high) => k.min(k.max(x, low), high),
  backward: [
    (k, dout, x, low, high) => k.select(k.less(x, low), 0, k.select(k.greater(x, high), 0, dout)),
    (k, dout, x, low, high) => k.select(k.less(x, low), k.select(k.less(low, high), dout, 0), 0),
    (k, dout, x, low, high) => k.select(k.greater(x, high), dout, k.select(k.less(high, low), dout, 0)),
  ],
}) {}

/**
 * x held between `low` and `high` (numbers or tensors, broadcast). At a bound itself the gradient still goes to x
 * (PyTorch's convention). Where low > high the result is `high`.
 *
 * @example
 * clamp(tensor([-2, 0.5, 2]), -1, 1).toArray(); // [-1, 0.5, 1]
 * clamp(tensor([-2, 0.5, 2]), 0).toArray(); // [0, 0.5, 2]
 */
export const clamp = ((
  x: Tensor | number,
  low: Tensor | number = -Infinity,
  high: Tensor | number = Infinity,
  ...none: []
) => {
  checkNoMore("Clamp", none);
  for (const bound of [low, high]) {
    if (!isRecord(bound)) continue;
    throw new DTypeError(
      `Clamp: the bounds stand one behind the other, clamp(-1, 1), undefined for none, got ${show(bound)}`,
    );
  }
  const value = typeof x === "number" ? constantLike("Clamp", x, low, high) : operand("Clamp", x);
  const [least, most] = value.dtype === "int32" ? [-(2 ** 31), 2 ** 31 - 1] : [-Infinity, Infinity];
  const bound = (b: Tensor | number) =>
    typeof b === "number" ? value.constant(Math.min(Math.max(b, least), most), "Clamp") : b;
  return new Clamp().apply(value, bound(low), bound(high));
}) as ClampFunction;
