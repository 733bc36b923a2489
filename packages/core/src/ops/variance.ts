import { allocate, type DType, type TypedArray } from "../dtype.js";
import { ShapeError } from "../errors.js";
import type { Values } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { rowKernels } from "../kernels/generated.js";
import { sizeOf } from "../shape/shape.js";
import type { CorrectionOption } from "../shape/signatures.js";
import type { Shape } from "../shape/types.js";
import { reduceFunction } from "./functions.js";
import { optionOf, type ReduceOptions, Reduction } from "./reduction.js";

export interface VarianceOptions extends ReduceOptions, CorrectionOption {}

type VarianceArgument = number | readonly number[] | VarianceOptions;

abstract class Dispersion extends Reduction {
  protected override readonly ofNothing = true;
  readonly correction: number;
  /** Whether the result is the root of the variance. */
  protected abstract readonly root: boolean;

  constructor(axis?: VarianceArgument, options?: VarianceOptions) {
    super(axis, options, ["correction"]);
    this.correction = optionOf("correction", axis, options) ?? 0;
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

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const [array, outer, n, inner] = this.gathered(x);
    const out = allocate(dtype, outer * inner);
    (rowKernels[dtype].varianceAxis as VarianceLoop)(out, array, outer, n, inner, this.freedom(n), this.root);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  protected freedom(n: number): number {
    return Math.max(0, n - this.correction);
  }

  /** The deviations from the mean, and the degrees of freedom. */
  protected deviations(x: Tensor): readonly [Tensor, number] {
    const axis = this.axesOf(x);
    const n = sizeOf(axis.map((i) => x.shape[i] as number));
    return [x.sub(x.mean({ axis, keepDims: true })), this.freedom(n)];
  }
}

type Sizes = [outer: number, n: number, inner: number];
type VarianceLoop = (out: TypedArray, x: TypedArray, ...rest: [...Sizes, freedom: number, root: boolean]) => void;

export class Variance extends Dispersion {
  override get name() {
    return "Variance";
  }

  protected override readonly root = false;

  /** That the mean moves as well changes nothing: the deviations add up to 0. */
  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    const [deviations, freedom] = this.deviations(x);
    return deviations.mul(2 / freedom).mul(this.spread(dout, x));
  }
}

/**
 * The mean of the squared deviations from the mean, over the axes. `correction` is 0 by default, as in NumPy (PyTorch's is
 * 1); NaN where no degree of freedom is left. float64, float32.
 *
 * @example
 * variance(tensor([1, 2, 3, 4])).item(); // 1.25
 * variance(tensor([1, 2, 3, 4]), { correction: 1 }).item(); // about 1.66667
 */
export const variance = reduceFunction<VarianceArgument, VarianceOptions, CorrectionOption>(Variance);

export class Std extends Dispersion {
  override get name() {
    return "Std";
  }

  protected override readonly root = true;

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const [deviations, freedom] = this.deviations(x);
    const constant = output.equal(0);
    const factor = constant.where(0, dout).div(constant.where(1, output)).div(freedom);
    return deviations.mul(this.spread(factor, x));
  }
}

/**
 * The standard deviation over the axes: the root of the variance, with the same options. Where it is 0 its derivative,
 * which does not exist there, is given as 0 (PyTorch's convention). float64, float32.
 */
export const std = reduceFunction<VarianceArgument, VarianceOptions, CorrectionOption>(Std);
