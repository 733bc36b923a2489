import type { DType, Values } from "../dtype.js";
import { GraphError, ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { ConvFunction, ConvTransposeFunction } from "../graph/signatures/windows.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type Convolution, convolve, convolveTransposed, convolveWeights } from "../loops/convolution.js";
import { rowLoops } from "../loops/generated.js";
import { checkNoMore, checkOptions, isRecord, twoRecords } from "../options.js";
import { formatShape, sameShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import {
  attributesOf,
  checkPlanes,
  countWindows,
  type Ends,
  endsOf,
  nameInRank,
  type PerAxis,
  perAxis,
  SLIDING,
  type SlidingOptions,
  type SpatialRank,
  shortPadding,
  showPadding,
  slidingOf,
  spanOf,
  windowsOf,
} from "../shape/window.js";
import { show } from "../show.js";

export interface ConvOptions extends SlidingOptions {
  /** Channels and filters in so many groups, each with its own: the channels of x divide by it. Default 1. */
  readonly groups?: number | undefined;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** How much larger the result is at its far end, below the stride: a strided convolution reaches several sizes alike. */
  readonly outputPadding?: PerAxis | undefined;
}

/**
 * A convolution y = conv(x, w) and its gradients are one trilinear form, the sum of y conv(x, w), with one of the three
 * left open. So each of the three ops here has the other two as its gradients, to any order.
 */
abstract class Convolving extends Node {
  static override get settings(): NodeSettings {
    return ["rank", ["stride", "padding", "dilation", "groups"]];
  }

  override readonly name: string;
  readonly rank: SpatialRank;
  readonly stride: Shape;
  readonly padding: "same" | readonly Ends[];
  readonly dilation: Shape;
  readonly groups: number;

  constructor(name: string, rank: SpatialRank, options: ConvOptions, own: readonly string[] = []) {
    super();
    this.name = nameInRank(name, rank);
    this.rank = rank;
    checkOptions(this.name, options, [...SLIDING, "groups", ...own]);
    const { stride, padding, dilation } = slidingOf(this.name, options, rank);
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    const { groups = 1 } = options;
    this.groups = groups;
    if (!Number.isSafeInteger(this.groups) || this.groups < 1) {
      throw new ShapeError(`${this.name}: groups ${show(this.groups)}: a whole number of at least 1 is needed`);
    }
  }

  override attributes(): Record<string, unknown> {
    const { stride, dilation, groups } = this;
    const padding = shortPadding(this.padding);
    return {
      ...attributesOf({ stride, padding, dilation }, { stride: 1, padding: 0, dilation: 1 }),
      ...(groups !== 1 && { groups }),
    };
  }

  /** The sizes of y, or a ShapeError: what the shapes of all three have to agree with. */
  protected outputOf(x: Shape, w: Shape): Shape {
    const [channels, filters, taken] = [x[1] as number, w[0] as number, w[1] as number];
    if (channels !== taken * this.groups) {
      const groups = this.groups === 1 ? "" : ` in ${this.groups} groups`;
      const divides = channels % this.groups === 0;
      const repair = divides
        ? `w must be ${formatShape([filters, channels / this.groups, ...w.slice(2)])}`
        : `groups must divide the ${channels} channels`;
      throw new ShapeError(
        `${this.name}: x ${formatShape(x)} has ${channels} channels, the filters ${formatShape(w)}${groups} take ${taken * this.groups}; ${repair}`,
      );
    }
    this.checkFilters(w);
    return [x[0] as number, filters, ...countWindows(this.name, x.slice(2), w.slice(2), this)];
  }

  protected checkFilters(w: Shape): void {
    if ((w[0] as number) % this.groups !== 0) {
      throw new ShapeError(
        `${this.name}: ${w[0]} filters, w ${formatShape(w)}, do not divide into ${this.groups} groups; groups must divide them`,
      );
    }
    if (w.slice(2).includes(0))
      throw new ShapeError(`${this.name}: w ${formatShape(w)} has an empty kernel; sizes of at least 1 are needed`);
  }

  protected checkBias(b: Tensor | undefined, channels: number): void {
    if (b === undefined || (b.rank === 1 && b.shape[0] === channels)) return;
    throw new ShapeError(
      `${this.name}: the bias has one element for each channel of the result, [${channels}], got ${formatShape(b.shape)}`,
    );
  }

  /** The sizes for the loops, of shapes that have been checked. */
  protected sizes(x: Shape, w: Shape, y: Shape): Convolution {
    return {
      batch: x[0] as number,
      groups: this.groups,
      channels: w[1] as number,
      filters: (w[0] as number) / this.groups,
      windows: windowsOf(x.slice(2), w.slice(2), y.slice(2), this),
    };
  }

  /** The convolution whose y has a gradient, as the adjoint that gives a gradient of the shape of x. */
  protected transposedTo(x: Shape, w: Shape, y: Shape): ConvTranspose {
    const span = spanOf(w.slice(2), this.dilation);
    const padding = endsOf(x.slice(2), w.slice(2), this);
    const outputPadding = span.map((size, axis) => {
      const [before, after] = padding[axis] as Ends;
      const windows = ((y[axis + 2] as number) - 1) * (this.stride[axis] as number);
      return (x[axis + 2] as number) + before + after - size - windows;
    });
    return new ConvTranspose(this.rank, { ...this.options, padding, outputPadding });
  }

  protected get options(): ConvOptions {
    const { stride, padding, dilation, groups } = this;
    return { stride, padding, dilation, groups };
  }
}

/** Adds b to each channel of an array that nobody else has yet. */
function addBias(values: Values, dtype: DType, b: Tensor | undefined, shape: Shape): Values {
  if (b === undefined) return values;
  type AddToPlanes = (out: Values, x: Values, size: number) => void;
  const plane = shape.slice(2).reduce((product, size) => product * size, 1);
  (rowLoops[dtype].addToPlanes as AddToPlanes)(values, b.array, plane);
  return values;
}

/** The gradient of a bias. */
function sumChannels(dout: Tensor): Tensor {
  return dout.sum({ axis: dout.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])) });
}

