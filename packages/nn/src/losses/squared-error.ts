import {
  checkNoMore,
  checkOptions,
  type DType,
  type FormulaText,
  formatShape,
  Node,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
  type Values,
} from "@chainrule/core";
import { checkAlike } from "../checks.js";
import { type Reduced, type Reduction, type ReductionOptions, reduce } from "./reduction.js";

/** A multiple of the sum of (y - t)^2, which does not broadcast: a [N] against a [N, 1] is a slip, not N x N errors. */
abstract class SquaredError extends Node {
  /** What the sum of `size` squares is multiplied by. */
  protected abstract factor(size: number): number;

  override shapeRule(y: Tensor, t: Tensor): Shape {
    if (!sameShape(y.shape, t.shape)) {
      throw new ShapeError(
        `${this.name}: outputs ${formatShape(y.shape)} and targets ${formatShape(t.shape)} have different shapes; reshape one`,
      );
    }
    return [];
  }

  override localForward(_shape: Shape, dtype: DType, y: Tensor, t: Tensor): Values {
    const [outputs, targets] = [y.data, t.data];
    let sum = 0;
    for (let i = 0; i < outputs.length; i++) {
      const error = (outputs[i] as number) - (targets[i] as number);
      sum += error * error;
    }
    const value = this.factor(outputs.length) * sum;
    return dtype === "float32" ? Math.fround(value) : value;
  }

  override composed(y: Tensor, t: Tensor): Tensor {
    return y.sub(t).square().sum().mul(this.factor(y.size));
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    const [y, t] = [this.input(0), this.input(1)];
    const scale = dout.mul(2 * this.factor(y.size));
    return (i === 0 ? y.sub(t) : t.sub(y)).mul(scale);
  }
}

/**
 * The node of `meanSquaredError`, of two inputs: outputs and targets of one shape.
 *
 * @example
 * new MeanSquaredError().forward(tensor([1, 3]), tensor([1, 1])); // 2
 */
export class MeanSquaredError extends SquaredError {
  override readonly name = "MeanSquaredError";
  protected override factor(size: number): number {
    return 1 / size;
  }

  override formula(): FormulaText {
    return ["y t L", "sum((y - t)^2) / n", "dL * 2 * (y - t) / n", "dL * 2 * (t - y) / n"];
  }
}

/**
 * The node of `sumOfSquaredErrors`, of two inputs: outputs and targets of one shape.
 *
 * @example
 * new SumOfSquaredErrors().forward(tensor([1, 3]), tensor([1, 1])); // 2
 */
export class SumOfSquaredErrors extends SquaredError {
  override readonly name = "SumOfSquaredErrors";
  protected override factor(): number {
    return 0.5;
  }

  override formula(): FormulaText {
    return ["y t L", "sum((y - t)^2) / 2", "dL * (y - t)", "dL * (t - y)"];
  }
}

/**
 * The squared error (y - t)^2, and the mean of that over all elements, one node, unless `reduction` says otherwise; the gradient
 * of the mean is 2 (y - t) / n. Some texts take half of it, which is `meanSquaredError(y, t).div(2)`. PyTorch's mse_loss.
 *
 * @param y outputs of any shape. float64, float32
 * @param t targets of the same shape and dtype; they may have gradients
 * @returns a scalar; with `reduction: "none"` the squares, of the shape of y
 *
 * @example
 * meanSquaredError(tensor([1, 2]), tensor([1, 4])).item(); // 2
 * meanSquaredError(tensor([1, 2]), tensor([1, 4]), { reduction: "none" }).toArray(); // [0, 4]
 *
 * @throws ShapeError or DTypeError when y and t differ: they do not broadcast; ChainruleError for an unknown reduction.
 */
export function meanSquaredError<S extends Shape, R extends Reduction = "mean">(
  y: Tensor<S>,
  t: Tensor<NoInfer<S>>,
  options: ReductionOptions<R> = {},
  ...none: []
): Reduced<R, S> {
  const op = "meanSquaredError";
  checkNoMore(op, none);
  checkOptions(op, options, ["reduction"]);
  const { reduction = "mean" as R } = options;
  if (reduction === "mean") return new MeanSquaredError().apply(y, t) as Reduced<R, S>;
  checkAlike(op, "y", y, "t", t);
  return reduce(op, (y as Tensor).sub(t as Tensor).square(), reduction);
}

/**
 * Half the sum of (y - t)^2 over all elements, a scalar, as the textbook has it: its gradient is y - t. float64,
 * float32.
 *
 * @example
 * sumOfSquaredErrors(tensor([1, 2]), tensor([1, 4])).item(); // 2
 *
 * @throws ShapeError when y and t have different shapes: they do not broadcast.
 */
export function sumOfSquaredErrors<S extends Shape>(y: Tensor<S>, t: Tensor<NoInfer<S>>, ...none: []): Tensor<[]> {
  checkNoMore("sumOfSquaredErrors", none);
  return new SumOfSquaredErrors().apply(y, t) as Tensor<[]>;
}
