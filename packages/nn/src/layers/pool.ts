import {
  AvgPool,
  type AvgPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  checkNoMore,
  checkOptions,
  globalAvgPool,
  globalMaxPool,
  MaxPool,
  maxPool1d,
  maxPool2d,
  type PerAxis,
  type PoolOptions,
  type Shape,
  type Tensor,
} from "@chainrule/core";
import { checkTensor } from "../checks.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";

export type MaxPoolLayerOptions = Omit<PoolOptions, "kernel">;
export type AvgPoolLayerOptions = Omit<AvgPoolOptions, "kernel">;

/** The names of the options of a pool, and of those of a mean besides. */
const POOL = ["stride", "padding", "dilation", "ceilMode"] as const;
const AVERAGE = ["countIncludePad"] as const;
const FLAGS = ["ceilMode", ...AVERAGE] as const;

/** The shape that pooling gives: batch and channels stay. */
export type PooledShape<S extends Shape, Planes extends Shape> = S extends readonly [
  infer N extends number,
  infer C extends number,
  ...Planes,
]
  ? [N, C, ...Planes]
  : [number, number, ...Planes];

/** How the windows of a pool slide. */
type Windows = Readonly<PoolOptions | AvgPoolOptions>;

abstract class Pooling<Planes extends Shape> extends Layer {
  /** The size of the windows and how they slide, a number for each axis. */
  readonly windows: Windows;
  private readonly op: string;
  private readonly pool: (x: Tensor, windows: Windows) => Tensor;

  protected constructor(op: string, windows: Windows, pool: unknown) {
    super();
    this.windows = windows;
    this.op = op;
    this.pool = pool as Pooling<Planes>["pool"];
  }

  /** @param x [N, C, ...], float64 or float32 */
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions): Tensor<PooledShape<S, Planes>>;
  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward(this.op, options, none);
    checkTensor(this.op, "the input", x);
    return this.pool(x, this.windows);
  }
}

/** The options, looked at before a batch comes, and copied: a node is made of them at each call. */
function checked(
  op: string,
  rank: 1 | 2,
  kernel: PerAxis,
  options: AvgPoolLayerOptions,
  names: readonly string[],
): Windows {
  const flags = FLAGS.filter((flag) => names.includes(flag));
  checkOptions(op, options, names, flags);
  const all = { ...options, kernel };
  const node = names.includes(AVERAGE[0]) ? new AvgPool(rank, all) : new MaxPool(rank, all);
  return Object.freeze({ ...(node.options as Windows) });
}

/**
 * The largest element of each window: `maxPool2d` as a layer.
 *
 * @example
 * new MaxPool2d(2).forward(tensor([[[[1, 2], [3, 4]]]])).toArray(); // [[[[4]]]]
 */
export class MaxPool2d extends Pooling<[number, number]> {
  /**
   * @param kernel the size of a window: a number, or [vertical, horizontal]
   * @param options those of `maxPool2d`; windows stand side by side unless a stride is given
   */
  constructor(kernel: PerAxis, options: MaxPoolLayerOptions = {}, ...none: []) {
    checkNoMore("MaxPool2d", none);
    super("MaxPool2d", checked("MaxPool2d", 2, kernel, options, POOL), maxPool2d);
  }
}

/**
 * As `MaxPool2d`, along one axis.
 *
 * @example
 * new MaxPool1d(2).forward(tensor([[[1, 3, 2, 4]]])).toArray(); // [[[3, 4]]]
 */
export class MaxPool1d extends Pooling<[number]> {
  /** @param options those of `maxPool1d` */
  constructor(kernel: PerAxis, options: MaxPoolLayerOptions = {}, ...none: []) {
    checkNoMore("MaxPool1d", none);
    super("MaxPool1d", checked("MaxPool1d", 1, kernel, options, POOL), maxPool1d);
  }
}

/**
 * The mean of each window: `avgPool2d` as a layer.
 *
 * @example
 * new AvgPool2d(2).forward(tensor([[[[1, 2], [3, 4]]]])).toArray(); // [[[[2.5]]]]
 */
export class AvgPool2d extends Pooling<[number, number]> {
  /**
   * @param kernel the size of a window: a number, or [vertical, horizontal]
   * @param options those of `avgPool2d`; windows stand side by side unless a stride is given
   */
  constructor(kernel: PerAxis, options: AvgPoolLayerOptions = {}, ...none: []) {
    checkNoMore("AvgPool2d", none);
    super("AvgPool2d", checked("AvgPool2d", 2, kernel, options, [...POOL, ...AVERAGE]), avgPool2d);
  }
}

/**
 * As `AvgPool2d`, along one axis.
 *
 * @example
 * new AvgPool1d(2).forward(tensor([[[1, 3, 2, 4]]])).toArray(); // [[[2, 3]]]
 */
