import { allocate, type DType, type TypedArray, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings, nameOf } from "../graph/node.js";
import { operand, type Tensor } from "../graph/tensor.js";
import type { MoveWindows } from "../loops/convolution.js";
import { rowLoops } from "../loops/generated.js";
import { checkNoMore, checkOptions } from "../options.js";
import { checkShape, formatShape, kept, sameShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import {
  attributesOf,
  checkPlanes,
  countWindows,
  kernelOptions,
  type PerAxis,
  perAxis,
  SLIDING,
  type Sliding,
  type SlidingOptions,
  shortPadding,
  slidingOf,
  type Windows,
  windowsOf,
} from "../shape/window.js";

export interface Im2colOptions extends SlidingOptions {
  /** The size of a window: a number or [height, width]. */
  readonly kernel: PerAxis;
}

abstract class WindowMatrix extends Node {
  abstract override readonly name: "Im2col" | "Col2im";
  readonly options: Sliding & { readonly kernel: Shape };

  constructor(options: Im2colOptions, ...none: []) {
    super();
    const name = nameOf(this);
    checkNoMore(name, none);
    checkOptions(name, options, ["kernel", ...SLIDING]);
    const { kernel, ...sliding } = options ?? ({} as Im2colOptions);
    this.options = kept({ kernel: perAxis(name, "kernel", kernel, 2, 1), ...slidingOf(name, sliding, 2) });
  }

  override attributes(): Record<string, unknown> {
    const { kernel, stride, padding, dilation } = this.options;
    const settings = { kernel, stride, padding: shortPadding(padding), dilation };
    return attributesOf(settings, { stride: 1, padding: 0, dilation: 1 });
  }

  /** The matrix that belongs to images, and their windows. */
  layout([batch, channels, ...plane]: Shape): { matrix: Shape; windows: Windows } {
    const { kernel } = this.options;
    const counts = countWindows(this.name, plane, kernel, this.options);
    const matrix = [(batch as number) * sizeOf(counts), (channels as number) * sizeOf(kernel)];
    return { matrix, windows: windowsOf(plane, kernel, counts, this.options) };
  }

  /** Moves image by image between planes and their rows of the matrix. */
  protected move(loop: MoveWindows, out: TypedArray, x: TypedArray, images: Shape, toMatrix: boolean): void {
    const { matrix, windows } = this.layout(images);
    const [batch, channels] = images as [number, number];
    const k = matrix[1] as number;
    const [rows, planes] = [windows.rows * windows.columns * k, channels * windows.height * windows.width];
    for (let n = 0; n < batch; n++) {
      const [to, from] = toMatrix ? [n * rows, n * planes] : [n * planes, n * rows];
      loop(out, to, x, from, channels, windows, 1, k);
    }
  }
}

export class Im2col extends WindowMatrix {
  static override get settings(): NodeSettings {
    return ["options"];
  }

  override get name() {
    return "Im2col" as const;
  }

  override shapeRule(x: Tensor): Shape {
    checkPlanes(this.name, "x", x.shape, 2);
    return this.layout(x.shape).matrix;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    this.move(rowLoops[dtype].gatherWindows as MoveWindows, out, x.array, x.shape, true);
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new Col2im(this.input(0).shape, this.options).apply(dout);
  }
}

/**
 * What windows that slide over images see, a row for each window (image by image, row by row), with its elements channel
 * by channel; the textbook's im2col. A convolution is its product with the filters, each flattened to a column. (PyTorch's
 * `unfold` has the same rows as columns, [N, C kh kw, windows].) Outside the image is 0.
 *
 * @param x [N, C, H, W], float64 or float32
 * @param kernel the size of a window, with options behind it, or a record of all: kernel, stride (1), dilation (1): a number or
 * [vertical, horizontal]; padding (0): a number, [vertical, horizontal], [[top, bottom], [left, right]], "same" or "valid"
 * @returns [N x windows, C x kernel height x kernel width]
 *
 * @example
 * im2col(tensor([[[[1, 2, 3], [4, 5, 6]]]]), { kernel: 2 }).toArray(); // [[1, 2, 4, 5], [2, 3, 5, 6]]
 *
 * @throws ShapeError when the kernel is larger than the padded image.
 */
export function im2col(
  x: Tensor,
  kernel: PerAxis | Im2colOptions,
  options?: SlidingOptions,
  ...none: []
): Tensor<[number, number]> {
  checkNoMore("Im2col", none);
  return new Im2col(kernelOptions<Im2colOptions>("Im2col", kernel, options, SLIDING)).apply(
    operand("Im2col", x),
  ) as Tensor<[number, number]>;
}

/** The adjoint of Im2col: images of `shape`, each element the sum of all that windows see of it. */
export class Col2im extends WindowMatrix {
  static override get settings(): NodeSettings {
    return ["shape", "options"];
  }

  override get name() {
    return "Col2im" as const;
  }

  readonly shape: Shape;

  constructor(shape: Shape, options: Im2colOptions, ...none: []) {
    super(options, ...none);
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape, ...super.attributes() };
  }

  override shapeRule(columns: Tensor): Shape {
    checkShape(this.name, this.shape);
    checkPlanes(this.name, "the shape of the images", this.shape, 2);
    const { matrix } = this.layout(this.shape);
    if (!sameShape(columns.shape, matrix)) {
      throw new ShapeError(
        `${this.name}: windows on images of ${formatShape(this.shape)} make a matrix of ${formatShape(matrix)}, got ${formatShape(columns.shape)}`,
      );
    }
    return this.shape;
  }

  override localForward(shape: Shape, dtype: DType, columns: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    this.move(rowLoops[dtype].scatterAddWindows as MoveWindows, out, columns.array, shape, false);
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    return new Im2col(this.options).apply(dout);
  }
}

/**
 * The adjoint of `im2col`: images with, in each place, the sum of all elements that windows see there (PyTorch's `fold`).
 * Not its inverse: where windows overlap, an element comes back as often as they do.
 *
 * @param columns [N x windows, C x kernel height x kernel width], float64 or float32
 * @param shape [N, C, H, W]
 * @param kernel and options as given to `im2col`
 *
 * @example
 * col2im(tensor([[1, 2], [2, 3]]), [1, 1, 1, 3], { kernel: [1, 2] }).toArray(); // [[[[1, 4, 3]]]]
 */
export function col2im<const S extends readonly [number, number, number, number]>(
  columns: Tensor,
  shape: S,
  kernel: PerAxis | Im2colOptions,
  options?: SlidingOptions,
  ...none: []
): Tensor<S> {
  checkNoMore("Col2im", none);
  return new Col2im(shape, kernelOptions<Im2colOptions>("Col2im", kernel, options, SLIDING)).apply(
    operand("Col2im", columns),
  ) as Tensor<S>;
}
