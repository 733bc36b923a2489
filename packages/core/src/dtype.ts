import { DTypeError, ShapeError } from "./errors.js";
import { show } from "./show.js";

/** `float64` is the default: a JavaScript number is a double, and gradient checks need it. */
export type DType = "float64" | "float32" | "int32" | "bool";

/**
 * The dtype of a tensor of which nothing is known. It is `any`, and not `DType`, so that `Tensor<[2]>`, which says nothing of it,
 * takes a tensor of every dtype, and goes wherever one of a dtype is asked for: as a size that is `number` does, it is
 * checked at run time.
 */
// biome-ignore lint/suspicious/noExplicitAny: the only type that fits both ways
export type AnyDType = any;

// What is read of a tensor has the type that is found here under its dtype; where that is any, what stands under `unknown`.

/** The dtype that a tensor says it has. */
export interface DTypes {
  float64: "float64";
  float32: "float32";
  int32: "int32";
  bool: "bool";
  [unknown: string]: DType;
}

interface Arrays {
  float64: Float64Array;
  float32: Float32Array;
  int32: Int32Array;
  bool: Uint8Array;
  [unknown: string]: Float64Array | Float32Array | Int32Array | Uint8Array;
}

/** What the elements of a tensor are stored in: the array of its dtype, `Uint8Array` for bools. */
export type TypedArray<D extends DType = DType> = Arrays[D];

/** The values of a tensor: a plain number for a scalar (shape `[]`), else one row-major typed array. */
export type Values = number | TypedArray;

/** A typed array whose buffer can be transferred: one that is not shared. */
export type OwnedArray<D extends DType = DType> = TypedArray<D> & { readonly buffer: ArrayBuffer };

/** Typed arrays that a tensor can be made of: floats keep their width, integers of any width become int32. */
export type NumberArray = TypedArray | Int8Array | Uint8ClampedArray | Int16Array | Uint16Array | Uint32Array;

type ReadonlyOf<A extends TypedArray> = Readonly<
  Omit<A, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "subarray">
> &
  Iterable<number>;

interface ReadonlyArrays {
  float64: ReadonlyOf<Float64Array>;
  float32: ReadonlyOf<Float32Array>;
  int32: ReadonlyOf<Int32Array>;
  bool: ReadonlyOf<Uint8Array>;
  [unknown: string]: ReadonlyOf<TypedArray>;
}

/** A typed array to read from, of a dtype: the values of a tensor change through `assign` only. */
export type ReadonlyTypedArray<D extends DType = AnyDType> = ReadonlyArrays[D];

const arrayTypes = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

export function allFinite(values: Values): boolean {
  return typeof values === "number" ? Number.isFinite(values) : values.every((value) => Number.isFinite(value));
}

/** The elements of a dtype that lie in memory from an address on. */
export function viewOf(dtype: DType, memory: ArrayBuffer, address: number, size: number): TypedArray {
  return new arrayTypes[dtype](memory, address, size);
}

/**
 * A zero-filled array of `size` elements (a `bool` takes one byte, 0 or 1).
 *
 * @throws TooLarge where the engine has no room for it
 */
export function allocate(dtype: DType, size: number): TypedArray {
  try {
    return new arrayTypes[dtype](size);
  } catch {
    throw new TooLarge(dtype, size);
  }
}

/** The elements in an array, and a buffer, of their own. */
export function ownCopy(array: TypedArray): OwnedArray {
  // Not by `slice`, which of a Buffer gives a view.
  return new arrayTypes[dtypeOf(array)](array);
}

/** That there is no room for so many elements; the op that wanted them puts its name before (see `namedBy`). */
class TooLarge extends ShapeError {
  constructor(dtype: DType, size: number) {
    const bytes = size * arrayTypes[dtype].BYTES_PER_ELEMENT;
    super(
      `${size} elements of ${dtype} take ${(bytes / 2 ** 30).toPrecision(3)} GiB, for which there is no room; check the sizes`,
    );
  }
}

