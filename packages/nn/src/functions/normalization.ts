import {
  checkNoMore,
  checkOptions,
  formatShape,
  ones,
  type Shape,
  ShapeError,
  Standardize,
  sameShape,
  show,
  sizeOf,
  type Tensor,
  zeros,
} from "@chainrule/core";
import { checkFloat, checkParameter, checkSetting, checkTensor } from "../checks.js";

/** What is common to all normalisations: y = (x - mean) / sqrt(variance + eps) * weight + bias. */
export interface NormOptions {
  /** What the normalised values are multiplied by (gamma); 1 unless given. */
  readonly weight?: Tensor | undefined;
  /** What is then added (beta); 0 unless given. */
  readonly bias?: Tensor | undefined;
  /** Keeps the root away from 0: a number above 0, 1e-5 by default as in PyTorch. */
  readonly eps?: number | undefined;
}

/** The names of `NormOptions`. */
const NORM = ["weight", "bias", "eps"] as const;

export interface LayerNormOptions extends NormOptions {
  /** The sizes of the last axes, over which each mean and variance is taken; by default that of the last axis alone. */
  readonly normalizedShape?: Shape | number | undefined;
}

export type RmsNormOptions = Omit<LayerNormOptions, "bias">;

/** The mean and the variance of each channel, [C], as training has seen them. */
export interface RunningStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

export interface BatchNormOptions extends NormOptions {
  /** The statistics up to now; zeros and ones unless given. The textbook lets the variance begin with zeros, too. */
  readonly running?: RunningStatistics | undefined;
  /** The weight of the new batch in the running statistics, from 0 to 1: 0.1, which the textbook writes as 0.9 of the old. */
  readonly momentum?: number | undefined;
  /** Whether the running variance takes the unbiased estimate, n / (n - 1): PyTorch's default; false in the textbook. */
  readonly unbiased?: boolean | undefined;
}

export interface BatchNormResult<S extends Shape> {
  readonly output: Tensor<S>;
  /** The new running statistics, constants: for the next call, and for `batchNormInference`. */
  readonly running: { readonly mean: Tensor<[number]>; readonly variance: Tensor<[number]> };
}

/**
 * Layer normalisation: y = (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and the biased variance of
 * each sample over its last axis, or over several last ones. J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer
 * normalization", 2016. (PyTorch's layer_norm.)
 *
 * Where all values are equal the output is the bias; the gradients are finite.
 *
 * @param x [..., normalizedShape]. float64, float32
 * @param options weight and bias have the shape `normalizedShape` and the dtype of x
 *
 * @example
 * layerNorm(tensor([[1, 3], [10, 10]])).toArray(); // about [[-0.999995, 0.999995], [0, 0]]
 *
 * @throws ShapeError or DTypeError for parameters that do not belong to x; ChainruleError for an eps that is not above 0.
 */
export function layerNorm<S extends Shape>(x: Tensor<S>, options: LayerNormOptions = {}, ...none: []): Tensor<S> {
  const op = "layerNorm";
  checkNoMore(op, none);
  checkOptions(op, options, [...NORM, "normalizedShape"]);
  checkFloat(op, "x", x);
  const shape = normalizedShapeOf(op, x, options.normalizedShape);
  checkNorm(op, options, shape, x);
  return scaled(standardized(x, lastAxes(x, shape), options), options, shape) as Tensor<S>;
}

/**
 * Normalisation by the root of the mean square: y = x / sqrt(mean of x^2 + eps) * weight, the mean over the last axis, or over
 * several last ones. B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.
 *
 * @param x [..., normalizedShape]. float64, float32
 * @param options the weight has the shape `normalizedShape` and the dtype of x
 *
 * @example
 * rmsNorm(tensor([[3, 4]])).toArray(); // about [[0.848528, 1.13137]]
 *
 * @throws ShapeError or DTypeError for a weight that does not belong to x; ChainruleError for an eps that is not above 0.
 */
export function rmsNorm<S extends Shape>(x: Tensor<S>, options: RmsNormOptions = {}, ...none: []): Tensor<S> {
  const op = "rmsNorm";
  checkNoMore(op, none);
  checkOptions(op, options, ["weight", "eps", "normalizedShape"]);
  checkFloat(op, "x", x);
  const shape = normalizedShapeOf(op, x, options.normalizedShape);
  checkNorm(op, options, shape, x);
  return scaled(standardized(x, lastAxes(x, shape), options, false), options, shape) as Tensor<S>;
}

