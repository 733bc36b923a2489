import { allocate, checkNumber, type DType } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { commonDType, Node, type Values } from "../graph/node.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type AxisLoop, around, reduceAxes } from "../kernels/along.js";
import { rowKernels } from "../kernels/generated.js";
import { formatShape, normalizeAxes, normalizeAxis, reducedShape, sizeOf } from "../shape/shape.js";
import type { ArgMaxFunction, ReduceFunction } from "../shape/signatures.js";
import type { Shape } from "../shape/types.js";

/** Which axes to reduce over (all when none is named; negative ones count from the end), and whether they stay, as 1. */
export interface ReduceOptions {
  readonly axis?: number | readonly number[] | undefined;
  readonly keepDims?: boolean | undefined;
}

type AxisArgument = number | readonly number[] | ReduceOptions | undefined;

abstract class Reduction extends Node {
  readonly axis: number | readonly number[] | undefined;
  readonly keepDims: boolean;
  /** The loop, by its name in rows.ts. */
  protected abstract readonly loop: "sumAxis" | "maxAxis" | "minAxis" | "logSumExpAxis";
  /** Whether there is a result over no elements. */
  protected abstract readonly ofNothing: boolean;

  constructor(options: AxisArgument = {}) {
    super();
    const isAxis = typeof options === "number" || Array.isArray(options);
    const { axis, keepDims = false } = isAxis ? { axis: options as number | readonly number[] } : (options as ReduceOptions);
    this.axis = axis;
    this.keepDims = keepDims;
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

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const loop = rowKernels[dtype][this.loop] as AxisLoop;
    const axes = this.axesOf(x);
    // Also where there is nothing to reduce the values are as the loop makes them, in an array of their own.
    const array = axes.length === 0 ? x.array : reduceAxes(loop, (size) => allocate(dtype, size), x.array, x.shape, axes);
    return shape.length === 0 ? (array[0] as number) : array;
  }

  protected axesOf(x: Tensor): number[] {
    return normalizeAxes(this.name, this.axis, x.shape);
  }

  /** A tensor of the output's shape as one that broadcasts against the input. */
  protected spread(t: Tensor, x: Tensor): Tensor {
    return this.keepDims ? t : t.reshape(reducedShape(x.shape, this.axesOf(x), true));
  }
}

function reduceFunction(Op: new (options: AxisArgument) => Reduction): ReduceFunction {
  return ((x: Tensor | number, options?: AxisArgument) => {
    const node = new Op(options);
    return node.apply(operand(node.name, x));
  }) as ReduceFunction;
}

export class Sum extends Reduction {
  override readonly name = "Sum";
  protected override readonly loop = "sumAxis";
  protected override readonly ofNothing = true;

  override dtypeRule(x: Tensor): DType {
    if (x.dtype === "bool") throw new DTypeError(`${this.name}: takes numbers, got bool; convert with cast("int32")`);
    return x.dtype;
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    return this.spread(dout, x).broadcastTo(x.shape);
  }
}

/** The sum over the axes; 0 over no elements. float64, float32 (added up in double precision), int32. */
export const sum = reduceFunction(Sum);

export class Mean extends Reduction {
  override readonly name = "Mean";
  protected override readonly loop = "sumAxis";
  protected override readonly ofNothing = true;

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const count = x.size / sizeOf(shape);
    const sums = super.localForward(shape, dtype, x);
    if (typeof sums === "number") return checkNumber(this.name, sums / count, dtype);
    return sums.map((total) => total / count);
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    // Of no elements there is no mean, and nothing to divide by 0 either.
    return this.spread(dout, x).div(Math.max(1, x.size / dout.size)).broadcastTo(x.shape);
  }
}

/** The mean over the axes; NaN over no elements. float64, float32. */
export const mean = reduceFunction(Mean);

abstract class Extreme extends Reduction {
  protected override readonly ofNothing = false;

  override dtypeRule(x: Tensor): DType {
    if (x.dtype === "bool") throw new DTypeError(`${this.name}: takes numbers, got bool; convert with cast("int32")`);
    return x.dtype;
  }

  /** Ties share the gradient evenly. */
  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const chosen = x.equal(this.spread(output, x)).cast(x.dtype);
    const count = chosen.sum({ axis: this.axesOf(x), keepDims: true });
    return chosen.div(count).mul(this.spread(dout, x));
  }
}

export class Max extends Extreme {
  override readonly name = "Max";
  protected override readonly loop = "maxAxis";
}

/** The maximum over the axes; NaN if there is one. Ties share the gradient evenly (PyTorch's amax). */
export const max = reduceFunction(Max);

export class Min extends Extreme {
  override readonly name = "Min";
  protected override readonly loop = "minAxis";
}

/** The minimum over the axes; NaN if there is one. Ties share the gradient evenly (PyTorch's amin). */
export const min = reduceFunction(Min);

export class LogSumExp extends Reduction {
  override readonly name = "LogSumExp";
  protected override readonly loop = "logSumExpAxis";
  protected override readonly ofNothing = true;

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    if (this.axesOf(x).length === 0) return x.values;
    return super.localForward(shape, dtype, x);
  }

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const shifted = x.sub(this.spread(output, x));
    // e^-infinity has no part in the sum, also where the sum is e^-infinity itself and the difference is NaN.
    return x.equal(-Infinity).where(0, shifted).exp().mul(x.equal(-Infinity).where(0, this.spread(dout, x)));
  }
}

/** log(sum(e^x)) over the axes, without overflow: shifted by the maximum. -Infinity over no elements. */
export const logSumExp = reduceFunction(LogSumExp);

export class ArgMax extends Node {
  override readonly name = "ArgMax";
  readonly axis: number | undefined;
  readonly keepDims: boolean;

  constructor(axis?: number, keepDims = false) {
    super();
    this.axis = axis;
    this.keepDims = keepDims;
  }

  override attributes(): Record<string, unknown> {
    return { ...(this.axis !== undefined && { axis: this.axis }), ...(this.keepDims && { keepDims: true }) };
  }

  override shapeRule(x: Tensor): Shape {
    const axes = normalizeAxes(this.name, this.axis, x.shape);
    const shape = reducedShape(x.shape, axes, this.keepDims);
    if (x.size === 0 && sizeOf(shape) > 0) {
      throw new ShapeError(`${this.name}: ${formatShape(x.shape)} has no elements to choose from; check that the input is not empty`);
    }
    return shape;
  }

  override dtypeRule(x: Tensor): DType {
    commonDType(this.name, [x]);
    return "int32";
  }

  override localForward(shape: Shape, _dtype: DType, x: Tensor): Values {
    const sizes = this.axis === undefined ? ([1, x.size, 1] as const) : around(x.shape, normalizeAxis(this.name, this.axis, x.shape));
    const out = new Int32Array(sizes[0] * sizes[2]);
    (rowKernels[x.dtype].argMaxAxis as AxisLoop)(out, x.array, ...sizes);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override localBackward(): never {
    throw this.notDifferentiable("the result is a position, which does not change with small changes of the input");
  }
}

/** Where the first maximum along `axis` stands (in the flattened tensor when no axis is named), as int32. */
export const argMax = ((x: Tensor, axis?: number, options: { readonly keepDims?: boolean } = {}) =>
  new ArgMax(axis, options.keepDims).apply(x)) as ArgMaxFunction;
