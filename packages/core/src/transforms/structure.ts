import { type ChainruleError, DTypeError, ShapeError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { isRecord } from "../options.js";
import { formatShape, sameShape } from "../shape/shape.js";

/*
 * A structure: a tensor, a number (a scalar), or arrays and records of them, nested as one likes. `undefined` stands for an
 * entry that is left out, and stays.
 */

/** The structure `A` with a tensor in the place of each number: what a function gets to see, and what its gradient is. */
export type Tensors<A> = A extends number
  ? Tensor<[]>
  : A extends Tensor | undefined
    ? A
    : A extends object
      ? { [K in keyof A]: Tensors<A[K]> }
      : never;

/** The structure `A` as it can be given: a number does for a scalar. */
export type Given<A> =
  A extends Tensor<infer S> ? ([] extends S ? A | number : A) : A extends object ? { [K in keyof A]: Given<A[K]> } : A;

/** Nobody writes what is deeper, and what contains itself is. */
const deepest = 500;

export interface Walk {
  /** What errors call the function that was given the structure, and their class. */
  readonly op: string;
  readonly Failure: new (message: string) => ChainruleError;
  /** Is called for whatever is neither an array nor a plain record, with its place; what it gives takes that place. */
  readonly leaf: (x: unknown, path: string) => unknown;
  /** Is told of each array and record before what is in it. */
  readonly open?: (x: readonly unknown[] | object) => void;
}

/** The same arrays and records with other leaves: see `Walk`. A structure that contains itself is an error, and so is one without end. */
export function mapStructure(root: unknown, rootPath: string, { op, Failure, leaf, open }: Walk): unknown {
  const above: object[] = [];
  const map = (x: unknown, path: string): unknown => {
    const isArray = Array.isArray(x);
    if (!isArray && !isRecord(x)) return leaf(x, path);
    if (above.length === deepest) throw tooDeep;
    open?.(x);
    above.push(x);
    const mapped = isArray
      ? x.map((element, i) => map(element, `${path}[${i}]`))
      : Object.fromEntries(Object.entries(x).map(([key, element]) => [key, map(element, `${path}.${key}`)]));
    above.pop();
    return mapped;
  };
  try {
    return map(root, rootPath);
  } catch (error) {
    if (error !== tooDeep) throw error;
    // Made here, where the stack still shows the caller.
    const what = new Set(above).size < deepest ? "contains itself" : `is nested more than ${deepest} deep`;
    throw new Failure(`${op}: ${rootPath} ${what}; give arrays and plain records that are a few levels deep`);
  }
}

const tooDeep = Symbol("too deep");

/** Calls `leaf` for each tensor and number of a structure, and gives the structure of the results. */
export function mapLeaves(
  op: string,
  value: unknown,
  path: string,
  leaf: (x: Tensor | number, path: string) => unknown,
): unknown {
  return mapStructure(value, path, {
    op,
    Failure: DTypeError,
    leaf: (x, at) => {
      if (x === undefined) return undefined;
      if (x instanceof Tensor || typeof x === "number") return leaf(x, at);
      throw new DTypeError(
        `${op}: ${at} is ${describe(x)}; here go tensors, numbers, and arrays and plain records of them ` +
          "(make a tensor with tensor(...), or let the function close over what has no gradient)",
      );
    },
  });
}

/** The tensors and numbers of a structure with their places, in the order of `mapLeaves`. */
export function leavesOf(op: string, value: unknown, path: string): { leaf: Tensor | number; path: string }[] {
  const leaves: { leaf: Tensor | number; path: string }[] = [];
  mapLeaves(op, value, path, (leaf, at) => leaves.push({ leaf, path: at }));
  return leaves;
}

/** The tensors of a structure that goes with `like`, leaf for leaf of one shape and dtype; numbers become scalars. */
export function matching(op: string, what: string, value: unknown, like: readonly Tensor[]): Tensor[] {
  const leaves = leavesOf(op, value, what);
  if (leaves.length !== like.length) {
    throw new ShapeError(
      `${op}: ${leaves.length} tensors as ${what} for ${like.length} inputs; give the structure of the inputs`,
    );
  }
  return leaves.map(({ leaf, path }, i) => {
    const other = like[i] as Tensor;
    const tensor = typeof leaf === "number" ? other.constant(leaf) : leaf;
    if (!sameShape(tensor.shape, other.shape)) {
      throw new ShapeError(
        `${op}: ${path} has the shape ${formatShape(tensor.shape)}, and its input ${formatShape(other.shape)}; they have one shape`,
      );
    }
    if (tensor.dtype !== other.dtype) {
      throw new DTypeError(
        `${op}: ${path} is ${tensor.dtype}, and its input ${other.dtype}; convert with cast("${other.dtype}")`,
      );
    }
    return tensor;
  });
}

export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return `${typeof value} ${String(value).slice(0, 40)}`;
  return `an instance of ${value.constructor?.name ?? "a class"}`;
}
