import {
  checkNoMore,
  checkOptions,
  formatShape,
  full,
  type Random,
  type Shape,
  ShapeError,
  show,
  sizeOf,
  type Tensor,
} from "@chainrule/core";
import { checkRandom, checkSetting } from "./checks.js";

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

function checked(name: string, options: InitializerOptions): InitializerOptions {
  checkOptions(name, options, ["random", "dtype"]);
  return options;
}

function drawn(name: string, deviation: (shape: Shape) => number): Initializer {
  return (shape, options = {}) => {
    const { random, dtype = "float64" } = checked(name, options);
    checkRandom(name, random);
    return random.normal(shape, { std: deviation(shape), dtype });
  };
}

/** Normally distributed numbers, mean 0; standard deviation 0.01, the textbook's choice, unless said otherwise. */
export function normal(options: { readonly std?: number } = {}, ...none: []): Initializer {
  checkNoMore("normal", none);
  checkOptions("normal", options, ["std"]);
  const { std = 0.01 } = options;
  checkSetting("normal", "std", std, () => std >= 0 && std < Number.POSITIVE_INFINITY, "a finite number of at least 0");
  return drawn("normal", () => std);
}

/**
 * Normally distributed numbers with standard deviation sqrt(1 / fan-in): for sigmoid and tanh. The textbook's (and
 * Caffe's) form of X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", AISTATS 2010, which has sqrt(2 / (fan-in + fan-out)). The fan-in is the first axis of a matrix [in, out],
 * and the product of all axes but the first for filters [out, in, height, width].
 */
export function xavier(...none: []): Initializer {
  checkNoMore("xavier", none);
  return drawn("xavier", (shape) => Math.sqrt(1 / fanIn("xavier", shape)));
}

/**
 * Normally distributed numbers with standard deviation sqrt(2 / fan-in): for relu (K. He et al., "Delving deep into
 * rectifiers", ICCV 2015). The fan-in is as for `xavier`.
 */
export function he(...none: []): Initializer {
  checkNoMore("he", none);
  return drawn("he", (shape) => Math.sqrt(2 / fanIn("he", shape)));
}

/** The same value everywhere. */
export function constant(value: number, ...none: []): Initializer {
  checkNoMore("constant", none);
  checkSetting("constant", "the value", value, () => true, "a number");
  return (shape, options = {}) => full(shape, value, { dtype: checked("constant", options).dtype ?? "float64" });
}

/** Zeros, as biases begin. */
export function zeros(...none: []): Initializer {
  checkNoMore("zeros", none);
  return constant(0);
}

/** How many inputs feed each output. */
function fanIn(name: string, shape: Shape): number {
  if (!Array.isArray(shape))
    throw new ShapeError(`${name}: takes the shape of a parameter, such as [784, 50], got ${show(shape)}`);
  if (shape.length < 2) {
    throw new ShapeError(
      `${name}: ${formatShape(shape)} has no fan-in: it takes a matrix or filters; use normal({ std }) instead`,
    );
  }
  // Of no inputs there is nothing to draw, either.
  return Math.max(1, shape.length === 2 ? (shape[0] as number) : sizeOf(shape.slice(1)));
}
