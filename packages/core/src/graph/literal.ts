import {
  allocateFor,
  checkDType,
  checkNumber,
  type DType,
  dtypeOf,
  isDetached,
  isFloat,
  isTypedArray,
  literalDType,
  type NumberArray,
  type TypedArray,
  type Values,
} from "../dtype.js";
import { type ChainruleError, DTypeError, ShapeError } from "../errors.js";
import { checkShape, formatShape, MAX_RANK, scalarShape, sizeOf, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { formOfTensor, isAnyTensor } from "../show.js";

type Nested = number | boolean | NumberArray | readonly Nested[];

/**
 * What a tensor is written as: a number, nested arrays of numbers (or of booleans), or a typed array (one axis), also nested
 * in arrays. Typed arrays of integers make int32 tensors.
 */
export type Literal = Nested;

/** Nested arrays of a shape; `number` for a scalar. */
export type NestedArray<S extends Shape> = number extends S["length"]
  ? NestedNumbers
  : S extends readonly [number, ...infer Rest extends readonly number[]]
    ? NestedArray<Rest>[]
    : number;
type NestedNumbers = number | NestedNumbers[];

export interface Read {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: Values;
}

/** Reads a literal into values of their own; without `dtype`, that of the typed array or of the elements. */
export function readLiteral(op: string, literal: Literal, dtype?: DType): Read {
  if (dtype !== undefined) checkDType(op, dtype);
  const shape: number[] = [];
  let first: unknown = literal;
  for (; Array.isArray(first); first = first[0]) {
    if (shape.push(first.length) > MAX_RANK) {
      throw new ShapeError(`${op}: arrays nested more than ${MAX_RANK} deep; does one of them contain itself?`);
    }
  }
  const rows = literalDType(first);
  if (rows !== undefined) shape.push(lengthOf(op, first as NumberArray));
  const to = dtype ?? rows ?? (typeof first === "boolean" ? "bool" : "float64");
  const values = allocateFor(op, to, sizeOf(shape));
  let at = 0;
  const fill = (element: unknown, axis: number, path: string) => {
    if (axis === shape.length) {
      if (typeof element !== "number" && typeof element !== "boolean") throw badElement(op, element, path, shape);
      values[at++] = checkNumber(op, Number(element), to);
      return;
    }
    const own = literalDType(element);
    if (own !== undefined) {
      const row = element as NumberArray;
      if (lengthOf(op, row) !== shape[axis] || axis + 1 !== shape.length) throw badElement(op, row, path, shape);
      if (own !== to && dtype === undefined) throw mixedRows(op, to, own, path);
      fillRow(op, values, at, row, to);
      at += row.length;
      return;
    }
    if (!Array.isArray(element) || element.length !== shape[axis]) throw badElement(op, element, path, shape);
    if (rows !== undefined && to !== "float64" && dtype === undefined && axis + 1 === shape.length)
      throw mixedRows(op, to, "float64", path);
    // Not forEach, which leaves out the holes of a sparse array.
    for (let i = 0; i < element.length; i++) fill(element[i], axis + 1, `${path}[${i}]`);
  };
  fill(literal, 0, "");
  return shape.length === 0
    ? { shape: scalarShape, dtype: to, values: values[0] as number }
    : { shape, dtype: to, values };
}

/** The length of an array that is still there. */
function lengthOf(op: string, array: NumberArray): number {
  if (!isDetached(array)) return array.length;
  throw new DTypeError(
    `${op}: got an array that was transferred to somewhere else before, and has no elements any more`,
  );
}

/** A typed array into the elements from `at` on; floats take any number, rounded, and other dtypes only what they hold. */
function fillRow(op: string, values: TypedArray, at: number, row: NumberArray, dtype: DType): void {
  if (isFloat(dtype)) values.set(row, at);
  else for (let i = 0; i < row.length; i++) values[at + i] = checkNumber(op, row[i] as number, dtype);
}

function mixedRows(op: string, dtype: DType, own: DType, path: string): DTypeError {
  return new DTypeError(
    `${op}: the first row is ${dtype}, and element ${path} is ${own}; say which is meant, as in { dtype: "float64" }`,
  );
}

function badElement(op: string, element: unknown, path: string, shape: Shape): ChainruleError {
  const where = path === "" ? "the value" : `element ${path}`;
  const isRow = Array.isArray(element) || literalDType(element) !== undefined;
  if (isAnyTensor(element)) {
    const repair =
      path === ""
        ? "it needs no other: x.detach() is a constant of the same values, x.cast(dtype) has another dtype"
        : "tensors are put together by stack([x, y]) and concat([x, y])";
    return new DTypeError(`${op}: ${where} is a tensor already; ${repair}`);
  }
  if (typeof element !== "number" && !isRow) return new DTypeError(`${op}: ${where} is ${foreign(element)}`);
  const what = isRow ? `has length ${(element as NumberArray).length}` : `is the number ${element}`;
  return new ShapeError(
    `${op}: ragged: the first elements make the shape ${formatShape(shape)}, but ${where} ${what}; all rows of an axis have the same length`,
  );
}

/** What stands where a number should, with the repair. */
function foreign(element: unknown): string {
  if (element instanceof ArrayBuffer || element instanceof DataView) {
    const what = element instanceof DataView ? "a DataView" : "an ArrayBuffer";
    return `${what}, bytes without a type; give a typed array, as in new Float32Array(buffer)`;
  }
  if (typeof element === "bigint" || ArrayBuffer.isView(element)) {
    return "a BigInt or an array of them; a tensor is made of numbers: convert with Number, as in Array.from(values, Number)";
  }
  const what =
    formOfTensor(element) ??
    (typeof element === "string"
      ? JSON.stringify(element.slice(0, 40))
      : (typeof element === "object" && element !== null) || typeof element === "function"
        ? `of type ${typeof element}`
        : String(element));
  return `${what}; a tensor is made of numbers or booleans, nested in arrays`;
}

/** Checks that a typed array or a number fits a shape, and gives it as the values of that shape. */
export function valuesOfShape(op: string, shape: Shape, array: TypedArray): Values {
  checkShape(op, shape);
  if (sizeOf(shape) !== array.length) {
    throw new ShapeError(
      `${op}: ${array.length} elements do not make the shape ${formatShape(shape)}, which has ${sizeOf(shape)}`,
    );
  }
  return shape.length === 0 ? (array[0] as number) : array;
}

/** What a local forward gave is of the shape and the dtype that the rules gave. */
export function checkValues(op: string, values: unknown, shape: Shape, dtype: DType): void {
  if (shape.length === 0) {
    if (typeof values === "number") return;
    throw new ShapeError(
      `${op}: its local forward gave ${describe(values)} for the shape []; give a plain number, as in out[0]`,
    );
  }
  const size = sizeOf(shape);
  if (isTypedArray(values) && values.length === size && dtypeOf(values) === dtype) return;
  throw new ShapeError(
    `${op}: its local forward gave ${describe(values)} for ${dtype} ${formatShape(shape)}; give a typed array of that dtype ` +
      `with ${size} ${size === 1 ? "element" : "elements"}`,
  );
}

function describe(values: unknown): string {
  if (isTypedArray(values)) return `a ${values.constructor.name} of length ${values.length}`;
  if (Array.isArray(values)) return `an array of length ${values.length}, not a typed one,`;
  return typeof values === "number" ? `the number ${values}` : values === null ? "null" : typeof values;
}

/** Nested arrays out of row-major elements. */
export function nest(array: TypedArray, shape: Shape, dtype: DType): unknown {
  return nestOf(array, shape, dtype === "bool" ? (value) => value === 1 : (value) => value);
}

/** How many lists there may be of nothing; where there are elements, these are what takes the room. */
const MOST_EMPTY = 2 ** 24;

/** Nested arrays of what is made of each of the row-major elements. */
export function nestOf(array: TypedArray, shape: Shape, element: (value: number) => unknown): unknown {
  const lists = sizeOf(shape, 0, Math.max(0, shape.indexOf(0)));
  if (lists > MOST_EMPTY) {
    throw new ShapeError(
      `the shape ${formatShape(shape)} is one of ${lists} lists without elements, for which there is no room as nested arrays; ` +
        "use shape and data",
    );
  }
  const strides = stridesOf(shape);
  const build = (axis: number, at: number): unknown => {
    if (axis === shape.length) return element(array[at] as number);
    return Array.from({ length: shape[axis] as number }, (_, i) => build(axis + 1, at + i * (strides[axis] as number)));
  };
  return build(0, 0);
}

/** How many elements of an axis are shown before the middle is left out. */
const SHOWN = 6;

/** The values as a reader would write them, long axes shortened. */
export function formatValues(array: TypedArray, shape: Shape, dtype: DType): string {
  const strides = stridesOf(shape);
  const show = (axis: number, at: number): string => {
    if (axis === shape.length) return formatNumber(array[at] as number, dtype);
    const size = shape[axis] as number;
    const step = strides[axis] as number;
    const some = Array.from({ length: size > SHOWN ? 3 : size }, (_, i) => show(axis + 1, at + i * step));
    if (size > SHOWN) some.push("...", show(axis + 1, at + (size - 1) * step));
    return `[${some.join(", ")}]`;
  };
  return show(0, 0);
}

/** A number to at most six significant digits. */
export function formatNumber(value: number, dtype: DType = "float64"): string {
  if (dtype === "bool") return value === 1 ? "true" : "false";
  return String(Number(value.toPrecision(6)));
}
