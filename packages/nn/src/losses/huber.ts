import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import { checkAlike, checkSetting } from "../checks.js";
import { type Reduced, type Reduction, type ReductionOptions, reduce } from "./reduction.js";

export interface HuberOptions<R extends Reduction> extends ReductionOptions<R> {
  /** Errors up to this size count by their square, greater ones by their size. A number above 0; 1 by default. */
  readonly delta?: number | undefined;
}

/**
 * The Huber loss of the errors e = y - t: e^2 / 2 where |e| < delta, delta (|e| - delta / 2) elsewhere, and the mean of
 * that over all elements unless `reduction` says otherwise. PyTorch's huber_loss; P. J. Huber, "Robust estimation of a location parameter",
 * Annals of Mathematical Statistics 35 (1964).
 *
 * Its gradient by y is e held between -delta and delta, continuous; the second derivative, 1 inside and 0 outside, is 0
 * at |e| = delta itself (PyTorch's convention).
 *
 * @param y outputs of any shape. float64, float32
 * @param t targets of the same shape and dtype; they may have gradients
 * @returns a scalar; with `reduction: "none"` the losses, of the shape of y
 *
 * @example
 * huberLoss(tensor([0.5, -3]), tensor([0, 0]), { reduction: "none" }).toArray(); // [0.125, 2.5]
 *
 * @throws ShapeError or DTypeError where y and t differ: they do not broadcast; ChainruleError for a delta that is not
 * above 0, or an unknown reduction.
 */
export function huberLoss<S extends Shape, R extends Reduction = "mean">(
  y: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: HuberOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "huberLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["delta", "reduction"]);
  const { delta = 1, reduction = "mean" as R } = options;
  checkAlike(op, "y", y, "t", t);
  checkSetting(op, "delta", delta, () => delta > 0 && delta < Number.POSITIVE_INFINITY, "a number above 0");
  return reduce(op, huber((y as Tensor).sub(t as Tensor), delta), reduction);
}

export interface SmoothL1Options<R extends Reduction> extends ReductionOptions<R> {
  /** Errors up to this size count by their square, greater ones by their size. A number of at least 0; 1 by default. */
  readonly beta?: number | undefined;
}

/**
 * The Huber loss divided by where it turns: e^2 / (2 beta) where |e| < beta, |e| - beta / 2 elsewhere, e being y - t, and the
 * mean of that over all elements unless `reduction` says otherwise; |e| for a beta of 0. PyTorch's smooth_l1_loss; R. Girshick,
 * "Fast R-CNN", ICCV 2015.
 *
 * @param y outputs of any shape. float64, float32
 * @param t targets of the same shape and dtype; they may have gradients
 * @returns a scalar; with `reduction: "none"` the losses, of the shape of y
 *
 * @example
 * smoothL1Loss(tensor([0.5, -3]), tensor([0, 0]), { beta: 2, reduction: "none" }).toArray(); // [0.0625, 2]
 *
 * @throws ShapeError or DTypeError where y and t differ: they do not broadcast; ChainruleError for a beta that is less than 0,
 * or an unknown reduction.
 */
export function smoothL1Loss<S extends Shape, R extends Reduction = "mean">(
  y: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: SmoothL1Options<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "smoothL1Loss";
  checkNoMore(op, none);
  checkOptions(op, options, ["beta", "reduction"]);
  const { beta = 1, reduction = "mean" as R } = options;
  checkAlike(op, "y", y, "t", t);
  checkSetting(op, "beta", beta, () => beta >= 0 && beta < Number.POSITIVE_INFINITY, "a number of at least 0");
  const error = (y as Tensor).sub(t as Tensor);
  return reduce(op, beta === 0 ? error.abs() : huber(error, beta).div(beta), reduction);
}

/** With c, the error held between -delta and delta, both branches are c (e - c / 2): no square of a great error is taken. */
function huber(error: Tensor, delta: number): Tensor {
  const held = error.abs().less(delta).where(error, error.sign().mul(delta));
  return held.mul(error.sub(held.div(2)));
}
