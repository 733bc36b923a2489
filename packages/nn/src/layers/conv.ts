import {
  type Box,
  Conv,
  type ConvOptions,
  ConvTranspose,
  type ConvTransposeOptions,
  checkNoMore,
  checkOptions,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  type Fits,
  type Of,
  type PerAxis,
  type Shape,
  ShapeError,
  type ShapeTypeError,
  show,
  type Tensor,
} from "@chainrule/core";
import { checkTensor } from "../checks.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";
import {
  type Bias,
  type BiasOption,
  checkInputDType,
  checkSize,
  PARAMETER,
  type ParameterOptions,
  parametersBy,
} from "./parameter.js";

export interface ConvLayerOptions<B extends boolean = boolean> extends ParameterOptions, BiasOption<B>, ConvOptions {}

export interface ConvTransposeLayerOptions<B extends boolean = boolean>
  extends ParameterOptions,
    BiasOption<B>,
    ConvTransposeOptions {}

export interface DepthwiseConvOptions<B extends boolean = boolean>
  extends ParameterOptions,
    BiasOption<B>,
    Omit<ConvOptions, "groups"> {
  /** How many filters each channel has. Default 1. */
  readonly multiplier?: number | undefined;
}

/** The names of the options of a convolution, those of parameters left out. */
const SLIDING = ["stride", "padding", "dilation"] as const;

/** The shape that a convolution of I channels to O gives for planes of rank `Planes["length"]`. */
export type ConvLayerShape<
  X extends Shape,
  I extends number,
  O extends number,
  Planes extends Shape,
> = number extends X["length"]
  ? [number, O, ...Planes]
  : X extends readonly [infer N extends number, infer C extends number, ...Planes]
    ? Box<C> extends Box<I>
      ? [N, O, ...Planes]
      : number extends C
        ? [N, O, ...Planes]
        : ShapeTypeError<`Conv: takes ${I} channels, got ${C}`>
    : ShapeTypeError<`Conv: takes [batch, channels, ${Planes["length"] extends 1 ? "length" : "height, width"}]`>;

/** What a convolution of some kind is: how it is called, and where its two numbers of channels stand in W. */
interface Kind {
  readonly op: string;
  readonly rank: 1 | 2;
  readonly transposed?: boolean;
}

/** What the convolutions have in common: filters W and a bias b, of which b may be left out. */
abstract class Convolution<I extends number, O extends number, B extends boolean, Planes extends Shape> extends Layer {
  readonly W: Tensor<[number, number, ...Planes]>;
  /** [O]; `undefined` for a layer without a bias. */
  readonly b: Bias<B, O>;
  /** How the windows slide, a number for each axis. */
  readonly sliding: ConvTransposeOptions;
  private readonly kind: Kind;

  protected constructor(
    kind: Kind,
    [inputs, outputs, kernel]: readonly [I, O, PerAxis],
    sliding: ConvTransposeOptions,
    options: ParameterOptions & BiasOption<B>,
  ) {
    super();
    const { op, rank, transposed = false } = kind;
    const example = `new ${op}(${op.startsWith("Depthwise") ? "16, 3" : "1, 30, 5"})`;
    checkSize(op, "the number of channels of the input", inputs, example, 1);
    checkSize(op, "the number of channels of the output", outputs, example, 1);
    const sizes = kernelOf(op, kernel, rank);
    // A node is made of them at each call; here they are looked at, and copied.
    const node = transposed ? new ConvTranspose(rank, sliding) : new Conv(rank, sliding);
    const { stride, padding, dilation, groups } = node;
    const outputPadding = node instanceof ConvTranspose ? { outputPadding: node.outputPadding } : {};
    for (const [what, channels] of [
      ["input", inputs],
      ["output", outputs],
    ] as const) {
      if (channels % groups === 0) continue;
      throw new ShapeError(
        `${op}: groups ${groups} do not divide the ${channels} channels of the ${what}; give a number that does`,
      );
    }
    const channels = transposed ? [inputs, outputs / groups] : [outputs, inputs / groups];
    const make = parametersBy(op, options);
    this.W = make.weight("W", [...channels, ...sizes] as unknown as [number, number, ...Planes]);
    this.b = (options.bias === false ? undefined : make.bias("b", [outputs] as [O])) as Bias<B, O>;
    this.sliding = Object.freeze({ stride, padding, dilation, groups, ...outputPadding });
    this.kind = kind;
  }

