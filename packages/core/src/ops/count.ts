import { allocate, type DType, type Values } from "../dtype.js";
import type { ReduceFunction } from "../graph/signatures/axes.js";
import type { Tensor } from "../graph/tensor.js";
import { reduceAxes } from "../loops/along.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { reduceFunction } from "./functions.js";
import { Reduction } from "./reduction.js";

abstract class Counting extends Reduction {
  protected override readonly ofNothing = true;

  /** The result for `count` elements that are not 0, of `n`. */
  protected abstract judge(count: number, n: number): number;

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const ones = new Int32Array(x.size);
    const { array } = x;
    for (let i = 0; i < ones.length; i++) if (array[i] !== 0) ones[i] = 1;
    const counts = reduceAxes("sumAxis", "int32", ones, x.shape, this.axesOf(x));
    const n = x.size / sizeOf(shape);
    const out = allocate(dtype, counts.length);
    for (let i = 0; i < out.length; i++) out[i] = this.judge(counts[i] as number, n);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override composed(x: Tensor): Tensor {
    return x.notEqual(x.constant(0)).cast("int32").sum(this.over(x)).reshape(this.shapeRule(x));
  }

  override localBackward(): never {
    throw this.notDifferentiable("the result changes in steps");
  }
}

export class Count extends Counting {
  override get name() {
    return "Count";
  }

  override dtypeRule(): DType {
    return "int32";
  }

  protected override judge(count: number): number {
    return count;
  }
}

/**
 * The number of elements over the axes that are not 0, as int32; NaN is not 0. Any dtype.
 *
 * @example
 * count(tensor([[1, 0, 3], [0, 0, 2]]), 1).toArray(); // [2, 1]
 * tensor([1, 2, 3]).greater(1).count().item(); // 2
 */
export const count = reduceFunction(Count) as ReduceFunction<unknown, "int32">;

export class Any extends Counting {
  override get name() {
    return "Any";
  }

  override dtypeRule(): DType {
    return "bool";
  }

  protected override judge(count: number): number {
    return count > 0 ? 1 : 0;
  }

  override composed(x: Tensor): Tensor {
    return super.composed(x).greater(0);
  }
}

/**
 * Whether any element over the axes is not 0 (of bools, holds); false over no elements. NaN is not 0. Any dtype.
 *
 * @example
 * any(tensor([[0, 1], [0, 0]]), 1).toArray(); // [true, false]
 */
export const any = reduceFunction(Any) as ReduceFunction<unknown, "bool">;

export class All extends Counting {
  override get name() {
    return "All";
  }

  override dtypeRule(): DType {
    return "bool";
  }

  protected override judge(count: number, n: number): number {
    return count === n ? 1 : 0;
  }

  override composed(x: Tensor): Tensor {
    return super.composed(x).equal(sizeOf(this.axesOf(x).map((axis) => x.shape[axis] as number)));
  }
}

/**
 * Whether no element over the axes is 0 (of bools, all hold); true over no elements. NaN is not 0. Any dtype.
 *
 * @example
 * all(tensor([[1, 1], [0, 1]]), 1).toArray(); // [true, false]
 */
export const all = reduceFunction(All) as ReduceFunction<unknown, "bool">;
