import { allocate, type DType, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { type NodeSettings, nameOf } from "../graph/node.js";
import type { CorrectionOption } from "../graph/signatures/axes.js";
import type { Tensor } from "../graph/tensor.js";
import { deviationAlong, varianceAlong } from "../loops/moments.js";
import { normalizeAxes, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { reduceFunction } from "./functions.js";
import { deviationOf, momentsOf } from "./moments.js";
import { numberOf, type ReduceOptions, Reduction } from "./reduction.js";
import { Center, Standardize } from "./standardize.js";

export interface VarianceOptions extends ReduceOptions, CorrectionOption {}

type VarianceArgument = number | readonly number[] | VarianceOptions;

abstract class Spread extends Reduction {
  static override get settings(): NodeSettings {
    return [["axis", "keepDims", "correction"]];
  }

  protected override readonly ofNothing = true;
  readonly correction: number;

  constructor(axis?: VarianceArgument, options?: Omit<VarianceOptions, "axis">, ...none: []) {
    super(axis, options, ...none);
    this.correction = numberOf(nameOf(this), "correction", axis, options, 0);
  }

  protected override get optionNames(): readonly string[] {
    return ["keepDims", "correction"];
  }

  override attributes(): Record<string, unknown> {
    return { ...super.attributes(), ...(this.correction !== 0 && { correction: this.correction }) };
  }

  override shapeRule(x: Tensor): Shape {
    if (!(this.correction >= 0 && this.correction < Infinity)) {
      throw new ShapeError(
        `${this.name}: correction ${this.correction}: 0 or 1 is meant, or another number of at least 0`,
      );
    }
    return super.shapeRule(x);
  }

  /** The degrees of freedom, of which none may be left. */
  freedom(x: { readonly shape: Shape }): number {
    const n = sizeOf(normalizeAxes(this.name, this.axis, x.shape).map((i) => x.shape[i] as number));
    return Math.max(0, n - this.correction);
  }
}

export class Variance extends Spread {
  override get name() {
    return "Variance";
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const [array, ...sizes] = this.gathered(x);
    const out = allocate(dtype, sizeOf(shape));
    varianceAlong(out, dtype, array, sizes, this.freedom(x));
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override composed(x: Tensor): Tensor {
    const { squares, scale } = momentsOf(x, this.over(x), true);
    const variance = squares.div(this.freedom(x));
    return (scale === null ? variance : variance.div(scale).div(scale)).cast(x.dtype).reshape(this.shapeRule(x));
  }

  /** That the mean moves as well changes nothing: the deviations add up to 0. */
  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    return new Center(this.axesOf(x), this.freedom(x) / 2).apply(x).mul(this.spread(dout, x));
  }
}

/**
 * The mean of the squared deviations from the mean, over the axes. `correction` is 0 by default, as in NumPy (PyTorch's is
 * 1); where no degree of freedom is left it is divided by 0, Infinity or NaN (PyTorch's convention). Of equal elements it is 0,
 * and the mean may be far away from 0: the deviations are taken from it before anything is rounded. float64, float32.
 *
 * @example
 * variance(tensor([1, 2, 3, 4])).item(); // 1.25
 * variance(tensor([1, 2, 3, 4]), { correction: 1 }).item(); // about 1.66667
 * variance(full([3], 0.1)).item(); // 0
 */
export const variance = reduceFunction<VarianceArgument, Omit<VarianceOptions, "axis">, CorrectionOption>(Variance);

export class Std extends Spread {
  override get name() {
    return "Std";
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const [array, ...sizes] = this.gathered(x);
    const out = allocate(dtype, sizeOf(shape));
    deviationAlong(out, dtype, array, sizes, { center: true, freedom: this.freedom(x), eps: 0 });
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override composed(x: Tensor): Tensor {
    const dispersion = { center: true, freedom: this.freedom(x), eps: 0 };
    return deviationOf(momentsOf(x, this.over(x), true), dispersion)
      .cast(x.dtype)
      .reshape(this.shapeRule(x));
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    const freedom = this.freedom(x);
    const scores = new Standardize({ axis: this.axesOf(x), center: true, freedom, eps: 0 }).apply(x);
    return scores.mul(this.spread(dout, x).div(freedom));
  }
}

/**
 * The standard deviation over the axes: the root of the variance, with the same options; no square of a deviation overflows,
 * or is lost to underflow. Where it is 0 its derivative, which does not exist there, is given as 0 (PyTorch's convention).
 * What is composed of it cannot know better: the second derivative of `std(x).square()` at equal elements comes out as 0, and
 * that of `variance(x)`, the same function, is right. float64, float32.
 *
 * @example
 * std(tensor([[1, 3], [2, 2]]), 1).toArray(); // [1, 0]
 * std(tensor([1, 3]), { correction: 1 }).item(); // about 1.414214
 */
export const std = reduceFunction<VarianceArgument, Omit<VarianceOptions, "axis">, CorrectionOption>(Std);
