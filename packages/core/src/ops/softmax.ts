import { allocate, type DType, type Values } from "../dtype.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { SoftmaxFunction } from "../graph/signatures/axes.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type AxisLoop, around } from "../loops/along.js";
import { rowLoops } from "../loops/generated.js";
import { type AxisOr, axisOf } from "../options.js";
import { normalizeAxis } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import type { Over } from "./reduction.js";

abstract class AlongAxis extends Node {
  static override get settings(): NodeSettings {
    return ["axis"];
  }

  readonly axis: number;
  protected abstract readonly loop: "softmaxAxis" | "logSoftmaxAxis";

  constructor(axis = -1) {
    super();
    this.axis = axis;
  }

  override attributes(): Record<string, unknown> {
    return { axis: this.axis };
  }

  override shapeRule(x: Tensor): Shape {
    normalizeAxis(this.name, this.axis, x.shape);
    return x.shape;
  }

  override localForward(_shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, x.size);
    (rowLoops[dtype][this.loop] as AxisLoop)(
      out,
      x.array,
      ...around(x.shape, normalizeAxis(this.name, this.axis, x.shape)),
    );
    return out;
  }

  protected get over(): Over {
    return { axis: [this.axis], keepDims: true };
  }

  protected sum(t: Tensor): Tensor {
    return t.sum(this.over);
  }

  /**
   * The gradients of x add up to 0 along the axis; what they do not is rounding, and is taken out of them as y has its parts. So
   * that of a class which is all but sure, a difference of nearly equal numbers, is right to its own last digits.
   */
  protected balanced(gradient: Tensor, y: Tensor): Tensor {
    return gradient.sub(y.mul(this.sum(gradient)));
  }
}

/** The logarithm of the sum of exponentials of what is at most 0: what is less than 0 would be lost beside e^0. */
export function logOfSum(shifted: Tensor, over: Over): Tensor {
  const { others, largest } = sumsOfExp(shifted, over);
  return others.add(largest.sub(1)).log1p();
}

/** The sum of exponentials of what is at most 0: of those below it, and how often 0 comes. */
export function sumsOfExp(shifted: Tensor, over: Over): { readonly others: Tensor; readonly largest: Tensor } {
  const isLargest = shifted.equal(0);
  return {
    others: isLargest.where(0, shifted.exp()).sum(over),
    largest: isLargest.cast(shifted.dtype).sum(over),
  };
}

export class Softmax extends AlongAxis {
  override readonly name = "Softmax";
  protected override readonly loop = "softmaxAxis";

  override composed(x: Tensor): Tensor {
    if (x.size === 0) return x.add(0);
    const exp = x.sub(x.max(this.over)).exp();
    return exp.div(this.sum(exp));
  }

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    return this.balanced(output.mul(dout.sub(this.sum(dout.mul(output)))), output);
  }
}

/**
 * e^x / sum(e^x) along `axis` (the last by default), shifted by the maximum, so that no x overflows; NaN where the maximum is infinite.
 *
 * @example
 * softmax(tensor([1, 2, 3])).toArray(); // about [0.0900306, 0.244728, 0.665241]
 * softmax(tensor([1000, 1000])).toArray(); // [0.5, 0.5]
 */
export const softmax = ((x: Tensor, axis?: AxisOr<number>, none?: unknown) =>
  new Softmax(axisOf("Softmax", axis, none)).apply(operand("Softmax", x))) as SoftmaxFunction;

export class LogSoftmax extends AlongAxis {
  override readonly name = "LogSoftmax";
  protected override readonly loop = "logSoftmaxAxis";

  override composed(x: Tensor): Tensor {
    if (x.size === 0) return x.add(0);
    const shifted = x.sub(x.max(this.over));
    return shifted.sub(logOfSum(shifted, this.over));
  }

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const y = output.exp();
    return this.balanced(dout.sub(y.mul(this.sum(dout))), y);
  }
}

/**
 * log(softmax(x)) along `axis` (the last by default), exact also where the softmax underflows; NaN where the maximum is infinite.
 *
 * @example
 * logSoftmax(tensor([0, 1000])).toArray(); // [-1000, 0]
 */
export const logSoftmax = ((x: Tensor, axis?: AxisOr<number>, none?: unknown) =>
  new LogSoftmax(axisOf("LogSoftmax", axis, none)).apply(operand("LogSoftmax", x))) as SoftmaxFunction;
