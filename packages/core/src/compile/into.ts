import { arrayName, storedIn, type TypedArray } from "../dtype.js";
import { CompileError, DTypeError, ShapeError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { isRecord } from "../options.js";
import { formatShape, sameShape, sizeOf } from "../shape/shape.js";
import { show } from "../show.js";
import { describe } from "../transforms/structure.js";

/**
 * What the results of a function are written into: its structure, with a tensor or a typed array in the place of each tensor, and
 * nothing in that of a constant.
 */
export type Into<R> =
  R extends Tensor<infer S, infer D>
    ? Tensor<S, D> | TypedArray<D>
    : R extends object
      ? { readonly [K in keyof R]: Into<R[K]> }
      : R | undefined;

/** A place for one of the tensors of a result. */
export type Target = Tensor | TypedArray;

const op = "into";

/**
 * The places that a caller gives for the tensors of a result, in order.
 *
 * @param result with tensors of the shapes and dtypes that are to be written
 */
export function targetsOf(result: unknown, out: unknown): readonly Target[] {
  const targets: Target[] = [];
  collect(result, out, "out", targets);
  if (targets.length > 1) checkDistinct(targets);
  return targets;
}

function collect(result: unknown, out: unknown, path: string, targets: Target[]): void {
  if (result instanceof Tensor) targets.push(target(result, out, path));
  else if (Array.isArray(result)) {
    if (!Array.isArray(out) || out.length !== result.length) {
      throw new CompileError(
        `${op}: ${path} is ${Array.isArray(out) ? `a list of ${out.length}` : describe(out)}, and the result there a list of ` +
          `${result.length}; give a list with a place for each`,
      );
    }
    for (let i = 0; i < result.length; i++) collect(result[i], out[i], `${path}[${i}]`, targets);
  } else if (isRecord(result)) {
    if (Array.isArray(out) || !isRecord(out)) {
      throw new CompileError(
        `${op}: ${path} is ${describe(out)}, and the result there a record, { ${Object.keys(result).join(", ")} }; give one with ` +
          "a place for each",
      );
    }
    for (const key of Object.keys(out)) {
      if (!Object.hasOwn(result, key)) {
        throw new CompileError(
          `${op}: ${path}.${key} is no part of the result, { ${Object.keys(result).join(", ")} }; leave it out`,
        );
      }
    }
    for (const key of Object.keys(result)) collect(result[key], out[key], `${path}.${key}`, targets);
  } else if (out !== undefined && !Object.is(out, result)) {
    throw new CompileError(
      `${op}: ${path} is ${describe(out)}, and the result there always ${show(result)}, for which there is no place; leave it out`,
    );
  }
}

function checkDistinct(targets: readonly Target[]): void {
  const seen = new Set<unknown>();
  for (const [i, target] of targets.entries()) {
    const memory = target instanceof Tensor ? target : target.buffer;
    if (seen.has(memory) && targets.slice(0, i).some((other) => overlap(other, target)))
      throw shared("another place in out");
    seen.add(memory);
  }
}

/** What one tensor of the result is to be written into. */
function target(result: Tensor, out: unknown, path: string): Target {
  const { shape, dtype } = result;
  if (out instanceof Tensor) {
    if (out.node !== null) {
      throw new CompileError(
        `${op}: ${path} is the result of ${out.node.name}; only variables and constants take new values`,
      );
    }
    if (!sameShape(out.shape, shape)) {
      throw new ShapeError(
        `${op}: ${path} has the shape ${formatShape(out.shape)}, and the result there is ${wanted(result)}`,
      );
    }
    if (out.dtype !== dtype)
      throw new DTypeError(`${op}: ${path} is ${out.dtype}, and the result there ${wanted(result)}`);
    return out;
  }
  const array = storedIn(dtype, out);
  if (array === null)
    throw new DTypeError(`${op}: ${path} is ${describe(out)}, and the result there ${wanted(result)}`);
  if (array.length !== sizeOf(shape)) {
    throw new ShapeError(`${op}: ${path} has ${array.length} elements, and the result there is ${wanted(result)}`);
  }
  return array;
}

/** What a result is, and the places that it can have. */
function wanted({ shape, dtype, size }: Tensor): string {
  const elements = `${size} ${size === 1 ? "element" : "elements"}`;
  return `${dtype} ${formatShape(shape)}; give a ${arrayName(dtype)} of ${elements}, or a tensor of that shape and dtype`;
}

/** The tensors of a result that was computed without a program, written into places for them. */
export function writeInto(targets: readonly Target[], results: readonly Tensor[]): void {
  for (const [i, target] of targets.entries()) {
    const result = results[i] as Tensor;
    if (target instanceof Tensor) target.assign(result);
    else target.set(result.array);
  }
}

/**
 * Refuses places in whose memory values lie that are not to change: those of tensors, and those of the program.
 *
 * @param memory of the program
 */
export function checkApart(
  targets: readonly Target[],
  tensors: readonly Tensor[],
  captures: readonly { readonly tensor: Tensor }[] = [],
  memory: ArrayBuffer | null = null,
): void {
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i] as Target;
    // It takes a new array.
    if (target instanceof Tensor) continue;
    if (target.buffer === memory) throw shared("the program itself, whose outputs are there after execute()");
    for (let j = 0; j < tensors.length; j++) if (holds(tensors[j] as Tensor, target)) throw shared("an argument");
    for (let j = 0; j < captures.length; j++) {
      if (holds((captures[j] as { tensor: Tensor }).tensor, target))
        throw shared("a tensor that the function closes over");
    }
  }
}

/** Bytes up to which the values of an array may lie among the engine's objects: to ask for its buffer would move them, in 1 us. */
const amongObjects = 64;

/** Whether an array has values of a tensor in it. */
function holds({ values }: Tensor, target: TypedArray): boolean {
  if (values === target) return true;
  if (!ArrayBuffer.isView(values)) return false;
  // A small array that is a part of no larger memory has been found by itself, but for a second view of all of it.
  if (values.byteLength <= amongObjects && target.byteLength === target.buffer.byteLength) return false;
  return overlap(values, target);
}

/** Whether a value that is written to one would change the other. */
function overlap(a: Target, b: Target): boolean {
  if (a === b) return true;
  if (a instanceof Tensor || b instanceof Tensor) return false;
  const apart = a.byteOffset >= b.byteOffset + b.byteLength || b.byteOffset >= a.byteOffset + a.byteLength;
  return !apart && a.buffer === b.buffer;
}

function shared(what: string): CompileError {
  return new CompileError(`${op}: a part of out lies in the memory of ${what}; give each place an array of its own`);
}
