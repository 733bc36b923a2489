import { checkFunction } from "../../checks.js";
import { DTypeError, GraphError, ShapeError } from "../../errors.js";
import { withReads } from "../../graph/reads.js";
import { asStep, frameOf } from "../../graph/steps.js";
import { asTensor, Tensor } from "../../graph/tensor.js";
import { tracer } from "../../graph/tracer.js";
import { InRange } from "../../ops/in-range.js";
import { checkIndices } from "../../ops/take.js";
import { formatShape, sameShape } from "../../shape/shape.js";
import { show } from "../../show.js";
import { leavesOf, type Tensors } from "../structure.js";
import { tracedBranch } from "./branch-node.js";
import type { Flat } from "./pull.js";
import { inOrderOf, rebuilt } from "./structured.js";

/** What the operands of a function are given as. */
type Operands<Args extends readonly unknown[]> = { [I in keyof Args]: Tensors<Args[I]> };

/**
 * `onTrue(...operands)` or `onFalse(...operands)`, by a value: one of the two runs. In a compiled function both are traced, each once, and
 * the program runs one of them; so do its gradients. To choose element by element, of values that are there, use `where`.
 *
 * @param predicate a bool scalar, or a boolean
 * @param onTrue gives a tensor, or arrays and records of them; both functions give the same structure, shapes and dtypes. They may
 * close over tensors, which get gradients as the operands do
 * @param operands tensors, numbers (scalars), arrays and records of them
 * @throws DTypeError or ShapeError for a predicate that is no bool scalar, and in a compiled function for results that differ in
 * shape or dtype; CompileError in a compiled function, and under `vmap`, for branches that do not draw the same number of random numbers
 *
 * @example
 * const root = (x: Tensor) => cond(x.less(0), (x) => x.mul(0), (x) => x.sqrt(), x);
 * root(tensor(4)).item(); // 2
 * grad(root)(4).item(); // 0.25
 * grad(root)(-1).item(); // 0
 */
export function cond<const Args extends readonly unknown[], R>(
  predicate: Tensor | boolean,
  onTrue: (...operands: Operands<Args>) => R,
  onFalse: (...operands: Operands<Args>) => NoInfer<R>,
  ...operands: Args
): Tensors<R> {
  checkFunction("cond", onTrue, "onTrue");
  checkFunction("cond", onFalse, "onFalse");
  const given = typeof predicate === "boolean" ? asTensor(predicate ? 1 : 0).cast("bool") : predicate;
  if (!(given instanceof Tensor)) throw new DTypeError(`cond: the predicate is a bool scalar, got ${show(given)}`);
  if (given.dtype !== "bool") {
    throw new DTypeError(`cond: the predicate is ${given.dtype}: compare, as in x.greater(0), so that it is a bool`);
  }
  checkScalar("cond: the predicate", given);
  const chooser = {
    index: () => given.logicalNot().cast("int32"),
    run: () => (readNow(given) === 0 ? 1 : 0),
  };
  return chosen("cond", chooser, [onTrue, onFalse] as unknown as Branches, operands) as Tensors<R>;
}

/**
 * One of several functions of the same operands, by its number: see `cond`, which it is but for more branches.
 *
 * @param index an int32 scalar from 0 to the number of branches - 1, or such a number
 * @throws ShapeError for an index without a branch, in a compiled function at each call; and as `cond`
 *
 * @example
 * const shapes = [(x: Tensor) => x.square(), (x: Tensor) => x.sin(), (x: Tensor) => x];
 * switchCase(tensor(2, { dtype: "int32" }), shapes, tensor(3)).item(); // 3
 * switchCase(0, shapes, tensor(3)).item(); // 9
 */