/** y = conv(x, w) + b: inputs x [N, C, ...], w [O, C / groups, ...] and, perhaps, b [O]. */
export class Conv extends Convolving {
  constructor(rank: SpatialRank = 2, options: ConvOptions = {}, ...none: []) {
    checkNoMore("Conv", none);
    super("Conv", rank, options);
  }

  override shapeRule(...inputs: Tensor[]): Shape {
    const [x, w, b] = withBias(this.name, inputs);
    checkPlanes(this.name, "x", x.shape, this.rank);
    checkFilterRank(this.name, "[filters, channels / groups, kernel sizes]", w.shape, this.rank);
    const shape = this.outputOf(x.shape, w.shape);
    this.checkBias(b, w.shape[0] as number);
    return shape;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor, w: Tensor, b?: Tensor): Values {
    return addBias(convolve(this.sizes(x.shape, w.shape, shape), x.array, w.array), dtype, b, shape);
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    const [x, w] = [this.input(0), this.input(1)];
    if (i === 0) return this.transposedTo(x.shape, w.shape, dout.shape).apply(dout, w);
    if (i === 1) return new ConvWeights(this.rank, w.shape.slice(2), this.options).apply(x, dout);
    return sumChannels(dout);
  }
}

/** x = the adjoint of conv(., w) at y, + b: inputs y [N, O, ...], w [O, C / groups, ...] and, perhaps, b [C]. */
export class ConvTranspose extends Convolving {
  static override get settings(): NodeSettings {
    return ["rank", ["stride", "padding", "dilation", "groups", "outputPadding"]];
  }

  readonly outputPadding: Shape;

  constructor(rank: SpatialRank = 2, options: ConvTransposeOptions = {}, ...none: []) {
    checkNoMore("ConvTranspose", none);
    super("ConvTranspose", rank, options, ["outputPadding"]);
    this.outputPadding = perAxis(this.name, "outputPadding", options.outputPadding ?? 0, rank, 0);
    if (this.padding === "same" && this.outputPadding.some((size) => size > 0)) {
      throw new ShapeError(
        `${this.name}: with padding "same" the result is stride times as large as x, outputPadding ${formatShape(this.outputPadding)} ` +
          "changes nothing; leave it out, or give the padding in numbers",
      );
    }
    this.outputPadding.forEach((size, axis) => {
      const stride = this.stride[axis] as number;
      if (size >= stride) {
        throw new ShapeError(
          `${this.name}: outputPadding ${size} is not below the stride ${stride}; pad the result instead`,
        );
      }
    });
  }

  override attributes(): Record<string, unknown> {
    return { ...super.attributes(), ...attributesOf({ outputPadding: this.outputPadding }, { outputPadding: 0 }) };
  }

