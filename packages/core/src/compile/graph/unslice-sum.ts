import { allocate, type DType, type Values } from "../../dtype.js";
import { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import { addToView } from "../../loops/copy.js";
import { Add } from "../../ops/add.js";
import { Unslice, viewOf } from "../../ops/slice.js";
import { sameShape, sizeOf } from "../../shape/shape.js";
import type { Range, Shape } from "../../shape/types.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { neededBy, nodeOf, opsIn, resultsOf } from "./graph.js";
import { rewritten } from "./rewrite.js";
import { hasBlocks, withBlocks } from "./simplify.js";

/**
 * What parts of a tensor add up to, each where its ranges read, one after another: the gradient of a tensor that is used in slices,
 * which takes the work of its parts, where a sum of `Unslice` takes that of the whole for each. With a whole as its first
 * input it begins with that, else with zeros. Made by `joinUnslices` alone: no graph of eager mode has one.
 */
export class UnsliceSum extends Node {
  override readonly name = "UnsliceSum";
  readonly shape: Shape;
  readonly hasWhole: boolean;
  /** By part. */
  readonly ranges: readonly (readonly Range[])[];

  constructor(shape: Shape, hasWhole: boolean, ranges: readonly (readonly Range[])[]) {
    super();
    this.shape = shape;
    this.hasWhole = hasWhole;
    this.ranges = ranges;
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape, hasWhole: this.hasWhole, ranges: this.ranges };
  }

  override shapeRule(..._inputs: Tensor[]): Shape {
    return this.shape;
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(shape: Shape, dtype: DType, ...inputs: Tensor[]): Values {
    const out = allocate(dtype, sizeOf(shape));
    const [whole] = inputs as [Tensor];
    if (this.hasWhole) out.set(whole.array);
    for (const [i, ranges] of this.ranges.entries()) {
      const part = inputs[this.hasWhole ? i + 1 : i] as Tensor;
      const view = viewOf(this.name, shape, ranges);
      addToView(out, part.array, view.shape, view.start, view.strides);
    }
    return out;
  }

  override localBackward(): never {
    throw this.notDifferentiable("it is made when all gradients have been");
  }
}

/** A sum of a chain of additions, in their order: the first two, and what is added to them. */
type Terms = readonly Traced[];

/** The same program with each run of parts that are added up as one value; in the same order, so that it rounds in the same way. */
export function joinUnslices(trace: Trace): Trace {
  const chains = opsIn(trace).has(Unslice) ? chainsOf(trace, neededBy(trace)) : new Map<Traced, Terms>();
  if (chains.size === 0 && !hasBlocks(trace)) return trace;
  return rewritten(trace, (value, now, make) => {
    const terms = chains.get(value);
    if (terms === undefined) return make(withBlocks(value.source, joinUnslices), value.inputs.map(now));
    let sum: Traced | null = null;
    let run: Traced[] = [];
    const close = () => {
      if (run.length > 1) {
        const ranges = run.map((part) => nodeOf<Unslice>(part).ranges);
        const node = new UnsliceSum(value.shape, sum !== null, ranges);
        sum = make({ kind: "node", node }, [
          ...(sum === null ? [] : [sum]),
          ...run.map(({ inputs: [x] }) => now(x as Traced)),
        ]);
      } else for (const part of run) add(part);
      run = [];
    };
    const add = (term: Traced) => {
      sum = sum === null ? now(term) : make(value.source, [sum, now(term)]);
    };
    for (const term of terms) {
      if (isPart(term)) run.push(term);
      else {
        close();
        add(term);
      }
    }
    close();
    return sum as unknown as Traced;
  });
}

function isPart({ source }: Traced): boolean {
  return source.kind === "node" && source.node instanceof Unslice;
}

/** By the last addition of a chain, what it adds up; of chains in which two parts come one after the other. */
function chainsOf(trace: Trace, order: readonly Traced[]): Map<Traced, Terms> {
  const uses = new Map<Traced, number>();
  const use = (value: Traced) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const value of order) for (const input of value.inputs) use(input);
  // What is a result is used outside.
  for (const value of resultsOf(trace)) use(value);
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
    terms.reverse();
    if (terms.some((term, at) => at > 0 && isPart(term) && isPart(terms[at - 1] as Traced))) chains.set(last, terms);
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
