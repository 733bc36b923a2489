import { allocate, isFloat } from "../dtype.js";
import { CompileError, DTypeError, GraphError } from "../errors.js";
import { elementwiseLoops } from "../loops/generated.js";
import { runLoop } from "../loops/loop.js";
import { checkNoMore, checkOptions } from "../options.js";
import { formatShape } from "../shape/shape.js";
import { mayCloseOver } from "./age.js";
import { afterHooks } from "./hooks.js";
import { checkSeed, checkUnchanged, gradientOf, type Node, tensors, updates } from "./node.js";
import { Part, Parted } from "./part.js";
import { prune } from "./prune.js";
import { isNoting, withReads } from "./reads.js";
import { isRecording, withRecording } from "./recording.js";
import { refuseInStep } from "./steps.js";
import { ofItsOwn, Tape, takenIn } from "./tape.js";
import type { Tensor } from "./tensor.js";
import { deferredIn, tracer } from "./tracer.js";
import { isObserved, watcher } from "./watch.js";

/** How many walks are under way: a node's backward may differentiate something of its own. */
let depth = 0;

export interface BackwardOptions {
  /** The gradient of the tensor that `backward` is called on: of its shape, or a number for all elements. Default 1. */
  readonly seed?: Tensor | number;
  /** Whether the gradients are graph themselves, so that they can be differentiated again. Default false. */
  readonly createGraph?: boolean;
}

/** `backward(x)`. */
export interface BackwardFunction {
  (x: Tensor, options?: BackwardOptions): void;
}

/**
 * Walks the graph backward and gives every tensor on the way its gradient, `.grad`.
 *
 * @example
 * const x = variable(3);
 * x.square().backward();
 * x.grad?.item(); // 6
 *
 * @throws GraphError for a tensor that is no scalar without a seed, or that depends on no variable, or when a variable
 * has been updated since the graph used it; then no gradient has changed.
 */
export const backward = ((x: Tensor, options: BackwardOptions = {}, ...none: []) => {
  checkNoMore("backward", none);
  checkOptions("backward", options, ["seed", "createGraph"], ["createGraph"]);
  refuseInStep(
    "backward",
    "take derivatives there by grad(f)(x), which leaves nothing behind, or call backward() on what comes out",
  );
  const { seed, createGraph = false } = options;
  const tape = walk(x, seedOf(x, seed), createGraph);
  tape.edges.forEach((edge, at) => {
    if (!edge.isVariable) edge.gradient = tape;
    else {
      const gradient = tape.gradientAt(at);
      const old = edge.grad;
      edge.gradient = old === null ? ofItsOwn(gradient) : withRecording(createGraph, () => old.add(gradient));
    }
  });
}) as BackwardFunction;

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
): Tape {
  const tape = new Tape(createGraph === true, wanted, depth > 0);
  explore(root, tape, () => {
    if (createGraph === "if needed") tape.createGraph = tape.dependsOnOthers;
    if (wanted !== null) prune(tape, wanted);
    if (tape.edges.length > 0) withRecording(tape.createGraph, () => propagate(tape, seed));
  });
  return tape;
}

/** Whether a graph depends on anything that gradients are wanted of but the edges given. */
export function dependsOnOthers(root: Tensor, wanted: ReadonlySet<Tensor>): boolean {
  if (!root.requiresGrad) return false;
  const tape = new Tape(false, wanted, depth > 0);
  explore(root, tape, () => {});
  return tape.dependsOnOthers;
}

/** Collects the edges behind `root`, in whose slots the tape then stands while `use` runs. */
function explore(root: Tensor, tape: Tape, use: () => void): void {
  const met = tape.edges;
  depth++;
  try {
    collect(root, tape);
    use();
  } finally {
    depth--;
    tape.before?.forEach((slot, i) => {
      (met[i] as Tensor).slot = slot;
    });
  }
}

/** Edges that a walk around this one is going to ask for, besides the arguments of transforms under way. */
let awaited: ReadonlySet<Tensor> = new Set();

/** Runs `f` while the gradients of these edges are going to be asked for: walks in it that reach them make their gradients graph. */
export function whileAwaited<R>(edges: readonly Tensor[], f: () => R): R {
  const before = awaited;
  awaited = new Set([...before, ...edges]);
  try {
    return f();
  } finally {
    awaited = before;
  }
}

function collect(root: Tensor, tape: Tape): void {
  const { edges, wanted } = tape;
  const isProgram = tracer()?.isProgram === true;
  tape.before?.push(root.slot);
  tape.add(root);
  for (let next = 0; next < edges.length; next++) {
    const edge = edges[next] as Tensor;
    if (wanted?.has(edge)) continue;
    if (awaited.size > 0 && awaited.has(edge)) tape.dependsOnOthers = true;
    if (edge.hooks !== null) mayCloseOver(tape);
    if (edge.isVariable) tape.dependsOnOthers = true;
    else {
      if (isProgram && deferredIn(edge.values) === null) throw madeOutside(edge);
      edge.countUses(tape);
    }
  }
}

function madeOutside({ name, node, shape }: Tensor): CompileError {
  return new CompileError(
    `compile: the gradient goes back through ${name ?? `the result of ${node?.name}`} ${formatShape(shape)}, which was computed outside ` +
      "of the compiled function; compute it inside, or detach() it",
  );
}

