import { Argument } from "../../graph/argument.js";
import type { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import { deferredIn, tracer } from "../../graph/tracer.js";
import { sameShape } from "../../shape/shape.js";
import type { Block } from "../../trace/block.js";
import { Detach } from "../../trace/detach.js";
import { Recorder } from "../../trace/trace.js";
import { Traced } from "../../trace/traced.js";
import { digestOfSettings } from "../digest.js";
import { FunctionNode } from "../function-node.js";
import { Solved } from "./block-node.js";
import { blocksOf, type Made, madeBy, neededBy } from "./made.js";
import { sameValues } from "./segment.js";

/** Whether two traces of a function do the same, but for what they close over. */
export function doTheSame(a: Block, b: Block, mayLackGraph = false): boolean {
  if (a === b) return true;
  const isLike = (x: Tensor, y: Tensor) =>
    (mayLackGraph || x.requiresGrad === y.requiresGrad) && x.dtype === y.dtype && sameShape(x.shape, y.shape);
  if (a.operands.length !== b.operands.length || a.draws.length !== b.draws.length || b.made === null) return false;
  if (!a.operands.every((operand, i) => isLike(operand, b.operands[i] as Tensor))) return false;
  if (!a.draws.every(({ generator, blocks }, i) => b.draws[i]?.generator === generator && b.draws[i].blocks === blocks))
    return false;
  const places = new Map(a.operands.map((operand, i) => [operand, b.operands[i]]));
  const { made } = b;
  const outside: Outside = {
    mayLackGraph,
    value: ({ values }) => {
      const value = deferredIn(values);
      return value instanceof Traced && made.owns(value) ? value : null;
    },
    // What stands outside of a block in a function that is called again is compared there, where the node takes it.
    edge: (old, now) => (mayLackGraph ? isLike(old, now) : places.has(old) ? places.get(old) === now : isOne(old, now)),
    input: (index, { source }) => source.kind === "input" && source.index === index,
  };
  return new Comparison(madeBy(a), made.given, outside).isSame(made.results);
}

/**
 * Whether a function that was called again, given other arguments, did the same as when it was traced; what it closes over is the same.
 */
export function didTheSame(made: Made, given: readonly Tensor[], results: readonly Tensor[]): boolean {
  const input = (index: number, now: Traced) => {
    const old = given[index];
    if (old !== undefined) return behindDetach(tracedOf(old)) === now;
    const closedOver = (tracer() as Recorder).closedOver(now);
    return closedOver !== null && isOne(made.operands[index - given.length] as Tensor, closedOver);
  };
  return new Comparison(made, given, { mayLackGraph: true, edge: isOne, value: tracedOf, input }).isSame(results);
}

/** What a comparison asks of what stands outside: whether an edge is that one now, and a value of the second run input number `index`. */
interface Outside {
  readonly edge: (old: Tensor, now: Tensor) => boolean;
  /** Whether one of the runs may be one whose gradient is not asked for. */
  readonly mayLackGraph: boolean;
  /** The value of an edge of the second run. */
  readonly value: (now: Tensor) => Traced | null;
  readonly input: (index: number, now: Traced) => boolean;
}

/** Whether a function that ran again did the same as the first time. */
class Comparison {
  private readonly made: Made;
  private readonly outside: Outside;
  /** What stands in the place of each argument in the second run. */
  private readonly arguments: ReadonlyMap<Tensor, Tensor>;
  private readonly edges = new Map<Tensor, Tensor>();
  private readonly values = new Map<Traced, Traced>();

  constructor(made: Made, given: readonly Tensor[], outside: Outside) {
    this.made = made;
    this.arguments = new Map(
      made.given.map((old, i) => [behindArguments(old), behindArguments(given[i] as Tensor)] as const),
    );
    this.outside = outside;
  }

  isSame(results: readonly Tensor[]): boolean {
    const pairs: [Tensor, Tensor][] = [];
    const values: [Traced, Traced][] = [];
    const { made } = this;
    if (results.length !== made.results.length) return false;
    made.results.forEach((old, i) => {
      pairs.push([old, results[i] as Tensor]);
    });
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      const [old, now] = pair.map(behindArguments) as [Tensor, Tensor];
      if (this.edges.get(old) === now) continue;
      this.edges.set(old, now);
      const argument = this.arguments.get(old);
      if (argument !== undefined) {
        if (now !== argument) return false;
        continue;
      }
      if (!made.isOwn(old)) {
        if (!this.outside.edge(old, now)) return false;
        continue;
      }
      if (old.node === null || now.node === null) {
        if (old.node !== now.node && !this.outside.mayLackGraph) return false;
        const value = this.outside.value(now);
        if (value === null) return false;
        values.push([deferredIn(old.values) as Traced, value]);
        continue;
      }
      const isOpaque = this.outside.mayLackGraph && closesOverAnew(old.node);
      if (isOpaque ? !this.runAlike(old.node, now.node) : !this.isAlike(old.node, now.node)) return false;
      if (isOpaque) continue;
      const inputs = neededBy(now.node);
      if (inputs.length !== neededBy(old.node).length) return false;
      neededBy(old.node).forEach((input, i) => {
        pairs.push([input, inputs[i] as Tensor]);
      });
    }
    return this.areSame(values);
  }

  private isAlike(old: Node, now: Node): boolean {
    // By name: a function may make an op of its own in each run.
    if (old.name !== now.name || digestOfSettings(old) !== digestOfSettings(now)) return false;
    if (old instanceof FunctionNode && now instanceof FunctionNode && old.digest !== now.digest) return false;
    return this.runAlike(old, now);
  }

  private runAlike(old: Node, now: Node): boolean {
    if (old.name !== now.name) return false;
    const [a, b] = [blocksOf(old), blocksOf(now)];
    return a.length === b.length && a.every((block, i) => doTheSame(block, b[i] as Block, this.outside.mayLackGraph));
  }

  private areSame(pairs: [Traced, Traced][]): boolean {
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      const [old, now] = pair.map(behindDetach) as [Traced, Traced];
      if (this.values.get(old) === now) continue;
      this.values.set(old, now);
      const [a, b] = [old.source, now.source];
      if (a.kind === "input") {
        if (!this.outside.input(a.index, now)) return false;
        continue;
      }
      if (a.kind !== b.kind || old.dtype !== now.dtype || !sameShape(old.shape, now.shape)) return false;
      if (a.kind === "literal" && b.kind === "literal" && !Object.is(a.value, b.value)) return false;
      if (a.kind === "draw" && b.kind === "draw" && a.draw.method !== b.draw.method) return false;
      if (a.kind === "node" && b.kind === "node" && !this.isAlike(a.node, b.node)) return false;
      if (old.inputs.length !== now.inputs.length) return false;
      old.inputs.forEach((input, i) => {
        pairs.push([input, now.inputs[i] as Traced]);
      });
    }
    return true;
  }
}

