import { allocateFor, checkDType, checkNumber, type DType, isFloat, type TypedArray } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { checkTensorOptions, fromArray } from "../graph/factory.js";
import type { ArangeFunction, EyeFunction, LinspaceFunction, TensorOptions } from "../graph/signatures/factories.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, isRecord } from "../options.js";
import { checkShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";

/** Refuses options that a factory does not have, and other things in their place. */
function check(op: string, given: string, options: unknown): TensorOptions {
  checkTensorOptions(op, given, options);
  return (options ?? {}) as TensorOptions;
}

function made(array: TypedArray, shape: Shape, { dtype = "float64", name }: TensorOptions): Tensor {
  return fromArray(array, shape, { dtype, name });
}

function dtypeOf(op: string, { dtype = "float64" }: TensorOptions): DType {
  return checkDType(op, dtype);
}

function checkFinite(op: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value)) throw new ShapeError(`${op}: ${name} ${show(value)}: a finite number is needed`);
  }
}

/** What a range is measured in: 1, or 2 where the way from its one end to the other is longer than the largest number. */
function unitOf(start: number, stop: number): number {
  return Number.isFinite(stop - start) ? 1 : 2;
}

/**
 * A matrix with 1 on its main diagonal and 0 elsewhere: the identity, if it is square. float64 unless said otherwise.
 *
 * @param columns as many as rows by default
 *
 * @example
 * eye(2).toArray(); // [[1, 0], [0, 1]]
 */
export const eye = ((rows: number, ...more: readonly unknown[]) => {
  const [wanted, given, ...none] = isRecord(more[0]) ? [undefined, ...more] : more;
  checkNoMore("eye", none);
  const options = check("eye", "rows, columns", given);
  if (Array.isArray(rows)) {
    throw new ShapeError(`eye: takes the numbers of rows and columns, eye(2) or eye(2, 3), got ${show(rows)}`);
  }
  const columns = (wanted ?? rows) as number;
  checkShape("eye", [rows, columns]);
  const array = allocateFor("eye", dtypeOf("eye", options), rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) array[i * columns + i] = 1;
  return made(array, [rows, columns], options);
}) as EyeFunction;

/**
 * `count` numbers at equal distances from `start` to `stop`, both included; `start` alone if it is one. float64 unless said
 * otherwise, or float32.
 *
 * @example
 * linspace(0, 1, 5).toArray(); // [0, 0.25, 0.5, 0.75, 1]
 */
export const linspace = ((start: number, stop: number, count: number, given?: TensorOptions, ...none: []) => {
  checkNoMore("linspace", none);
  const options = check("linspace", "start, stop, count", given);
  checkFinite("linspace", { start, stop });
  checkShape("linspace", [count]);
  const dtype = dtypeOf("linspace", options);
  if (!isFloat(dtype)) {
    throw new DTypeError(`linspace: makes float64 or float32, got ${dtype}; use arange for whole numbers`);
  }
  const unit = unitOf(start, stop);
  const step = (stop / unit - start / unit) / (count - 1);
  const array = allocateFor("linspace", dtype, count);
  for (let i = 0; i < count; i++)
    array[i] = i === 0 ? start : i === count - 1 ? stop : (start / unit + i * step) * unit;
  return made(array, [count], options);
}) as LinspaceFunction;

/**
 * The numbers from `start` (0) on in steps of `step` (1), `stop` not included: start + i step, ceil((stop - start) / step) of
 * them, as in NumPy. With a step that is no whole number rounding may let in one more or less; use `linspace` then. float64
 * unless said otherwise; `{ dtype: "int32" }` for indices.
 *
 * @example
 * arange(3).toArray(); // [0, 1, 2]
 * arange(5, 0, -2, { dtype: "int32" }).toArray(); // [5, 3, 1]
 *
 * @throws ShapeError for a step of 0.
 */
export const arange = ((...args: readonly (number | TensorOptions | undefined)[]) => {
  const at = args.findIndex((arg, i) => i > 0 && arg !== undefined && typeof arg !== "number");
  const before = at === -1 ? args : args.slice(0, at);
  const numbers = before.slice(0, before.findLastIndex((arg) => arg !== undefined) + 1);
  checkNoMore("arange", [...numbers.slice(3), ...(at === -1 ? [] : args.slice(at + 1))]);
  const options = check("arange", "start, stop, step", args[at]);
  const [start, stop, step = 1] = (numbers.length === 1 ? [0, numbers[0]] : numbers) as [number, number, number?];
  checkFinite("arange", { start, stop, step });
  if (step === 0)
    throw new ShapeError(`arange: from ${start} to ${stop} in steps of 0 there is no end; give another step`);
  const dtype = dtypeOf("arange", options);
  const unit = unitOf(start, stop);
  const count = Math.ceil((stop / unit - start / unit) / (step / unit));
  const array = allocateFor("arange", dtype, Math.max(0, count));
  for (let i = 0; i < array.length; i++)
    array[i] = checkNumber("arange", (start / unit + i * (step / unit)) * unit, dtype);
  return made(array, [array.length], options);
}) as ArangeFunction;