  override shapeRule(...inputs: Tensor[]): Shape {
    const [y, w, b] = withBias(this.name, inputs);
    checkPlanes(this.name, "x", y.shape, this.rank);
    checkFilterRank(this.name, "[channels, channels of the result / groups, kernel sizes]", w.shape, this.rank);
    if (y.shape[1] !== w.shape[0]) {
      throw new ShapeError(
        `${this.name}: x ${formatShape(y.shape)} has ${y.shape[1]} channels, w ${formatShape(w.shape)} takes ${w.shape[0]}; ` +
          `w must be ${formatShape([y.shape[1] as number, ...w.shape.slice(1)])} (channels first, unlike a convolution's)`,
      );
    }
    this.checkFilters(w.shape);
    const channels = (w.shape[1] as number) * this.groups;
    const plane = spanOf(w.shape.slice(2), this.dilation).map((span, axis) => {
      const [size, stride] = [y.shape[axis + 2] as number, this.stride[axis] as number];
      if (this.padding === "same") return size * stride;
      const [before, after] = this.padding[axis] as Ends;
      return (size - 1) * stride + span + (this.outputPadding[axis] as number) - before - after;
    });
    if (plane.some((size) => size < 1) || y.shape.slice(2).includes(0)) {
      throw new ShapeError(
        `${this.name}: x ${formatShape(y.shape)} with kernel ${formatShape(w.shape.slice(2))} and padding ` +
          `${showPadding(shortPadding(this.padding))} leaves a result of ${formatShape(plane)}; use less padding or a larger input`,
      );
    }
    this.checkBias(b, channels);
    return [y.shape[0] as number, channels, ...plane];
  }

  override localForward(shape: Shape, dtype: DType, y: Tensor, w: Tensor, b?: Tensor): Values {
    return addBias(convolveTransposed(this.sizes(shape, w.shape, y.shape), y.array, w.array), dtype, b, shape);
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    const [y, w] = [this.input(0), this.input(1)];
    if (i === 0) return new Conv(this.rank, this.options).apply(dout, w);
    if (i === 1) return new ConvWeights(this.rank, w.shape.slice(2), this.options).apply(dout, y);
    return sumChannels(dout);
  }
}

/** w = the adjoint of conv(x, .) at y: inputs x [N, C, ...] and y [N, O, ...]; the gradient of a convolution's filters. */
export class ConvWeights extends Convolving {
  static override get settings(): NodeSettings {
    return ["rank", "kernel", ["stride", "padding", "dilation", "groups"]];
  }

  readonly kernel: Shape;

  constructor(rank: SpatialRank, kernel: PerAxis, options: ConvOptions = {}, ...none: []) {
    checkNoMore("ConvWeights", none);
    super("ConvWeights", rank, options);
    this.kernel = perAxis(this.name, "kernel", kernel, rank, 1);
  }

  override attributes(): Record<string, unknown> {
    return { kernel: this.kernel, ...super.attributes() };
  }

  override shapeRule(x: Tensor, y: Tensor): Shape {
    checkPlanes(this.name, "x", x.shape, this.rank);
    checkPlanes(this.name, "y", y.shape, this.rank);
    const w = [y.shape[1] as number, Math.floor((x.shape[1] as number) / this.groups), ...this.kernel];
    const expected = this.outputOf(x.shape, w);
    if (!sameShape(expected, y.shape)) {
      throw new ShapeError(
        `${this.name}: windows of ${formatShape(this.kernel)} on x ${formatShape(x.shape)} make ${formatShape(expected)}, y is ${formatShape(y.shape)}`,
      );
    }
    return w;
  }

  override localForward(shape: Shape, _dtype: DType, x: Tensor, y: Tensor): Values {
    return convolveWeights(this.sizes(x.shape, shape, y.shape), x.array, y.array);
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    const [x, y] = [this.input(0), this.input(1)];
    if (i === 0) return this.transposedTo(x.shape, dout.shape, y.shape).apply(y, dout);
    return new Conv(this.rank, this.options).apply(x, dout);
  }
}

function checkFilterRank(op: string, axes: string, w: Shape, rank: SpatialRank): void {
  if (w.length === rank + 2) return;
  throw new ShapeError(`${op}: w is ${axes}, ${rank + 2} axes, got ${formatShape(w)}; reshape it`);
}

/** The inputs of a node that takes a bias or does not. */
function withBias(op: string, inputs: readonly Tensor[]): [Tensor, Tensor, Tensor?] {
  const [x, w, b] = inputs;
  if (x !== undefined && w !== undefined && inputs.length <= 3) return b === undefined ? [x, w] : [x, w, b];
  throw new GraphError(`${op}: takes x and w, and perhaps a bias, got ${inputs.length} inputs`);
}

