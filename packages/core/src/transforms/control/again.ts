import { GraphError } from "../../errors.js";
import { Argument } from "../../graph/argument.js";
import type { Node } from "../../graph/node.js";
import { Part } from "../../graph/part.js";
import { withRecording } from "../../graph/recording.js";
import { asTensor, type Tensor } from "../../graph/tensor.js";
import { deferredIn, tracer, withTracer } from "../../graph/tracer.js";
import { sameShape } from "../../shape/shape.js";
import type { Block } from "../../trace/block.js";
import { Detach } from "../../trace/detach.js";
import { Recorder } from "../../trace/trace.js";
import { Traced } from "../../trace/traced.js";
import { digestOfSettings } from "../digest.js";
import { FunctionNode } from "../function-node.js";
import { BlockNode, partOf, Solved } from "./block-node.js";
import { type Flat, whileLive } from "./pull.js";
import { leavesBehind, sameValues } from "./segment.js";

/** What a function did when it ran: see `BlockRun`. */
interface Made {
  readonly given: readonly Tensor[];
  readonly operands: readonly Tensor[];
  readonly results: readonly Tensor[];
  readonly isHooked: boolean;
  /** Whether an edge was made in it. */
  readonly isOwn: (edge: Tensor) => boolean;
}

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

/** A function to be run again, and the edges that it closes over and that gradients are wanted of. */
interface Closed {
  readonly f: Flat;
  readonly captured: readonly Tensor[];
}

/**
 * The same for a function that ran on values. It closes over what its ops took; where it has to be called again, and may compute that anew,
 * over the variables and arguments behind it.
 */
export function againOfValues(op: string, given: readonly Tensor[], results: readonly Tensor[], f: Flat): Closed {
  // What does not depend on what it is given has the same values in each run, and may stay what it is.
  const own = dependents(given, results);
  const made = { given, operands: [], results, isHooked: false, isOwn: (edge: Tensor) => own.has(edge) };
  if (!isOfOps(made)) {
    const captured = leavesBehind(results, new Set(given));
    const isSame = () => {
      const now = f(given);
      const leaves = leavesBehind(now, new Set(given));
      return (
        now.every((value, i) => sameValues(value, results[i] as Tensor)) &&
        leaves.every((leaf) => captured.includes(leaf))
      );
    };
    const called: Flat = (others) => {
      if (!whileLive(captured, () => withTracer(null, isSame))) throw changed(op);
      return f(others);
    };
    return { f: called, captured };
  }
  const ends = new Set<Tensor>(results.filter((result) => !own.has(result)));
  for (const edge of own)
    for (const input of given.includes(edge) ? [] : (edge.node?.inputs ?? [])) if (!own.has(input)) ends.add(input);
  const captured = [...ends].filter(({ requiresGrad }) => requiresGrad);
  return { f: (others) => new Run(made, others, []).results(), captured };
}

function madeBy({ made, operands }: Block): Made {
  if (made === null) throw new Error("the block of a compiled program is not run again");
  const isOwn = ({ values }: Tensor) => {
    const value = deferredIn(values);
    return value instanceof Traced && made.owns(value);
  };
  return { ...made, operands, isOwn };
}

/** The edges of the graph behind the results that something given leads to. */
function dependents(given: readonly Tensor[], results: readonly Tensor[]): ReadonlySet<Tensor> {
  const own = new Set<Tensor>();
  const known = new Set<Tensor>();
  const open = [...results];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const inputs = known.has(last) || given.includes(last) ? [] : (last.node?.inputs ?? []);
    const missing = inputs.filter((input) => !known.has(input));
    if (missing.length > 0) {
      open.push(...missing);
      continue;
    }
    if (given.includes(last) || inputs.some((input) => own.has(input))) own.add(last);
    known.add(last);
    open.pop();
  }
  return own;
}

function calledAgain(op: string, made: Made, f: Flat): Flat {
  return (given) => {
    const results = f(given);
    const input = (index: number, now: Traced) => {
      const old = given[index];
      if (old !== undefined) return behindDetach(tracedOf(old)) === now;
      const closedOver = (tracer() as Recorder).closedOver(now);
      return closedOver !== null && isOne(made.operands[index - given.length] as Tensor, closedOver);
    };
    const outside: Outside = { mayLackGraph: true, edge: isOne, value: tracedOf, input };
    if (!new Comparison(made, given, outside).isSame(results)) throw changed(op);
    return results;
  };
}

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
    if (node instanceof Solved ? !(node.block !== null && isRunAgain(node.block)) : !isPlain(node)) return false;
    for (const input of neededBy(node)) met.add(input);
  }
  return true;
}

function isPlain(node: Node): boolean {
  return node instanceof BlockNode ? node.blocks.every(isRunAgain) : !node.closesOver;
}

