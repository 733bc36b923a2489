import { checkFunction } from "../../checks.js";
import { DTypeError, GraphError, ShapeError } from "../../errors.js";
import { asStep, frameOf } from "../../graph/steps.js";
import { asTensor, operand, Tensor } from "../../graph/tensor.js";
import { checkNoMore, checkOptions, isRecord } from "../../options.js";
import { formatShape } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import { show } from "../../show.js";
import { moveTo } from "../../trace/positions.js";
import { leavesOf, mapStructure, visitStructure } from "../structure.js";
import { type Batched, expanded, moveAxis } from "./batched.js";
import { beginsOf, drawsOneByOne, leftBehind, type Randomness } from "./draws.js";
import { oneByOne } from "./one-by-one.js";
import { traceElement } from "./record.js";
import { Replay } from "./replay.js";

/** The axis of the batch: a number, `null` for none, or one of these for each part of a structure. */
export type BatchAxes = number | null | readonly BatchAxes[] | { readonly [key: string]: BatchAxes };

export interface VmapOptions {
  /**
   * Where the batch stands in the arguments: a number for all of them, or a list with an entry for each argument, `null` for one that is the
   * same for all elements; of a structure, also a structure of such entries. Counted from the end below 0. Default 0.
   */
  readonly inAxes?: BatchAxes;
  /** Where the batch stands in the results: a number, or a structure of them like the result; `null` for what is the same for all. Default 0. */
  readonly outAxes?: BatchAxes;
  /** Whether each element draws numbers of its own, as calls one after the other would, or all the same ones. Default "different". */
  readonly randomness?: Randomness;
}

/** A shape with the batch in front; of a shape that is not known, one that is not known either. */
type WithBatch<S extends Shape> = number extends S["length"] ? Shape : [number, ...S];

/** An argument with the batch as its first axis. */
export type BatchOf<A> =
  A extends Tensor<infer S, infer D>
    ? Tensor<WithBatch<S>, D>
    : A extends readonly unknown[] | Record<string, unknown>
      ? { [K in keyof A]: BatchOf<A[K]> }
      : A;

/** What a function gives, with the batch as the first axis. */
export type BatchResult<Y> = Y extends number
  ? Tensor<[number]>
  : Y extends Tensor<infer S, infer D>
    ? Tensor<WithBatch<S>, D>
    : Y extends object
      ? { [K in keyof Y]: BatchResult<Y[K]> }
      : Y;

/** The same where the batch may stand anywhere, or nowhere. */
export type AnyBatch<A> =
  A extends Tensor<infer _, infer D>
    ? Tensor<Shape, D> | (A extends Tensor<[], infer _> ? number : never)
    : A extends readonly unknown[] | Record<string, unknown>
      ? { [K in keyof A]: AnyBatch<A[K]> }
      : A;

export type AnyBatchResult<Y> = Y extends number
  ? Tensor
  : Y extends Tensor<infer _, infer D>
    ? Tensor<Shape, D>
    : Y extends object
      ? { [K in keyof Y]: AnyBatchResult<Y[K]> }
      : Y;

/**
 * The function that does for a batch what `f` does for one element: the results are those of calls of `f`, one for each element, stacked.
 * `f` runs once, on stand-ins for one element, and what it did is done for all elements at once: a function of scalars becomes loops over
 * arrays, a product with a vector one with a matrix. It can be differentiated, compiled and mapped again, and `f` may be made by `grad`
 * and its kin: `vmap(grad(loss))` gives the gradient for each example.
 *
 * What `f` closes over is the same for all elements, and gets the sum of their gradients. Values cannot be read in `f`, and both branches of
 * a `where` are computed. `f` cannot assign, nor leave gradients by `backward()`; a hook
 * (`onGradient`) in it is for derivatives that are taken inside, by `grad` and its kin, and the loops of these need a limit. An op without a rule for batches (of `customOp`, say) is
 * done for one element after the other; `customGradient` keeps its gradient.
 *
 * @param f takes tensors, and arrays and records of them; a number among the arguments is the same for all elements, and so is what is no
 * tensor, such as a text or a `Random`. It gives tensors in the same forms
 * @returns a function of the same arguments, of which at least one tensor has the axis of the batch
 * @throws ShapeError for batches of different sizes, GraphError where there is none, where `f` reads a value, or gives nothing
 *
 * @example
 * vmap((x: Tensor<[2]>) => x.square().sum())(tensor([[1, 2], [3, 4]])).toArray(); // [5, 25]
 * const slope = grad((x: Tensor<[]>, w: Tensor<[]>) => x.mul(w).sin());
 * vmap(slope, { inAxes: [0, null] })(tensor([0, 0]), tensor(3)).toArray(); // [3, 3]
 */
