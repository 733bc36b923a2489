import { allFinite, type DType, type Values } from "../dtype.js";
import { isRecording } from "../graph/recording.js";
import type { Tensor } from "../graph/tensor.js";
import { tracer, valuesOf } from "../graph/tracer.js";
import type { Shape } from "../shape/types.js";
import { reduceFunction } from "./functions.js";
import { alongOne, LoopReduction } from "./reduction.js";
import { logOfSum, Softmax, sumsOfExp } from "./softmax.js";

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
    const { max, finite, shifted } = this.shifted(x);
    return finite.where(max.add(logOfSum(shifted, over)), max).reshape(shape);
  }

  private shifted(x: Tensor): { readonly max: Tensor; readonly finite: Tensor; readonly shifted: Tensor } {
    const max = x.max(this.over(x));
    // An infinite maximum is the answer itself: infinity - infinity would be NaN.
    const finite = max.isFinite() as Tensor;
    return { max, finite, shifted: x.sub(finite.where(max, 0)) };
  }

  private softmax(x: Tensor): Tensor {
    return alongOne(x, this.axesOf(x), (scores, axis) => new Softmax(axis).apply(scores));
  }

  /**
   * Each element's part of the sum: in a program out of what the forward computation has, else by a loop of its own. Where it is to be
   * differentiated again that of `Softmax`, whose gradient is right to its last digits.
   */
  private parts(x: Tensor, isInfinite: Tensor): Tensor {
    if (tracer() === null || isRecording() || x.size === 0) {
      return this.softmax(isInfinite.where(0, x) as Tensor);
    }
    const { shifted } = this.shifted(x);
    const { others, largest } = sumsOfExp(shifted, this.over(x));
    return shifted.exp().div(others.add(largest));
  }

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const axes = this.axesOf(x);
    if (axes.length === 0) return dout;
    // Of numbers alone: what follows asks of each element whether it is infinite, nine passes over x for two.
    if (tracer() === null && !isRecording() && allFinite(valuesOf(output)) && allFinite(valuesOf(dout))) {
      return this.softmax(x).mul(this.spread(dout, x));
    }
    // Of an infinite sum the infinite elements are all, of none (-Infinity) nothing is a part.
    const isInfinite = this.spread(output, x).abs().equal(Infinity);
    const parts = this.parts(x, isInfinite);
    const isPart = x.notEqual(-Infinity);
    return isInfinite.where(x.equal(Infinity).cast(x.dtype), parts).mul(isPart.where(this.spread(dout, x), 0));
  }
}

/**
 * log(sum(e^x)) over the axes, without overflow: shifted by the maximum. -Infinity over no elements.
 *
 * @example
 * logSumExp(tensor([[0, 0], [1000, 1000]]), 1).toArray(); // about [0.693147, 1000.69]
 */
export const logSumExp = reduceFunction(LogSumExp);
