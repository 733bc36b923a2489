import { ShapeError } from "../errors.js";
import { checkOptions, isRecord } from "../options.js";
import { show } from "../show.js";
import { formatShape } from "./shape.js";
import type { Shape } from "./types.js";

/** How many spatial axes an op slides its windows over. */
export type SpatialRank = 1 | 2;

/** A number for every spatial axis, or one for each: [vertical, horizontal]. */
export type PerAxis = number | readonly number[];

/** How far windows reach beyond the two ends of an axis. */
export type Ends = readonly [before: number, after: number];

/**
 * The padding around planes: a number for all ends, a number for each axis, [vertical, horizontal], a pair for the two ends of
 * each axis, [[top, bottom], [left, right]], "valid" for none, or "same" for ceil(size / stride) windows along each axis.
 */
export type Padding = number | "same" | "valid" | readonly (number | Ends)[];

/** How windows slide: by `stride`, over planes padded by `padding`, their elements `dilation` apart. */
export interface Sliding {
  readonly stride: Shape;
  readonly padding: "same" | readonly Ends[];
  readonly dilation: Shape;
  /** Whether there is one window more where the last one would leave out elements. */
  readonly ceilMode?: boolean | undefined;
}

export interface SlidingOptions {
  /** From one window to the next, in elements. Default 1; of pools the size of the window. */
  readonly stride?: PerAxis | undefined;
  /** What is put around the plane. Default 0. */
  readonly padding?: Padding | undefined;
  /** From one element that a window sees to the next. Default 1. */
  readonly dilation?: PerAxis | undefined;
}

/**
 * A plane of height x width, and the rows x columns windows on it; outside the plane is the padding, from -paddingY to endY and
 * from -paddingX to endX.
 */
export interface Windows {
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly paddingY: number;
  readonly paddingX: number;
  readonly endY: number;
  readonly endX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly rows: number;
  readonly columns: number;
}

/** The name of an op in so many dimensions: `Conv2d`. */
export function nameInRank(name: string, rank: SpatialRank): string {
  if (rank === 1 || rank === 2) return `${name}${rank}d`;
  throw new ShapeError(`${name}: rank ${show(rank)}: there are 1 and 2`);
}

/** A setting of an op as one number for each spatial axis. */
export function perAxis(op: string, setting: string, value: PerAxis, rank: SpatialRank, least: number): Shape {
  const list = Array.isArray(value) ? [...(value as readonly number[])] : new Array<number>(rank).fill(value as number);
  if (list.length !== rank || list.some((n) => !Number.isSafeInteger(n) || n < least)) {
    const each = rank === 1 ? "" : `, or a pair of them for [vertical, horizontal]`;
    throw new ShapeError(`${op}: ${setting} ${show(value)}: a whole number of at least ${least} is needed${each}`);
  }
  return Object.freeze(list);
}

/** A padding in any of its forms as the ends of each spatial axis; what "same" is depends on the planes. */
function paddingOf(op: string, padding: Padding, rank: SpatialRank): "same" | readonly Ends[] {
  if (padding === "same") return padding;
  const given = padding === "valid" ? 0 : padding;
  const list: readonly unknown[] = Array.isArray(given) ? given : new Array(rank).fill(given);
  const ends: readonly (readonly unknown[])[] = list.map((each) =>
    Object.freeze(Array.isArray(each) ? [...each] : [each, each]),
  );
  if (list.length !== rank || !ends.every(areEnds)) {
    const axes = rank === 1 ? "[[left, right]]" : "[vertical, horizontal], [[top, bottom], [left, right]]";
    throw new ShapeError(
      `${op}: padding ${showPadding(padding)}: a whole number of at least 0 is needed, or ${axes}, "same" or "valid"`,
    );
  }
  return Object.freeze(ends);
}

function areEnds(ends: readonly unknown[]): ends is Ends {
  return ends.length === 2 && ends.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}

/** A padding as it is written, with the pairs of its axes. */
export function showPadding(padding: Padding): string {
  return Array.isArray(padding) && padding.length < 4 ? `[${padding.map(show).join(", ")}]` : show(padding);
}

/** A padding in its shortest form. */
export function shortPadding(padding: "same" | readonly Ends[]): "same" | Shape | readonly Ends[] {
  const isSymmetrical = padding !== "same" && padding.every(([before, after]) => before === after);
  return isSymmetrical ? padding.map(([before]) => before) : padding;
}

/**
 * The ends of planes of a size. "same" pads as TensorFlow does, https://www.tensorflow.org/api_docs/python/tf/nn (notes on
 * padding): as much as ceil(size / stride) windows need, the smaller half before. At stride 1 this is PyTorch's.
 */
