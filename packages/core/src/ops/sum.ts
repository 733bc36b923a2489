import type { DType } from "../dtype.js";
import { numberDType } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { reduceFunction } from "./functions.js";
import { meanOf } from "./moments.js";
import { LoopReduction } from "./reduction.js";

export class Sum extends LoopReduction {
  override get name() {
    return "Sum";
  }

  protected override readonly loop = "sumAxis";
  protected override readonly ofNothing = true;

  override dtypeRule(x: Tensor): DType {
    return numberDType(this.name, x);
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    return this.spread(dout, x).broadcastTo(x.shape);
  }
}

/**
 * The sum over the axes; 0 over no elements. float64, float32 (added up in double precision), int32.
 *
 * @example
 * sum(tensor([[1, 2], [3, 4]])).item(); // 10
 * sum(tensor([[1, 2], [3, 4]]), 1).toArray(); // [3, 7]
 * sum(tensor([[1, 2], [3, 4]]), { axis: 0, keepDims: true }).toArray(); // [[4, 6]]
 */
export const sum = reduceFunction(Sum);

export class Mean extends LoopReduction {
  override get name() {
    return "Mean";
  }

  protected override readonly loop = "meanAxis";
  protected override readonly ofNothing = true;

  override composed(x: Tensor): Tensor {
    return meanOf(x, this.over(x)).cast(x.dtype).reshape(this.shapeRule(x));
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    // Of no elements there is no mean, and nothing to divide by 0 either.
    return this.spread(dout, x)
      .div(Math.max(1, x.size / dout.size))
      .broadcastTo(x.shape);
  }
}

/**
 * The mean over the axes; NaN over no elements. Of equal elements it is that element to the bit, and no sum overflows.
 * float64, float32.
 *
 * @example
 * mean(tensor([[1, 2], [3, 4]]), 0).toArray(); // [2, 3]
 * grad(mean)(tensor([1, 2])).toArray(); // [0.5, 0.5]
 */
export const mean = reduceFunction(Mean);
