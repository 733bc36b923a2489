import { isFloat } from "../dtype.js";
import { walk } from "../graph/backward.js";
import { variable } from "../graph/factory.js";
import type { Node } from "../graph/node.js";
import { withRecording } from "../graph/recording.js";
import type { Tensor } from "../graph/tensor.js";
import { attributesOf } from "../inspect/describe.js";
import { type GraphNode, graphOf } from "../inspect/graph.js";
import type { Generator } from "../random/generator.js";
import { formatShape } from "../shape/shape.js";
import { Checkpoint } from "../transforms/checkpoint.js";
import { judge, type Line } from "./one-sided.js";
import { indexOf, likewise, type Subject, signs } from "./subject.js";

/** A node whose local backward is not the derivative of its local forward. */
export interface GradcheckCulprit {
  /** The name of the op. */
  readonly op: string;
  readonly node: Node;
  /** The node as `print` shows it: `t2: Cube(t1) [3]`. */
  readonly text: string;
  /** Its place among the nodes of the graph in forward order, counted from 1, and how many there are. */
  readonly position: number;
  readonly nodes: number;
  /** The input whose gradient is wrong, and where: `null` for a derivative in a random direction. */
  readonly input: number;
  readonly index: readonly number[] | null;
  /** The derivative of the node alone, in the input, of the sum of its output times the gradient that reaches it. */
  readonly analytic: number;
  readonly numerical: number;
}

interface Settings {
  readonly eps: number;
  readonly atol: number;
  readonly rtol: number;
}

/** Inputs of up to this size are checked element by element, larger ones in some elements and some random directions. */
const ELEMENTS = 24;
const DIRECTIONS = 4;

/**
 * The nodes on the way from the rows of the seed to the inputs that are wrong by themselves, each checked alone: its
 * gradient at the recorded inputs, of the gradient that reaches it and of a random one, against differences of its local
 * forward. In forward order.
 */
export function findCulprits(
  subject: Subject,
  seed: Float64Array,
  settings: Settings,
  random: Generator,
): GradcheckCulprit[] {
  const found = new Map<Node, GradcheckCulprit>();
  const { nodes } = graphOf(subject.here.outputs);
  for (const trace of subject.walks(seed, true)) {
    const onPath = new Set(trace.edges);
    for (const node of nodes) {
      const output = node.output.tensor;
      if (!onPath.has(output) || found.has(node.node)) continue;
      const arriving = Float64Array.from(trace.gradient(output)?.array ?? []);
      const largest = largestOf(arriving);
      // The gradient that reaches the node shows what is wrong here; but it may be 0, or a special case.
      const seeds = [signs(random, output.size, true)];
      if (largest > 0 && Number.isFinite(largest)) seeds.unshift(arriving.map((value) => value / largest));
      const wrong = wrongInput(node.node, output, (input) => onPath.has(input), seeds, settings, random);
      if (wrong !== null) found.set(node.node, { ...wrong, ...placeOf(node, nodes.length) });
    }
  }
  return [...found.values()].sort((a, b) => a.position - b.position);
}

function placeOf(
  node: GraphNode,
  nodes: number,
): Pick<GradcheckCulprit, "op" | "node" | "text" | "position" | "nodes"> {
  const call = [...node.inputs.map(({ label }) => label), ...attributesOf(node.node)].join(", ");
  const text = `${node.output.label}: ${node.node.name}(${call}) ${formatShape(node.output.tensor.shape)}`;
  return { op: node.node.name, node: node.node, text, position: node.index + 1, nodes };
}

type Wrong = Pick<GradcheckCulprit, "input" | "index" | "analytic" | "numerical">;

