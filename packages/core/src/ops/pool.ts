import { allocate, type DType, type TypedArray, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { PoolFunction } from "../graph/signatures/windows.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { rowLoops } from "../loops/generated.js";
import type { PoolWindows } from "../loops/windows.js";
import { checkNoMore, checkOptions } from "../options.js";
import { checkShape, formatShape, kept, sameShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { checkPlanes, kernelOptions, nameInRank, type PerAxis, type SpatialRank } from "../shape/window.js";
import {
  type AdaptivePoolOptions,
  AVERAGE,
  type AvgPoolOptions,
  axesOf,
  OPTIONS,
  type Placing,
  type PoolOptions,
  placingOf,
  seenBy,
} from "./pool-windows.js";
import { checkIndices } from "./take.js";

type PlacesLoop = (out: TypedArray, x: TypedArray, places: Int32Array) => void;
type ArgMaxLoop = (out: Int32Array, x: TypedArray, windows: PoolWindows) => void;
type AverageLoop = (out: TypedArray, x: TypedArray, windows: PoolWindows) => void;

abstract class Pooling<Options extends PoolOptions = PoolOptions> extends Node {
  static override get settings(): NodeSettings {
    return ["rank", "options"];
  }

  override readonly name: string;
  readonly rank: SpatialRank;
  /** Checked, and in the form in which another node takes them. */
  readonly options: Options | AdaptivePoolOptions;
  /** Which windows there are. */
  readonly placing: Placing;

  constructor(name: string, rank: SpatialRank, options: Options | AdaptivePoolOptions, flags: readonly string[] = []) {
    super();
    this.name = nameInRank(name, rank);
    this.rank = rank;
    this.placing = placingOf(this.name, rank, options, flags);
    this.options = this.placing.options as Options | AdaptivePoolOptions;
  }

  override attributes(): Record<string, unknown> {
    return this.placing.attributes;
  }

  override shapeRule(x: Tensor): Shape {
    checkPlanes(this.name, "x", x.shape, this.rank);
    return this.outputOf(x.shape);
  }

  protected outputOf(x: Shape): Shape {
    return [...x.slice(0, 2), ...this.placing.countsOn(x.slice(2))];
  }

  protected windows(x: Shape, y: Shape): PoolWindows {
    const { rows, columns } = axesOf(this.placing.windowsOn(x.slice(2), y.slice(2)));
    return { rows: seenBy(rows), columns: seenBy(columns) };
  }
}

/** Where in the flattened input the first maximum of each window stands. */
function placesOf(x: Tensor, size: number, windows: PoolWindows): Int32Array {
  const places = new Int32Array(size);
  (rowLoops[x.dtype].argMaxWindows as ArgMaxLoop)(places, x.array, windows);
  return places;
}

/** The maximum of each window: the node of `maxPool1d` and `maxPool2d`, by the number of their axes. */
export class MaxPool extends Pooling {
  constructor(rank: SpatialRank, options: PoolOptions | AdaptivePoolOptions, ...none: []) {
    checkNoMore("MaxPool", none);
    super("MaxPool", rank, options);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    (rowLoops[dtype].gatherPlaces as PlacesLoop)(out, x.array, placesOf(x, out.length, this.windows(x.shape, shape)));
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    return new MaxUnpool(x.shape).apply(dout, new ArgMaxPool(this.rank, this.options).apply(x));
  }
}

/** Where MaxPool's results stand in its flattened input, as int32. */
export class ArgMaxPool extends Pooling {
  constructor(rank: SpatialRank, options: PoolOptions | AdaptivePoolOptions, ...none: []) {
    checkNoMore("ArgMaxPool", none);
    super("ArgMaxPool", rank, options);
  }

  override dtypeRule(x: Tensor): DType {
    super.dtypeRule(x);
    return "int32";
  }

  override localForward(shape: Shape, _dtype: DType, x: Tensor): Values {
    return placesOf(x, sizeOf(shape), this.windows(x.shape, shape));
  }

  override localBackward(): never {
    throw this.notDifferentiable("the results are positions, which do not change with small changes of the input");
  }
}

/** Zeros of `shape`, with each element of the first input added in its place, given by the second (int32). */
export class MaxUnpool extends Node {
  static override get settings(): NodeSettings {
    return ["shape"];
  }

  override readonly name = "MaxUnpool";
  readonly shape: Shape;

  constructor(shape: Shape) {
    super();
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape };
  }

  override shapeRule(y: Tensor, places: Tensor): Shape {
    checkShape(this.name, this.shape);
    if (!sameShape(y.shape, places.shape)) {
      throw new ShapeError(
        `${this.name}: ${formatShape(y.shape)} with places for ${formatShape(places.shape)}: shapes must be equal`,
      );
    }
    return this.shape;
  }

  override dtypeRule(y: Tensor, places: Tensor): DType {
    checkIndices(this.name, places);
    return super.dtypeRule(y);
  }

  override localForward(shape: Shape, dtype: DType, y: Tensor, places: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    (rowLoops[dtype].scatterAddPlaces as PlacesLoop)(out, y.array, places.array as Int32Array);
    return out;
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    return i === 0 ? dout.reshape([dout.size]).take(this.input(1)) : null;
  }
}

type OpOf<Options> = new (rank: SpatialRank, options: Options) => Node;

/** The function of a pooling op: `op(x, { kernel, ...options })`, `op(x, kernel)` and `op(x, kernel, options)`. */
function poolFunction<Options extends PoolOptions>(
  name: string,
  Op: OpOf<Options>,
  rank: SpatialRank,
  own: readonly string[] = [],
) {
  return (x: Tensor, kernel: PerAxis | Options, options?: Omit<Options, "kernel">, ...none: []): Tensor => {
    checkNoMore(name, none);
    const given = kernelOptions<Options>(name, kernel, options, [...OPTIONS, ...own]);
    checkOptions(name, given, ["kernel", ...OPTIONS, ...own]);
    return new Op(rank, given).apply(operand(name, x));
  };
}

/**
 * The maximum of each window that slides over the planes; NaN if there is one. The padding counts as -Infinity. The first
 * maximum of a window, row by row, gets all of the gradient (PyTorch's convention).
 *
 * @param x [N, C, H, W], float64 or float32
 * @param options the kernel alone (and others behind it), or kernel, stride (as the kernel), dilation (1): a number or
 * [vertical, horizontal]; padding (0; at each end at most half of what a window spans): a number, [vertical, horizontal],
 * [[top, bottom], [left, right]], "same" (see `conv2d`) or "valid" (0); ceilMode (false): a last window that reaches over the end,
 * where it begins before it, sees what is left
 * @returns [N, C, height, width], each size floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, in ceil mode
 * rounded up
 *
 * @example
 * maxPool2d(tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]), { kernel: 2 }).toArray(); // [[[[6, 8]]]]
 *
 * @throws ShapeError when the kernel is larger than the padded plane, or a window may see nothing but padding.
 */
export const maxPool2d = poolFunction("MaxPool2d", MaxPool, 2) as PoolFunction<"maxPool2d", 2, PoolOptions>;

/**
 * As `maxPool2d`, along one axis: x [N, C, L] to [N, C, length].
 *
 * @example
 * maxPool1d(tensor([[[1, 3, 2, 4]]]), { kernel: 2 }).toArray(); // [[[3, 4]]]
 */
export const maxPool1d = poolFunction("MaxPool1d", MaxPool, 1) as PoolFunction<"maxPool1d", 1, PoolOptions>;

/** The mean of each window: the node of `avgPool1d` and `avgPool2d`, by the number of their axes. */
export class AvgPool extends Pooling<AvgPoolOptions> {
  constructor(rank: SpatialRank, options: AvgPoolOptions | AdaptivePoolOptions, ...none: []) {
    checkNoMore("AvgPool", none);
    super("AvgPool", rank, options, AVERAGE);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    (rowLoops[dtype].averageWindows as AverageLoop)(out, x.array, this.windows(x.shape, shape));
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new AvgUnpool(this.rank, this.input(0).shape, this.options).apply(dout);
  }
}

/** The adjoint of AvgPool: each element shared out evenly among those that its window averaged. */
export class AvgUnpool extends Pooling<AvgPoolOptions> {
  static override get settings(): NodeSettings {
    return ["rank", "shape", "options"];
  }

  readonly shape: Shape;

  constructor(rank: SpatialRank, shape: Shape, options: AvgPoolOptions | AdaptivePoolOptions, ...none: []) {
    checkNoMore("AvgUnpool", none);
    super("AvgUnpool", rank, options, AVERAGE);
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape, ...super.attributes() };
  }

  override shapeRule(y: Tensor): Shape {
    checkShape(this.name, this.shape);
    checkPlanes(this.name, "the shape of the input", this.shape, this.rank);
    const expected = this.outputOf(this.shape);
    if (!sameShape(y.shape, expected)) {
      throw new ShapeError(
        `${this.name}: windows on ${formatShape(this.shape)} make ${formatShape(expected)}, got ${formatShape(y.shape)}`,
      );
    }
    return this.shape;
  }

  override localForward(shape: Shape, dtype: DType, y: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    (rowLoops[dtype].shareWindows as AverageLoop)(out, y.array, this.windows(shape, y.shape));
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new AvgPool(this.rank, this.options).apply(dout);
  }
}