export class AvgPool1d extends Pooling<[number]> {
  /** @param options those of `avgPool1d` */
  constructor(kernel: PerAxis, options: AvgPoolLayerOptions = {}, ...none: []) {
    checkNoMore("AvgPool1d", none);
    super("AvgPool1d", checked("AvgPool1d", 1, kernel, options, [...POOL, ...AVERAGE]), avgPool1d);
  }
}

/** As many windows as are asked for, spread over the planes. */
abstract class AdaptivePooling<Planes extends Shape> extends Layer {
  readonly outputSize: PerAxis;
  private readonly op: string;
  private readonly pool: (x: Tensor, outputSize: PerAxis) => Tensor;

  protected constructor(op: string, outputSize: PerAxis, pool: unknown, none: readonly unknown[]) {
    super();
    checkNoMore(op, none);
    // Looked at before a batch comes, and copied.
    const { options } = new AvgPool(op.endsWith("1d") ? 1 : 2, { outputSize });
    this.outputSize = "outputSize" in options ? options.outputSize : outputSize;
    this.op = op;
    this.pool = pool as AdaptivePooling<Planes>["pool"];
  }

  /** @param x [N, C, ...], float64 or float32 */
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions): Tensor<PooledShape<S, Planes>>;
  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward(this.op, options, none);
    checkTensor(this.op, "the input", x);
    return this.pool(x, this.outputSize);
  }
}

/**
 * The mean of each of so many windows that are spread over the planes, whatever their size is: `adaptiveAvgPool2d` as a layer.
 *
 * @example
 * new AdaptiveAvgPool2d([1, 2]).forward(tensor([[[[1, 2, 3], [4, 5, 6]]]])).toArray(); // [[[[3, 4]]]]
 */
export class AdaptiveAvgPool2d extends AdaptivePooling<[number, number]> {
  /** @param outputSize a number, or [height, width] */
  constructor(outputSize: PerAxis, ...none: []) {
    super("AdaptiveAvgPool2d", outputSize, adaptiveAvgPool2d, none);
  }
}

/**
 * As `AdaptiveAvgPool2d`, along one axis.
 *
 * @example
 * new AdaptiveAvgPool1d(2).forward(tensor([[[1, 3, 2, 4]]])).toArray(); // [[[2, 3]]]
 */
export class AdaptiveAvgPool1d extends AdaptivePooling<[number]> {
  constructor(outputSize: PerAxis, ...none: []) {
    super("AdaptiveAvgPool1d", outputSize, adaptiveAvgPool1d, none);
  }
}

/**
 * The largest element of each of so many windows that are spread over the planes, whatever their size is: `adaptiveMaxPool2d` as a
 * layer.
 *
 * @example
 * new AdaptiveMaxPool2d([1, 2]).forward(tensor([[[[1, 2, 3], [4, 5, 6]]]])).toArray(); // [[[[5, 6]]]]
 */
export class AdaptiveMaxPool2d extends AdaptivePooling<[number, number]> {
  /** @param outputSize a number, or [height, width] */
  constructor(outputSize: PerAxis, ...none: []) {
    super("AdaptiveMaxPool2d", outputSize, adaptiveMaxPool2d, none);
  }
}

/**
 * As `AdaptiveMaxPool2d`, along one axis.
 *
 * @example
 * new AdaptiveMaxPool1d(2).forward(tensor([[[1, 3, 2, 4]]])).toArray(); // [[[3, 4]]]
 */
export class AdaptiveMaxPool1d extends AdaptivePooling<[number]> {
  constructor(outputSize: PerAxis, ...none: []) {
    super("AdaptiveMaxPool1d", outputSize, adaptiveMaxPool1d, none);
  }
}

/** The shape that a channel as a whole leaves. */
type GlobalShape<S extends Shape> = S extends readonly [infer N extends number, infer C extends number, ...Shape]
  ? [N, C]
  : [number, number];

/**
 * The mean of each channel over all places: [N, C, ...] to [N, C], `globalAvgPool` as a layer.
 *
 * @example
 * new GlobalAvgPool().forward(tensor([[[1, 2], [3, 5]]])).toArray(); // [[1.5, 4]]
 *
 * @throws ShapeError for an input without places
 */
export class GlobalAvgPool extends Layer {
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<GlobalShape<S>> {
    checkForward("GlobalAvgPool", options, none);
    checkTensor("GlobalAvgPool", "the input", x);
    return globalAvgPool(x as Tensor) as Tensor as Tensor<GlobalShape<S>>;
  }
}

/**
 * The largest element of each channel: [N, C, ...] to [N, C], `globalMaxPool` as a layer. Several that are largest share the
 * gradient.
 *
 * @example
 * new GlobalMaxPool().forward(tensor([[[[1, 2], [5, 4]]]])).toArray(); // [[5]]
 *
 * @throws ShapeError for an input without places
 */
export class GlobalMaxPool extends Layer {
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<GlobalShape<S>> {
    checkForward("GlobalMaxPool", options, none);
    checkTensor("GlobalMaxPool", "the input", x);
    return globalMaxPool(x as Tensor) as Tensor as Tensor<GlobalShape<S>>;
  }
}