/**
 * Group normalisation: y = (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and the biased variance of
 * each sample over each group of C / groups channels, and all places in them. Y. Wu and K. He, "Group normalization",
 * ECCV 2018. One group normalises a sample as a whole, C groups make instance normalisation. (PyTorch's group_norm.)
 *
 * @param x [N, C, ...]. float64, float32
 * @param groups a number that divides C
 * @param options weight and bias are [C], of the dtype of x
 *
 * @example
 * groupNorm(tensor([[1, 3, 10, 30]]), 2).toArray(); // about [[-0.999995, 0.999995, -1, 1]]
 *
 * @throws ShapeError for channels that are not so many groups, or for parameters that do not belong to x; DTypeError
 * for other dtypes; ChainruleError for an eps that is not above 0.
 */
export function groupNorm<S extends Shape>(
  x: Tensor<S>,
  groups: number,
  options: NormOptions = {},
  ...none: []
): Tensor<S> {
  const op = "groupNorm";
  checkNoMore(op, none);
  checkOptions(op, options, NORM);
  const channels = channelsOf(op, x);
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError(
      `${op}: ${channels} channels of x ${formatShape(x.shape)} are not ${show(groups)} groups of one size; give a number that ` +
        `divides ${channels}`,
    );
  }
  checkNorm(op, options, [channels], x);
  const values: Tensor = x;
  const grouped = values.reshape([x.shape[0] as number, groups, sizeOf(x.shape.slice(1)) / groups]);
  const output = standardized(grouped, [2], options);
  return scaled(output.reshape(values.shape), options, perChannel(x, channels)) as Tensor<S>;
}

/**
 * Batch normalisation in training: y = (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and the biased
 * variance of each channel over the batch, and over all places in it. S. Ioffe and C. Szegedy, "Batch normalization",
 * ICML 2015. (PyTorch's batch_norm.) The gradient goes through the mean and the variance as well.
 *
 * Nothing is changed in place: the result holds the output and the new running statistics,
 * running + momentum (batch - running), for `batchNormInference`. The textbook normalises each pixel of a flattened
 * image by itself: that is an input [N, C H W]; with [N, C, H, W] it is each channel, as is usual.
 *
 * A trap for gradient checks: of a single value a channel ([1, C]) the mean is the value itself. The output is then the
 * bias whatever x is, the gradients of x and weight are all 0, and each relu behind a bias of 0 sits on its kink: a check
 * compares zeros, and is passed by a wrong backward, or fails at the kinks. Of two values the output is nearly +-1
 * whatever they are, which is little better: check with three rows or more. The unbiased variance of one value, which
 * does not exist, is taken to be 0.
 *
 * @param x [N, C] or [N, C, ...], such as [N, C, H, W]. float64, float32
 * @param options weight, bias and the running statistics are [C], of the dtype of x
 *
 * @example
 * const { output, running } = batchNorm(tensor([[1, 0], [3, 0]]));
 * output.toArray(); // about [[-0.999995, 0], [0.999995, 0]]
 * running.mean.toArray(); // [0.2, 0]
 * running.variance.toArray(); // [1.1, 0.9]
 * batchNorm(tensor([[5, 7]])).output.toArray(); // [[0, 0]]
 *
 * @throws ShapeError for an input without channels or without values in them, or for parameters that do not belong to
 * x; DTypeError for other dtypes; ChainruleError for an eps that is not above 0, or a momentum outside of 0 to 1.
 */
export function batchNorm<S extends Shape>(
  x: Tensor<S>,
  options: BatchNormOptions = {},
  ...none: []
): BatchNormResult<S> {
  const op = "batchNorm";
  checkNoMore(op, none);
  checkOptions(op, options, [...NORM, "running", "momentum", "unbiased"], ["unbiased"]);
  const { momentum = 0.1, unbiased = true } = options;
  const channels = channelsOf(op, x);
  const values = sizeOf(x.shape.filter((_, axis) => axis !== 1));
  if (values === 0) {
    throw new ShapeError(`${op}: x ${formatShape(x.shape)} has no values to take the mean of; leave out empty batches`);
  }
  const { dtype } = x;
  const old = options.running ?? { mean: zeros([channels], { dtype }), variance: ones([channels], { dtype }) };
  checkNorm(op, options, [channels], x);
  checkRunning(op, old, channels, x);
  checkSetting(op, "momentum", momentum, () => momentum >= 0 && momentum <= 1, "a number from 0 to 1");

  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const constant: Tensor = x.detach();
  const next = (before: Tensor, batch: Tensor): Tensor<[number]> =>
    before
      .detach()
      .mul(1 - momentum)
      .add(batch.mul(momentum)) as Tensor<[number]>;
  // One value has no unbiased variance.
  const correction = unbiased && values > 1 ? 1 : 0;
  return {
    output: scaled(standardized(x, axes, options), options, perChannel(x, channels)) as Tensor<S>,
    running: {
      mean: next(old.mean, constant.mean(axes)),
      variance: next(old.variance, constant.variance({ axis: axes, correction })),
    },
  };
}

