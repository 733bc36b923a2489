import { checkNoMore, type Shape, ShapeError, type Tensor } from "@chainrule/core";
import { checkAlike } from "../checks.js";

/**
 * The coefficient of determination: 1 - sum (t - y)^2 / sum (t - mean t)^2 of each column, and the mean of that over the columns:
 * 1 for outputs that are right, 0 for those that are the mean of the targets, and less than 0 for worse ones. Where all targets of
 * a column are alike it is 1 if the outputs are right, else 0 (scikit-learn's r2_score). NaN for less than two rows.
 *
 * @param y outputs, [N] or [N, ...]. float64, float32
 * @param t targets of the same shape and dtype
 *
 * @example
 * r2Score(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7])); // about 0.948608
 *
 * @throws ShapeError or DTypeError where y and t differ; ShapeError for scalars.
 */
export function r2Score<S extends Shape>(y: Tensor<S>, t: Tensor<NoInfer<S>>, ...none: []): number {
  const op = "r2Score";
  checkNoMore(op, none);
  checkAlike(op, "y", y, "t", t);
  const rows = y.shape[0];
  if (rows === undefined) throw new ShapeError(`${op}: y is a scalar; give [N], one output for each row`);
  if (rows < 2) return Number.NaN;
  const [outputs, targets]: [Tensor, Tensor] = [y, t];
  const residual = outputs.sub(targets).square().sum(0);
  const total = targets
    .sub(targets.mean({ axis: 0, keepDims: true }))
    .square()
    .sum(0);
  const isAlike = total.equal(0);
  const worse: Tensor = isAlike.where(residual.notEqual(0).cast(y.dtype), residual.div(isAlike.where(1, total)));
  return worse.neg().add(1).mean().item();
}
