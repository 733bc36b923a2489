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

/** A tensor or number of a structure, and where it stands, as `init.weights[0]`. */
interface Leaf {
  readonly leaf: Tensor | number;
  readonly path: string;
}

/**
 * The leaves of a structure in the order of another one, in which they have the same places: keys of a record may come in another
 * order. `null` where the places are not the same.
 *
 * @param root what the paths of both begin with
 */
export function inOrderOf(
  leaves: readonly Leaf[],
  root: string,
  paths: readonly string[],
  otherRoot: string,
): readonly Leaf[] | null {
  const byPlace = new Map(leaves.map((each) => [each.path.slice(root.length), each]));
  const ordered = paths.flatMap((path) => byPlace.get(path.slice(otherRoot.length)) ?? []);
  return leaves.length === paths.length && ordered.length === paths.length ? ordered : null;
}

/** The leaves of a carry, which are like those of the carry before. */
export function matchingCarry(
  op: string,
  next: unknown,
  paths: readonly string[],
  before: readonly Tensor[],
): Tensor[] {
  const given = leavesOf(op, next, "the carry");
  const leaves = inOrderOf(given, "the carry", paths, "init");
  if (leaves === null) {
    const places = (list: readonly string[], root: string) =>
      list.map((path) => path.slice(root.length) || "a tensor").join(", ");
    const givenPlaces = places(
      given.map(({ path }) => path),
      "the carry",
    );
    throw new ShapeError(
      `${op}: a step gives a carry of ${given.length} tensors (${givenPlaces}), and took one of ${before.length} (${places(paths, "init")}); the ` +
        "structure stays that of init",
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
