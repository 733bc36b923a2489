import { allocate, type DType, type TypedArray } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type Values } from "../graph/node.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { rowKernels } from "../kernels/generated.js";
import type { Windows } from "../kernels/windows.js";
import { checkNoMore, checkOptions } from "../options.js";
import { checkShape, formatShape, kept, sameShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import {
  attributesOf,
  checkPlanes,
  countWindows,
  kernelOptions,
  nameInRank,
  type PerAxis,
  perAxis,
  type SpatialRank,
  windowsOf,
} from "../shape/window.js";
import type { PoolFunction } from "../shape/window-types.js";
import { checkIndices } from "./take.js";

export interface PoolOptions {
  /** The size of a window: a number, or one for each axis. */
  readonly kernel: PerAxis;
  /** How far apart windows stand. By default side by side: the size of the kernel. */
  readonly stride?: PerAxis | undefined;
  /** How far windows reach beyond the ends of an axis, at most half of the kernel. Default 0. */
  readonly padding?: PerAxis | undefined;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count as elements of a window. Default true. */
  readonly countIncludePad?: boolean | undefined;
}

/** The names of the options of a pool but for the kernel, and of those of a mean besides. */
const OPTIONS = ["stride", "padding"] as const;
const AVERAGE = ["countIncludePad"] as const;

type PlacesLoop = (out: TypedArray, x: TypedArray, places: Int32Array) => void;
type ArgMaxLoop = (out: Int32Array, x: TypedArray, windows: Windows) => void;
type AverageLoop = (out: TypedArray, x: TypedArray, windows: Windows, countPadding: boolean) => void;

abstract class Pooling<Options extends PoolOptions = PoolOptions> extends Node {
  override readonly name: string;
  readonly rank: SpatialRank;
  readonly options: Options;
  readonly kernel: Shape;
  readonly stride: Shape;
  readonly padding: Shape;

  constructor(name: string, rank: SpatialRank, options: Options, flags: readonly string[] = []) {
    super();
    this.name = nameInRank(name, rank);
    this.rank = rank;
    checkOptions(this.name, options, ["kernel", ...OPTIONS, ...flags], flags);
    this.options = kept(options);
    const { kernel, stride = kernel, padding = 0 } = options ?? {};
    this.kernel = perAxis(this.name, "kernel", kernel, rank, 1);
    this.stride = perAxis(this.name, "stride", stride, rank, 1);
    this.padding = perAxis(this.name, "padding", padding, rank, 0);
    if (this.padding.some((size, axis) => 2 * size > (this.kernel[axis] as number))) {
      throw new ShapeError(
        `${this.name}: padding ${formatShape(this.padding)} is more than half of the kernel ${formatShape(this.kernel)}: windows of ` +
          "nothing but padding have no result; use less padding or a larger kernel",
      );
    }
  }

  override attributes(): Record<string, unknown> {
    const { kernel, stride, padding } = this;
    return {
      ...attributesOf({ kernel, padding }, { padding: 0 }),
      ...(!sameShape(kernel, stride) && attributesOf({ stride }, {})),
    };
  }

  override shapeRule(x: Tensor): Shape {
    checkPlanes(this.name, "x", x.shape, this.rank);
    return this.outputOf(x.shape);
  }

  protected outputOf(x: Shape): Shape {
    return [...x.slice(0, 2), ...countWindows(this.name, x.slice(2), this.kernel, this.sliding)];
  }

  protected windows(x: Shape, y: Shape): Windows {
    return windowsOf(x.slice(2), this.kernel, y.slice(2), this.sliding);
  }

  private get sliding() {
    return { stride: this.stride, padding: this.padding, dilation: this.kernel.map(() => 1) };
  }
}

/** Where in the flattened input the first maximum of each window stands. */
function placesOf(x: Tensor, size: number, windows: Windows): Int32Array {
  const places = new Int32Array(size);
  (rowKernels[x.dtype].argMaxWindows as ArgMaxLoop)(places, x.array, windows);
  return places;
}

export class MaxPool extends Pooling {
  constructor(rank: SpatialRank, options: PoolOptions, ...none: []) {
    checkNoMore("MaxPool", none);
    super("MaxPool", rank, options);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    (rowKernels[dtype].gatherPlaces as PlacesLoop)(out, x.array, placesOf(x, out.length, this.windows(x.shape, shape)));
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    return new MaxUnpool(x.shape).apply(dout, new ArgMaxPool(this.rank, this.options).apply(x));
  }
}

/** Where MaxPool's results stand in its flattened input, as int32. */
export class ArgMaxPool extends Pooling {
  constructor(rank: SpatialRank, options: PoolOptions, ...none: []) {
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
    throw this.notDifferentiable("the result are positions, which do not change with small changes of the input");
  }
}

/** Zeros of `shape`, with each element of the first input added in its place, given by the second (int32). */
export class MaxUnpool extends Node {
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
    (rowKernels[dtype].scatterAddPlaces as PlacesLoop)(out, y.array, places.array as Int32Array);
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
    return new Op(rank, kernelOptions<Options>(name, kernel, options, [...OPTIONS, ...own])).apply(operand(name, x));
  };
}

