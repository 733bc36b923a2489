import { ternary } from "../graph/elementwise.js";
import type { WhereFunction } from "../graph/signatures/elementwise.js";
import type { Operand } from "../graph/signatures/operands.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore } from "../options.js";
import { constantLike } from "./functions.js";

/** A number takes the dtype of the other branch, not of the condition; two numbers are float64. */
function tensors(condition: Operand, x: Operand, y: Operand): [condition: Tensor, x: Tensor, y: Tensor] {
  const a = typeof x === "number" ? constantLike("Where", x, y) : operand("Where", x);
  return [operand("Where", condition), a, typeof y === "number" ? a.constant(y, "Where") : operand("Where", y)];
}

export class Where extends ternary("Where", {
  takes: "where",
  forward: (k, condition, x, y) => k.select(condition, x, y),
  backward: [
    null,
    (k, dout, condition) => k.select(condition, dout, 0),
    (k, dout, condition) => k.select(condition, 0, dout),
  ],
}) {
  protected override tensorsOf(inputs: readonly Operand[]): Tensor[] {
    return tensors(...(inputs as [Operand, Operand, Operand]));
  }
}

/**
 * x where `condition` (a bool tensor) holds, else y; all three broadcast. The branch not taken gets the gradient 0. Note
 * that 0 times an infinite derivative is NaN: `where(x.greater(0), x.log(), 0)` at 0 needs a safe input instead,
 * `where(x.greater(0), x, 1).log()`.
 *
 * @example
 * where(tensor([true, false]), tensor([1, 2]), 0).toArray(); // [1, 0]
 * tensor([-1, 4]).greater(0).where(tensor([-1, 4]), 1).sqrt().toArray(); // [1, 2]
 */
export const where = ((condition: Tensor, x: Operand, y: Operand, ...none: []) => {
  checkNoMore("Where", none);
  return new Where().apply(...tensors(condition, x, y));
}) as WhereFunction;