function propagate(tape: Tape, seed: Tensor): void {
  const { edges, ready, wanted } = tape;
  const watch = watcher();
  watch?.given("seed", edges[0] as Tensor, seed);
  tape.allocateNumbers();
  tape.setGradient(0, takenIn(seed));
  ready.push(0);
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    const edge = edges[at] as Tensor;
    if (wanted?.has(edge)) continue;
    if (edge.hooks !== null) {
      const gradient = tape.gradientAt(at);
      const after = afterHooks(edge, gradient);
      if (after !== gradient) tape.setGradient(at, after);
    }
    if (edge.isVariable) continue;
    if (watch === null) passBack(edge, tape);
    else watch.walked(edge, edge.node as Node, tape, () => passBack(edge, tape));
  }
}

/** Hands the gradient of an edge on to the inputs of the node that made it. */
function passBack(edge: Tensor, tape: Tape): void {
  const { numbers, inOps } = tape;
  // By a hook of this walk, or by a backward of the consumer's.
  if (updates.count !== tape.updates) checkUnchanged(edge.node as Node);
  if (!tape.isReached(edge.slot)) {
    // Only zeros would follow, or NaN where they met an infinite derivative.
    for (let i = 0; i < edge.arity; i++) if (tape.has(edge.inputAt(i))) tape.countDown(edge.inputAt(i).slot);
    return;
  }
  if (tape.isNumber(edge) && edge.backwardNumbers(numbers[edge.slot] as number, tape)) return;
  const node = edge.node as Node;
  if (node instanceof Part) {
    tape.addToPart(node.input(0), node.index, tape.gradientAt(edge.slot));
    return;
  }
  if (node instanceof Parted) {
    const gradients = node.backwardOfParts(tape.partsOf(edge), edge);
    for (let i = 0; i < node.arity; i++) if (tape.has(node.input(i))) receive(node, i, gradients[i] ?? null, tape);
    return;
  }
  const dout = tape.gradientAt(edge.slot);
  if (!inOps && node.backwardInPlace(dout, tape)) return;
  // What an elementwise rule, which has a fast form, gives is made by its arithmetic: it hands nothing on.
  const shown = node.fastBackward === undefined ? ofItsOwn(dout) : dout;
  for (let i = 0; i < node.arity; i++) {
    const input = node.input(i);
    if (!tape.has(input)) continue;
    if (i > 0 && updates.count !== tape.updates) checkUnchanged(node);
    const gradient =
      node.fastBackward === undefined
        ? localGradient(node, i, edge, dout, shown)
        : inOps
          ? node.localBackward(dout, i, edge)
          : fastGradient(node as FastNode, dout, i, edge);
    receive(node, i, gradient, tape);
  }
}

type FastNode = Node & Required<Pick<Node, "fastBackward">>;

/** Its own reads are not those of the function that is differentiated. */
function fastGradient(node: FastNode, dout: Tensor, i: number, output: Tensor): Tensor | null {
  return isNoting() ? withReads(null, () => node.fastBackward(dout, i, output)) : node.fastBackward(dout, i, output);
}

/** Adds what a node gives for one of its inputs to the gradient of that edge. */
function receive(node: Node, i: number, gradient: Tensor | null, tape: Tape): void {
  const { tensors, inOps } = tape;
  const input = node.input(i);
  const { slot } = input;
  if (gradient !== null) {
    const own = gradientOf(node, i, gradient);
    if (tape.isNumber(input)) {
      tape.addNumber(input, own.item());
      return;
    }
    const known = tensors[slot];
    tensors[slot] = known === undefined ? own : inOps || isObserved() ? known.add(own) : sumOf(known, own);
  }
  tape.countDown(slot);
}

/**
 * What a local backward gives, which may be a consumer's: for others it has `dout` in a tensor of its own, and others do not have
 * what it gives.
 */
function localGradient(node: Node, i: number, output: Tensor, dout: Tensor, shown: Tensor): Tensor | null {
  const gradient = node.localBackward(shown, i, output);
  if (shown !== dout && shown.version > 0) {
    throw new GraphError(
      `${node.name}: its local backward gave new values to the gradient of the output, which changes nothing; give a gradient that is ` +
        "computed with ops",
    );
  }
  if (gradient === shown) return dout;
  return tensors.isTensor(gradient) ? takenIn(gradient) : gradient;
}

/** The sum of two gradients of an edge, where it is no op of any graph. */
function sumOf(a: Tensor, b: Tensor): Tensor {
  const { shape, dtype } = a;
  const sum = allocate(dtype, a.size);
  runLoop(elementwiseLoops["Add"]?.forward[dtype], sum, shape, [a, b]);
  return a.derive(shape, dtype, sum, null);
}

/** The gradient to start from: 1 for a scalar, what was given for anything else. */
function seedOf(output: Tensor, given: Tensor | number | undefined): Tensor {
  const op = output.node?.name ?? "backward";
  const subject = output.node === null ? "backward() of" : `${op}: backward() of`;
  if (!isFloat(output.dtype)) {
    throw new DTypeError(
      `${subject} a tensor of dtype ${output.dtype}: integers and bools have no gradient; convert with cast("float64") first`,
    );
  }
  if (!output.requiresGrad) {
    if (depth > 0 && !isRecording()) {
      throw new GraphError(
        `${subject} a tensor that depends on no variable, or was computed during another walk, in a hook or a backward, which ` +
          "records no graph; use backward({ createGraph: true }) for that walk, or grad(f)(x) here, or compute the tensor before",
      );
    }
    throw new GraphError(
      `${subject} a tensor that depends on no variable, or was computed in noGrad(), behind detach() or from numbers that were read; ` +
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
