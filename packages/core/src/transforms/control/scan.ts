import { checkFunction } from "../../checks.js";
import { GraphError, ShapeError } from "../../errors.js";
import { asStep, frameOf } from "../../graph/steps.js";
import { asTensor, type Tensor } from "../../graph/tensor.js";
import { checkNoMore, checkOptions } from "../../options.js";
import type { Tail } from "../../shape/axis-types.js";
import { formatShape } from "../../shape/shape.js";
import { show } from "../../show.js";
import { leavesOf, type Tensors } from "../structure.js";
import { runLoop } from "./run-loop.js";
import type { Loop, Step } from "./scan-node.js";
import { inOrderOf, matchingCarry, type Next, rebuilt } from "./structured.js";

export interface ScanOptions {
  /** How many steps there are; needed where there are no `xs` to count them by. */
  readonly length?: number;
  /** Whether the last element comes first. Results stay where their elements stood. Default false. */
  readonly reverse?: boolean;
  /** In a program, how many steps the body of the loop has: more code, and fewer rounds. Default 1. */
  readonly unroll?: number;
  /**
   * Of how many steps each only the first carry is kept for a gradient; the others, and in eager mode all that the steps computed, are
   * computed again. The square root of the number of steps needs the least memory. By default all are kept.
   */
  readonly checkpoint?: number;
}

/** One element of each tensor in a structure, along its first axis. */
export type Elements<X> =
  X extends Tensor<infer S, infer D> ? Tensor<Tail<S>, D> : X extends object ? { [K in keyof X]: Elements<X[K]> } : X;

/** What the steps gave, along a new first axis. */
export type Stacked<Y> = Y extends number
  ? Tensor<[number]>
  : Y extends Tensor<infer S, infer D>
    ? Tensor<[number, ...S], D>
    : Y extends object
      ? { [K in keyof Y]: Stacked<Y[K]> }
      : Y;

/**
 * A loop: `step` goes from a carry and an element of `xs` to the next carry and a result, step by step. Carries, elements and results are
 * tensors, or arrays and records of them (numbers are scalars); a carry keeps its shapes and dtypes from step to step.
 *
 * In eager mode it calls `step` once a step, and is made of the ops in it. In a compiled function it is one loop of the program: `step` is
 * traced once, so a thousand steps compile as fast as one. It is differentiable as often as one likes; the gradient is a loop in the other
 * direction, which computes each step again from the carry before it. Gradients also go to what `step` closes over, such as weights.
 * Draws of a `Random` are new ones in each step.
 *
 * @param step gives `[carry, y]`, or `[carry]` where there is nothing to collect. It cannot assign, nor leave
 * gradients by `backward()`: in a program it is traced once
 * @param init the first carry
 * @param xs tensors with an element for each step along the first axis, all of one length; `undefined` for none, with `length`
 * @returns the last carry, and the results of all steps along a new first axis
 * @throws ShapeError or DTypeError, which names the part, for a carry that changes its shape, dtype or structure, and for `xs` of
 * different lengths
 *
 * @example
 * const [last, sums] = scan((sum, x) => [sum.add(x), sum], tensor(0), tensor([1, 2, 3]));
 * last.item(); // 6
 * sums.toArray(); // [0, 1, 3]
 * const power = (x: Tensor<[]>) => scan((y) => [y.mul(x)], x, undefined, { length: 2 })[0];
 * grad(power)(2).item(); // 12
 */
export function scan<const C, X = undefined, Y = undefined>(
  step: (carry: Tensors<C>, x: Elements<X>) => readonly [carry: Next<C>, y?: Y],
  init: C,
  xs?: X,
  options: ScanOptions = {},
  ...none: []
): [carry: Tensors<C>, ys: Stacked<Y>] {
  checkFunction("scan", step);
  checkNoMore("scan", none);
  checkOptions("scan", options, ["length", "reverse", "unroll", "checkpoint"], ["reverse"]);
  const carries = leavesOf("scan", init, "init");
  const elements = leavesOf("scan", xs, "xs").map(({ leaf, path }) => ({ leaf: asTensor(leaf), path }));
  const { reverse = false, unroll = 1, checkpoint } = options;
  const length = lengthOf(elements, options.length);
  checkCount("unroll", unroll, 1);
  if (checkpoint !== undefined) checkCount("checkpoint", checkpoint, 1);
  // The results have the structure of those of the first step.
  const first: { form: { readonly y: unknown; readonly paths: readonly string[] } | null } = { form: null };
  const frame = frameOf("scan");
  const flat: Step = (carry, x, number) => {
    const result: unknown = asStep(frame, number ?? null, () =>
      step(rebuilt(init, carry) as Tensors<C>, rebuilt(xs, x) as Elements<X>),
    );
    if (!Array.isArray(result) || result.length < 1 || result.length > 2) {
      throw new GraphError(`scan: a step gives [carry, y], or [carry], got ${show(result)}`);
    }
    const [next, y] = result as readonly unknown[];
    const given = leavesOf("scan", y, "y");
    first.form ??= { y, paths: given.map(({ path }) => path) };
    const { paths } = first.form;
    const results = inOrderOf(given, "y", paths, "y");
    if (results === null) {
      throw new ShapeError(
        `scan: a step gives the results ${given.map(({ path }) => path).join(", ")}, and the first one gave ${paths.join(", ")}; all steps ` +
          "give the same structure",
      );
    }
    return {
      carry: matchingCarry(
        "scan",
        next,
        carries.map(({ path }) => path),
        carry,
      ),
      y: results.map(({ leaf }) => asTensor(leaf)),
    };
  };
  const loop: Loop = {
    op: "scan",
    step: flat,
    init: carries.map(({ leaf }) => asTensor(leaf)),
    xs: elements.map(({ leaf }) => leaf),
    length,
    reverse,
  };
  const { carry, ys } = runLoop(loop, { unroll, checkpoint: checkpoint ?? Number.POSITIVE_INFINITY });
  return [rebuilt(init, carry) as Tensors<C>, rebuilt(first.form?.y, ys) as Stacked<Y>];
}

function lengthOf(
  elements: readonly { readonly leaf: Tensor; readonly path: string }[],
  given: number | undefined,
): number {
  if (given !== undefined) checkCount("length", given, 0);
  let length = given;
  for (const { leaf, path } of elements) {
    const [own] = leaf.shape;
    if (own === undefined) {
      throw new ShapeError(
        `scan: ${path} is a scalar: the elements of the steps stand along the first axis; close over what is the same in all steps`,
      );
    }
    if (length !== undefined && own !== length) {
      const other =
        given === undefined
          ? `${elements[0]?.path} of shape ${formatShape(elements[0]?.leaf.shape ?? [])}`
          : `length ${given}`;
      throw new ShapeError(
        `scan: ${path} of shape ${formatShape(leaf.shape)} has ${own} elements along its first axis, which do not go with ${other}`,
      );
    }
    length = own;
  }
  if (length === undefined)
    throw new GraphError("scan: without xs the number of steps has to be said: { length: 100 }");
  return length;
}

function checkCount(name: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return;
  throw new GraphError(`scan: ${name} ${show(count)}: a whole number of ${least} or more is needed`);
}
