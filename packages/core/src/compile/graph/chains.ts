import { Add } from "../../ops/add.js";
import { sameShape } from "../../shape/shape.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { neededBy, type Op, opsIn, resultsOf } from "./graph.js";
import { type Make, rewritten } from "./rewrite.js";
import { hasBlocks, withBlocks } from "./simplify.js";

/** How terms that come one after the other in a sum are computed together. */
export interface Join {
  /** The op that gives them. */
  readonly op: Op;
  /** Whether a value that it gives, and which is used in the sum alone, is one of them. */
  readonly isTerm: (value: Traced) => boolean;
  /** From how many on. */
  readonly least: number;
  /** @param before what comes before them in the sum of which `value` is all */
  readonly together: (
    run: readonly Traced[],
    before: Traced | null,
    value: Traced,
    now: (value: Traced) => Traced,
    make: Make,
  ) => Traced;
}

/** How many inputs a value is given, as a node is (see `concat`). */
const MOST = 4096;

/** A sum of a chain of additions, in their order: the first two, and what is added to them. */
type Terms = readonly Traced[];

/**
 * The same program with runs of terms joined, in the order in which they are added.
 *
 * @param pass what does that, for the blocks: the same function each time, by which one block stays one
 */
export function joinTerms(trace: Trace, join: Join, pass: (trace: Trace) => Trace): Trace {
  const order = opsIn(trace).has(join.op) ? neededBy(trace) : [];
  const uses = usesOf(trace, order);
  const isTerm = (value: Traced) =>
    value.source.kind === "node" &&
    value.source.node.constructor === join.op &&
    uses.get(value) === 1 &&
    join.isTerm(value);
  const chains = order.some(isTerm) ? chainsOf(order, uses) : new Map<Traced, Terms>();
  for (const [last, terms] of chains) if (longestRun(terms, isTerm) < join.least) chains.delete(last);
  if (chains.size === 0 && !hasBlocks(trace)) return trace;
  return rewritten(trace, (value, now, make) => {
    const terms = chains.get(value);
    if (terms === undefined) {
      return make(withBlocks(value.source, pass), value.inputs.map(now));
    }
    const add = (sum: Traced | null, term: Traced) => (sum === null ? now(term) : make(value.source, [sum, now(term)]));
    let sum: Traced | null = null;
    for (let start = 0, end = 0; start < terms.length; start = end) {
      end = start + 1;
      const first = terms[start] as Traced;
      if (isTerm(first)) while (end < terms.length && end - start < MOST && isTerm(terms[end] as Traced)) end++;
      const run = terms.slice(start, end);
      sum =
        isTerm(first) && run.length >= join.least
          ? join.together(run, sum, value, now, make)
          : run.reduce<Traced | null>(add, sum);
    }
    return sum as Traced;
  });
}

function longestRun(terms: Terms, isTerm: (value: Traced) => boolean): number {
  let most = 0;
  let length = 0;
  for (const term of terms) {
    length = isTerm(term) ? length + 1 : 0;
    most = Math.max(most, length);
  }
  return most;
}

function usesOf(trace: Trace, order: readonly Traced[]): ReadonlyMap<Traced, number> {
  const uses = new Map<Traced, number>();
  const use = (value: Traced) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const value of order) for (const input of value.inputs) use(input);
  // What is a result is used outside.
  for (const value of resultsOf(trace)) use(value);
  return uses;
}

/** By the last addition of a chain, what it adds up. */
function chainsOf(order: readonly Traced[], uses: ReadonlyMap<Traced, number>): Map<Traced, Terms> {
  const chains = new Map<Traced, Terms>();
  const inside = new Set<Traced>();
  for (let i = order.length - 1; i >= 0; i--) {
    const last = order[i] as Traced;
    if (!isAddition(last) || inside.has(last)) continue;
    const terms: Traced[] = [];
    let sum = last;
    for (;;) {
      const [x, y] = sum.inputs as [Traced, Traced];
      const isInner = (value: Traced) => isAddition(value) && uses.get(value) === 1;
      const inner = isInner(x) ? x : isInner(y) ? y : null;
      if (inner === null) {
        terms.push(y, x);
        break;
      }
      // x + y is y + x to the bit.
      terms.push(inner === x ? y : x);
      inside.add(inner);
      sum = inner;
    }
    chains.set(last, terms.reverse());
  }
  return chains;
}

/** Of two values of one shape, which is none of a scalar. */
function isAddition({ source, shape, inputs }: Traced): boolean {
  return (
    source.kind === "node" &&
    source.node instanceof Add &&
    shape.length > 0 &&
    inputs.every((input) => sameShape(input.shape, shape))
  );
}
