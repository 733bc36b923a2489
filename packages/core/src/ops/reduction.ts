import type { DType, TypedArray, Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings, nameOf } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { around, reduceAxes } from "../loops/along.js";
import { gatherView } from "../loops/copy.js";
import { checkNoMore, checkNumbers, withAxis } from "../options.js";
import { formatShape, kept, normalizeAxes, reducedShape, sizeOf, sizesFrom, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

// Imports no tensor: the classes of several files extend these, and any of those files may be loaded first.

/** Which axes to reduce over (all when none is named; negative ones count from the end), and whether they stay, as 1. */
export interface ReduceOptions extends KeepDims {
  /** The axis or axes to reduce over; all when none is named. */
  readonly axis?: Axes | undefined;
}

export interface KeepDims {
  /** Whether the axes stay, with size 1. Default false. */
  readonly keepDims?: boolean | undefined;
}

/** The axes that an op composed of others reduces over. */
export interface Over {
  readonly axis: readonly number[];
  readonly keepDims: true;
}

type Axes = number | readonly number[];

/** The axes alone, or a record of all options. */
export type AxisArgument = Axes | ReduceOptions | undefined;

/** One of the options of a reduction that are numbers, out of the record in which it was given. */
export function numberOf<Name extends string>(
  op: string,
  name: Name,
  axis: unknown,
  options: { readonly [N in Name]?: number | undefined } | undefined,
  otherwise: number,
): number {
  const given = typeof axis === "object" && !Array.isArray(axis) ? (axis as typeof options) : options;
  const value = given?.[name];
  checkNumbers(op, { [name]: value }, [name]);
  return value === undefined ? otherwise : value;
}

const FLAGS = ["keepDims"] as const;

/** A node with one result for all the elements that stand along one axis or several. */
export abstract class Reduction extends Node {
  static override get settings(): NodeSettings {
    return [["axis", "keepDims"]];
  }

  readonly axis: number | readonly number[] | undefined;
  readonly keepDims: boolean;
  /** Whether there is a result over no elements. */
  protected abstract readonly ofNothing: boolean;

  constructor(axis?: AxisArgument, options?: KeepDims, ...none: []) {
    super();
    checkNoMore(nameOf(this), none);
    if (axis === undefined && options === undefined) {
      this.axis = undefined;
      this.keepDims = false;
      return;
    }
    const [axes, { keepDims = false }] = withAxis<Axes, KeepDims>(nameOf(this), axis, options, this.optionNames, FLAGS);
    this.axis = kept(axes);
    this.keepDims = keepDims;
  }

  /** What there is besides the axis; a subclass reads its own with `numberOf`. */
  protected get optionNames(): readonly string[] {
    return ["keepDims"];
  }

  override attributes(): Record<string, unknown> {
    return { ...(this.axis !== undefined && { axis: this.axis }), ...(this.keepDims && { keepDims: true }) };
  }

  override shapeRule(x: Tensor): Shape {
    const axes = this.axesOf(x);
    if (!this.ofNothing && axes.some((axis) => x.shape[axis] === 0) && sizeOf(reducedShape(x.shape, axes, false)) > 0) {
      throw new ShapeError(
        `${this.name}: ${formatShape(x.shape)} has no elements along axis ${axes.join(", ")}: the ${this.name.toLowerCase()} ` +
          "of nothing does not exist; check that the input is not empty",
      );
    }
    return reducedShape(x.shape, axes, this.keepDims);
  }

  protected axesOf(x: Tensor): number[] {
    return normalizeAxes(this.name, this.axis, x.shape);
  }

  /** A tensor of the output's shape as one that broadcasts against the input. */
  protected spread(t: Tensor, x: Tensor): Tensor {
    return this.keepDims ? t : t.reshape(reducedShape(x.shape, this.axesOf(x), true));
  }

  protected gathered(x: Tensor) {
    return gathered(x, this.axesOf(x));
  }

  /** The axes as a composition reduces over them: they stay until its result gets the shape of this one. */
  protected over(x: Tensor): Over {
    return { axis: this.axesOf(x), keepDims: true };
  }
}

/** The elements with those along some axes next to each other, and the sizes in which a loop sees them. */
export function gathered(
  x: Tensor,
  axes: readonly number[],
): readonly [array: TypedArray, outer: number, n: number, inner: number] {
  const [first = 0] = axes;
  if (axes.every((axis, i) => axis === first + i)) return [x.array, ...around(x.shape, first, first + axes.length)];
  const others = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...others, ...axes];
  const strides = stridesOf(x.shape);
  const moved = order.map((axis) => x.shape[axis] as number);
  const steps = order.map((axis) => strides[axis] as number);
  const [outer, n] = [sizeOf(moved.slice(0, others.length)), sizeOf(moved.slice(others.length))];
  return [gatherView(x.dtype, x.array, moved, 0, steps), outer, n, 1];
}

/** What `f` makes of a tensor along one axis, along several: they are brought together as the last one, and put back. */
export function alongOne(x: Tensor, axes: readonly number[], f: (x: Tensor, axis: number) => Tensor): Tensor {
  if (axes.length === 1) return f(x, axes[0] as number);
  const others: number[] = [];
  for (let axis = 0; axis < x.rank; axis++) if (!axes.includes(axis)) others.push(axis);
  const order = [...others, ...axes];
  const moved = x.transpose(order);
  const outer = sizesFrom(moved.shape, 0, others.length);
  const made = f(moved.reshape([...outer, sizeOf(moved.shape, others.length)]), others.length);
  const back = order.map((_, axis) => order.indexOf(axis));
  return made.reshape(moved.shape).transpose(back);
}

/** A reduction by one of the loops, which go over several axes one after another. */
export abstract class LoopReduction extends Reduction {
  /** The loop, by its name in rows.ts. */
  protected abstract readonly loop: "sumAxis" | "meanAxis" | "prodAxis" | "maxAxis" | "minAxis" | "logSumExpAxis";

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const axes = this.axesOf(x);
    // Also where there is nothing to reduce the values are as the loop makes them, in an array of their own.
    const array = axes.length === 0 ? x.array : reduceAxes(this.loop, dtype, x.array, x.shape, axes);
    return shape.length === 0 ? (array[0] as number) : array;
  }
}