/** In some traces a value that has no graph any more is one of its own. */
function behindDetach(value: Traced): Traced {
  let behind = value;
  while (behind.source.kind === "node" && behind.source.node instanceof Detach) behind = behind.inputs[0] as Traced;
  return behind;
}

/** The arguments of transforms are what they stand for. */
function behindArguments(edge: Tensor): Tensor {
  let behind = edge;
  while (behind.node instanceof Argument) behind = behind.node.input(0);
  return behind;
}

function tracedOf(edge: Tensor): Traced {
  const current = tracer();
  return (current instanceof Recorder ? current.tracedOf(edge) : deferredIn(edge.values)) as Traced;
}

/** Whether two edges from outside are one, or stand for one value. */
function isOne(old: Tensor, now: Tensor): boolean {
  if (old === now) return true;
  if (old.requiresGrad !== now.requiresGrad || old.node !== now.node || old.dtype !== now.dtype) return false;
  if (old.values === now.values) return true;
  // A constant that the function makes itself is another one in each run.
  const isKnown = [old, now].every(({ values }) => deferredIn(values) === null);
  return isKnown && !old.isVariable && !now.isVariable && sameValues(old, now);
}

/** Whether what a node closes over is found anew in each run, and depends on where that is. */
function closesOverAnew(node: Node): boolean {
  return node instanceof Solved || (node instanceof FunctionNode && node.isTransparent);
}
