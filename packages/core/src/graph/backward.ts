import { isFloat, type TypedArray } from "../dtype.js";
import { CompileError, DTypeError, GraphError } from "../errors.js";
import { formatShape, sameShape } from "../shape/shape.js";
import { rounded } from "./elementwise.js";
import { checkSeed, gradientOf, type Node } from "./node.js";
import { prune } from "./prune.js";
import { withRecording } from "./recording.js";
import type { Tensor } from "./tensor.js";
import { deferredIn, tracer } from "./tracing.js";
import { watcher } from "./watch.js";

/** How many walks are under way: a node's backward may differentiate something of its own. */
let depth = 0;

/**
 * What a walk from a root back to the leaves has found: the edges on its way and their gradients.
 *
 * Where an edge stands in the list is kept in the edge itself (`slot`), valid if the list has that edge in that place, so
 * that nothing has to be cleared. A walk inside a walk puts back the slots that it took.
 */
export class Trace {
  edges: Tensor[] = [];
  /** How many uses of each edge are still to come; 0 for all when the walk is over. */
  uses: number[] = [];
  /** The gradients of scalars in a walk that makes no graph; those of all others stand in `tensors`. */
  numbers: Float64Array = new Float64Array(0);
  /** 1 for each of those scalars to which a gradient has come. */
  private reached: Uint8Array = new Uint8Array(0);
  readonly tensors: (Tensor | undefined)[] = [];
  createGraph: boolean;
  /** The edges that the walk is for and stops at; `null` when it is for all. */
  readonly wanted: ReadonlySet<Tensor> | null;
  /** Whether the graph depends on something else that gradients are wanted of: a variable, or what a transform is for. */
  dependsOnOthers = false;
  /** The places of edges of which nothing more is to come. */
  readonly ready: number[] = [];
  /** What stood in the slots of the edges before, for a walk inside a walk. */
  readonly before: number[] | null = depth > 0 ? [] : null;
  readonly isTraced = tracer() !== null;
  private positions: Map<Tensor, number> | null = null;
  /** The sum that `sumOf` has made for an edge, by its place: while more is to come, nobody but that edge has it. */
  private sums: Map<number, Tensor> | null = null;

  constructor(createGraph: boolean, wanted: ReadonlySet<Tensor> | null) {
    this.createGraph = createGraph;
    this.wanted = wanted;
  }

  add(edge: Tensor): number {
    const slot = this.edges.length;
    edge.slot = slot;
    this.edges.push(edge);
    this.uses.push(0);
    return slot;
  }

  /** Whether the walk under way has met this edge. */
  has(edge: Tensor): boolean {
    return this.edges[edge.slot] === edge;
  }

  /** Takes in an edge that gets a gradient, and counts the use that a node makes of it. */
  use(edge: Tensor): void {
    if (!edge.requiresGrad) return;
    if (!this.has(edge)) {
      this.before?.push(edge.slot);
      this.add(edge);
    }
    this.uses[edge.slot] = (this.uses[edge.slot] as number) + 1;
  }

  /** Adds to the gradient of a scalar edge what one of its uses gives; `undefined` where that is zero everywhere. */
  addNumber(edge: Tensor, gradient: number | undefined): void {
    const { slot } = edge;
    if (gradient !== undefined) {
      this.numbers[slot] = rounded(edge.dtype, (this.numbers[slot] as number) + gradient);
      this.reached[slot] = 1;
    }
    this.countDown(slot);
  }

  /** Makes room for the gradients of scalars, which are all 0 as long as none has come. */
  allocateNumbers(): void {
    const size = this.inOps ? 0 : this.edges.length;
    this.numbers = new Float64Array(size);
    this.reached = new Uint8Array(size);
  }

  /** Whether a gradient has come to an edge: if not, that is 0 everywhere, however large the derivatives behind the edge. */
  isReached(at: number): boolean {
    return this.isNumber(this.edges[at] as Tensor) ? this.reached[at] === 1 : this.tensors[at] !== undefined;
  }

