import type { DType } from "../dtype.js";
import { numberDType } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { reduceFunction } from "./functions.js";
import { alongOne, LoopReduction } from "./reduction.js";

export class Prod extends LoopReduction {
  override get name() {
    return "Prod";
  }

  protected override readonly loop = "prodAxis";
  protected override readonly ofNothing = true;

  override dtypeRule(x: Tensor): DType {
    return numberDType(this.name, x);
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    const axes = this.axesOf(x);
    if (axes.length === 0) return dout;
    // A product of some elements may leave the range of float32 where that of all does not.
    const others = productsOfOthers(x.cast("float64"), axes);
    return this.spread(dout, x).cast("float64").mul(others).cast(x.dtype);
  }
}

/** For each element the product of all others: those before it times those behind it, so that a 0 is nothing special. */
function productsOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const [axis] = axes as readonly [number];
  if (axes.length > 1) return alongOne(x, axes, (moved, axis) => productsOfOthers(moved, [axis]));
  const before = x.cumprod(axis, { exclusive: true });
  return before.mul(x.cumprod(axis, { exclusive: true, reverse: true }));
}

/**
 * The product over the axes; 1 over no elements. Its gradients are those of the polynomial that it is, to any order, also
 * where elements are 0; only where one is infinite the second may be NaN. Gradients of float32 are computed in doubles; in
 * float64 the product of some elements may be infinite, or 0, where that of all is not. float64, float32, int32.
 *
 * @example
 * const x = variable([2, 0, 4]);
 * x.prod().backward();
 * x.grad?.toArray(); // [0, 8, 0]
 */
export const prod = reduceFunction(Prod);
