import { checkFunction } from "../checks.js";
import { allocate, isFloat } from "../dtype.js";
import { DTypeError, GraphError } from "../errors.js";
import { noGrad } from "../graph/recording.js";
import { operand, Tensor } from "../graph/tensor.js";
import { checkOptions } from "../options.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

export interface NumericalGradientOptions {
  /** The step to either side; 1e-4 by default, the textbook's choice for float64. */
  readonly h?: number;
}

/**
 * The gradient of a scalar function by central differences, (f(x + h) - f(x - h)) / 2h for each element of x: slow, and
 * right to about h^2. For checking a backward pass, and for functions that have none.
 *
 * A variable is changed in place, element by element, and is put back as it was, so `f` may read it directly instead of
 * taking it as an argument. A number or a constant is not touched: `f` gets a changed copy.
 *
 * @param f from a tensor of the shape of x to a scalar (a tensor of shape [] or a number)
 * @param x float64 or float32, of any shape
 * @returns a constant of the shape and dtype of x
 * @throws DTypeError for integers, which have no small changes; GraphError when f does not give one number
 *
 * @example
 * numericalGradient((x) => x.square().sum(), tensor([3, 4])).toArray(); // about [6, 8]
 */
export function numericalGradient<S extends Shape = readonly []>(
  f: (x: Tensor<S>) => Tensor | number,
  x: Tensor<S> | number,
  options: NumericalGradientOptions = {},
): Tensor<S> {
  checkFunction("numericalGradient", f);
  checkOptions("numericalGradient", options, ["h"]);
  const { h = 1e-4 } = options;
  const given = operand("numericalGradient", x) as Tensor<S>;
  if (!isFloat(given.dtype)) {
    throw new DTypeError(
      `numericalGradient: ${given.dtype} values cannot change by ${h}; convert with cast("float64")`,
    );
  }
  const target = given.isVariable ? given : (given.detach() as Tensor<S>);
  const before = target.values;
  const array = Float64Array.from(given.array);
  const changed = allocate(given.dtype, array.length);
  changed.set(array);
  const gradient = allocate(given.dtype, array.length);
  const at = (i: number, value: number): number => {
    changed[i] = value;
    target.values = typeof before === "number" ? (changed[0] as number) : changed;
    const y = noGrad(() => f(target));
    if (y instanceof Tensor && y.size !== 1) {
      throw new GraphError(
        `numericalGradient: the function gave a tensor of shape ${formatShape(y.shape)}, not a scalar; reduce it, as in sum()`,
      );
    }
    return typeof y === "number" ? y : y.item();
  };
  try {
    for (let i = 0; i < array.length; i++) {
      const value = array[i] as number;
      // The step that is taken, not the one that was asked for: float32 has no value exactly h further.
      const [up, down] =
        given.dtype === "float32" ? [Math.fround(value + h), Math.fround(value - h)] : [value + h, value - h];
      gradient[i] = (at(i, up) - at(i, down)) / (given.dtype === "float32" ? up - down : 2 * h);
      changed[i] = value;
    }
  } finally {
    target.values = before;
  }
  return given.derive(
    given.shape,
    given.dtype,
    typeof before === "number" ? (gradient[0] as number) : gradient,
    null,
  ) as Tensor<S>;
}
