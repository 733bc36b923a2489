import type { Conv, ConvTranspose, ConvWeights } from "../../../../ops/conv.js";
import type { Shape } from "../../../../shape/types.js";
import type { Windows } from "../../../../shape/window.js";
import { windowsOf } from "../../../../shape/window.js";
import { type Scalar, scalarBytes } from "../../../../wasm/simd.js";
import { type Filtering, winogradBytes } from "../winograd/layout.js";
import { type PlaneAxis, type Planes, placeIn } from "./planes.js";
import type { Tap } from "./products.js";

type Convolving = Conv | ConvTranspose | ConvWeights;

/** The windows of x that y has one element each of; windows of single elements side by side are one row of them. */
export function windowsBetween(node: Convolving, x: Shape, kernel: Shape, y: Shape): Windows {
  const w = windowsOf(x.slice(2), kernel, y.slice(2), node);
  const plain =
    w.kernelHeight * w.kernelWidth === 1 && w.strideY * w.strideX === 1 && w.rows === w.height && w.columns === w.width;
  const elements = w.rows * w.columns;
  return plain ? { ...w, height: 1, width: elements, rows: 1, columns: elements } : w;
}

/** The elements of a plane that windows see, with its padding. */
export function axesOf(w: Windows): { readonly rows: PlaneAxis; readonly columns: PlaneAxis } {
  const axis = (size: number, offset: number, stride: number, count: number, span: number): PlaneAxis => ({
    size,
    offset,
    stride,
    extent: count + Math.floor(span / stride),
  });
  return {
    rows: axis(w.height, w.paddingY, w.strideY, w.rows, (w.kernelHeight - 1) * w.dilationY),
    columns: axis(w.width, w.paddingX, w.strideX, w.columns, (w.kernelWidth - 1) * w.dilationX),
  };
}

export function tapsOf(w: Windows, planes: Planes): Tap[] {
  const size = scalarBytes[planes.scalar];
  return Array.from({ length: w.kernelHeight * w.kernelWidth }, (_, i) => {
    const [row, column] = [Math.floor(i / w.kernelWidth), i % w.kernelWidth];
    return { weight: i * size, plane: placeIn(planes, row * w.dilationY, column * w.dilationX) };
  });
}

/**
 * So many channels and filters at least make up for the transforms: against plain products 15 to 25% less time with 4
 * channels and 16 filters on 28 x 28, the same with 3, a third more with 1 (float32, V8, one core of an Ice Lake Xeon).
 */
const leastChannels = 4;
/** Transformed tiles of large planes take several times the memory of the planes. */
const mostBytes = 1 << 26;

/** The convolution of x as one by minimal filtering; `null` where that is not possible, or not faster. */
export function filteringOf(
  node: Convolving,
  scalar: Scalar,
  w: Windows,
  batch: number,
  channels: number,
  filters: number,
): Filtering | null {
  const fits =
    node.groups === 1 &&
    w.kernelHeight === 3 &&
    w.kernelWidth === 3 &&
    w.strideY * w.strideX * w.dilationY * w.dilationX === 1 &&
    Math.min(channels, filters) >= leastChannels &&
    Math.min(w.rows, w.columns, w.height, w.width) > 1 &&
    // An element of the filters that meets nothing but padding has no gradient at all, and transforms would leave a rest.
    w.rows > w.paddingY &&
    w.columns > w.paddingX &&
    w.height > 2 - w.paddingY &&
    w.width > 2 - w.paddingX &&
    batch > 0;
  if (!fits) return null;
  const { height, width, rows, columns } = w;
  const padding = [w.paddingY, w.paddingX] as const;
  const filtering: Filtering = { scalar, batch, channels, filters, height, width, padding, rows, columns };
  return winogradBytes(filtering) <= mostBytes ? filtering : null;
}

/** The adjoint of a filtering: the results are filtered, with the weights from last to first. */
export function adjointOf(f: Filtering): Filtering {
  return {
    ...f,
    channels: f.filters,
    filters: f.channels,
    height: f.rows,
    width: f.columns,
    padding: [2 - f.padding[0], 2 - f.padding[1]],
    rows: f.height,
    columns: f.width,
  };
}