/**
 * Batch normalisation in evaluation: y = (x - mean) / sqrt(variance + eps) * weight + bias, with the running statistics
 * of training: each row for itself, so that a batch of one will do.
 *
 * @param x [N, C] or [N, C, ...], such as [N, C, H, W]. float64, float32
 * @param running mean and variance, [C], of the dtype of x, as `batchNorm` gives them
 * @param options weight and bias are [C], of the dtype of x
 *
 * @example
 * const running = { mean: tensor([1, 2]), variance: tensor([4, 9]) };
 * batchNormInference(tensor([[3, 5]]), running).toArray(); // about [[0.999999, 0.999999]]
 *
 * @throws ShapeError or DTypeError for what does not belong to x; ChainruleError for an eps that is not above 0.
 */
export function batchNormInference<S extends Shape>(
  x: Tensor<S>,
  running: RunningStatistics,
  options: NormOptions = {},
  ...none: []
): Tensor<S> {
  const op = "batchNormInference";
  checkNoMore(op, none);
  checkOptions(op, options, NORM);
  const channels = channelsOf(op, x);
  checkNorm(op, options, [channels], x);
  checkRunning(op, running, channels, x);
  const shape = perChannel(x, channels);
  const centered = (x as Tensor).sub(running.mean.reshape(shape));
  const deviation = running.variance.add(options.eps ?? 1e-5).sqrt();
  return scaled(centered.div(deviation.reshape(shape)), options, shape) as Tensor<S>;
}

/** x with mean 0 and variance 1 over the axes; with mean square 1, if it is not centred. */
function standardized(x: Tensor, axis: readonly number[], { eps = 1e-5 }: NormOptions, center = true): Tensor {
  const freedom = sizeOf(axis.map((i) => x.shape[i] as number));
  return new Standardize({ axis, center, freedom, eps }).apply(x);
}

/** The sizes of the last axes of x, over which it is normalised: what was given, looked at. */
function normalizedShapeOf(op: string, x: Tensor, given: Shape | number | undefined): Shape {
  const shape = typeof given === "number" ? [given] : (given ?? x.shape.slice(-1));
  if (!Array.isArray(shape)) throw new ShapeError(`${op}: normalizedShape is a list of sizes, got ${show(shape)}`);
  const first = x.rank - shape.length;
  if (shape.length === 0 || first < 0 || !sameShape(x.shape.slice(first), shape)) {
    throw new ShapeError(
      `${op}: the last axes of x ${formatShape(x.shape)} are not the normalizedShape ${formatShape(shape)}; reshape x, or ` +
        "name the sizes of its last axis or axes",
    );
  }
  return shape;
}

function lastAxes(x: Tensor, shape: Shape): number[] {
  return shape.map((_, i) => x.rank - shape.length + i);
}

/** The parameters applied, in a shape that broadcasts to x. */
function scaled(x: Tensor, { weight, bias }: NormOptions, shape: Shape): Tensor {
  const product = weight === undefined ? x : x.mul(weight.reshape(shape));
  return bias === undefined ? product : product.add(bias.reshape(shape));
}

/** [C, 1, ...]: a value for each channel, to broadcast to x. */
function perChannel(x: Tensor, channels: number): Shape {
  return [channels, ...x.shape.slice(2).map(() => 1)];
}

function channelsOf(op: string, x: Tensor): number {
  checkFloat(op, "x", x);
  const channels = x.shape[1];
  if (channels !== undefined) return channels;
  throw new ShapeError(`${op}: x ${formatShape(x.shape)} has no axis of channels; reshape it to [N, C] or [N, C, ...]`);
}

function checkNorm(op: string, { weight, bias, eps = 1e-5 }: NormOptions, shape: Shape, x: Tensor): void {
  checkSetting(op, "eps", eps, () => eps > 0 && eps < Number.POSITIVE_INFINITY, "a number above 0");
  checkParameter(op, "weight", weight, shape, x);
  checkParameter(op, "bias", bias, shape, x);
}

function checkRunning(op: string, running: RunningStatistics, channels: number, x: Tensor): void {
  // A layer may hold them, and other things besides.
  if (Object.getPrototypeOf(Object(running)) === Object.prototype) {
    checkOptions(`${op}: the running statistics`, running, ["mean", "variance"]);
  }
  const { mean, variance } = running ?? {};
  checkTensor(op, "the running mean", mean);
  checkTensor(op, "the running variance", variance);
  checkParameter(op, "the running mean", mean, [channels], x);
  checkParameter(op, "the running variance", variance, [channels], x);
}
