import { type AnyDType, allocateFor, checkNumber, type DType, type DTypes, type TypedArray } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { formatShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { nest, nestOf } from "./literal.js";

/** A tensor in JSON: bools are true and false, and the numbers that JSON does not have are texts. */
export interface TensorJSON<S extends Shape = Shape, D extends DType = AnyDType> {
  readonly dtype: DTypes[D];
  readonly shape: S;
  /** Nested arrays of the shape; a scalar is alone. */
  readonly values: JSONValues;
}

type JSONValues = number | boolean | "NaN" | "Infinity" | "-Infinity" | "-0" | readonly JSONValues[];

/** What JSON would write as null, or as 0. */
const texts: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/** Row-major elements as nested arrays of what JSON has. */
export function jsonOf(array: TypedArray, shape: Shape, dtype: DType): JSONValues {
  return (dtype === "bool" ? nest(array, shape, dtype) : nestOf(array, shape, jsonNumber)) as JSONValues;
}

/** A number as JSON has it. */
export function jsonNumber(value: number): number | string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The number that such a text stands for. */
export function numberOfText(text: unknown): number | undefined {
  return texts.get(text);
}

/** Refuses lists that are not of the shape, before there is room made for its elements: a text that is short may name a large one. */
function checkNested(op: string, values: unknown, shape: Shape): void {
  const visit = (given: unknown, axis: number, path: string): void => {
    if (axis === shape.length) return;
    const size = shape[axis] as number;
    if (!Array.isArray(given) || given.length !== size) {
      const what = Array.isArray(given) ? `an array of length ${given.length}` : show(given);
      throw new ShapeError(
        `${op}: ${path} is ${what}; of the shape ${formatShape(shape)} it is an array of length ${size}`,
      );
    }
    if (axis + 1 < shape.length) for (let i = 0; i < size; i++) visit(given[i], axis + 1, `${path}[${i}]`);
  };
  visit(values, 0, "values");
}

/** The row-major elements of nested arrays out of JSON, which have to be of the shape. */
export function valuesOfJSON(op: string, values: unknown, shape: Shape, dtype: DType): TypedArray {
  checkNested(op, values, shape);
  const array = allocateFor(op, dtype, sizeOf(shape));
  let next = 0;
  const read = (given: unknown, axis: number, path: string): void => {
    if (axis === shape.length) {
      array[next++] = elementOf(op, given, path, dtype);
      return;
    }
    const list = given as readonly unknown[];
    for (let i = 0; i < list.length; i++) read(list[i], axis + 1, `${path}[${i}]`);
  };
  read(values, 0, "values");
  return array;
}

function elementOf(op: string, given: unknown, path: string, dtype: DType): number {
  if (dtype === "bool") {
    if (typeof given === "boolean") return Number(given);
    throw new DTypeError(`${op}: ${path} is ${show(given)}; a bool is true or false`);
  }
  const value = typeof given === "number" ? given : numberOfText(given);
  if (value !== undefined) return checkNumber(`${op}: ${path}`, value, dtype);
  if (Array.isArray(given)) throw new ShapeError(`${op}: ${path} is ${show(given)}, a number by the shape`);
  throw new DTypeError(
    `${op}: ${path} is ${show(given)}; values are numbers, and "NaN", "Infinity", "-Infinity" and "-0" as texts`,
  );
}