  /**
   * The gradient of an edge as far as it has come, in an array of this walk's own that may be added to, in a walk that makes
   * no graph; `null` if nothing has come, or if the edge is a scalar. It belongs to the edge, not to the tensor: a complete
   * gradient goes on to other edges, to hooks and to `.grad` as it is, and none of them may see it change.
   */
  sumOf({ slot, shape, dtype }: Tensor): TypedArray | null {
    const known = this.tensors[slot];
    if (known === undefined) return null;
    if (this.sums?.get(slot) === known) return known.array;
    const sum = known.derive(shape, dtype, known.array.slice(), null);
    this.sums ??= new Map();
    this.sums.set(slot, sum);
    this.tensors[slot] = sum;
    return sum.array;
  }

  /** One use of an edge has been done. */
  countDown(slot: number): void {
    const left = (this.uses[slot] as number) - 1;
    this.uses[slot] = left;
    if (left === 0) this.ready.push(slot);
  }

  /** Whether gradients are made by ops alone: they are to be graph, or they are taken down for a program. */
  get inOps(): boolean {
    return this.createGraph || this.isTraced;
  }

  isNumber(edge: Tensor): boolean {
    return !this.createGraph && !this.isTraced && edge.shape.length === 0;
  }

  /** The gradient of an edge; `undefined` for one that the walk has not met. */
  gradient(edge: Tensor): Tensor | undefined {
    let at: number | undefined = edge.slot;
    if (this.edges[at] !== edge) {
      this.positions ??= new Map(this.edges.map((known, i) => [known, i]));
      at = this.positions.get(edge);
    }
    return at === undefined ? undefined : this.gradientAt(at);
  }

  gradientAt(at: number): Tensor {
    const edge = this.edges[at] as Tensor;
    if (this.isNumber(edge)) return edge.constant(this.numbers[at] as number);
    return this.tensors[at] ?? edge.constant(0).broadcastTo(edge.shape);
  }

  setGradient(at: number, gradient: Tensor): void {
    if (this.isNumber(this.edges[at] as Tensor)) {
      this.numbers[at] = gradient.item();
      this.reached[at] = 1;
    } else this.tensors[at] = gradient;
  }
}

/**
 * Walks the graph from `root` back to its leaves; each edge gets its gradient once all that flows into it has been added
 * up. Iterative, and linear in the number of edges: a first pass counts the uses of each edge, a second one takes an edge
 * when its last use has been done.
 *
 * @param createGraph whether the gradients are graph themselves, to be differentiated again; "if needed": when the graph
 * depends on something else than the wanted edges, so that somebody may differentiate them again
 * @param wanted the edges whose gradients are asked for: the walk goes nowhere else, and stops at them
 */
export function walk(
  root: Tensor,
  seed: Tensor,
  createGraph: boolean | "if needed",
  wanted: ReadonlySet<Tensor> | null = null,
): Trace {
  const trace = new Trace(createGraph === true, wanted);
  explore(root, trace, () => {
    if (createGraph === "if needed") trace.createGraph = trace.dependsOnOthers;
    if (wanted !== null) prune(trace, wanted);
    if (trace.edges.length > 0) withRecording(trace.createGraph, () => propagate(trace, seed));
  });
  return trace;
}

/** Whether a graph depends on anything that gradients are wanted of but the edges given. */
export function dependsOnOthers(root: Tensor, wanted: ReadonlySet<Tensor>): boolean {
  if (!root.requiresGrad) return false;
  const trace = new Trace(false, wanted);
  explore(root, trace, () => {});
  return trace.dependsOnOthers;
}

/** Collects the edges behind `root`, in whose slots the trace then stands while `use` runs. */
function explore(root: Tensor, trace: Trace, use: () => void): void {
  const met = trace.edges;
  depth++;
  try {
    collect(root, trace);
    use();
  } finally {
    depth--;
    trace.before?.forEach((slot, i) => {
      (met[i] as Tensor).slot = slot;
    });
  }
}

function collect(root: Tensor, trace: Trace): void {
  const { edges, wanted } = trace;
  trace.before?.push(root.slot);
  trace.add(root);
  for (let next = 0; next < edges.length; next++) {
    const edge = edges[next] as Tensor;
    const node = edge.node;
    if (wanted?.has(edge)) continue;
    if (node === null) trace.dependsOnOthers = true;
    else {
      if (trace.isTraced && deferredIn(edge.values) === null) throw madeOutside(edge, node);
      node.countUses(trace);
    }
  }
}