/** An error that an op met, with its name where it does not say it. */
export function namedBy(op: string, error: unknown): unknown {
  return error instanceof TooLarge ? new ShapeError(`${op}: ${error.message}`) : error;
}

/** The array of an op that has no node. */
export function allocateFor(op: string, dtype: DType, size: number): TypedArray {
  try {
    return allocate(dtype, size);
  } catch (error) {
    throw namedBy(op, error);
  }
}

/** Throws for what is no dtype: an option from outside may be any text. */
export function checkDType(op: string, dtype: DType): DType {
  if (typeof dtype !== "string" || !Object.hasOwn(arrayTypes, dtype)) {
    throw new DTypeError(`${op}: ${show(dtype)} is no dtype; there are ${Object.keys(arrayTypes).join(", ")}`);
  }
  return dtype;
}

/** By the name of a typed array's class: the dtype of a tensor that is made of it. */
const dtypes: Readonly<Record<string, DType>> = {
  Float64Array: "float64",
  Float32Array: "float32",
  Float16Array: "float32",
  Int8Array: "int32",
  Uint8Array: "int32",
  Uint8ClampedArray: "int32",
  Int16Array: "int32",
  Uint16Array: "int32",
  Int32Array: "int32",
  Uint32Array: "int32",
};

/**
 * The dtype of a tensor that is made of a typed array; `undefined` for what is no array of numbers. Classes are told by
 * name: arrays of another realm (a frame, a test runner's context) are none of this one's classes.
 */
export function literalDType(value: unknown): DType | undefined {
  return ArrayBuffer.isView(value) ? dtypes[className(value)] : undefined;
}

/** What the class of a view is called, in whichever realm it was made. */
function className(view: ArrayBufferView): string {
  return (view as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "";
}

/** What the class is called that a dtype is stored in. */
export function arrayName(dtype: DType): string {
  return arrayTypes[dtype].name;
}

/**
 * An array that a tensor of a dtype keeps its elements in; `null` for others. One of another realm's class, or of a class that
 * extends that of the dtype and has methods of its own (Node's Buffer), is seen as one of the dtype.
 */
export function storedIn(dtype: DType, array: unknown): TypedArray | null {
  const own = arrayTypes[dtype];
  if (array instanceof own && Object.getPrototypeOf(array) === own.prototype) return array;
  if (!ArrayBuffer.isView(array) || className(array) !== own.name) return null;
  return viewOf(dtype, array.buffer as ArrayBuffer, array.byteOffset, array.byteLength / own.BYTES_PER_ELEMENT);
}

/** Whether an array has lost its elements to somewhere else; such a one has the length 0. */
export function isDetached(array: NumberArray): boolean {
  if (array.length > 0) return false;
  try {
    new Uint8Array(array.buffer);
    return false;
  } catch {
    return true;
  }
}

/** The dtype whose elements an array holds, inside of the engine: a Uint8Array is one of bools. */
export function dtypeOf(array: TypedArray): DType {
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Int32Array) return "int32";
  return "bool";
}

export function isTypedArray(value: unknown): value is TypedArray {
  return (
    value instanceof Float64Array ||
    value instanceof Float32Array ||
    value instanceof Int32Array ||
    value instanceof Uint8Array
  );
}

export function isFloat(dtype: DType): boolean {
  return dtype === "float64" || dtype === "float32";
}

/** `value` as `dtype` stores it; throws where a number is none of that type, instead of changing it. */
export function checkNumber(where: string, value: number, dtype: DType): number {
  if (typeof value !== "number") throw new DTypeError(`${where}: takes a number, got ${show(value)}`);
  switch (dtype) {
    case "float64":
      return value;
    case "float32":
      return Math.fround(value);
    case "int32":
      if ((value | 0) === value) return value | 0;
      throw new DTypeError(
        `${where}: ${value} is no int32 (a whole number from -2147483648 to 2147483647); convert with cast("float64")`,
      );
    case "bool":
      if (value === 0 || value === 1) return value;
      throw new DTypeError(`${where}: ${value} is no bool (0 or 1); convert with cast("float64")`);
    default:
      return dtype satisfies never;
  }
}