/** What a node is made of again. */
function neededBy(node: Node): readonly Tensor[] {
  return node instanceof Solved ? node.needs : node.inputs;
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
    if (source.kind === "node" && source.node instanceof BlockNode && !source.node.blocks.every(isRunAgain))
      return false;
    for (const input of inputs) met.add(input);
  }
  return true;
}

/** One more run: edges with a graph are made by the nodes of the graph, others by how their values came about. */
class Run {
  private readonly made: Made;
  private readonly given: readonly Tensor[];
  private readonly operands: readonly Tensor[];
  private readonly edges = new Map<Tensor, Tensor>();
  private readonly values = new Map<Traced, Tensor>();
  /** The results of nodes that solve equations, by the edge that stands for all of them. */
  private readonly solutions = new Map<Tensor, readonly Tensor[]>();

  constructor(made: Made, given: readonly Tensor[], operands: readonly Tensor[]) {
    this.made = made;
    this.given = given;
    this.operands = operands;
    made.given.forEach((old, i) => {
      this.edges.set(old, given[i] as Tensor);
    });
    made.operands.forEach((old, i) => {
      this.edges.set(old, operands[i] as Tensor);
    });
  }

  results(): Tensor[] {
    return this.made.results.map((result) => this.edge(result));
  }

  /** Without recursion: a function may be a chain of any length. */
  private edge(root: Tensor): Tensor {
    const open = [root];
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const missing = this.edges.has(last) ? [] : this.inputsOf(last).filter((input) => !this.edges.has(input));
      if (missing.length > 0) open.push(...missing);
      else {
        if (!this.edges.has(last)) this.edges.set(last, this.madeAgain(last));
        open.pop();
      }
    }
    return this.edges.get(root) as Tensor;
  }

  private inputsOf(edge: Tensor): readonly Tensor[] {
    return edge.node === null || !this.made.isOwn(edge) ? [] : neededBy(edge.node);
  }

  private madeAgain(edge: Tensor): Tensor {
    if (!this.made.isOwn(edge)) return edge;
    const { node } = edge;
    if (node === null) return this.value(deferredIn(edge.values) as Traced);
    const inputs = neededBy(node).map((input) => this.edges.get(input) as Tensor);
    if (node instanceof Solved) {
      this.solutions.set(edge, node.onceMore(inputs));
      return edge;
    }
    const solution = node instanceof Part ? this.solutions.get(node.input(0)) : undefined;
    if (solution !== undefined) return solution[(node as Part).index] as Tensor;
    const result = applied(node, inputs, edge);
    if (edge.name !== undefined && result !== inputs[0]) result.name = edge.name;
    return result;
  }

  private value(root: Traced): Tensor {
    const open = [root];
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const missing = this.values.has(last) ? [] : last.inputs.filter((input) => !this.values.has(input));
      if (missing.length > 0) open.push(...missing);
      else {
        if (!this.values.has(last)) this.values.set(last, this.valueAgain(last));
        open.pop();
      }
    }
    return this.values.get(root) as Tensor;
  }

  private valueAgain({ source, inputs, shape, dtype }: Traced): Tensor {
    switch (source.kind) {
      case "literal":
        return asTensor(0).cast(dtype).constant(source.value) as Tensor;
      case "input": {
        const { length } = this.given;
        const given = source.index < length ? this.given[source.index] : this.operands[source.index - length];
        return withoutGraph(given as Tensor);
      }
      case "node": {
        const own = inputs.map((input) => this.values.get(input) as Tensor);
        return withRecording(false, () => applied(source.node, own, { shape, dtype }));
      }
      default:
        throw new Error(`a function that is run again has a ${source.kind}`);
    }
  }
}

function applied(node: Node, inputs: readonly Tensor[], form: Pick<Tensor, "shape" | "dtype">): Tensor {
  if (node instanceof Argument) return inputs[0] as Tensor;
  if (node instanceof Part) return partOf(inputs[0] as Tensor, node.index, form);
  return node.again().apply(...inputs);
}

function withoutGraph(tensor: Tensor): Tensor {
  return tensor.requiresGrad ? tensor.detach() : tensor;
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
  private readonly given: readonly Tensor[];
  private readonly outside: Outside;
  private readonly edges = new Map<Tensor, Tensor>();
  private readonly values = new Map<Traced, Traced>();

  constructor(made: Made, given: readonly Tensor[], outside: Outside) {
    this.made = made;
    this.given = given;
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
      const at = made.given.findIndex((each) => behindArguments(each) === old);
      if (at !== -1) {
        if (now !== behindArguments(this.given[at] as Tensor)) return false;
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

/** What a node runs by itself. */
function blocksOf(node: Node): readonly Block[] {
  if (node instanceof BlockNode) return node.blocks;
  return node instanceof Solved && node.block !== null ? [node.block] : [];
}
