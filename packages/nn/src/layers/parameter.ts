import {
  ChainruleError,
  DTypeError,
  formatShape,
  type Random,
  type Shape,
  ShapeError,
  sameShape,
  show,
  type Tensor,
  variable,
} from "@chainrule/core";
import { checkFloatDType, checkTensor } from "../checks.js";
import { zeros } from "../initializers/distributions.js";
import type { FloatDType, Initializer, InitializerOptions } from "../initializers/initializer.js";
import { he } from "../initializers/scaled.js";

/** How the parameters of a layer begin. */
export interface ParameterOptions {
  /** How the weights begin; `he()` unless said otherwise. */
  readonly initializer?: Initializer | undefined;
  /** How the biases begin; `zeros()` unless said otherwise. */
  readonly biasInitializer?: Initializer | undefined;
  /** Where an initializer's random numbers come from; those of the weights are drawn before those of the biases. */
  readonly random?: Random | undefined;
  /** float64 unless said otherwise. */
  readonly dtype?: FloatDType | undefined;
}

/** The names of `ParameterOptions`. */
export const PARAMETER = ["initializer", "biasInitializer", "random", "dtype"] as const;

/** Whether there is a bias: B is what the option says, true by default. */
export interface BiasOption<B extends boolean = boolean> {
  /** Whether a bias is added. Default true. */
  readonly bias?: B | undefined;
}

/** The bias of a layer that may have none. */
export type Bias<B extends boolean, O extends number> = B extends true ? Tensor<[O]> : undefined;

/** Makes parameters, in the order in which their random numbers are drawn. */
export interface ParameterMaker {
  readonly dtype: FloatDType;
  weight<S extends Shape>(name: string, shape: S): Tensor<S>;
  bias<S extends Shape>(name: string, shape: S): Tensor<S>;
}

/** What makes the parameters of the layer `op`, whose weights begin as `usual` unless the options say otherwise. */
export function parametersBy(op: string, options: ParameterOptions, usual: Initializer = he()): ParameterMaker {
  const { initializer = usual, biasInitializer = zeros(), random, dtype = "float64" } = options;
  checkFloatDType(op, dtype);
  const settings = { dtype, ...(random && { random }) };
  return {
    dtype,
    weight: (name, shape) => variable(made(op, "initializer", initializer, shape, settings), { name }),
    bias: (name, shape) => variable(made(op, "biasInitializer", biasInitializer, shape, settings), { name }),
  };
}

/** The first values of a parameter, of its shape and dtype; an initializer may be a consumer's. */
function made<S extends Shape>(
  op: string,
  what: string,
  initializer: Initializer,
  shape: S,
  settings: InitializerOptions & { readonly dtype: FloatDType },
): Tensor<S> {
  if (typeof initializer !== "function") {
    throw new ChainruleError(`${op}: ${what} is a function, such as he() or zeros(), got ${show(initializer)}`);
  }
  const values = initializer(shape, settings);
  checkTensor(op, `what ${what} gave`, values);
  if (sameShape(values.shape, shape) && values.dtype === settings.dtype) return values;
  throw new ShapeError(
    `${op}: ${what} gave ${values.dtype} ${formatShape(values.shape)} for a parameter that is ${settings.dtype} ` +
      `${formatShape(shape)}; give a tensor of the shape and the dtype that it is called with`,
  );
}

/** Refuses an input of another dtype than the layer's parameters have: mostly one layer of many was made without it. */
export function checkInputDType(op: string, x: Tensor, parameter: Tensor | undefined): void {
  if (parameter === undefined || x.dtype === parameter.dtype) return;
  const isFloat = x.dtype === "float32" || x.dtype === "float64";
  const remake = isFloat ? `make the layer with { dtype: "${x.dtype}" }, or ` : "";
  throw new DTypeError(
    `${op}: the input and the parameters are ${x.dtype} and ${parameter.dtype}; ${remake}convert the input with ` +
      `cast("${parameter.dtype}")`,
  );
}

/** Refuses what is no size: a whole number, of at least `least`. `example` shows how the layer is made. */
export function checkSize(op: string, what: string, size: number, example: string, least = 0): void {
  if (Number.isSafeInteger(size) && size >= least) return;
  const wanted = least === 0 ? "a whole number" : `a whole number of at least ${least}`;
  throw new ShapeError(`${op}: ${what} ${show(size)}: ${wanted} is needed, as in ${example}`);
}
