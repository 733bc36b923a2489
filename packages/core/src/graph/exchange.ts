import { type AnyDType, arrayName, checkDType, type DType, storedIn, type TypedArray } from "../dtype.js";
import { ChainruleError, DTypeError, ShapeError } from "../errors.js";
import { checkNoMore } from "../options.js";
import { checkShape, formatShape, sizeOf } from "../shape/shape.js";
import type { Mutable, Shape } from "../shape/types.js";
import { formOfTensor, isTensorClone, show } from "../show.js";
import { ofElements } from "./factory.js";
import { type TensorJSON, valuesOfJSON } from "./json.js";
import type { Tensor, TensorTransfer } from "./tensor.js";

/**
 * A constant out of what `toJSON` gave, the text that JSON.stringify made of a tensor, or that text parsed: the same values to
 * the bit. Of a larger text, parse it and give the parts that are tensors. `variable(fromJSON(value))` makes a variable.
 *
 * @param value `{ dtype, shape, values }` or its text
 *
 * @example
 * fromJSON(JSON.stringify(tensor([1, -0, NaN]))).toArray(); // [1, -0, NaN]
 * const saved = JSON.stringify({ step: 10, w: tensor([[0.5], [Infinity]], { dtype: "float32" }) });
 * fromJSON(JSON.parse(saved).w).toArray(); // [[0.5], [Infinity]]
 *
 * @throws ChainruleError for what is not of that form, ShapeError where the values are not of the shape, DTypeError where one
 * is none of the dtype
 */
export function fromJSON<S extends Shape = Shape, D extends DType = AnyDType>(
  value: TensorJSON<S, D> | string,
  ...none: []
): Tensor<Mutable<S>, D> {
  checkNoMore("fromJSON", none);
  return constantOf("fromJSON", parsed("fromJSON", value)) as Tensor<Mutable<S>, D>;
}

/** The same of a part of something larger; `place` is what errors call it. */
export function constantOf(place: string, value: unknown): Tensor {
  const { dtype, shape, content } = formOf(place, value, "values");
  return ofElements(place, valuesOfJSON(place, content, shape, dtype), shape, dtype);
}

/**
 * A constant out of what `toTransfer` gave, as it has come through `postMessage` or `structuredClone`. The array becomes that
 * of the tensor, without a copy: do not write to it afterwards.
 *
 * @param record `{ dtype, shape, data }`, with the data in the array of the dtype (Float64Array, Float32Array, Int32Array;
 * Uint8Array for bool)
 *
 * @example
 * const { dtype, shape, data } = tensor([true, false]).toTransfer();
 * fromTransfer(structuredClone({ dtype, shape, data }, { transfer: [data.buffer] })).toArray(); // [true, false]
 *
 * @throws ChainruleError for what is not of that form, ShapeError where the data are not of the shape, DTypeError where they
 * are not of the dtype
 */
export function fromTransfer<S extends Shape = Shape, D extends DType = AnyDType>(
  record: TensorTransfer<S, D>,
  ...none: []
): Tensor<Mutable<S>, D> {
  const op = "fromTransfer";
  checkNoMore(op, none);
  const { dtype, shape, content } = formOf(op, record, "data");
  const array = arrayOf(op, content, dtype);
  if (array.length === 0 && sizeOf(shape) !== 0) {
    throw new ShapeError(
      `${op}: no data for the shape ${formatShape(shape)}; was the array transferred to somewhere else before?`,
    );
  }
  return ofElements(op, array, shape, dtype) as Tensor<Mutable<S>, D>;
}

/** The value of a text; anything else as it is. */
export function parsed(op: string, value: unknown, of = "a tensor"): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new ChainruleError(`${op}: ${show(value)} is no JSON text; give what JSON.stringify made of ${of}`, {
      cause: error,
    });
  }
}

interface Form {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly content: unknown;
}

/** What is in a record of a dtype, a shape and one thing more, and of nothing else. */
function formOf(op: string, given: unknown, content: "values" | "data"): Form {
  const names = ["dtype", "shape", content];
  const isRecord = typeof given === "object" && given !== null && !Array.isArray(given);
  if (
    !isRecord ||
    formOfTensor(given) === null ||
    !names.every((name) => Object.hasOwn(given, name)) ||
    isTensorClone(given)
  ) {
    throw new ChainruleError(
      `${op}: takes what ${content === "data" ? "toTransfer" : "toJSON"} gives, { ${names.join(", ")} } and nothing else, ` +
        `got ${show(given)}${parts(op, given)}`,
    );
  }
  const { dtype, shape, [content]: found } = given as Readonly<Record<string, unknown>>;
  checkDType(op, dtype as DType);
  checkShape(op, shape as Shape);
  return { dtype: dtype as DType, shape: shape as Shape, content: found };
}

/** The repair for a record or a list of what was meant. */
function parts(op: string, given: unknown): string {
  const isSome =
    typeof given === "object" && given !== null && Object.values(given).some((part) => formOfTensor(part) !== null);
  return isSome ? `; it holds tensors: call ${op} for each` : "";
}

/** The data as an array of this realm's class for the dtype. */
function arrayOf(op: string, data: unknown, dtype: DType): TypedArray {
  const array = storedIn(dtype, data);
  if (array !== null) return array;
  throw new DTypeError(
    `${op}: the data are ${show(data)}; for ${dtype} they are a ${arrayName(dtype)}; of other arrays make a tensor with ` +
      "fromArray(array, shape, { dtype })",
  );
}