export function vmap<Args extends readonly unknown[] = [Tensor, ...Tensor[]], R = Tensor>(
  f: (...args: Args) => R,
): (...args: { [I in keyof Args]: BatchOf<Args[I]> }) => BatchResult<R>;
export function vmap<Args extends readonly unknown[] = [Tensor, ...Tensor[]], R = Tensor>(
  f: (...args: Args) => R,
  options: VmapOptions,
  ...none: []
): (...args: { [I in keyof Args]: AnyBatch<Args[I]> }) => AnyBatchResult<R>;
export function vmap(f: (...args: unknown[]) => unknown, options: VmapOptions = {}, ...none: []): unknown {
  checkFunction("vmap", f);
  checkNoMore("vmap", none);
  checkOptions("vmap", options, ["inAxes", "outAxes", "randomness"]);
  const { inAxes = 0, outAxes = 0, randomness = "different" } = options;
  checkAxes("inAxes", inAxes);
  checkAxes("outAxes", outAxes);
  if (randomness !== "different" && randomness !== "same") {
    throw new GraphError(`vmap: randomness ${show(randomness)}: there are "different" and "same"`);
  }
  return (...args: unknown[]) => mapped(f, args, inAxes, outAxes, randomness);
}

function checkAxes(name: string, axes: unknown): void {
  visitStructure(axes, name, {
    op: "vmap",
    Failure: GraphError,
    leaf: (axis, path) => {
      if (axis === null || Number.isInteger(axis)) return;
      throw new GraphError(
        `vmap: ${path} ${show(axis)}: a whole number is needed, or null for what has no axis of the batch`,
      );
    },
  });
}

function mapped(
  f: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  inAxes: BatchAxes,
  outAxes: BatchAxes,
  randomness: Randomness,
): unknown {
  const { inputs, size } = inputsOf(args, inAxes);
  let form: unknown;
  const element = (...elements: readonly Tensor[]): readonly Tensor[] => {
    let next = 0;
    const given = mapStructure(args, (leaf) => (isMapped(leaf) ? elements[next++] : leaf)) as unknown[];
    form = asStep(frameOf("vmap"), null, () => f(...given));
    const leaves = leavesOf("vmap", form, "the result");
    if (leaves.length === 0) {
      throw new GraphError(
        `vmap: the function must give tensors, got ${show(form)}: return what it computes for one element`,
      );
    }
    return leaves.map(({ leaf }) => asTensor(leaf));
  };
  const program = traceElement("vmap", inputs, element);
  const results = drawsOneByOne(program)
    ? inOrder(program.block.draws, inputs, size, element, randomness)
    : asStep(frameOf("vmap"), null, () => new Replay(program, inputs, size, randomness).run());
  return placed(form, results, outAxes, size);
}

/** A number is the same for all elements, and given to the function as it is. */
const isMapped = (leaf: unknown): leaf is Tensor => leaf instanceof Tensor;

