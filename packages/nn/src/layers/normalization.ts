import {
  checkNoMore,
  checkOptions,
  formatShape,
  full,
  noGrad,
  ones,
  type Shape,
  ShapeError,
  show,
  type Tensor,
  variable,
  zeros,
} from "@chainrule/core";
import { checkFloatDType, checkSetting, checkTensor } from "../checks.js";
import { batchNorm, batchNormInference, groupNorm, layerNorm, rmsNorm } from "../functions/normalization.js";
import type { FloatDType } from "../initializers/initializer.js";
import { checkForward, type ForwardOptions, Layer, type NamedTensors } from "./layer.js";
import { checkInputDType, checkSize } from "./parameter.js";

/** What normalisations have in common. */
export interface NormLayerOptions<A extends boolean = boolean> {
  /** Keeps the root away from 0: a number above 0, 1e-5 by default as in PyTorch. */
  readonly eps?: number | undefined;
  /** Whether the normalised values are multiplied by a weight (gamma, from 1) and a bias (beta, from 0) is added. Default true. */
  readonly affine?: A | undefined;
  /** float64 unless said otherwise. */
  readonly dtype?: FloatDType | undefined;
}

/** The names of `NormLayerOptions`. */
const NORM = ["eps", "affine", "dtype"] as const;

export interface BatchNormLayerOptions<A extends boolean = boolean> extends NormLayerOptions<A> {
  /** The weight of the new batch in the running statistics, from 0 to 1: 0.1, which the textbook writes as 0.9 of the old. */
  readonly momentum?: number | undefined;
  /** Whether the running variance takes the unbiased estimate, n / (n - 1): PyTorch's default; false in the textbook. */
  readonly unbiased?: boolean | undefined;
  /** The running variance before the first batch: 1 as in PyTorch; 0 in the textbook. */
  readonly initialVariance?: number | undefined;
}

interface Settings {
  readonly eps: number;
  readonly affine: boolean;
  readonly dtype: FloatDType;
}

function settingsOf(op: string, { eps = 1e-5, affine = true, dtype = "float64" }: NormLayerOptions): Settings {
  checkSetting(op, "eps", eps, () => eps > 0 && eps < Number.POSITIVE_INFINITY, "a number above 0");
  checkFloatDType(op, dtype);
  return { eps, affine, dtype };
}

/** A parameter of a normalisation, which may have none. */
type Scale<A extends boolean> = A extends true ? Tensor : undefined;

/** Weight and bias of a normalisation. */
abstract class Normalization<A extends boolean, B extends boolean = A> extends Layer {
  /** What the normalised values are multiplied by (gamma); `undefined` where `affine` is false. */
  readonly weight: Scale<A>;
  /** What is then added (beta); `undefined` where `affine` is false. */
  readonly bias: Scale<B>;
  readonly eps: number;

  protected constructor(shape: Shape, { eps, affine, dtype }: Settings, withBias = true) {
    super();
    const weight = affine ? variable(ones(shape, { dtype }), { name: "weight" }) : undefined;
    const bias = affine && withBias ? variable(zeros(shape, { dtype }), { name: "bias" }) : undefined;
    this.weight = weight as Scale<A>;
    this.bias = bias as Scale<B>;
    this.eps = eps;
  }

  abstract override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions): Tensor<S>;

  /** The parameters as the functions take them. */
  protected get options() {
    const { weight, bias, eps } = this;
    return { weight, bias, eps };
  }
}

/**
 * Batch normalisation: `batchNorm` in training, which normalises with the batch, and `batchNormInference` in evaluation, which does
 * so with the running statistics that training has gathered. For [N, C], each feature (images flattened before are normalised pixel
 * by pixel, as the textbook does), and for [N, C, ...], each channel over all places.
 *
 * The buffers `mean` and `variance` are the running statistics: a call with `{ training: true }` gives them new values, compiled,
 * too, but where those are not finite: one bad batch does not spoil an evaluation for good.
 *
 * The defaults are PyTorch's. The textbook's form: `{ eps: 1e-6, unbiased: false, initialVariance: 0 }`.
 *
 * @example
 * const layer = new BatchNorm(2);
 * layer.forward(tensor([[1, 0], [3, 0]]), { training: true }).toArray(); // about [[-0.999995, 0], [0.999995, 0]]
 * layer.mean.toArray(); // [0.2, 0]
 * layer.forward(tensor([[0.2, 1]])).toArray(); // about [[0, 1.05409]]
 *
 * @throws ShapeError for an input that has not C features or channels, or of a training batch without rows; DTypeError for another
 * dtype.
 */
