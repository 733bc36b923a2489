import { GraphError } from "../../errors.js";
import type { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import { withTracer } from "../../graph/tracer.js";
import type { Block } from "../../trace/block.js";
import { blocksOf, inputsFirst, type Made, madeBy, neededBy } from "./made.js";
import { type Flat, whileLive } from "./pull.js";
import { Run } from "./run-again.js";
import { didTheSame } from "./same-run.js";
import { leavesBehind, sameValues } from "./segment.js";

/**
 * The function of a block to be run again, for gradients of it or for a batch: what it did the first time is done on other arguments. The
 * function itself is not asked, as what it closes over may be something else by then (a variable of a loop, a field). Only where it has hooks
 * or gradients of the consumer's, which close over who knows what, or draws, is it called again; it is an error if it does something else then.
 *
 * @param op what errors call it
 */
export function again(op: string, block: Block, f: Flat): Again {
  const made = madeBy(block);
  if (isRunAgain(block)) return (given, operands) => new Run(made, given, operands).results();
  return calledAgain(op, made, f);
}

/** A function of a block, given what it is given and what it closes over. */
export type Again = (given: readonly Tensor[], operands: readonly Tensor[]) => readonly Tensor[];

/** Such a function over one list, of which the first so many are what it is given. */
export function overAll(count: number, f: Again): (...all: readonly Tensor[]) => readonly Tensor[] {
  return (...all) => f(all.slice(0, count), all.slice(count));
}

/** A function to be run again, and the edges that it closes over and that gradients are wanted of. */
interface Closed {
  readonly f: Flat;
  readonly captured: readonly Tensor[];
  /** Asked before it is run again: throws where it does something else by now. */
  readonly check: () => void;
}

/**
 * The same for a function that ran on values. It closes over what its ops took; where it has to be called again, and may compute that anew,
 * over the variables and arguments behind it.
 */
export function againOfValues(op: string, given: readonly Tensor[], results: readonly Tensor[], f: Flat): Closed {
  // What does not depend on what it is given has the same values in each run, and may stay what it is.
  const { own, ends } = dependents(new Set(given), results);
  const made = { given, operands: [], results, isHooked: false, isOwn: (edge: Tensor) => own.has(edge) };
  if (!isOfOps(made)) return calledAgainOnValues(op, given, results, f);
  const captured = [...ends].filter(({ requiresGrad }) => requiresGrad);
  return { f: (others) => new Run(made, others, []).results(), captured, check: () => {} };
}

/** The edges of the graph behind the results that something given leads to, and those that these take besides, or that are results. */
function dependents(
  given: ReadonlySet<Tensor>,
  results: readonly Tensor[],
): { readonly own: ReadonlySet<Tensor>; readonly ends: ReadonlySet<Tensor> } {
  const own = new Set(given);
  const known = new Set(given);
  const inputsOf = ({ node }: Tensor) => node?.inputs ?? [];
  for (const result of results) {
    inputsFirst(
      result,
      (edge) => known.has(edge),
      inputsOf,
      (edge) => {
        known.add(edge);
        if (inputsOf(edge).some((input) => own.has(input))) own.add(edge);
      },
    );
  }
  const taken = [...own].flatMap((edge) => (given.has(edge) ? [] : inputsOf(edge)));
  return { own, ends: new Set([...results, ...taken].filter((edge) => !own.has(edge))) };
}

function calledAgain(op: string, made: Made, f: Flat): Flat {
  return (given) => {
    const results = f(given);
    if (!didTheSame(made, given, results)) throw changed(op);
    return results;
  };
}

/** Where there are values, these tell whether the function does the same for what it was given before. */
function calledAgainOnValues(op: string, given: readonly Tensor[], results: readonly Tensor[], f: Flat): Closed {
  const ends = new Set(given);
  const captured = leavesBehind(results, ends);
  const isSame = () => {
    const now = f(given);
    const isKnown = leavesBehind(now, ends).every((leaf) => captured.includes(leaf));
    return isKnown && now.every((value, i) => sameValues(value, results[i] as Tensor));
  };
  const check = () => {
    if (!whileLive(captured, () => withTracer(null, isSame))) throw changed(op);
  };
  return { f, captured, check };
}

function changed(op: string): GraphError {
  return new GraphError(
    `${op}: its function does something else when it is run again for a gradient, or for a batch: what it closes over, such as a let of a ` +
      "loop or a field of an object, has been given another value since, or the function depends on how often it is called; let it " +
      "close over a const, or give it the tensor as a carry, an element or an operand",
  );
}

/** Whether the graph behind the results is made of ops alone, up to what the function is given and closes over. */
function isOfOps(made: Made): boolean {
  if (made.isHooked) return false;
  const ends = new Set([...made.given, ...made.operands]);
  const met = new Set(made.results);
  for (const edge of met) {
    if (ends.has(edge) || !made.isOwn(edge)) continue;
    if (edge.hooks !== null && edge.hooks.size > 0) return false;
    const { node } = edge;
    if (node === null) continue;
    if (!isMadeAgain(node)) return false;
    for (const input of neededBy(node)) met.add(input);
  }
  return true;
}

function isMadeAgain(node: Node): boolean {
  const blocks = blocksOf(node);
  return blocks.length > 0 ? blocks.every(isRunAgain) : !node.closesOver;
}

const runAgain = new WeakMap<Block, boolean>();

function isRunAgain(block: Block): boolean {
  let known = runAgain.get(block);
  if (known === undefined) {
    known = block.trace.generators.length === 0 && holdNone(block) && isOfOps(madeBy(block));
    runAgain.set(block, known);
  }
  return known;
}

/** Whether no value, one without a graph among them, comes from a node whose functions would have to be called. */
function holdNone({ trace }: Block): boolean {
  const met = new Set(trace.outputs);
  for (const { source, inputs } of met) {
    if (source.kind === "node" && !blocksOf(source.node).every(isRunAgain)) return false;
    for (const input of inputs) met.add(input);
  }
  return true;
}
