import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import { checkAlike, checkSetting } from "../checks.js";
import { type Reduced, type Reduction, type ReductionOptions, reduce } from "./reduction.js";

export interface GaussianNllOptions<R extends Reduction> extends ReductionOptions<R> {
  /** Whether the constant log(2 pi) / 2 is added. Default false. */
  readonly full?: boolean | undefined;
  /** The least variance that is counted with: a number above 0, 1e-6 by default as in PyTorch. */
  readonly eps?: number | undefined;
}

/**
 * The negative log-likelihood of targets t that are normally distributed, mean and variance being what a network gives:
 * (log v + (t - mean)^2 / v) / 2 with v = max(variance, eps), and the mean of that over all elements unless `reduction` says
 * otherwise. PyTorch's gaussian_nll_loss, but that a variance below eps has a gradient of 0. D. A. Nix and A. S. Weigend,
 * "Estimating the mean and variance of the target probability distribution", ICNN 1994.
 *
 * @param mean expected values of any shape. float64, float32
 * @param t targets of the same shape and dtype
 * @param variance variances of the same shape and dtype, such as `raw.softplus()`; one below eps, a negative one, too, counts
 * as eps
 * @returns a scalar; with `reduction: "none"` the losses, of the shape of the mean
 *
 * @example
 * gaussianNllLoss(tensor([1, 2]), tensor([1, 4]), tensor([1, 4])).item(); // about 0.596574
 *
 * @throws ShapeError or DTypeError where the three differ: they do not broadcast; ChainruleError for an eps that is not above 0,
 * or an unknown reduction.
 */
export function gaussianNllLoss<S extends Shape, R extends Reduction = "mean">(
  mean: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  variance: Tensor<NoInfer<S>>,
  options: GaussianNllOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "gaussianNllLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["full", "eps", "reduction"], ["full"]);
  const { full = false, eps = 1e-6, reduction = "mean" as R } = options;
  checkAlike(op, "mean", mean, "t", t);
  checkAlike(op, "mean", mean, "variance", variance);
  checkSetting(op, "eps", eps, () => eps > 0 && eps < Number.POSITIVE_INFINITY, "a number above 0");
  const spread = (variance as Tensor).maximum(eps);
  const losses = spread
    .log()
    .add((t as Tensor).sub(mean as Tensor).square().div(spread)) // biome-ignore format: a formula
    .div(2);
  return reduce(op, full ? losses.add(Math.log(2 * Math.PI) / 2) : losses, reduction);
}

export interface PoissonNllOptions<R extends Reduction> extends ReductionOptions<R> {
  /** Whether x is the logarithm of the rate, the default, or the rate itself. */
  readonly logInput?: boolean | undefined;
  /** Whether log(t!) is added, by Stirling's approximation, for targets above 1. Default false. */
  readonly full?: boolean | undefined;
  /** Keeps the logarithm of a rate away from that of 0: a number above 0, 1e-8 by default as in PyTorch. */
  readonly eps?: number | undefined;
}

/**
 * The negative log-likelihood of counts t that are Poisson distributed: e^x - t x, or x - t log(x + eps) where x is the rate
 * itself, and the mean of that over all elements unless `reduction` says otherwise. PyTorch's poisson_nll_loss.
 *
 * @param x logarithms of rates, or rates, of any shape. float64, float32
 * @param t counts of the same shape and dtype
 * @returns a scalar; with `reduction: "none"` the losses, of the shape of x
 *
 * @example
 * poissonNllLoss(tensor([0, 1]), tensor([1, 2]), { reduction: "none" }).toArray(); // about [1, 0.718282]
 *
 * @throws ShapeError or DTypeError where x and t differ: they do not broadcast; ChainruleError for an eps that is not above 0,
 * or an unknown reduction.
 */
export function poissonNllLoss<S extends Shape, R extends Reduction = "mean">(
  x: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: PoissonNllOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "poissonNllLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["logInput", "full", "eps", "reduction"], ["logInput", "full"]);
  const { logInput = true, full = false, eps = 1e-8, reduction = "mean" as R } = options;
  const [input, counts]: [Tensor, Tensor] = [x, t];
  checkAlike(op, "x", input, "t", counts);
  checkSetting(op, "eps", eps, () => eps > 0 && eps < Number.POSITIVE_INFINITY, "a number above 0");
  const losses = logInput ? input.exp().sub(counts.mul(input)) : input.sub(counts.mul(input.add(eps).log()));
  return reduce(op, full ? losses.add(logFactorial(counts)) : losses, reduction);
}

/** t log t - t + log(2 pi t) / 2, and 0 up to 1. */
function logFactorial(t: Tensor): Tensor {
  const above = t.greater(1);
  const safe = above.where(t, 1);
  const log = safe.log();
  const stirling = safe.mul(log).sub(safe).add(log.add(Math.log(2 * Math.PI)).div(2)); // biome-ignore format: a formula
  return above.where(stirling, 0);
}