function madeOutside({ name, shape }: Tensor, node: Node): CompileError {
  return new CompileError(
    `compile: the gradient goes back through ${name ?? `the result of ${node.name}`} ${formatShape(shape)}, which was computed outside ` +
      "of the compiled function; compute it inside, or detach() it",
  );
}

function propagate(trace: Trace, seed: Tensor): void {
  const { edges, ready, wanted } = trace;
  const watch = watcher();
  watch?.given("seed", edges[0] as Tensor, seed);
  trace.allocateNumbers();
  trace.setGradient(0, seed);
  ready.push(0);
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    const edge = edges[at] as Tensor;
    const node = edge.node;
    if (wanted?.has(edge)) continue;
    if (edge.hooks !== null) {
      const gradient = trace.gradientAt(at);
      const after = afterHooks(edge, gradient);
      if (after !== gradient) trace.setGradient(at, after);
    }
    if (node === null) continue;
    if (watch === null) passBack(edge, node, trace);
    else watch.walked(edge, node, trace, () => passBack(edge, node, trace));
  }
}

/** Hands the gradient of an edge on to the inputs of the node that made it. */
function passBack(edge: Tensor, node: Node, trace: Trace): void {
  const { numbers, tensors, inOps } = trace;
  if (!trace.isReached(edge.slot)) {
    // Only zeros would follow, or NaN where they met an infinite derivative.
    for (const input of node.inputs) if (trace.has(input)) trace.countDown(input.slot);
    return;
  }
  if (trace.isNumber(edge) && node.backwardNumbers(numbers[edge.slot] as number, edge, trace)) return;
  const dout = trace.gradientAt(edge.slot);
  if (!inOps && node.backwardInPlace(dout, trace)) return;
  for (let i = 0; i < node.arity; i++) {
    const input = node.input(i);
    if (!trace.has(input)) continue;
    const slot = input.slot;
    const gradient = inOps ? node.localBackward(dout, i, edge) : node.fastBackward(dout, i, edge);
    if (gradient !== null) {
      const own = gradientOf(node, i, gradient);
      if (trace.isNumber(input)) {
        trace.addNumber(input, own.item());
        continue;
      }
      tensors[slot] = tensors[slot]?.add(own) ?? own;
    }
    trace.countDown(slot);
  }
}

/** The gradient of an edge, complete as it is, after the hooks of the edge have seen it and perhaps replaced it. */
export function afterHooks(edge: Tensor, gradient: Tensor): Tensor {
  let current = gradient;
  for (const hook of [...(edge.hooks ?? [])]) {
    const given = hook(current) ?? current;
    if (given.dtype !== edge.dtype || !sameShape(given.shape, edge.shape)) {
      throw new GraphError(
        `onGradient: a hook gave ${given.dtype} ${formatShape(given.shape)} for the gradient of ` +
          `${edge.name ?? "a tensor"}, ${edge.dtype} ${formatShape(edge.shape)}; give a tensor like the one it got, or nothing`,
      );
    }
    if (given !== current) watcher()?.given("hook", edge, given);
    current = given;
  }
  return current;
}

/** The gradient to start from: 1 for a scalar, what was given for anything else. */
export function seedOf(output: Tensor, given: Tensor | number | undefined): Tensor {
  const op = output.node?.name ?? "backward";
  const subject = output.node === null ? "backward() of" : `${op}: backward() of`;
  if (!isFloat(output.dtype)) {
    throw new DTypeError(
      `${subject} a tensor of dtype ${output.dtype}: integers and bools have no gradient; convert with cast("float64") first`,
    );
  }
  if (!output.requiresGrad) {
    throw new GraphError(
      `${subject} a tensor that depends on no variable, or was computed in noGrad() or behind detach(); ` +
        "make the inputs with variable(...) instead of tensor(...)",
    );
  }
  if (given === undefined) {
    if (output.shape.length === 0) return output.constant(1);
    throw new GraphError(
      `${subject} a tensor of shape ${formatShape(output.shape)} needs a gradient of that shape: reduce it to a ` +
        "scalar first, as in y.sum().backward(), or give one, as in y.backward({ seed })",
    );
  }
  const seed = typeof given === "number" ? output.constant(given) : given;
  checkSeed(op, seed, output);
  return seed.broadcastTo(output.shape);
}
