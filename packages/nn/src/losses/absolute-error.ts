import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import { checkAlike } from "../checks.js";
import { type Reduced, type Reduction, type ReductionOptions, reduce } from "./reduction.js";

/**
 * The absolute error |y - t|, and the mean of that over all elements unless `reduction` says otherwise. PyTorch's l1_loss.
 * Its gradient by y is the sign of the error, and 0 where there is none.
 *
 * @param y outputs of any shape. float64, float32
 * @param t targets of the same shape and dtype; they may have gradients
 * @returns a scalar; with `reduction: "none"` the losses, of the shape of y
 *
 * @example
 * l1Loss(tensor([0.5, -3]), tensor([0, 0])).item(); // 1.75
 *
 * @throws ShapeError or DTypeError where y and t differ: they do not broadcast; ChainruleError for an unknown reduction.
 */
export function l1Loss<S extends Shape, R extends Reduction = "mean">(
  y: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: ReductionOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "l1Loss";
  checkNoMore(op, none);
  checkOptions(op, options, ["reduction"]);
  const { reduction = "mean" as R } = options;
  checkAlike(op, "y", y, "t", t);
  return reduce(op, (y as Tensor).sub(t as Tensor).abs(), reduction);
}
