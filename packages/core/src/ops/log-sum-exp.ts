import type { DType, Values } from "../dtype.js";
import type { Tensor } from "../graph/tensor.js";
import { valuesOf } from "../graph/tracer.js";
import type { Shape } from "../shape/types.js";
import { reduceFunction } from "./functions.js";
import { alongOne, LoopReduction } from "./reduction.js";
import { logOfSum, Softmax } from "./softmax.js";

export class LogSumExp extends LoopReduction {
  override get name() {
    return "LogSumExp";
  }

  protected override readonly loop = "logSumExpAxis";
  protected override readonly ofNothing = true;

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    if (this.axesOf(x).length === 0) return valuesOf(x);
    return super.localForward(shape, dtype, x);
  }

  override composed(x: Tensor): Tensor {
    const over = this.over(x);
    if (over.axis.length === 0) return x.add(0);
    const shape = this.shapeRule(x);
    if (over.axis.some((axis) => x.shape[axis] === 0)) return x.sum(over).sub(Infinity).reshape(shape);
    const max = x.max(over);
    // An infinite maximum is the answer itself: infinity - infinity would be NaN.
    const finite = max.isFinite();
    const sum = logOfSum(x.sub(finite.where(max, 0)), over);
    return finite.where(max.add(sum), max).reshape(shape);
  }

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const axes = this.axesOf(x);
    if (axes.length === 0) return dout;
    // Of an infinite sum the infinite elements are all, of none (-Infinity) nothing is a part.
    const isInfinite = this.spread(output, x).abs().equal(Infinity);
    const parts = alongOne(isInfinite.where(0, x) as Tensor, axes, (scores, axis) => new Softmax(axis).apply(scores));
    const isPart = x.notEqual(-Infinity);
    return isInfinite.where(x.equal(Infinity).cast(x.dtype), parts).mul(isPart.where(this.spread(dout, x), 0));
  }
}

/** log(sum(e^x)) over the axes, without overflow: shifted by the maximum. -Infinity over no elements. */
export const logSumExp = reduceFunction(LogSumExp);