  /** @param x [N, channels of the input, ...], of the dtype of W */
  override forward<S extends Shape>(
    x: Tensor<S> & Fits<ConvLayerShape<S, I, O, Planes>>,
    options?: ForwardOptions,
  ): Of<ConvLayerShape<S, I, O, Planes>>;
  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    const { op, rank, transposed = false } = this.kind;
    checkForward(op, options, none);
    checkTensor(op, "the input", x);
    checkInputDType(op, x, this.W as Tensor);
    const functions = transposed ? [convTranspose1d, convTranspose2d] : [conv1d, conv2d];
    const convolve = functions[rank - 1] as (...inputs: unknown[]) => Tensor;
    return convolve(x, this.W, this.b, this.sliding);
  }
}

/** The size of a kernel along each axis. */
function kernelOf(op: string, kernel: PerAxis, rank: number): Shape {
  const sizes = Array.isArray(kernel)
    ? [...(kernel as readonly number[])]
    : new Array<number>(rank).fill(kernel as number);
  if (sizes.length === rank && sizes.every((size) => Number.isSafeInteger(size) && size >= 1)) return sizes;
  const pair = rank === 1 ? "" : ", or a pair of them for [vertical, horizontal]";
  throw new ShapeError(`${op}: kernel ${show(kernel)}: a whole number of at least 1 is needed${pair}`);
}

/** The options of a convolution, parted into those of its windows and those of its parameters. */
function parted<Options extends ParameterOptions & BiasOption>(
  op: string,
  options: Options,
  names: readonly string[],
): Partial<Options> {
  checkOptions(op, options, [...PARAMETER, "bias", ...names], ["bias"]);
  return Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => names.includes(name))) as Partial<Options>;
}

/**
 * The convolution of images with filters, and a bias: `conv2d` with W [outputs, inputs / groups, kernel height, kernel width] and
 * b [outputs] (PyTorch's layout). He's initial values by the number of inputs of a filter.
 *
 * @example
 * const conv = new Conv2d(1, 2, 3, { padding: 1, initializer: constant(1) });
 * conv.forward(ones([1, 1, 4, 4])).shape; // [1, 2, 4, 4]
 * conv.W.shape; // [2, 1, 3, 3]
 *
 * @throws ShapeError when the input has not so many channels, or is smaller than the kernel; DTypeError when its dtype is not that
 * of W.
 */
export class Conv2d<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Convolution<I, O, B, [number, number]> {
  /**
   * @param inputs the channels of the input
   * @param outputs the channels of the output: the number of filters
   * @param kernel the size of a filter: a number, or [vertical, horizontal]
   * @param options those of `conv2d`, and how the parameters begin
   */
  constructor(inputs: I, outputs: O, kernel: PerAxis, options: ConvLayerOptions<B> = {}, ...none: []) {
    checkNoMore("Conv2d", none);
    const sliding = parted("Conv2d", options, [...SLIDING, "groups"]);
    super({ op: "Conv2d", rank: 2 }, [inputs, outputs, kernel], sliding, options);
  }
}

/**
 * As `Conv2d`, along one axis: [N, inputs, L] to [N, outputs, length], with W [outputs, inputs / groups, kernel].
 *
 * @example
 * new Conv1d(1, 1, 2, { initializer: constant(1) }).forward(tensor([[[1, 2, 3]]])).toArray(); // [[[3, 5]]]
 */
export class Conv1d<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Convolution<I, O, B, [number]> {
  /** @param options those of `conv1d`, and how the parameters begin */
  constructor(inputs: I, outputs: O, kernel: PerAxis, options: ConvLayerOptions<B> = {}, ...none: []) {
    checkNoMore("Conv1d", none);
    const sliding = parted("Conv1d", options, [...SLIDING, "groups"]);
    super({ op: "Conv1d", rank: 1 }, [inputs, outputs, kernel], sliding, options);
  }
}

/**
 * The transposed convolution, which enlarges images: `convTranspose2d` with W [inputs, outputs / groups, kernel height, kernel
 * width] and b [outputs] (PyTorch's layout).
 *
 * @example
 * const up = new ConvTranspose2d(3, 2, 2, { stride: 2, initializer: constant(1) });
 * up.forward(ones([1, 3, 4, 4])).shape; // [1, 2, 8, 8]
 */
export class ConvTranspose2d<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Convolution<I, O, B, [number, number]> {
  /** @param options those of `convTranspose2d`, and how the parameters begin */
  constructor(inputs: I, outputs: O, kernel: PerAxis, options: ConvTransposeLayerOptions<B> = {}, ...none: []) {
    checkNoMore("ConvTranspose2d", none);
    const sliding = parted("ConvTranspose2d", options, [...SLIDING, "groups", "outputPadding"]);
    super({ op: "ConvTranspose2d", rank: 2, transposed: true }, [inputs, outputs, kernel], sliding, options);
  }
}