/** The tensors among the arguments, each with the batch first; and the size of that. */
function inputsOf(args: readonly unknown[], inAxes: BatchAxes): { inputs: Batched[]; size: number } {
  if (Array.isArray(inAxes) && inAxes.length !== args.length) {
    throw new GraphError(
      `vmap: inAxes has ${inAxes.length} entries for ${args.length} arguments; give one for each, null for one that is the same for all`,
    );
  }
  let size: number | null = null;
  let first = "";
  const inputs: Batched[] = [];
  args.forEach((arg, i) => {
    const axes = Array.isArray(inAxes) ? (inAxes[i] as BatchAxes) : (inAxes as BatchAxes);
    eachLeaf("inAxes", arg, axes, `argument ${i}`, (leaf, axis, path) => {
      if (!isMapped(leaf)) return;
      if (axis === null) {
        inputs.push({ tensor: leaf, isBatched: false });
        return;
      }
      const tensor = operand("vmap", leaf);
      const at = axis < 0 ? axis + tensor.rank : axis;
      const own = tensor.shape[at];
      if (own === undefined) {
        throw new ShapeError(
          `vmap: ${path} of shape ${formatShape(tensor.shape)} has no axis ${axis} for the batch; name another one by inAxes, or null ` +
            "for what is the same for all elements",
        );
      }
      if (size !== null && own !== size) {
        throw new ShapeError(
          `vmap: ${path} of shape ${formatShape(tensor.shape)} has ${own} elements along axis ${axis}, and ${first} has ${size}; batches have one ` +
            "size, and what is the same for all has null in inAxes",
        );
      }
      if (size === null) first = path;
      size = own;
      const moved = moveAxis(tensor, at, 0);
      inputs.push({ tensor: moved, isBatched: true });
    });
  });
  if (size === null) {
    throw new GraphError(
      "vmap: no argument has an axis of the batch; give a tensor whose axis inAxes names, or call the function itself",
    );
  }
  return { inputs, size };
}

/** Goes through a structure and the axes that stand for its parts. */
function eachLeaf(
  name: string,
  value: unknown,
  axes: BatchAxes,
  path: string,
  visit: (leaf: unknown, axis: number | null, path: string) => void,
): void {
  if (axes === null || typeof axes === "number") {
    visitStructure(value, path, { op: "vmap", Failure: DTypeError, leaf: (leaf, at) => visit(leaf, axes, at) });
    return;
  }
  const parts = Array.isArray(value) || isRecord(value) ? Object.keys(value) : null;
  const own = Object.keys(axes);
  if (
    parts === null ||
    Array.isArray(value) !== Array.isArray(axes) ||
    own.some((key) => !parts.includes(key)) ||
    own.length !== parts.length
  ) {
    throw new GraphError(
      `vmap: ${name} ${show(axes)} for ${path}, ${show(value)}: give an axis for all of it, or a structure like it`,
    );
  }
  const isList = Array.isArray(value);
  for (const key of parts) {
    const [part, axis] = [
      (value as Record<string, unknown>)[key],
      (axes as Record<string, BatchAxes>)[key] as BatchAxes,
    ];
    eachLeaf(name, part, axis, isList ? `${path}[${key}]` : `${path}.${key}`, visit);
  }
}

/** One element after the other: for draws that cannot be made at once. */
function inOrder(
  draws: Parameters<typeof beginsOf>[0],
  inputs: readonly Batched[],
  size: number,
  element: (...elements: readonly Tensor[]) => readonly Tensor[],
  randomness: Randomness,
): Batched[] {
  const begins = beginsOf(draws);
  const own = (...elements: readonly Tensor[]) => {
    if (randomness === "same") for (const [generator, begin] of begins) moveTo(generator, begin);
    return element(...elements);
  };
  const results = oneByOne("vmap", inputs, size, own);
  leftBehind(draws, begins, size, randomness);
  return results;
}

/** The results in the structure that the function gave, each with the batch where it is wanted. */
function placed(form: unknown, results: readonly Batched[], outAxes: BatchAxes, size: number): unknown {
  const axes: (number | null)[] = [];
  const paths: string[] = [];
  eachLeaf("outAxes", form, outAxes, "the result", (leaf, axis, path) => {
    if (leaf === undefined) return;
    axes.push(axis);
    paths.push(path);
  });
  let next = 0;
  return mapStructure(form, (leaf) => {
    if (leaf === undefined) return leaf;
    const [result, axis, path] = [results[next] as Batched, axes[next] as number | null, paths[next++]];
    if (axis === null) {
      if (!result.isBatched) return result.tensor;
      throw new GraphError(
        `vmap: ${path} differs between the elements of the batch, and outAxes has null for it; give an axis`,
      );
    }
    const whole = expanded(result, size);
    const at = axis < 0 ? axis + whole.rank : axis;
    if (at < 0 || at >= whole.rank) {
      throw new ShapeError(
        `vmap: outAxes ${axis}: the result ${formatShape(whole.shape.slice(1))} with the batch has no axis ${axis}`,
      );
    }
    return moveAxis(whole, 0, at);
  });
}
