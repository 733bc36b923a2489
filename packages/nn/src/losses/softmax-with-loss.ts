import {
  type DType,
  type FormulaText,
  LogSoftmax,
  Node,
  oneHot,
  type Shape,
  type Tensor,
  type TypedArray,
  type Values,
} from "@chainrule/core";
import { batchSizes, checkLabelRange, checkLabels, labelsInRange } from "./labels.js";
import { finiteWhereUnused } from "./reduction.js";

/**
 * The node of `softmaxWithLoss`, of two inputs: the scores x, [N, classes] or [classes], and the labels t, one-hot or
 * int32. One node for softmax, logarithm, product and mean, because together they have the closed-form gradient
 * (softmax(x) - t) / N.
 *
 * @example
 * const node = new SoftmaxWithLoss();
 * node.forward(tensor([0, 0]), tensor([1, 0])).item(); // 0.6931471805599453
 * node.backward(tensor(1))[0]?.toArray(); // [-0.5, 0.5]
 */
export class SoftmaxWithLoss extends Node {
  override readonly name = "SoftmaxWithLoss";

  override formula(): FormulaText {
    // Labels that are indices have no gradient.
    const byLabels = this.arity > 1 && this.input(1).dtype === "int32" ? null : "-dL * log(softmax(x)) / N";
    return ["x t L", "-sum(t * log(softmax(x))) / N", "dL * (softmax(x) - t) / N", byLabels];
  }

  override shapeRule(x: Tensor, t: Tensor): Shape {
    checkLabels(this.name, x, t);
    return [];
  }

  override dtypeRule(x: Tensor, t: Tensor): DType {
    return t.dtype === "int32" ? super.dtypeRule(x) : super.dtypeRule(x, t);
  }

  override localForward(_shape: Shape, dtype: DType, x: Tensor, t: Tensor): Values {
    const { classes, rows } = batchSizes(this.name, x);
    checkLabelRange(this.name, x, t);
    // The loops of the op, and not the op: one in here would be none of the user's graph.
    const logs = new LogSoftmax().localForward(x.shape, dtype, x) as TypedArray;
    const labels = t.data;
    let sum = 0;
    if (t.dtype === "int32") {
      for (let row = 0; row < rows; row++) sum -= logs[row * classes + (labels[row] as number)] as number;
    } else {
      // A class of no probability costs nothing, also where its logarithm is -infinity.
      for (let i = 0; i < logs.length; i++) if (labels[i] !== 0) sum -= (logs[i] as number) * (labels[i] as number);
    }
    return dtype === "float32" ? Math.fround(sum / rows) : sum / rows;
  }

  override composed(x: Tensor, t: Tensor): Tensor {
    const { classes, rows } = batchSizes(this.name, x);
    const costs = x.logSoftmax().neg();
    const cost =
      t.dtype === "int32"
        ? (oneHot(labelsInRange(this.name, x, t), classes, { dtype: "bool" }) as Tensor)
            .reshape(x.shape)
            .where(costs, 0)
        : t.notEqual(0).where(costs.mul(t), 0);
    return cost.sum().div(rows);
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    const [x, t] = [this.input(0), this.input(1)];
    const { classes, rows } = batchSizes(this.name, x);
    const scale = dout.div(rows);
    if (t.dtype === "int32") {
      if (i === 1) return null;
      const target = oneHot(labelsInRange(this.name, x, t), classes, { dtype: x.dtype }) as Tensor;
      const y = x.softmax();
      return balanced(y.sub(target.reshape(x.shape)), y).mul(scale);
    }
    // By a label of 0 of a class that is impossible, the derivative is infinite: it counts as 0, as what the class costs does.
    if (i === 1) return finiteWhereUnused(t, x.logSoftmax()).mul(scale.neg());
    const y = x.softmax();
    // The sum is 1 for one-hot labels; the gradient is right for any others, too.
    return balanced(y.mul(t.sum({ axis: -1, keepDims: true })).sub(t), y).mul(scale);
  }
}

/**
 * The gradients of a row add up to 0; what they do not is rounding, and is taken out of them as y has its parts. So that of a
 * class which is all but sure, a difference of nearly equal numbers, is right to its own last digits.
 */
function balanced(gradient: Tensor, y: Tensor): Tensor {
  return gradient.sub(y.mul(gradient.sum({ axis: -1, keepDims: true })));
}
