import { ShapeError } from "../errors.js";
import type { Windows } from "../kernels/windows.js";
import { checkOptions, isRecord } from "../options.js";
import { show } from "../show.js";
import { formatShape } from "./shape.js";
import type { Shape } from "./types.js";

/** How many spatial axes an op slides its windows over. */
export type SpatialRank = 1 | 2;

/** A number for every spatial axis, or one for each: [vertical, horizontal]. */
export type PerAxis = number | readonly number[];

/** How windows slide: by `stride`, over planes padded by `padding` at both ends, their elements `dilation` apart. */
export interface Sliding {
  readonly stride: Shape;
  readonly padding: Shape;
  readonly dilation: Shape;
}

export interface SlidingOptions {
  readonly stride?: PerAxis | undefined;
  readonly padding?: PerAxis | undefined;
  readonly dilation?: PerAxis | undefined;
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
    // A word such as "same" in other libraries.
    const hint =
      typeof value === "string" && setting === "padding" ? `; (kernel - 1) / 2 keeps the size at stride 1` : "";
    throw new ShapeError(
      `${op}: ${setting} ${show(value)}: a whole number of at least ${least} is needed${each}${hint}`,
    );
  }
  return Object.freeze(list);
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
    padding: perAxis(op, "padding", padding, rank, 0),
    dilation: perAxis(op, "dilation", dilation, rank, 1),
  };
}

/** The settings that are not the default, a single number where all axes have the same, for pictures. */
export function attributesOf(
  settings: Readonly<Record<string, Shape>>,
  defaults: Readonly<Record<string, number>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, sizes]) => {
      const same = sizes.every((size) => size === sizes[0]);
      return same && sizes[0] === defaults[key] ? [] : [[key, same ? sizes[0] : sizes]];
    }),
  );
}

/** How far a window reaches on each axis, the gaps of its dilation included. */
export function spanOf(kernel: Shape, dilation: Shape): Shape {
  return kernel.map((size, axis) => (size - 1) * (dilation[axis] as number) + 1);
}

/** How many windows there are along each axis: floor((size + 2 padding - span) / stride) + 1. */
export function countWindows(op: string, plane: Shape, kernel: Shape, { stride, padding, dilation }: Sliding): Shape {
  const span = spanOf(kernel, dilation);
  const padded = plane.map((size, axis) => size + 2 * (padding[axis] as number));
  if (span.some((size, axis) => size > (padded[axis] as number))) {
    const gaps = dilation.some((d) => d > 1) ? ` (with dilation ${formatShape(dilation)}: ${formatShape(span)})` : "";
    const pad = padding.some((p) => p > 0) ? ` (with padding ${formatShape(padding)}: ${formatShape(padded)})` : "";
    throw new ShapeError(
      `${op}: a kernel of ${formatShape(kernel)}${gaps} is larger than the input of ${formatShape(plane)}${pad}; ` +
        "use a smaller kernel or more padding",
    );
  }
  return padded.map((size, axis) => Math.floor((size - (span[axis] as number)) / (stride[axis] as number)) + 1);
}

/** The windows as the loops want them; one spatial axis is a plane of height 1. */
export function windowsOf(plane: Shape, kernel: Shape, counts: Shape, { stride, padding, dilation }: Sliding): Windows {
  const pair = (sizes: Shape, other: number) =>
    (sizes.length === 1 ? [other, sizes[0]] : sizes) as readonly [number, number];
  const [height, width] = pair(plane, 1);
  const [kernelHeight, kernelWidth] = pair(kernel, 1);
  const [strideY, strideX] = pair(stride, 1);
  const [paddingY, paddingX] = pair(padding, 0);
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