/**
 * The mean of each window that slides over the planes. The zeros of the padding count as elements of a window, unless
 * `countIncludePad` is false: then the mean is over the elements of the plane only. What a window has beyond the padding, in ceil
 * mode, never counts (PyTorch's rule).
 *
 * @param x [N, C, H, W], float64 or float32 (added up in double precision)
 * @param options as those of `maxPool2d`; countIncludePad (true)
 * @returns [N, C, height, width], sizes as those of `maxPool2d`
 *
 * @example
 * avgPool2d(tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]), { kernel: 2 }).toArray(); // [[[[3.5, 5.5]]]]
 *
 * @throws ShapeError when the kernel is larger than the padded plane, or a window may see nothing but padding.
 */
export const avgPool2d = poolFunction("AvgPool2d", AvgPool, 2, AVERAGE) as PoolFunction<"avgPool2d", 2, AvgPoolOptions>;

/**
 * As `avgPool2d`, along one axis: x [N, C, L] to [N, C, length].
 *
 * @example
 * avgPool1d(tensor([[[1, 3, 2, 4]]]), { kernel: 2 }).toArray(); // [[[2, 3]]]
 */
export const avgPool1d = poolFunction("AvgPool1d", AvgPool, 1, AVERAGE) as PoolFunction<"avgPool1d", 1, AvgPoolOptions>;
