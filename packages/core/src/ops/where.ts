import { ternary } from "../graph/elementwise.js";
import { asTensor, type Tensor } from "../graph/tensor.js";
import type { WhereFunction } from "../shape/signatures.js";
import { constantLike } from "./functions.js";

export class Where extends ternary("Where", {
  takes: "where",
  forward: (k, condition, x, y) => k.select(condition, x, y),
  backward: [
    null,
    (k, dout, condition) => k.select(condition, dout, 0),
    (k, dout, condition) => k.select(condition, 0, dout),
  ],
}) {
  protected override adapt([condition, x, y]: readonly (Tensor | number)[]): Tensor[] {
    const a = typeof x === "number" ? constantLike(this.name, x, y as Tensor | number) : (x as Tensor);
    return [asTensor(condition as Tensor), a, typeof y === "number" ? a.constant(y, this.name) : (y as Tensor)];
  }

  /** Numbers adapt to the other branch, not to the condition; two numbers are float64. */
  choose(condition: Tensor, x: Tensor | number, y: Tensor | number): Tensor {
    return this.apply(...this.adapt([condition, x, y]));
  }
}

/**
 * x where `condition` (a bool tensor) holds, else y; all three broadcast. The branch not taken gets the gradient 0. Note
 * that 0 times an infinite derivative is NaN: `where(x.greater(0), x.log(), 0)` at 0 needs a safe input instead,
 * `where(x.greater(0), x, 1).log()`.
 */
export const where = ((condition: Tensor, x: Tensor | number, y: Tensor | number) => {
XX}) as WhereFunction;
