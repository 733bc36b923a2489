import { allocate, type DType, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import type { NodeSettings } from "../graph/node.js";
import type { OrdOption } from "../graph/signatures/axes.js";
import type { Tensor } from "../graph/tensor.js";
import type { AxisLoop } from "../loops/along.js";
import { rowLoops } from "../loops/generated.js";
import { deviationAlong } from "../loops/moments.js";
import type { Shape } from "../shape/types.js";
import { reduceFunction } from "./functions.js";
import { deviationOf, momentsOf } from "./moments.js";
import { numberOf, type ReduceOptions, Reduction } from "./reduction.js";
import { Standardize } from "./standardize.js";

export interface NormOptions extends ReduceOptions, OrdOption {}

/** The length of a vector as a deviation from 0 that is not divided by anything. */
const euclidean = { center: false, freedom: 1, eps: 0 };

export class Norm extends Reduction {
  static override get settings(): NodeSettings {
    return [["axis", "keepDims", "ord"]];
  }

  override get name() {
    return "Norm";
  }

  protected override readonly ofNothing: boolean;
  readonly ord: number;

  constructor(axis?: number | readonly number[] | NormOptions, options?: Omit<NormOptions, "axis">, ...none: []) {
    super(axis, options, ...none);
    this.ord = numberOf("Norm", "ord", axis, options, 2);
    this.ofNothing = this.ord !== Infinity;
  }

  protected override get optionNames(): readonly string[] {
    return ["keepDims", "ord"];
  }

  override attributes(): Record<string, unknown> {
    return { ...super.attributes(), ord: this.ord };
  }

  override shapeRule(x: Tensor): Shape {
    if (![1, 2, Infinity].includes(this.ord)) {
      throw new ShapeError(
        `Norm: ord ${this.ord}: there are the norms 1, 2 and Infinity; for others use abs, pow and sum`,
      );
    }
    return super.shapeRule(x);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const [array, ...sizes] = this.gathered(x);
    const out = allocate(dtype, sizes[0] * sizes[2]);
    if (this.ord === 2) deviationAlong(out, dtype, array, sizes, euclidean);
    else {
      const loop = this.ord === 1 ? "sumAxis" : "maxAxis";
      (rowLoops[dtype][loop] as AxisLoop)(out, array.map(Math.abs), ...sizes);
    }
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override composed(x: Tensor): Tensor {
    const over = this.over(x);
    const isEmpty = over.axis.some((axis) => x.shape[axis] === 0);
    const norm =
      this.ord === 2
        ? deviationOf(momentsOf(x, over, false), euclidean).cast(x.dtype)
        : this.ord === 1 || isEmpty
          ? x.abs().sum(over)
          : x.abs().max(over);
    return norm.reshape(this.shapeRule(x));
  }

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const gradient = this.spread(dout, x);
    if (this.ord === 1) return x.sign().mul(gradient);
    if (this.ord === 2) return new Standardize({ axis: this.axesOf(x), ...euclidean }).apply(x).mul(gradient);
    const norm = this.spread(output, x);
    const largest = x.abs().equal(norm).cast(x.dtype);
    return x
      .sign()
      .mul(largest.div(largest.sum({ axis: this.axesOf(x), keepDims: true })))
      .mul(gradient);
  }
}

/**
 * The vector norm over the axes. `ord` is 1, 2 (the default; no square overflows) or Infinity; a number alone is the axis, as
 * of all reductions, so that norm(x, 1) is the 2-norms along axis 1, and the 1-norm is norm(x, { ord: 1 }). The gradient at the vector 0
 * is 0, that of the 1-norm is 0 for each element that is 0, and elements that tie for the largest share it evenly
 * (PyTorch's conventions). What is composed of the norm cannot know better: the second derivative of `norm(x).square()` at
 * the vector 0 comes out as 0, and that of `x.square().sum()`, the same function, is right. float64, float32.
 *
 * @example
 * norm(tensor([3, -4])).item(); // 5
 * norm(tensor([3, -4]), { ord: 1 }).item(); // 7
 * norm(tensor([3, -4]), { ord: Infinity }).item(); // 4
 */
export const norm = reduceFunction<number | readonly number[] | NormOptions, Omit<NormOptions, "axis">, OrdOption>(
  Norm,
);
