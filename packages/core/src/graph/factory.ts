import { checkName } from "../checks.js";
import {
  allocateFor,
  checkDType,
  checkNumber,
  type DType,
  isFloat,
  literalDType,
  type NumberArray,
  storedIn,
  type TypedArray,
  type Values,
} from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { checkNoMore, checkOptions } from "../options.js";
import { checkShape, sizeOf, sizesAndOptions } from "../shape/shape.js";
import type { Mutable, Shape } from "../shape/types.js";
import { show } from "../show.js";
import { type Literal, readLiteral, valuesOfShape } from "./literal.js";
import { noteRead } from "./reads.js";
import type { ArrayDType, FilledFactory, FullFactory, TensorFactory, TensorOptions } from "./signatures/factories.js";
import type { Known } from "./signatures/operands.js";
import { Tensor } from "./tensor.js";
import { tracer, valuesOf } from "./tracer.js";

/** What a factory can be told. */
const OPTIONS = ["dtype", "name"] as const;

/**
 * Refuses what other libraries take behind the values: a shape, or a dtype by itself.
 *
 * @param given what the function takes before its options, as in a call
 */
export function checkTensorOptions(op: string, given: string, options: unknown): void {
  if (Array.isArray(options) && given === "values") {
    throw new ShapeError(
      `${op}: a shape ${show(options)} behind values; write ${op}(values).reshape(${show(options)})`,
    );
  }
  if (typeof options === "string") {
    throw new DTypeError(`${op}: ${show(options)} behind ${given}; write ${op}(${given}, { dtype: ${show(options)} })`);
  }
  checkOptions(op, options, OPTIONS);
  checkName(op, (options as TensorOptions | undefined)?.name);
}

const noOptions: TensorOptions = Object.freeze({});

function create(op: string, literal: Literal, given: TensorOptions | undefined, requiresGrad: boolean): Tensor {
  if (given !== undefined) checkTensorOptions(op, "values", given);
  const options = given ?? noOptions;
  const { shape, dtype, values } = readLiteral(op, literal, options.dtype);
  if (requiresGrad && !isFloat(dtype)) throw noGradient(op, dtype);
  const made = new Tensor(shape, dtype, values, null, requiresGrad);
  made.name = options.name;
  tracer()?.tensorMade(made);
  return made;
}

function noGradient(op: string, dtype: DType): DTypeError {
  return new DTypeError(
    `${op}: integers and bools have no gradient, got ${dtype}; use dtype "float64" here, or tensor(...) for a constant`,
  );
}

/**
 * A constant: a number, nested arrays, or a typed array (copied), nested or not. float64 for numbers, bool for booleans; of a
 * typed array floats keep their width and integers become int32, unless `dtype` says otherwise.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).shape; // [2, 2]
 * tensor(Uint8Array.of(0, 128, 255)).dtype; // "int32"
 * tensor(Uint8Array.of(0, 128, 255), { dtype: "float32" }).div(255).shape; // [3]
 *
 * @throws ShapeError for ragged arrays, DTypeError for a number that is none of the dtype.
 */
export const tensor = ((values: Literal, options?: TensorOptions, ...none: []) => {
  checkNoMore("tensor", none);
  return create("tensor", values, options, false);
}) as TensorFactory;

/**
 * A leaf that `backward` gives a gradient to, and that takes new values through `assign`. float64 or float32.
 *
 * @example
 * const x = variable(3, { name: "x" });
 * x.mul(x).backward();
 * x.grad?.item(); // 6
 */
export const variable = ((values: Literal | Tensor, given?: TensorOptions, ...none: []) => {
  checkNoMore("variable", none);
  if (!(values instanceof Tensor)) return create("variable", values, given, true);
  checkTensorOptions("variable", "values", given);
  const options = given ?? noOptions;
  noteRead(values);
  const cast = values.cast(options.dtype ?? values.dtype);
  const { shape, dtype } = cast;
  if (!isFloat(dtype)) throw noGradient("variable", dtype);
  const made = new Tensor(shape, dtype, valuesOf(cast), null, true);
  made.name = options.name;
  tracer()?.tensorMade(made);
  return made;
}) as TensorFactory &
  (<S extends Shape, D extends DType, E extends DType = D>(
    values: Tensor<S, D>,
    options?: TensorOptions<E>,
  ) => Tensor<S, Known<E>>);

