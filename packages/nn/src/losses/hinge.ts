import { checkNoMore, checkOptions, DTypeError, type Shape, type Tensor } from "@chainrule/core";
import { checkAlike, checkFloat, checkSetting } from "../checks.js";
import { checkLabels, classWeights, type Labels, labelTensor, targetOf } from "./labels.js";
import { type Reduced, type Reduction, type ReductionOptions, type Rows, reduce } from "./reduction.js";

export interface HingeOptions<R extends Reduction> extends ReductionOptions<R> {
  /** The score, on the right side, from which nothing is lost. A finite number; 1 by default. */
  readonly margin?: number | undefined;
  /** 1, the default, or 2 for the square of what is lost, which has a continuous gradient. */
  readonly p?: 1 | 2 | undefined;
}

/**
 * The hinge loss of scores y and labels t of -1 and 1: max(0, margin - t y)^p, and the mean of that over all elements unless
 * `reduction` says otherwise: the loss of support vector machines. C. Cortes and V. Vapnik, "Support-vector networks", Machine
 * Learning 20 (1995). (PyTorch has the one of several classes only, `multiMarginLoss`; Keras calls it Hinge, and SquaredHinge
 * for p = 2.) At the kink the derivative is 0.
 *
 * @param y scores of any shape. float64, float32
 * @param t labels of the same shape and dtype, each -1 or 1: of labels of 0 and 1, t.mul(2).sub(1)
 * @returns a scalar; with `reduction: "none"` the losses, of the shape of y
 *
 * @example
 * hingeLoss(tensor([0.5, -2, 3]), tensor([1, 1, 1]), { reduction: "none" }).toArray(); // [0.5, 3, 0]
 *
 * @throws ShapeError or DTypeError where y and t differ: they do not broadcast; ChainruleError for a margin that is no finite
 * number, another p, or an unknown reduction.
 */
export function hingeLoss<S extends Shape, R extends Reduction = "mean">(
  y: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: HingeOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "hingeLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["margin", "p", "reduction"]);
  const { margin = 1, p = 1, reduction = "mean" as R } = options;
  checkAlike(op, "y", y, "t", t);
  checkMargin(op, margin, p);
  const missing = (t as Tensor).mul(y as Tensor).neg().add(margin).relu(); // biome-ignore format: a formula
  return reduce(op, p === 1 ? missing : missing.square(), reduction);
}

export interface MultiMarginOptions<R extends Reduction> extends HingeOptions<R> {
  /** What the loss of a row is multiplied by, by its true class: [classes], of the dtype of x or plain numbers; 1 unless given. */
  readonly weight?: Tensor | readonly number[] | undefined;
}

/**
 * The hinge loss of several classes: of each row, the sum of max(0, margin - x[true] + x[j])^p over all other classes j, divided
 * by the number of classes, and the mean of that over the rows unless `reduction` says otherwise. PyTorch's multi_margin_loss,
 * but for the axis of the classes: the last one. J. Weston and C. Watkins, "Support vector machines for multi-class pattern
 * recognition", ESANN 1999.
 *
 * @param x scores, [..., classes]; a vector is a batch of one. float64, float32
 * @param t class indices of shape [...], int32 or plain numbers
 * @returns a scalar; with `reduction: "none"` one loss a row, [...]
 *
 * @example
 * multiMarginLoss(tensor([[3, 1, 2.5]]), [0]).item(); // about 0.166667
 *
 * @throws ShapeError for labels or weights that do not belong to the scores, or an index out of range; DTypeError for dtypes
 * that do not go together, one-hot labels among them; ChainruleError for a margin that is no finite number, another p, or an
 * unknown reduction.
 */
export function multiMarginLoss<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Labels,
  options: MultiMarginOptions<R> = {},
  ...none: []
): Reduced<R, Rows<S>> {
  const op = "multiMarginLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["margin", "p", "weight", "reduction"]);
  const { margin = 1, p = 1, weight, reduction = "mean" as R } = options;
  const scores: Tensor = x;
  const labels = labelTensor(op, t);
  checkFloat(op, "scores", scores);
  checkLabels(op, scores, labels);
  if (labels.dtype !== "int32") {
    throw new DTypeError(
      `${op}: labels are class indices, int32, got ${labels.dtype}; give t.argMax(-1) of one-hot ones`,
    );
  }
  checkMargin(op, margin, p);
  const weights = classWeights(op, weight, scores);
  const { hot } = targetOf(op, scores, labels) as { readonly hot: Tensor };
  const right = hot.where(scores, 0).sum({ axis: -1, keepDims: true });
  const missing = hot.where(0, scores.sub(right).add(margin)).relu();
  const losses = (p === 1 ? missing : missing.square()).mean(-1);
  return reduce(op, weights === undefined ? losses : losses.mul(hot.where(weights, 0).sum(-1)), reduction);
}

function checkMargin(op: string, margin: number, p: number): void {
  checkSetting(op, "margin", margin, Number.isFinite, "a finite number");
  checkSetting(op, "p", p, () => p === 1 || p === 2, "1 or 2");
}