/**
 * As `ConvTranspose2d`, along one axis: [N, inputs, L] to [N, outputs, length], with W [inputs, outputs / groups, kernel].
 *
 * @example
 * new ConvTranspose1d(1, 1, 2, { initializer: constant(1) }).forward(tensor([[[1, 2]]])).toArray(); // [[[1, 3, 2]]]
 */
export class ConvTranspose1d<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Convolution<I, O, B, [number]> {
  /** @param options those of `convTranspose1d`, and how the parameters begin */
  constructor(inputs: I, outputs: O, kernel: PerAxis, options: ConvTransposeLayerOptions<B> = {}, ...none: []) {
    checkNoMore("ConvTranspose1d", none);
    const sliding = parted("ConvTranspose1d", options, [...SLIDING, "groups", "outputPadding"]);
    super({ op: "ConvTranspose1d", rank: 1, transposed: true }, [inputs, outputs, kernel], sliding, options);
  }
}

/**
 * A convolution of each channel for itself, with `multiplier` filters each: `Conv2d` with as many groups as channels. [N, C, H, W]
 * to [N, C multiplier, height, width], with W [C multiplier, 1, kernel height, kernel width].
 *
 * @example
 * new DepthwiseConv2d(3, 2, { initializer: constant(1) }).forward(ones([1, 3, 2, 2])).toArray(); // [[[[4]], [[4]], [[4]]]]
 */
export class DepthwiseConv2d<const C extends number = number, const B extends boolean = true> extends Convolution<
  C,
  number,
  B,
  [number, number]
> {
  /** @param options those of `conv2d` but for the groups, the multiplier, and how the parameters begin */
  constructor(channels: C, kernel: PerAxis, options: DepthwiseConvOptions<B> = {}, ...none: []) {
    checkNoMore("DepthwiseConv2d", none);
    const sliding = parted("DepthwiseConv2d", options, [...SLIDING, "multiplier"]);
    const { multiplier = 1, ...others } = sliding;
    checkSize("DepthwiseConv2d", "multiplier", multiplier, "new DepthwiseConv2d(16, 3, { multiplier: 2 })", 1);
    // A wrong number of channels is none of groups either; its error names the channels.
    const groups = Number.isSafeInteger(channels) && channels > 0 ? channels : 1;
    const sizes = [channels, groups * multiplier, kernel] as const;
    super({ op: "DepthwiseConv2d", rank: 2 }, sizes, { ...others, groups }, options);
  }
}

/**
 * A depthwise convolution, without a bias, and behind it one with kernels of 1 x 1, which mixes the channels: nearly what `Conv2d`
 * does, with fewer parameters. L. Sifre's and F. Chollet's (arXiv:1610.02357). Its parameters are "depthwise.W", "pointwise.W" and
 * "pointwise.b".
 *
 * @example
 * const conv = new SeparableConv2d(8, 16, 3, { padding: 1, random: new Random(1) });
 * conv.forward(ones([1, 8, 5, 5])).shape; // [1, 16, 5, 5]
 */
export class SeparableConv2d<
  const I extends number = number,
  const O extends number = number,
  const B extends boolean = true,
> extends Layer {
  readonly depthwise: DepthwiseConv2d<I, false>;
  readonly pointwise: Conv2d<number, O, B>;

  /** @param options those of `conv2d` but for the groups, of which all but the multiplier are those of the depthwise part */
  constructor(inputs: I, outputs: O, kernel: PerAxis, options: DepthwiseConvOptions<B> = {}, ...none: []) {
    super();
    checkNoMore("SeparableConv2d", none);
    const sliding = parted("SeparableConv2d", options, [...SLIDING, "multiplier"]);
    const { initializer, biasInitializer, random, dtype, bias } = options;
    const weights = { initializer, random, dtype };
    checkSize("SeparableConv2d", "the number of channels of the output", outputs, "new SeparableConv2d(8, 16, 3)", 1);
    this.depthwise = new DepthwiseConv2d(inputs, kernel, { ...sliding, ...weights, bias: false });
    const { multiplier = 1 } = sliding;
    this.pointwise = new Conv2d(inputs * multiplier, outputs, 1, { ...weights, biasInitializer, bias });
  }

  override forward<S extends Shape>(
    x: Tensor<S> & Fits<ConvLayerShape<S, I, O, [number, number]>>,
    options?: ForwardOptions,
  ): Of<ConvLayerShape<S, I, O, [number, number]>>;
  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward("SeparableConv2d", options, none);
    checkTensor("SeparableConv2d", "the input", x);
    return this.pointwise.forward(this.depthwise.forward(x as never) as Tensor as never);
  }
}