export function endsOf(plane: Shape, kernel: Shape, { stride, padding, dilation }: Sliding): readonly Ends[] {
  if (padding !== "same") return padding;
  const span = spanOf(kernel, dilation);
  return plane.map((size, axis) => {
    const step = stride[axis] as number;
    const total = Math.max(0, (Math.ceil(size / step) - 1) * step + (span[axis] as number) - size);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** The names of the settings of `SlidingOptions`. */
export const SLIDING = ["stride", "padding", "dilation"] as const;

/**
 * The options of an op with a kernel, in one of its forms: a record of all, or the kernel alone, with others behind it.
 *
 * @param others the names of these
 */
export function kernelOptions<Options extends { readonly kernel: PerAxis }>(
  op: string,
  kernel: PerAxis | Options,
  options: Omit<Options, "kernel"> | undefined,
  others: readonly string[],
): Options {
  const isKernel = typeof kernel === "number" || Array.isArray(kernel);
  if (isKernel && (options === undefined || isRecord(options))) {
    checkOptions(op, options, others);
    return { ...options, kernel } as Options;
  }
  // What is no kernel, and a record, are the options: their names are looked at by the op that takes them.
  if (isRecord(kernel) && options === undefined) return kernel as unknown as Options;
  const given = options === undefined ? show(kernel) : `${show(kernel)}, ${show(options)}`;
  throw new ShapeError(
    `${op}: takes the kernel and options, { kernel: 2, stride: 2 } or 2, { stride: 2 }, got ${given}`,
  );
}

/** The settings, checked, with their defaults. */
export function slidingOf(
  op: string,
  { stride = 1, padding = 0, dilation = 1 }: SlidingOptions,
  rank: SpatialRank,
): Sliding {
  return {
    stride: perAxis(op, "stride", stride, rank, 1),
    padding: paddingOf(op, padding, rank),
    dilation: perAxis(op, "dilation", dilation, rank, 1),
  };
}

/** The settings that are not the default, a single number where all axes have the same, for pictures. */
export function attributesOf(
  settings: Readonly<Record<string, "same" | Shape | readonly Ends[]>>,
  defaults: Readonly<Record<string, number>>,
): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const [key, sizes] of Object.entries(settings)) {
    const isAlike = sizes !== "same" && typeof sizes[0] === "number" && sizes.every((size) => size === sizes[0]);
    const shortest = isAlike ? sizes[0] : sizes;
    if (shortest !== defaults[key]) attributes[key] = shortest;
  }
  return attributes;
}

/** How far a window reaches on each axis, the gaps of its dilation included. */
export function spanOf(kernel: Shape, dilation: Shape): Shape {
  return kernel.map((size, axis) => (size - 1) * (dilation[axis] as number) + 1);
}

/**
 * How many windows there are along each axis: floor((size + padding - span) / stride) + 1, the padding being that of both ends.
 * In ceil mode the quotient is rounded up, as long as the last window begins within the plane or the padding before it.
 */
export function countWindows(op: string, plane: Shape, kernel: Shape, sliding: Sliding): Shape {
  const { stride, dilation, ceilMode = false } = sliding;
  const span = spanOf(kernel, dilation);
  const ends = endsOf(plane, kernel, sliding);
  const counts = plane.map((size, axis) => {
    const [before, after] = ends[axis] as Ends;
    const step = stride[axis] as number;
    const steps = (size + before + after - (span[axis] as number)) / step;
    if (!ceilMode) return Math.floor(steps) + 1;
    const most = Math.ceil(steps);
    return most * step >= size + before ? most : most + 1;
  });
  if (counts.some((count) => count < 1)) {
    const gaps = dilation.some((d) => d > 1) ? ` (with dilation ${formatShape(dilation)}: ${formatShape(span)})` : "";
    const padded = plane.map((size, axis) => size + (ends[axis] as Ends)[0] + (ends[axis] as Ends)[1]);
    const isPadded = padded.some((size, axis) => size !== plane[axis]);
    const pad = isPadded ? ` (with padding ${showPadding(shortPadding(sliding.padding))}: ${formatShape(padded)})` : "";
    throw new ShapeError(
      `${op}: a kernel of ${formatShape(kernel)}${gaps} is larger than the input of ${formatShape(plane)}${pad}; ` +
        "use a smaller kernel or more padding",
    );
  }
  return counts;
}

/** The windows as the loops want them; one spatial axis is a plane of height 1. */
export function windowsOf(plane: Shape, kernel: Shape, counts: Shape, sliding: Sliding): Windows {
  const { stride, dilation } = sliding;
  const pair = <T>(sizes: readonly T[], other: T) =>
    (sizes.length === 1 ? [other, sizes[0]] : sizes) as readonly [T, T];
  const [height, width] = pair(plane, 1);
  const [kernelHeight, kernelWidth] = pair(kernel, 1);
  const [strideY, strideX] = pair(stride, 1);
  const [[paddingY, bottom], [paddingX, right]] = pair<Ends>(endsOf(plane, kernel, sliding), [0, 0]);
  const [dilationY, dilationX] = pair(dilation, 1);
  const [rows, columns] = pair(counts, 1);
  return {
    height,
    width,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    paddingY,
    paddingX,
    endY: height + bottom,
    endX: width + right,
    dilationY,
    dilationX,
    rows,
    columns,
  };
}

/** Refuses what is no batch of planes with channels. */
export function checkPlanes(op: string, what: string, shape: Shape, rank: SpatialRank): void {
  if (shape.length === rank + 2) return;
  const axes = rank === 2 ? "[batch, channels, height, width]" : "[batch, channels, length]";
  const repair = shape.length === rank + 1 ? "; add a batch axis: x.expandDims(0)" : "; reshape it";
  throw new ShapeError(`${op}: ${what} is ${axes}, got ${formatShape(shape)}${repair}`);
}
