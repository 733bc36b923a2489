import { ShapeError } from "../errors.js";
import { type Arithmetic, numberArithmetic } from "../graph/arithmetic.js";
import type { AxisWindows } from "../loops/windows.js";
import { checkOptions } from "../options.js";
import { formatShape, kept, sameShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import type { Windows } from "../shape/window.js";
import {
  attributesOf,
  countWindows,
  type Ends,
  endsOf,
  type PerAxis,
  perAxis,
  type Sliding,
  type SlidingOptions,
  type SpatialRank,
  shortPadding,
  showPadding,
  slidingOf,
  spanOf,
  windowsOf,
} from "../shape/window.js";

export interface PoolOptions extends SlidingOptions {
  /** The size of a window: a number, or one for each axis. By default windows stand side by side: the stride is this size. */
  readonly kernel: PerAxis;
  /** Whether elements behind the last whole window have a window, too. Default false. */
  readonly ceilMode?: boolean | undefined;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count as elements of a window. Default true. */
  readonly countIncludePad?: boolean | undefined;
}

/** As many windows as are asked for, spread over the axes. */
export interface AdaptivePoolOptions {
  /** The size of the result: a number, or one for each axis. */
  readonly outputSize: PerAxis;
}

/** The names of the options of a pool but for the kernel, and of those of a mean besides. */
export const OPTIONS = ["stride", "padding", "dilation", "ceilMode"] as const;
export const AVERAGE = ["countIncludePad"] as const;

/** Windows of one size that slide, or, adaptive, from floor(i size / count) up to ceil((i + 1) size / count). */
export interface PlacedWindows extends Windows {
  readonly isAdaptive: boolean;
  readonly countsPadding: boolean;
}

/** Which windows the options of a pool place on planes. */
export interface Placing {
  readonly options: PoolOptions | AdaptivePoolOptions;
  readonly attributes: Record<string, unknown>;
  /** How many there are along each axis. */
  countsOn(plane: Shape): Shape;
  /** So many of them. */
  windowsOn(plane: Shape, counts: Shape): PlacedWindows;
}

export function placingOf(
  op: string,
  rank: SpatialRank,
  options: AvgPoolOptions | AdaptivePoolOptions,
  flags: readonly string[],
): Placing {
  if (typeof options === "object" && options !== null && "outputSize" in options) {
    checkOptions(op, options, ["outputSize"]);
    return new Adaptive(op, perAxis(op, "outputSize", options.outputSize, rank, 1));
  }
  checkOptions(op, options, ["kernel", ...OPTIONS, ...flags], ["ceilMode", ...flags]);
  return new SlidingWindows(op, rank, options ?? {});
}

class SlidingWindows implements Placing {
  readonly options: AvgPoolOptions & Sliding & { readonly kernel: Shape };
  private readonly op: string;

  constructor(op: string, rank: SpatialRank, { kernel, stride = kernel, padding, dilation, ...flags }: AvgPoolOptions) {
    this.op = op;
    const own = perAxis(op, "kernel", kernel, rank, 1);
    this.options = kept({ kernel: own, ...slidingOf(op, { stride, padding, dilation }, rank), ...flags });
    const sliding = this.options;
    const span = spanOf(own, sliding.dilation);
    const isTooMuch = (ends: Ends, axis: number) => 2 * Math.max(...ends) > (span[axis] as number);
    if (sliding.padding !== "same" && sliding.padding.some(isTooMuch)) {
      throw new ShapeError(
        `${op}: padding ${showPadding(shortPadding(sliding.padding))} is more than half of the kernel ${formatShape(span)}: windows of ` +
          "nothing but padding have no result; use less padding or a larger kernel",
      );
    }
  }

  get attributes(): Record<string, unknown> {
    const { kernel, stride, dilation, ceilMode, countIncludePad } = this.options;
    const padding = shortPadding(this.options.padding);
    return {
      ...attributesOf({ kernel, padding, dilation }, { padding: 0, dilation: 1 }),
      ...(!sameShape(kernel, stride) && attributesOf({ stride }, {})),
      ...(ceilMode === true && { ceilMode }),
      ...(countIncludePad === false && { countIncludePad }),
    };
  }

  countsOn(plane: Shape): Shape {
    const { kernel, dilation } = this.options;
    const counts = countWindows(this.op, plane, kernel, this.options);
    const isBlind = plane.map(
      (size, axis) => size > 0 && size < (dilation[axis] as number) && this.isBlind(plane, axis),
    );
    if (isBlind.includes(true)) {
      throw new ShapeError(
        `${this.op}: with dilation ${formatShape(dilation)} there are windows on ${formatShape(plane)} that see nothing but padding; ` +
          "use less dilation or less padding",
      );
    }
    return counts;
  }

  /** Whether a window steps over all elements of an axis, which are fewer than its dilation: from before them to behind them. */
  private isBlind(plane: Shape, axis: number): boolean {
    const { kernel, stride, dilation } = this.options;
    const [before] = endsOf(plane, kernel, this.options)[axis] as Ends;
    const gap = dilation[axis] as number;
    for (let left = before; left > 0; left -= stride[axis] as number) {
      if ((gap - (left % gap)) % gap >= (plane[axis] as number)) return true;
    }
    return false;
  }

  windowsOn(plane: Shape, counts: Shape): PlacedWindows {
    const { kernel, countIncludePad = true } = this.options;
    return { ...windowsOf(plane, kernel, counts, this.options), isAdaptive: false, countsPadding: countIncludePad };
  }
}

class Adaptive implements Placing {
  readonly options: AdaptivePoolOptions & { readonly outputSize: Shape };
  private readonly op: string;

  constructor(op: string, outputSize: Shape) {
    this.op = op;
    this.options = kept({ outputSize });
  }

  get attributes(): Record<string, unknown> {
    const { outputSize } = this.options;
    return attributesOf({ outputSize }, {});
  }

  countsOn(plane: Shape): Shape {
    if (plane.includes(0)) {
      throw new ShapeError(
        `${this.op}: planes of ${formatShape(plane)} have no elements to spread over ${formatShape(this.options.outputSize)}; ` +
          "sizes of at least 1 are needed",
      );
    }
    return this.options.outputSize;
  }

  /** Where the windows divide the planes they are those of a pool with a kernel. */
  windowsOn(plane: Shape, counts: Shape): PlacedWindows {
    const kernel = plane.map((size, axis) => Math.ceil(size / (counts[axis] as number)));
    const [padding, dilation] = [plane.map(() => [0, 0] as const), plane.map(() => 1)];
    return {
      ...windowsOf(plane, kernel, counts, { stride: kernel, padding, dilation }),
      isAdaptive: plane.some((size, axis) => size % (counts[axis] as number) > 0),
      countsPadding: false,
    };
  }
}

/** One axis of placed windows. */
export interface PoolAxis {
  readonly size: number;
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly step: number;
  readonly padding: number;
  /** Where the padding ends, if a mean counts it. */
  readonly paddedEnd: number | null;
  readonly isAdaptive: boolean;
}

export function axesOf(w: PlacedWindows): { readonly rows: PoolAxis; readonly columns: PoolAxis } {
  const { isAdaptive, countsPadding: counts } = w;
  return {
    rows: {
      size: w.height,
      count: w.rows,
      kernel: w.kernelHeight,
      stride: w.strideY,
      step: w.dilationY,
      padding: w.paddingY,
      paddedEnd: counts ? w.endY : null,
      isAdaptive,
    },
    columns: {
      size: w.width,
      count: w.columns,
      kernel: w.kernelWidth,
      stride: w.strideX,
      step: w.dilationX,
      padding: w.paddingX,
      paddedEnd: counts ? w.endX : null,
      isAdaptive,
    },
  };
}

/** What window `i` sees along an axis, from `first` on up to below `end`, and how many elements a mean counts; in doubles. */
export function seenAlong<T>(k: Arithmetic<T>, axis: PoolAxis, i: T): Record<"first" | "end" | "count", T> {
  const { size, count, kernel, stride, step, padding, paddedEnd } = axis;
  if (axis.isAdaptive) {
    const first = k.floor(k.div(k.mul(i, size), count));
    const end = k.ceil(k.div(k.mul(k.add(i, 1), size), count));
    return { first, end, count: k.sub(end, first) };
  }
  const start = k.sub(k.mul(i, stride), padding);
  // The first of its elements that is not before the plane.
  const first = k.select(k.less(start, 0), k.sub(start, k.mul(k.floor(k.div(start, step)), step)), start);
  const end = k.min(k.add(start, (kernel - 1) * step + 1), size);
  const counted =
    paddedEnd === null
      ? k.ceil(k.div(k.sub(end, first), step))
      : k.min(k.ceil(k.div(k.sub(paddedEnd, start), step)), kernel);
  return { first, end, count: counted };
}

/** What each window sees along an axis. */
export function seenBy(axis: PoolAxis): AxisWindows {
  const windows = Array.from({ length: axis.count }, (_, i) => seenAlong(numberArithmetic, axis, i));
  return {
    size: axis.size,
    step: axis.step,
    firsts: windows.map(({ first }) => first),
    ends: windows.map(({ end }) => end),
    counts: windows.map(({ count }) => count),
  };
}