export function switchCase<const Args extends readonly unknown[], R>(
  index: Tensor | number,
  branches: readonly ((...operands: Operands<Args>) => R)[],
  ...operands: Args
): Tensors<R> {
  if (!Array.isArray(branches) || branches.length === 0) {
    throw new GraphError(`switchCase: takes a list of functions, got ${show(branches)}`);
  }
  for (const [i, branch] of branches.entries()) checkFunction("switchCase", branch, `branch ${i}`);
  if (typeof index === "number" && !Number.isSafeInteger(index)) {
    throw new GraphError(
      `switchCase: index ${show(index)}: a whole number is needed, from 0 to ${branches.length - 1}`,
    );
  }
  const given = typeof index === "number" ? tensorOf(index) : index;
  checkIndices("switchCase", given);
  checkScalar("switchCase: the index", given);
  const known = new InRange("switchCase", branches.length, "index", `${branches.length} branches`).apply(given);
  return chosen(
    "switchCase",
    { index: () => known, run: () => readNow(known) },
    branches as unknown as Branches,
    operands,
  ) as Tensors<R>;
}

type Branches = readonly ((...operands: readonly unknown[]) => unknown)[];

function tensorOf(index: number): Tensor {
  return asTensor(index).cast("int32");
}

function checkScalar(what: string, { shape }: Tensor): void {
  if (shape.length > 0) {
    throw new ShapeError(
      `${what} has the shape ${formatShape(shape)}: it is a scalar, one choice for all; choose element by element by where(...)`,
    );
  }
}

/** A value that decides what is computed, and is no part of it. */
export function readNow(x: Tensor): number {
  return withReads(null, () => x.item());
}

/** The number of the branch. */
interface Chooser {
  /** Of a program. */
  readonly index: () => Tensor;
  /** Now. */
  readonly run: () => number;
}

function chosen(op: string, { index, run }: Chooser, branches: Branches, operands: readonly unknown[]): unknown {
  const leaves = leavesOf(op, operands, "operands").map(({ leaf }) => asTensor(leaf));
  const call = (branch: Branches[number], given: readonly Tensor[]) =>
    asStep(frameOf(op), null, () => branch(...(rebuilt(operands, given) as unknown[])));
  if (tracer() === null) {
    const result = call(branches[run()] as Branches[number], leaves);
    return rebuilt(
      result,
      tensorsIn(op, result).map(({ leaf }) => leaf),
    );
  }
  const first: { form: { readonly structure: unknown; readonly leaves: readonly Result[] } | null } = { form: null };
  const flat = branches.map(
    (branch, b): Flat =>
      (edges) => {
        const structure = call(branch, edges);
        const given = tensorsIn(op, structure);
        first.form ??= { structure, leaves: given };
        return alike(op, b, given, first.form.leaves).map(({ leaf }) => leaf);
      },
  );
  const results = tracedBranch({ op, index: index(), branches: flat, operands: leaves });
  return rebuilt(first.form?.structure, results);
}

interface Result {
  readonly leaf: Tensor;
  readonly path: string;
}

function tensorsIn(op: string, structure: unknown): Result[] {
  return leavesOf(op, structure, "the result").map(({ leaf, path }) => ({ leaf: asTensor(leaf), path }));
}

/** The results of a branch in the order of those of the first one, which they have the shapes and dtypes of. */
function alike(op: string, branch: number, given: readonly Result[], first: readonly Result[]): readonly Result[] {
  const [one, other] = op === "cond" ? ["onTrue", "onFalse"] : ["branch 0", `branch ${branch}`];
  const paths = first.map(({ path }) => path);
  const results = inOrderOf(given, "the result", paths, "the result") as readonly Result[] | null;
  if (results === null) {
    const places = (list: readonly Result[]) => list.map(({ path }) => path).join(", ");
    throw new ShapeError(
      `${op}: ${one} gives ${places(first)} and ${other} gives ${places(given)}; they give one structure`,
    );
  }
  results.forEach(({ leaf, path }, i) => {
    const like = (first[i] as Result).leaf;
    if (leaf.dtype === like.dtype && sameShape(leaf.shape, like.shape)) return;
    throw new ShapeError(
      `${op}: ${path} is ${like.dtype} ${formatShape(like.shape)} by ${one}, and ${leaf.dtype} ${formatShape(leaf.shape)} by ` +
        `${other}; they give the same shapes and dtypes`,
    );
  });
  return results;
}