export class BatchNorm<const A extends boolean = true> extends Normalization<A> {
  /** The running mean, [C]: a buffer. */
  readonly mean: Tensor<[number]>;
  /** The running variance, [C]: a buffer. */
  readonly variance: Tensor<[number]>;
  readonly momentum: number;
  readonly unbiased: boolean;

  /** @param features C: the number of features of [N, C], or of channels of [N, C, ...] */
  constructor(features: number, options: BatchNormLayerOptions<A> = {}, ...none: []) {
    const op = "BatchNorm";
    checkNoMore(op, none);
    checkOptions(op, options, [...NORM, "momentum", "unbiased", "initialVariance"], ["affine", "unbiased"]);
    checkSize(op, "features", features, "new BatchNorm(100)");
    const { momentum = 0.1, unbiased = true, initialVariance = 1 } = options;
    checkSetting(op, "momentum", momentum, () => momentum >= 0 && momentum <= 1, "a number from 0 to 1");
    const isVariance = () => initialVariance >= 0 && initialVariance < Number.POSITIVE_INFINITY;
    checkSetting(op, "initialVariance", initialVariance, isVariance, "a finite number of at least 0");
    const settings = settingsOf(op, options);
    super([features], settings);
    const { dtype } = settings;
    this.mean = zeros([features], { dtype });
    this.variance = full([features], initialVariance, { dtype });
    this.momentum = momentum;
    this.unbiased = unbiased;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("BatchNorm", options, none);
    checkTensor("BatchNorm", "the input", x);
    const { mean, variance, momentum, unbiased } = this;
    const [features, given] = [mean.shape[0], x.shape[1]];
    if (given !== features) {
      throw new ShapeError(
        `BatchNorm: takes ${features} features or channels, the second axis of [N, C, ...], got ${formatShape(x.shape)}; make it ` +
          `with new BatchNorm(${given ?? "..."}), or reshape the input`,
      );
    }
    checkInputDType("BatchNorm", x, mean as Tensor);
    const running = { mean, variance };
    if (options?.training !== true) return batchNormInference(x, running, this.options);
    const next = batchNorm(x, { ...this.options, running, momentum, unbiased });
    for (const name of ["mean", "variance"] as const) {
      const [old, values] = [running[name], next.running[name]];
      old.assign(noGrad(() => values.isFinite().where(values, old)));
    }
    return next.output;
  }

  override buffers(...none: []): NamedTensors {
    checkNoMore("BatchNorm.buffers", none);
    return { mean: this.mean, variance: this.variance };
  }
}

/**
 * Layer normalisation of each sample over its last axis, or over several last ones: see `layerNorm`. Training and evaluation are
 * the same. (PyTorch's LayerNorm.)
 *
 * @example
 * new LayerNorm(2).forward(tensor([[1, 3], [10, 10]])).toArray(); // about [[-0.999995, 0.999995], [0, 0]]
 */
export class LayerNorm<const A extends boolean = true> extends Normalization<A> {
  readonly normalizedShape: Shape;

  /** @param normalizedShape the size of the last axis, or a list of the sizes of the last ones */
  constructor(normalizedShape: number | Shape, options: NormLayerOptions<A> = {}, ...none: []) {
    checkNoMore("LayerNorm", none);
    checkOptions("LayerNorm", options, NORM, ["affine"]);
    const shape = sizesOf("LayerNorm", normalizedShape);
    super(shape, settingsOf("LayerNorm", options));
    this.normalizedShape = shape;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("LayerNorm", options, none);
    checkTensor("LayerNorm", "the input", x);
    checkInputDType("LayerNorm", x, this.weight);
    return layerNorm(x, { ...this.options, normalizedShape: this.normalizedShape });
  }
}

/**
 * Normalisation by the root of the mean square, over the last axis or several last ones, without a mean that is taken away: see
 * `rmsNorm`. It has a weight and no bias.
 *
 * @example
 * new RMSNorm(2).forward(tensor([[3, 4]])).toArray(); // about [[0.848528, 1.13137]]
 */
