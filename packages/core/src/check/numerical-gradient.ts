import { checkFunction } from "../checks.js";
import { allocate, type DType, isFloat } from "../dtype.js";
import { ChainruleError, DTypeError, GraphError } from "../errors.js";
import { noGrad } from "../graph/recording.js";
import { operand, Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { likewise } from "./subject.js";

export interface NumericalGradientOptions {
  /**
   * The step to either side. By default in float64 1e-4, the textbook's choice, whatever the element; in float32, where that
   * would be lost, 4.9e-3 max(1, |x|), the cube root of the distance from 1 to the next number (Press et al., Numerical
   * Recipes, 5.7): smaller steps lose digits to rounding, larger ones to curvature. For elements beyond some 1e3 in float64
   * give a larger one, such as 6.1e-6 |x|; beyond 1e12 the default does not change them any more, and the difference is 0: that
   * is why the textbook's gradient descent with a learning rate of 10 comes to rest at 2.6e13.
   */
  readonly h?: number;
}

/**
 * The gradient of a scalar function by central differences, (f(x + h) - f(x - h)) / 2h for each element of x: slow, and
 * right to about h^2 times a sixth of the third derivative, plus the rounding of f divided by h. For checking a backward
 * pass, and for functions that have none. `f` is called twice an element, and twice at x, where it must give the same.
 *
 * A variable is changed in place, element by element, and is put back as it was, so `f` may read it directly instead of
 * taking it as an argument. A number or a constant is not touched: `f` gets a changed copy.
 *
 * @param f from a tensor of the shape of x to a scalar (a tensor of shape [] or a number)
 * @param x float64 or float32, of any shape
 * @returns a constant of the shape and dtype of x
 * @throws DTypeError for integers, which have no small changes; GraphError when f does not give one number, or not the same
 * one for the same x; ChainruleError for a step that is none, or that an element does not change by
 *
 * @example
 * numericalGradient((x) => x.square().sum(), tensor([3, 4])).toArray(); // about [6, 8]
 */
export function numericalGradient<S extends Shape = readonly []>(
  f: (x: Tensor<S>) => Tensor | number,
  x: Tensor<S> | number,
  options: NumericalGradientOptions = {},
  ...none: []
): Tensor<S> {
  checkFunction("numericalGradient", f);
  checkNoMore("numericalGradient", none);
  checkOptions("numericalGradient", options, ["h"]);
  const { h } = options;
  if (h !== undefined && !(typeof h === "number" && h > 0 && Number.isFinite(h))) {
    throw new ChainruleError(`numericalGradient: h ${show(h)} is no step: a number above 0 is needed`);
  }
  const given = operand("numericalGradient", x) as Tensor<S>;
  const { dtype } = given;
  if (!isFloat(dtype)) {
    throw new DTypeError(`numericalGradient: ${dtype} values have no small changes; convert with cast("float64")`);
  }
  const target = given.isVariable ? given : (given.detach() as Tensor<S>);
  const array = Float64Array.from(target.array);
  // Behind the reading, which fetches values that are still in the memory of a program.
  const { values: before, version } = target;
  const gradient = allocate(dtype, array.length);
  // An array and a version of their own for each call: who keeps values by either, as a program does, takes none for others.
  const here = (): number => {
    target.settle(likewise(target, array).values);
    return numberOf(noGrad(() => f(target)));
  };
  const at = (i: number, value: number): number => {
    array[i] = value;
    return here();
  };
  try {
    const first = array.length === 0 ? 0 : here();
    for (let i = 0; i < array.length; i++) {
      const value = array[i] as number;
      const { up, down, width } = stepsFrom(value, dtype, h);
      gradient[i] = (at(i, up) - at(i, down)) / width;
      array[i] = value;
    }
    const last = array.length === 0 ? 0 : here();
    if (!Object.is(first, last)) {
      throw new GraphError(
        `numericalGradient: the function gave ${first} and then ${last} for the same input, so differences mean nothing; ` +
          "draw random numbers (a dropout mask) once, outside of it, or fix the seed inside",
      );
    }
  } finally {
    target.settle(before, version);
  }
  return given.derive(
    given.shape,
    given.dtype,
    typeof before === "number" ? (gradient[0] as number) : gradient,
    null,
  ) as Tensor<S>;
}

/** The values to either side of x, and how far they are apart. */
function stepsFrom(x: number, dtype: DType, asked: number | undefined) {
  const spacing = dtype === "float32" ? 2 ** -23 : 2 ** -52;
  const isTextbooks = asked === undefined && dtype !== "float32";
  const h = asked ?? (isTextbooks ? 1e-4 : Math.cbrt(spacing) * Math.max(1, Math.abs(x)));
  const [up, down] = dtype === "float32" ? [Math.fround(x + h), Math.fround(x - h)] : [x + h, x - h];
  if (isTextbooks) return { up, down, width: 2 * h };
  if (up === down) {
    throw new ChainruleError(
      `numericalGradient: an element is ${x}, which ${h} more or less does not change; give a larger h`,
    );
  }
  // Where rounding makes it another step than the one that was asked for, the one that is taken.
  return { up, down, width: Math.abs(x) * spacing > 1e-9 * h ? up - down : 2 * h };
}

/** The one number that a function gave. */
function numberOf(y: unknown): number {
  if (typeof y === "number") return y;
  if (y instanceof Tensor && y.size === 1) return Number(y.item());
  const [what, repair] =
    y instanceof Tensor
      ? [`a tensor of shape ${formatShape(y.shape)}`, "reduce it, as in sum()"]
      : [show(y), "return a number, or the result of ops on the argument"];
  throw new GraphError(`numericalGradient: the function gave ${what}, not a scalar; ${repair}`);
}
