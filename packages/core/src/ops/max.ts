import type { DType } from "../dtype.js";
import { numberDType } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { reduceFunction } from "./functions.js";
import { LoopReduction } from "./reduction.js";

abstract class Extreme extends LoopReduction {
  protected override readonly ofNothing = false;

  override dtypeRule(x: Tensor): DType {
    return numberDType(this.name, x);
  }

  /** Ties share the gradient evenly. */
  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const chosen = x.equal(this.spread(output, x)).cast(x.dtype);
    const count = chosen.sum({ axis: this.axesOf(x), keepDims: true });
    // The share of each first, so that only one step goes over all of x; where there is a NaN there is no count, and no share.
    return chosen.mul(count.reciprocal().mul(this.spread(dout, x)));
  }
}

export class Max extends Extreme {
  override get name() {
    return "Max";
  }

  protected override readonly loop = "maxAxis";
}

/**
 * The maximum over the axes; NaN if there is one. Ties share the gradient evenly (PyTorch's amax).
 *
 * @example
 * max(tensor([[1, 5, 2], [7, 3, 4]]), 1).toArray(); // [5, 7]
 * grad(max)(tensor([1, 5, 5])).toArray(); // [0, 0.5, 0.5]
 */
export const max = reduceFunction(Max);

export class Min extends Extreme {
  override get name() {
    return "Min";
  }

  protected override readonly loop = "minAxis";
}

/**
 * The minimum over the axes; NaN if there is one. Ties share the gradient evenly (PyTorch's amin).
 *
 * @example
 * min(tensor([[1, 5, 2], [7, 3, 4]]), { axis: 1, keepDims: true }).toArray(); // [[1], [3]]
 */
export const min = reduceFunction(Min);