export class RMSNorm<const A extends boolean = true> extends Normalization<A, false> {
  readonly normalizedShape: Shape;

  /** @param normalizedShape the size of the last axis, or a list of the sizes of the last ones */
  constructor(normalizedShape: number | Shape, options: NormLayerOptions<A> = {}, ...none: []) {
    checkNoMore("RMSNorm", none);
    checkOptions("RMSNorm", options, NORM, ["affine"]);
    const shape = sizesOf("RMSNorm", normalizedShape);
    super(shape, settingsOf("RMSNorm", options), false);
    this.normalizedShape = shape;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("RMSNorm", options, none);
    const { weight, eps, normalizedShape } = this;
    checkTensor("RMSNorm", "the input", x);
    checkInputDType("RMSNorm", x, weight);
    return rmsNorm(x, { weight, eps, normalizedShape });
  }
}

/**
 * Group normalisation of each sample over each group of channels, and all places in them: see `groupNorm`. (PyTorch's GroupNorm.)
 *
 * @example
 * new GroupNorm(2, 4).forward(tensor([[1, 3, 10, 30]])).toArray(); // about [[-0.999995, 0.999995, -1, 1]]
 */
export class GroupNorm<const A extends boolean = true> extends Normalization<A> {
  readonly groups: number;

  /** @param groups a number that divides `channels` */
  constructor(groups: number, channels: number, options: NormLayerOptions<A> = {}, ...none: []) {
    checkNoMore("GroupNorm", none);
    checkOptions("GroupNorm", options, NORM, ["affine"]);
    checkSize("GroupNorm", "groups", groups, "new GroupNorm(4, 16)", 1);
    checkSize("GroupNorm", "channels", channels, "new GroupNorm(4, 16)");
    if (channels % groups !== 0) {
      throw new ShapeError(
        `GroupNorm: ${channels} channels are not ${groups} groups of one size; give groups that divide them`,
      );
    }
    super([channels], settingsOf("GroupNorm", options));
    this.groups = groups;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("GroupNorm", options, none);
    checkTensor("GroupNorm", "the input", x);
    checkInputDType("GroupNorm", x, this.weight);
    return groupNorm(x, this.groups, this.options);
  }
}

/**
 * Normalisation of each channel of each sample over its places: `GroupNorm` with as many groups as channels. Unlike the others it
 * has no weight and bias unless `affine` is true, and it keeps no running statistics, both as in PyTorch. For [N, C, ...] with
 * places: of a single one nothing would be left.
 *
 * @example
 * new InstanceNorm(1).forward(tensor([[[1, 3]]])).toArray(); // about [[[-0.999995, 0.999995]]]
 */
export class InstanceNorm<const A extends boolean = false> extends Normalization<A> {
  readonly channels: number;

  /** @param options as for the others, but `affine` is false by default */
  constructor(channels: number, options: NormLayerOptions<A> = {}, ...none: []) {
    checkNoMore("InstanceNorm", none);
    checkOptions("InstanceNorm", options, NORM, ["affine"]);
    checkSize("InstanceNorm", "channels", channels, "new InstanceNorm(16)", 1);
    super([channels], settingsOf("InstanceNorm", { ...options, affine: options.affine ?? false }));
    this.channels = channels;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("InstanceNorm", options, none);
    checkTensor("InstanceNorm", "the input", x);
    if (x.rank < 3) {
      throw new ShapeError(
        `InstanceNorm: the input ${formatShape(x.shape)} has no places to take the mean of; give [N, C, ...], or use LayerNorm`,
      );
    }
    checkInputDType("InstanceNorm", x, this.weight);
    return groupNorm(x, this.channels, this.options);
  }
}

function sizesOf(op: string, given: number | Shape): Shape {
  const sizes: readonly number[] = typeof given === "number" ? [given] : given;
  if (!Array.isArray(sizes) || sizes.length === 0) {
    throw new ShapeError(
      `${op}: normalizedShape is a size, or a list of the sizes of the last axes, got ${show(given)}`,
    );
  }
  for (const size of sizes) checkSize(op, "normalizedShape", size, `new ${op}(64)`);
  return Object.freeze([...sizes]);
}
