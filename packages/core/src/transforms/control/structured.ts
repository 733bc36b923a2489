import { DTypeError, ShapeError } from "../../errors.js";
import { operand, type Tensor } from "../../graph/tensor.js";
import { formatShape, sameShape } from "../../shape/shape.js";
import { leavesOf, mapStructure } from "../structure.js";

/** The structure of a carry, with tensors of any shape: that they are those of the first one is checked at run time. */
export type Next<C> = C extends number | Tensor
  ? Tensor | number
  : C extends object
    ? { readonly [K in keyof C]: Next<C[K]> }
    : C;

/** A structure with other tensors in the places of its leaves. */
export function rebuilt(structure: unknown, tensors: readonly Tensor[]): unknown {
  let next = 0;
  return mapStructure(structure, (leaf) => (leaf === undefined ? leaf : tensors[next++]));
}

/** The leaves of a carry, which are like those of the carry before. */
export function matchingCarry(
  op: string,
  next: unknown,
  paths: readonly string[],
  before: readonly Tensor[],
): Tensor[] {
  const leaves = leavesOf(op, next, "the carry");
  if (leaves.length !== before.length) {
    throw new ShapeError(
      `${op}: a step gives a carry of ${leaves.length} tensors, and took one of ${before.length}; the structure stays that of init`,
    );
  }
  return leaves.map(({ leaf }, i) => {
    const old = before[i] as Tensor;
    const tensor = typeof leaf === "number" ? old.constant(leaf) : operand(op, leaf);
    const name = `the carry${paths[i]?.slice("init".length)}`;
    if (tensor.dtype !== old.dtype) {
      throw new DTypeError(
        `${op}: ${name} is ${old.dtype} ${formatShape(old.shape)} before a step, and ${tensor.dtype} ${formatShape(tensor.shape)} behind it; ` +
          `convert it with cast("${old.dtype}"), or give init as ${tensor.dtype}`,
      );
    }
    if (!sameShape(tensor.shape, old.shape)) {
      throw new ShapeError(
        `${op}: ${name} has the shape ${formatShape(old.shape)} before a step, and ${formatShape(tensor.shape)} behind it; a carry keeps ` +
          "its shape: broadcast init to it, or collect what grows as the result of the steps",
      );
    }
    return tensor;
  });
}