function wrongInput(
  node: Node,
  output: Tensor,
  isWanted: (input: Tensor) => boolean,
  seeds: readonly Float64Array[],
  settings: Settings,
  random: Generator,
): Wrong | null {
  // What it closes over counts among the inputs of a checkpoint, whose local forward does not take it from there.
  if (node instanceof Checkpoint) return null;
  const inputs = node.inputs.map((input) => (isFloat(input.dtype) ? variable(input) : input));
  // A copy, so that the node of the graph is not touched; what has inputs already copies itself in turn.
  const copy = () => Object.assign(Object.create(Object.getPrototypeOf(node)), node) as Node;
  const made = withRecording(true, () => copy().apply(...inputs));
  if (made.node === null) return null;
  for (const seed of seeds) {
    const dout = likewise(output, seed);
    // Both ways of the walk: the loops of one that makes no graph, and the ops of one that does.
    const traces = [false, true].map((createGraph) => walk(made, dout, createGraph, new Set(inputs)));
    for (const [i, input] of inputs.entries()) {
      if (!isFloat(input.dtype) || !isWanted(node.input(i))) continue;
      const total = (moved: Tensor) => {
        const at = inputs.map((other, k) => (k === i ? moved : other));
        const values = withRecording(false, () => copy().localForward(output.shape, output.dtype, ...at));
        return dot(seed, typeof values === "number" ? [values] : values);
      };
      const gradients = traces.map((trace) => trace.gradient(input)?.array ?? new Float64Array(input.size));
      const wrong = wrongElement(input, gradients, total, rounding(seed, output), settings, random);
      if (wrong !== null) return { input: i, ...wrong };
    }
  }
  return null;
}

/** Compares derivatives by elements, or by random directions, with differences of the local forward. */
function wrongElement(
  input: Tensor,
  gradients: readonly ArrayLike<number>[],
  total: (moved: Tensor) => number,
  noise: number,
  { eps, atol, rtol }: Settings,
  random: Generator,
): Omit<Wrong, "input"> | null {
  const x = input.array;
  const largest = largestOf(x);
  const h = eps * (Number.isFinite(largest) ? Math.max(1, largest) : 1);
  // An error in what is small here may be large once it has been multiplied by what follows: hardly any absolute part.
  const tolerance = { atol: atol * 1e-3, rtol };
  const here = { t: 0, y: total(input) };
  const along = (direction: ArrayLike<number>, element: number | null): Omit<Wrong, "input"> | null => {
    const line: Line = (t) => {
      if (t === 0) return here;
      const array = x.slice();
      for (let k = 0; k < array.length; k++) array[k] = (array[k] as number) + t * (direction[k] as number);
      const taken = element === null ? t : (array[element] as number) - (x[element] as number);
      return { t: taken, y: total(likewise(input, array)) };
    };
    const [up, down] = [line(h), line(-h)];
    const numerical = (up.y - down.y) / (up.t - down.t);
    for (const gradient of gradients) {
      const analytic = dot(direction, gradient);
      const scale = element === null ? norm(gradient) : Math.abs(numerical);
      if (Math.abs(analytic - numerical) <= tolerance.atol + rtol * scale) continue;
      if (judge(line, analytic, h, tolerance, noise).verdict !== "wrong gradient") continue;
      return { index: element === null ? null : indexOf(element, input.shape), analytic, numerical };
    }
    return null;
  };
  const unit = (element: number) => Float64Array.from(x, (_, k) => (k === element ? 1 : 0));
  const n = x.length;
  const elements =
    n <= ELEMENTS
      ? Array.from({ length: n }, (_, k) => k)
      : Array.from({ length: DIRECTIONS }, (_, k) => Math.floor((k * n) / DIRECTIONS));
  for (const element of elements) {
    const wrong = along(unit(element), element);
    if (wrong !== null) return wrong;
  }
  for (let k = 0; k < DIRECTIONS && n > ELEMENTS; k++) {
    const wrong = along(signs(random, n), null);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** How far rounding may put the sum of a result times a seed off, at the least. */
function rounding(seed: Float64Array, output: Tensor): number {
  const unit = output.dtype === "float32" ? 2 ** -24 : 2 ** -53;
  const { array } = output;
  return unit * Math.sqrt(seed.reduce((sum, weight, k) => sum + (weight * (array[k] as number)) ** 2, 0));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) if (a[k] !== 0) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

function largestOf(x: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < x.length; k++) most = Math.max(most, Math.abs(x[k] as number));
  return most;
}
