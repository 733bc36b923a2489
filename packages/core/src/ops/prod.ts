import type { DType } from "../dtype.js";
import { DTypeError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { sizeOf } from "../shape/shape.js";
import { reduceFunction } from "./functions.js";
import { LoopReduction } from "./reduction.js";

export class Prod extends LoopReduction {
  override get name() {
    return "Prod";
  }

  protected override readonly loop = "prodAxis";
  protected override readonly ofNothing = true;

  override dtypeRule(x: Tensor): DType {
    if (x.dtype === "bool") throw new DTypeError(`${this.name}: takes numbers, got bool; convert with cast("int32")`);
    return x.dtype;
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    const axes = this.axesOf(x);
    return axes.length === 0 ? dout : this.spread(dout, x).mul(productsOfOthers(x, axes));
  }
}

/** For each element the product of all others: those before it times those behind it, so that a 0 is nothing special. */
function productsOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const [axis] = axes as readonly [number];
  if (axes.length === 1) {
    const before = x.cumprod(axis, { exclusive: true });
    return before.mul(x.cumprod(axis, { exclusive: true, reverse: true }));
  }
  // Several axes as one, the last.
  const others = x.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  const order = [...others, ...axes];
  const moved = x.transpose(order);
  const outer = others.map((i) => x.shape[i] as number);
  const products = productsOfOthers(moved.reshape([...outer, sizeOf(moved.shape.slice(outer.length))]), [outer.length]);
  return products.reshape(moved.shape).transpose(x.shape.map((_, i) => order.indexOf(i)));
}

/**
 * The product over the axes; 1 over no elements. Its gradients are those of the polynomial that it is, to any order, also
 * where elements are 0; only where one is infinite the second may be NaN. float64, float32, int32.
 *
 * @example
 * const x = variable([2, 0, 4]);
 * x.prod().backward();
 * x.grad?.toArray(); // [0, 8, 0]
 */
export const prod = reduceFunction(Prod);
