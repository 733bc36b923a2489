import { ChainruleError, DTypeError, ShapeError } from "../errors.js";
import { operand, Tensor } from "../graph/tensor.js";
import { checkNoMore, isRecord } from "../options.js";
import { formatShape, sameShape } from "../shape/shape.js";
import { formOfTensor, isAnyTensor } from "../show.js";

/*
 * A structure: a tensor, a number (a scalar), or arrays and records of them, nested as one likes. `undefined` stands for an
 * entry that is left out, and stays; so does a hole of an array, which becomes one.
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
  A extends Tensor<infer S, infer _>
    ? [] extends S
      ? A | number
      : A
    : A extends object
      ? { [K in keyof A]: Given<A[K]> }
      : A;

/** Nobody writes what is deeper, and what contains itself is. */
const deepest = 500;

interface Walk {
  /** What errors call the function that was given the structure, and their class. */
  readonly op: string;
  readonly Failure: new (message: string) => ChainruleError;
  /** Is called for whatever is neither an array nor a plain record, with its place. */
  readonly leaf: (x: unknown, path: string) => void;
  /** Is told of each array and record before what is in it. */
  readonly open?: (x: readonly unknown[] | object) => void;
}

const tooDeep = Symbol("too deep");

/** Goes through arrays and records; those that contain themselves, or that are very deep, are an error. */
export function visitStructure(root: unknown, rootPath: string, { op, Failure, leaf, open }: Walk): void {
  const above: object[] = [];
  const visit = (x: unknown, path: string): void => {
    const isArray = Array.isArray(x);
    if (!isArray && !isRecord(x)) {
      leaf(x, path);
      return;
    }
    if (above.length === deepest) throw tooDeep;
    open?.(x);
    above.push(x);
    if (isArray) {
      // Not by `forEach`, which leaves holes out: they are entries that are undefined.
      for (const [i, element] of x.entries()) visit(element, `${path}[${i}]`);
    } else for (const [key, element] of Object.entries(x)) visit(element, `${path}.${key}`);
    above.pop();
  };
  try {
    visit(root, rootPath);
  } catch (error) {
    if (error !== tooDeep) throw error;
    // Made here, where the stack still shows the caller.
    const what = new Set(above).size < deepest ? "contains itself" : `is nested more than ${deepest} deep`;
    throw new Failure(`${op}: ${rootPath} ${what}; give arrays and plain records that are a few levels deep`);
  }
}

/** The same arrays and records with other leaves, in the order of `visitStructure`, which has been through them. */
export function mapStructure(x: unknown, leaf: (x: unknown) => unknown): unknown {
  // By index and key, as what a small program gives goes through here at each call.
  if (Array.isArray(x)) {
    const list: unknown[] = [];
    for (let i = 0; i < x.length; i++) list.push(mapStructure(x[i], leaf));
    return list;
  }
  if (!isRecord(x)) return leaf(x);
  const record: Record<string, unknown> = {};
  for (const key of Object.keys(x)) {
    const value = mapStructure(x[key], leaf);
    // To assign this one would change what the record inherits.
    if (key === "__proto__") Object.defineProperty(record, key, { value, ...plainField });
    else record[key] = value;
  }
  return record;
}

const plainField = { enumerable: true, writable: true, configurable: true } as const;

/** Calls `leaf` for each tensor and number of a structure, and gives the structure of the results. */
export function mapLeaves(
  op: string,
  value: unknown,
  path: string,
  leaf: (x: Tensor | number, path: string) => unknown,
): unknown {
  const mapped: unknown[] = [];
  visitLeaves(op, value, path, (x, at) => mapped.push(x === undefined ? undefined : leaf(x, at)));
  let next = 0;
  return mapStructure(value, () => mapped[next++]);
}

function visitLeaves(
  op: string,
  value: unknown,
  path: string,
  leaf: (x: Tensor | number | undefined, path: string) => void,
): void {
  visitStructure(value, path, {
    op,
    Failure: DTypeError,
    leaf: (x, at) => {
      if (!(x instanceof Tensor || typeof x === "number" || x === undefined)) {
        throw new DTypeError(
          `${op}: ${at} is ${describe(x)}; here go tensors, numbers, and arrays and plain records of them ` +
            "(make a tensor with tensor(...), or let the function close over what has no gradient)",
        );
      }
      leaf(x, at);
    },
  });
}

/** The tensors and numbers of a structure with their places, in the order of `mapLeaves`. */
export function leavesOf(op: string, value: unknown, path: string): { leaf: Tensor | number; path: string }[] {
  const leaves: { leaf: Tensor | number; path: string }[] = [];
  visitLeaves(op, value, path, (leaf, at) => {
    if (leaf !== undefined) leaves.push({ leaf, path: at });
  });
  return leaves;
}

/** The tensors of some arguments, and where they stand: `argument 0.weights`. */
interface Arguments {
  readonly edges: readonly Tensor[];
  readonly paths: readonly string[];
}

/**
 * The tensors of a structure that goes with arguments, leaf for leaf of one shape and dtype, in their order: keys of a record may come
 * in another one. Numbers become scalars.
 */
export function matching(op: string, what: string, value: unknown, { edges: like, paths }: Arguments): Tensor[] {
  const given = leavesOf(op, value, what);
  const byPlace = new Map(given.map((each) => [each.path.slice(what.length), each]));
  // As a list of the arguments, or of one argument that itself.
  const places = [
    paths.map((path) => path.replace(/^argument (\d+)/, "[$1]")),
    paths.map((path) => path.replace(/^argument 0/, "")),
  ];
  const leaves = places
    .map((own) => own.flatMap((place) => byPlace.get(place) ?? []))
    .find((own) => own.length === like.length);
  if (leaves === undefined || given.length !== like.length) {
    const shown = given.map(({ path }) => path).join(", ");
    throw new ShapeError(
      `${op}: ${given.length} tensors as ${what} for ${like.length} inputs${given.length === like.length ? `, in other places (${shown} for ${paths.join(", ")})` : ""}; ` +
        "give the structure of the inputs",
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

/**
 * The tensors of a structure, in order: of a tensor itself, of arrays and plain records of them, nested as one likes. What
 * else stands in it is passed over.
 *
 * @example
 * const weights = { hidden: [tensor([1, 2]), tensor([3])], rate: 0.1 };
 * tensorsIn(weights).map((x) => x.size); // [2, 1]
 *
 * @throws ChainruleError when the structure contains itself, or is more than 500 levels deep, and for what was a tensor: a copy
 * by `structuredClone`, or one of another copy of the package.
 */
export function tensorsIn(structure: unknown, ...none: []): Tensor[] {
  checkNoMore("tensorsIn", none);
  const tensors: Tensor[] = [];
  visitStructure(structure, "the structure", {
    op: "tensorsIn",
    Failure: ChainruleError,
    leaf: (x) => {
      // What only looks like a tensor is refused there.
      if (isAnyTensor(x) || formOfTensor(x) !== null) tensors.push(operand("tensorsIn", x as Tensor));
    },
  });
  return tensors;
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  const form = formOfTensor(value);
  if (form !== null) return form;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return `${typeof value} ${String(value).slice(0, 40)}`;
  const name: unknown = value.constructor?.name;
  if (typeof name === "string" && name !== "") return `an instance of ${name.slice(0, 40)}`;
  // A generator has no constructor with a name, but says what it is.
  const tag: unknown = Reflect.get(value, Symbol.toStringTag);
  return `an instance of ${typeof tag === "string" ? tag.slice(0, 40) : "a class"}`;
}
