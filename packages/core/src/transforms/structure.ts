import { DTypeError, ShapeError } from "../errors.js";
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

/** Calls `leaf` for each tensor and number of a structure, and gives the structure of the results. */
export function mapLeaves(
  op: string,
  value: unknown,
  path: string,
  leaf: (x: Tensor | number, path: string) => unknown,
): unknown {
  if (value === undefined) return undefined;
  if (value instanceof Tensor || typeof value === "number") return leaf(value, path);
  if (Array.isArray(value)) return value.map((element, i) => mapLeaves(op, element, `${path}[${i}]`, leaf));
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, element]) => [key, mapLeaves(op, element, `${path}.${key}`, leaf)]),
    );
  }
  throw new DTypeError(
    `${op}: ${path} is ${describe(value)}; here go tensors, numbers, and arrays and plain records of them ` +
      "(make a tensor with tensor(...), or let the function close over what has no gradient)",
  );
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