/** The function of a node whose bias may be left out: `op(x, w, b, options)`, `op(x, w, options)`. */
function withOptionalBias<Options>(Op: new (rank: SpatialRank, options?: Options) => Node, rank: SpatialRank) {
  return (x: Tensor, w: Tensor, b?: Tensor | null | Options, options?: Options, ...none: []): Tensor => {
    const isOptions = isRecord(b);
    const node = new Op(rank, isOptions ? b : options);
    checkNoMore(node.name, none);
    if (isOptions && options !== undefined) throw twoRecords(node.name);
    const inputs = isOptions || b === undefined || b === null ? [x, w] : [x, w, b as Tensor];
    return node.apply(...inputs.map((input) => operand(node.name, input)));
  };
}

/**
 * The convolution of images with filters (in signal processing's words their cross-correlation: the filters are not
 * flipped), y[n, o, i, j] = b[o] + sum over c, k, l of w[o, c, k, l] x[n, c, i stride + k dilation - padding, j ...].
 * Outside the image is 0. Each size of the result is floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, and with
 * padding "same" ceil(size / stride): TensorFlow's rule, which pads by what that needs, the smaller half before; at stride 1
 * PyTorch's.
 * With `groups`, filters see the channels of their group only: O / groups filters for each C / groups channels.
 *
 * Compiled, 3 x 3 filters on many channels are applied in Winograd's form, whose rounding is that of the largest products of a
 * tile: a result that is small beside those of its neighbours has fewer digits than eagerly.
 *
 * @param x [N, C, H, W], float64 or float32
 * @param w [O, C / groups, kernel height, kernel width], of the same dtype
 * @param b [O]; null or left out: none; options may stand in its place
 * @param options stride (1), dilation (1): a number or [vertical, horizontal]; padding (0): a number, [vertical, horizontal],
 * [[top, bottom], [left, right]], "same" or "valid" (0); groups (1)
 * @returns [N, O, height, width]
 *
 * @example
 * conv2d(tensor([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]), tensor([[[[1, 0], [0, 1]]]])).toArray(); // [[[[6, 8], [12, 14]]]]
 *
 * @throws ShapeError when channels do not match, or the kernel is larger than the padded image.
 */
export const conv2d = withOptionalBias(Conv, 2) as ConvFunction<"conv2d", 2, ConvOptions>;

/**
 * As `conv2d`, along one axis.
 *
 * @param x [N, C, L], float64 or float32
 * @param w [O, C / groups, kernel size], of the same dtype
 * @param b [O]; null or left out: none; options may stand in its place
 * @param options stride (1), padding (0; or [[left, right]], "same", "valid"), dilation (1), groups (1)
 * @returns [N, O, length]
 *
 * @example
 * conv1d(tensor([[[1, 2, 3, 4]]]), tensor([[[1, -1]]])).toArray(); // [[[-1, -1, -1]]]
 */
export const conv1d = withOptionalBias(Conv, 1) as ConvFunction<"conv1d", 1, ConvOptions>;

/**
 * The transposed convolution: the gradient of `conv2d` by its input, as a forward computation, which enlarges an image.
 * Each size of the result is (size - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1: the padding is what the
 * convolution would have around the result, and is cut off. "same" makes each size stride times that of x (TensorFlow's rule).
 *
 * @param x [N, C, H, W], float64 or float32
 * @param w [C, O / groups, kernel height, kernel width], of the same dtype: channels first, as in PyTorch
 * @param b [O]; null or left out: none; options may stand in its place
 * @param options stride (1), dilation (1), outputPadding (0; below the stride): a number or [vertical, horizontal]; padding (0),
 * which may be [[top, bottom], [left, right]], "same" or "valid", too; groups (1)
 * @returns [N, O, height, width]
 *
 * @example
 * convTranspose2d(tensor([[[[1, 2]]]]), tensor([[[[1, 10]]]]), null, { stride: 2 }).toArray(); // [[[[1, 10, 2, 20]]]]
 */
export const convTranspose2d = withOptionalBias(ConvTranspose, 2) as ConvTransposeFunction<
  "convTranspose2d",
  2,
  ConvTransposeOptions
>;

/**
 * As `convTranspose2d`, along one axis.
 *
 * @param x [N, C, L], float64 or float32
 * @param w [C, O / groups, kernel size], of the same dtype
 * @param b [O]; null or left out: none; options may stand in its place
 * @param options stride (1), padding (0; or [[left, right]], "same", "valid"), dilation (1), outputPadding (0), groups (1)
 * @returns [N, O, length]
 *
 * @example
 * convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 10]]])).toArray(); // [[[1, 12, 20]]]
 */
export const convTranspose1d = withOptionalBias(ConvTranspose, 1) as ConvTransposeFunction<
  "convTranspose1d",
  1,
  ConvTransposeOptions
>;