/**
 * A constant out of a typed array in row-major order. Floats keep their width, integers become int32, unless `dtype` says
 * otherwise. An array of the very class that the dtype is stored in (Float64Array, Float32Array, Int32Array; Uint8Array for
 * bool) is not copied: do not write to it afterwards.
 *
 * @example
 * fromArray(Float64Array.of(1, 2, 3, 4), [2, 2]).toArray(); // [[1, 2], [3, 4]]
 * fromArray(Uint8Array.of(0, 200), [2]).dtype; // "int32"
 *
 * @throws ShapeError when the elements do not make the shape, DTypeError for an element that is none of the dtype
 */
export function fromArray<const S extends Shape, A extends NumberArray, D extends DType = ArrayDType<A>>(
  array: A,
  shape: S,
  options: TensorOptions<D> = {},
  ...none: []
): Tensor<Mutable<S>, Known<D>> {
  checkNoMore("fromArray", none);
  checkTensorOptions("fromArray", "array, shape", options);
  const dtype: DType | undefined = options.dtype ?? literalDType(array);
  if (dtype === undefined || literalDType(array) === undefined) {
    throw new DTypeError(
      `fromArray: takes a typed array of numbers, got ${show(array)}; of anything else make a tensor with tensor(...)`,
    );
  }
  checkDType("fromArray", dtype);
  const values = storedIn(dtype, array) ?? (readLiteral("fromArray", array, dtype).values as TypedArray);
  return ofElements("fromArray", values, shape, dtype, options.name) as Tensor<Mutable<S>, Known<D>>;
}

/** A constant that takes over the array of its dtype. */
export function ofElements(op: string, array: TypedArray, shape: Shape, dtype: DType, name?: string): Tensor {
  if (dtype === "bool") for (const value of array) checkNumber(op, value, dtype);
  return constant(shape, dtype, valuesOfShape(op, shape, array), name);
}

function constant(shape: Shape, dtype: DType, values: Values, name: string | undefined): Tensor {
  const made: Tensor = new Tensor(shape, dtype, values, null, false);
  made.name = name;
  tracer()?.tensorMade(made);
  return made;
}

function filled(op: string, shape: Shape, value: number, options: unknown): Tensor {
  if (options !== undefined) checkTensorOptions(op, op === "full" ? "shape, value" : "shape", options);
  const { dtype = "float64", name } = (options ?? noOptions) as TensorOptions;
  checkShape(op, shape);
  checkDType(op, dtype);
  if (typeof value === "object" && value !== null) {
    throw new DTypeError(
      `${op}: the value is one number, for all elements, got ${show(value)}; a list of them is for tensor(...)`,
    );
  }
  const array = allocateFor(op, dtype, sizeOf(shape));
  if (!Object.is(value, 0)) array.fill(readLiteral(op, value, dtype).values as number);
  return constant(shape, dtype, valuesOfShape(op, shape, array), name);
}

function filledFactory(op: string, value: number): FilledFactory {
  return ((...given: unknown[]) => {
    const [shape, options] = sizesAndOptions(op, given);
    return filled(op, shape, value, options);
  }) as FilledFactory;
}

/**
 * A constant of zeros, float64 unless said otherwise: `zeros([2, 3])` or `zeros(2, 3)`.
 *
 * @example
 * zeros(2, 3, { dtype: "float32" }).shape; // [2, 3]
 */
export const zeros = filledFactory("zeros", 0);

/**
 * A constant of ones, float64 unless said otherwise: `ones([2, 3])` or `ones(2, 3)`.
 *
 * @example
 * ones([2, 3]).toArray(); // [[1, 1, 1], [1, 1, 1]]
 * ones(2, { dtype: "float32" }).dtype; // "float32"
 */
export const ones = filledFactory("ones", 1);

/**
 * A constant with the same value everywhere, float64 unless said otherwise.
 *
 * @example
 * full([2, 2], 7).toArray(); // [[7, 7], [7, 7]]
 */
export const full = ((shape: Shape | number, value: number, options?: TensorOptions, ...none: []) => {
  checkNoMore("full", none);
  return filled("full", typeof shape === "number" ? [shape] : shape, value, options);
}) as FullFactory;
