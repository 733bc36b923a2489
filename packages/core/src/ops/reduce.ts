import type { DType, Values } from "../dtype.js";
import { DTypeError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { valuesOf } from "../graph/tracer.js";
import type { Shape } from "../shape/types.js";
import { reduceFunction } from "./functions.js";
import { meanOf } from "./moments.js";
import { alongOne, LoopReduction } from "./reduction.js";
import { logOfSum, Softmax } from "./softmax.js";

export class Sum extends LoopReduction {
  override get name() {
    return "Sum";
  }

  protected override readonly loop = "sumAxis";
  protected override readonly ofNothing = true;

  override dtypeRule(x: Tensor): DType {
    if (x.dtype === "bool") throw new DTypeError(`${this.name}: takes numbers, got bool; convert with cast("int32")`);
    return x.dtype;
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    return this.spread(dout, x).broadcastTo(x.shape);
  }
}

/** The sum over the axes; 0 over no elements. float64, float32 (added up in double precision), int32. */
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
 */
export const mean = reduceFunction(Mean);

abstract class Extreme extends LoopReduction {
  protected override readonly ofNothing = false;

  override dtypeRule(x: Tensor): DType {
    if (x.dtype === "bool") throw new DTypeError(`${this.name}: takes numbers, got bool; convert with cast("int32")`);
    return x.dtype;
  }

  /** Ties share the gradient evenly. */
  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const chosen = x.equal(this.spread(output, x)).cast(x.dtype);
    const count = chosen.sum({ axis: this.axesOf(x), keepDims: true });
    return chosen.div(count).mul(this.spread(dout, x));
  }
}

export class Max extends Extreme {
  override get name() {
    return "Max";
  }

  protected override readonly loop = "maxAxis";
}

/** The maximum over the axes; NaN if there is one. Ties share the gradient evenly (PyTorch's amax). */
export const max = reduceFunction(Max);

export class Min extends Extreme {
  override get name() {
    return "Min";
  }

  protected override readonly loop = "minAxis";
}

/** The minimum over the axes; NaN if there is one. Ties share the gradient evenly (PyTorch's amin). */
export const min = reduceFunction(Min);

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