/**
 * The maximum of each window that slides over the planes; NaN if there is one. The padding counts as -Infinity. The first
 * maximum of a window, row by row, gets all of the gradient (PyTorch's convention).
 *
 * @param x [N, C, H, W], float64 or float32
 * @param options the kernel alone (and others behind it), or kernel, stride (as the kernel), padding (0, at most half of the kernel): a number or [vertical, horizontal]
 * @returns [N, C, height, width], each size floor((size + 2 padding - kernel) / stride) + 1
 *
 * @example
 * maxPool2d(tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]), { kernel: 2 }).toArray(); // [[[[6, 8]]]]
 *
 * @throws ShapeError when the kernel is larger than the padded plane, or the padding larger than half of the kernel.
 */
export const maxPool2d = poolFunction("MaxPool2d", MaxPool, 2) as PoolFunction<"maxPool2d", 2, PoolOptions>;

/** As `maxPool2d`, along one axis: x [N, C, L] to [N, C, length]. */
export const maxPool1d = poolFunction("MaxPool1d", MaxPool, 1) as PoolFunction<"maxPool1d", 1, PoolOptions>;

export class AvgPool extends Pooling<AvgPoolOptions> {
  constructor(rank: SpatialRank, options: AvgPoolOptions, ...none: []) {
    checkNoMore("AvgPool", none);
    super("AvgPool", rank, options, AVERAGE);
  }

  override attributes(): Record<string, unknown> {
    return { ...super.attributes(), ...(this.options.countIncludePad === false && { countIncludePad: false }) };
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    const { countIncludePad = true } = this.options;
    (rowKernels[dtype].averageWindows as AverageLoop)(out, x.array, this.windows(x.shape, shape), countIncludePad);
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new AvgUnpool(this.rank, this.input(0).shape, this.options).apply(dout);
  }
}

/** The adjoint of AvgPool: each element shared out evenly among those that its window averaged. */
export class AvgUnpool extends Pooling<AvgPoolOptions> {
  readonly shape: Shape;

  constructor(rank: SpatialRank, shape: Shape, options: AvgPoolOptions, ...none: []) {
    checkNoMore("AvgUnpool", none);
    super("AvgUnpool", rank, options, AVERAGE);
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return {
      shape: this.shape,
      ...super.attributes(),
      ...(this.options.countIncludePad === false && { countIncludePad: false }),
    };
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
    const { countIncludePad = true } = this.options;
    (rowKernels[dtype].shareWindows as AverageLoop)(out, y.array, this.windows(shape, y.shape), countIncludePad);
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new AvgPool(this.rank, this.options).apply(dout);
  }
}

/**
 * The mean of each window that slides over the planes. The zeros of the padding count as elements of a window, unless
 * `countIncludePad` is false: then the mean is over the elements of the plane only.
 *
 * @param x [N, C, H, W], float64 or float32 (added up in double precision)
 * @param options the kernel alone (and others behind it), or kernel, stride (as the kernel), padding (0, at most half of the kernel): a number or [vertical, horizontal];
 * countIncludePad (true)
 * @returns [N, C, height, width], each size floor((size + 2 padding - kernel) / stride) + 1
 *
 * @example
 * avgPool2d(tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]), { kernel: 2 }).toArray(); // [[[[3.5, 5.5]]]]
 *
 * @throws ShapeError when the kernel is larger than the padded plane, or the padding larger than half of the kernel.
 */
export const avgPool2d = poolFunction("AvgPool2d", AvgPool, 2, AVERAGE) as PoolFunction<"avgPool2d", 2, AvgPoolOptions>;

/** As `avgPool2d`, along one axis: x [N, C, L] to [N, C, length]. */
export const avgPool1d = poolFunction("AvgPool1d", AvgPool, 1, AVERAGE) as PoolFunction<"avgPool1d", 1, AvgPoolOptions>;
