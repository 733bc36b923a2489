import {
  checkOptions,
  formatShape,
  type Random,
  type Shape,
  ShapeError,
  show,
  sizeOf,
  type Tensor,
} from "@chainrule/core";
import { checkRandom } from "../checks.js";

/** The dtypes that a parameter can have. */
export type FloatDType = "float64" | "float32";

export interface InitializerOptions {
  /** Where random numbers come from; needed by the initializers that draw some. */
  readonly random?: Random;
  /** float64 unless said otherwise. */
  readonly dtype?: FloatDType;
}

/** Makes the first values of a parameter, given its shape. */
export type Initializer = <const S extends Shape>(shape: S, options?: InitializerOptions) => Tensor<S>;

export function checked(name: string, options: InitializerOptions): InitializerOptions {
  checkOptions(name, options, ["random", "dtype"]);
  return options;
}

/** An initializer that draws. */
export function drawn(name: string, draw: (random: Random, shape: Shape, dtype: FloatDType) => Tensor): Initializer {
  return <const S extends Shape>(shape: S, options: InitializerOptions = {}) => {
    const { random, dtype = "float64" } = checked(name, options);
    checkRandom(name, random);
    return draw(random, shape, dtype) as Tensor<S>;
  };
}

/** The numbers of inputs that feed each output, and of outputs that each input feeds. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * Of a matrix, [in, out], its sizes; of filters, [out, in / groups, height, width], or with any other number of axes behind the
 * first two, what a window sees, and what sees an input.
 */
export function fansOf(name: string, shape: Shape): Fans {
  checkWeights(name, shape, "has no fan-in");
  const [first, second, ...kernel] = shape as readonly [number, number, ...number[]];
  if (kernel.length === 0) return { fanIn: Math.max(1, first), fanOut: Math.max(1, second) };
  // Of no inputs there is nothing to draw, either.
  const size = sizeOf(kernel);
  return { fanIn: Math.max(1, second * size), fanOut: Math.max(1, first * size) };
}

/** Refuses what is no shape of two axes or more; `wrong` says what others are not. */
export function checkWeights(name: string, shape: Shape, wrong: string): void {
  if (!Array.isArray(shape))
    throw new ShapeError(`${name}: takes the shape of a parameter, such as [784, 50], got ${show(shape)}`);
  if (shape.length < 2) {
    throw new ShapeError(
      `${name}: ${formatShape(shape)} ${wrong}: it takes a matrix or filters; use normal({ std }) instead`,
    );
  }
}
