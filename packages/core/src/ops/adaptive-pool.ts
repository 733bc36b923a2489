import { ShapeError } from "../errors.js";
import type { Node } from "../graph/node.js";
import type { AdaptivePoolFunction, GlobalPoolFunction } from "../graph/signatures/windows.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { formatShape } from "../shape/shape.js";
import type { PerAxis } from "../shape/window.js";
import { max } from "./max.js";
import { AvgPool, MaxPool } from "./pool.js";
import type { AdaptivePoolOptions } from "./pool-windows.js";
import type { ReduceOptions } from "./reduction.js";
import { mean } from "./sum.js";

function adaptivePool(name: string, nodeOf: (options: AdaptivePoolOptions) => Node) {
  return (x: Tensor, outputSize: PerAxis, ...none: []): Tensor => {
    checkNoMore(name, none);
    return nodeOf({ outputSize }).apply(operand(name, x));
  };
}

/**
 * The maximum of each of so many windows that are spread over the planes: along an axis window i sees the elements from
 * floor(i size / outputSize) up to ceil((i + 1) size / outputSize), so that neighbours may share elements (PyTorch's rule). The first
 * maximum of a window gets all of the gradient.
 *
 * @param x [N, C, H, W], float64 or float32
 * @param outputSize a number, or [height, width]
 * @returns [N, C, height, width]
 *
 * @example
 * adaptiveMaxPool2d(tensor([[[[1, 2, 3], [4, 5, 6]]]]), [1, 2]).toArray(); // [[[[5, 6]]]]
 *
 * @throws ShapeError when planes have no elements.
 */
export const adaptiveMaxPool2d = adaptivePool("MaxPool2d", (o) => new MaxPool(2, o)) as AdaptivePoolFunction<
  "adaptiveMaxPool2d",
  2
>;

/**
 * As `adaptiveMaxPool2d`, along one axis: x [N, C, L] to [N, C, outputSize].
 *
 * @example
 * adaptiveMaxPool1d(tensor([[[1, 3, 2, 4]]]), 2).toArray(); // [[[3, 4]]]
 */
export const adaptiveMaxPool1d = adaptivePool("MaxPool1d", (o) => new MaxPool(1, o)) as AdaptivePoolFunction<
  "adaptiveMaxPool1d",
  1
>;

/**
 * The mean of each of so many windows that are spread over the planes as those of `adaptiveMaxPool2d`.
 *
 * @param x [N, C, H, W], float64 or float32 (added up in double precision)
 * @param outputSize a number, or [height, width]
 * @returns [N, C, height, width]
 *
 * @example
 * adaptiveAvgPool2d(tensor([[[[1, 2, 3], [4, 5, 6]]]]), [1, 2]).toArray(); // [[[[3, 4]]]]
 *
 * @throws ShapeError when planes have no elements.
 */
export const adaptiveAvgPool2d = adaptivePool("AvgPool2d", (o) => new AvgPool(2, o)) as AdaptivePoolFunction<
  "adaptiveAvgPool2d",
  2
>;

/**
 * As `adaptiveAvgPool2d`, along one axis: x [N, C, L] to [N, C, outputSize].
 *
 * @example
 * adaptiveAvgPool1d(tensor([[[1, 3, 2, 4]]]), 2).toArray(); // [[[2, 3]]]
 */
export const adaptiveAvgPool1d = adaptivePool("AvgPool1d", (o) => new AvgPool(1, o)) as AdaptivePoolFunction<
  "adaptiveAvgPool1d",
  1
>;

function globalPool(name: string, reduce: (x: Tensor, options: ReduceOptions) => Tensor) {
  return (x: Tensor, options: { readonly keepDims?: boolean } = {}, ...none: []): Tensor => {
    checkNoMore(name, none);
    checkOptions(name, options, ["keepDims"], ["keepDims"]);
    const planes = operand(name, x);
    if (planes.rank < 3) {
      throw new ShapeError(
        `${name}: x is [batch, channels, ...], with one spatial axis at least, got ${formatShape(planes.shape)}; reshape it`,
      );
    }
    const axis = planes.shape.map((_, i) => i).slice(2);
    return reduce(planes, { axis, keepDims: options.keepDims });
  };
}

/**
 * The maximum of each plane: `max` over all axes but the first two. Equal maxima share the gradient evenly, unlike those of a
 * window of `maxPool2d`.
 *
 * @param x [N, C, H, W], or with another number of spatial axes, at least one; any dtype but bool
 * @param options keepDims (false)
 * @returns [N, C]; with keepDims [N, C, 1, 1], PyTorch's AdaptiveMaxPool2d(1)
 *
 * @example
 * globalMaxPool(tensor([[[[1, 2], [5, 4]]]])).toArray(); // [[5]]
 */
export const globalMaxPool = globalPool(
  "globalMaxPool",
  (x, o) => max(x, o) as Tensor,
) as GlobalPoolFunction<"globalMaxPool">;

/**
 * The mean of each plane: `mean` over all axes but the first two.
 *
 * @param x [N, C, H, W], or with another number of spatial axes, at least one; float64 or float32
 * @param options keepDims (false)
 * @returns [N, C]; with keepDims [N, C, 1, 1], PyTorch's AdaptiveAvgPool2d(1)
 *
 * @example
 * globalAvgPool(tensor([[[[1, 2], [5, 4]]]])).toArray(); // [[3]]
 */
export const globalAvgPool = globalPool(
  "globalAvgPool",
  (x, o) => mean(x, o) as Tensor,
) as GlobalPoolFunction<"globalAvgPool">;
