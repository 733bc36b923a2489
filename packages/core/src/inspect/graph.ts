import { ChainruleError } from "../errors.js";
import { formatNumber } from "../graph/literal.js";
import type { Node } from "../graph/node.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { isRecord } from "../options.js";
import { show } from "../show.js";
import { Frames, type GraphFrame } from "./frames.js";

/** A tensor in a graph. */
export interface GraphEdge {
  /** Its place in `graph.edges`. */
  readonly index: number;
  readonly tensor: Tensor;
  /** Its name, if it has one. */
  readonly name: string | undefined;
  /** What the other lines of a text call it: its name, made unique, or t1, t2, ...; the number itself for a literal. */
  readonly label: string;
  /** Whether it is just a number in a formula: a scalar constant without a name. */
  readonly isLiteral: boolean;
  /** The node that made it; `null` for a leaf: a variable or a constant. */
  readonly maker: GraphNode | null;
  /** The nodes that take it in, one for each use. */
  readonly users: readonly GraphNode[];
}

/** An op in a graph, applied once. */
export interface GraphNode {
  /** Its place in `graph.nodes`. */
  readonly index: number;
  readonly node: Node;
  readonly inputs: readonly GraphEdge[];
  readonly output: GraphEdge;
  /** What it was made in, the outermost first: loops and their steps, calls of functions by `fn`, branches, batches. */
  readonly frames: readonly GraphFrame[];
}

/** A graph as lists, both in forward order: whatever something is computed from stands before it. */
export interface Graph {
  readonly edges: readonly GraphEdge[];
  readonly nodes: readonly GraphNode[];
  /** The edges that the graph was asked for. */
  readonly outputs: readonly GraphEdge[];
}

export interface GraphOptions {
  /** Names for this picture only, before those that the tensors have; a tensor that is not in the graph is no error. */
  readonly names?: Readonly<Record<string, Tensor>>;
}

/** The graph behind some tensors, for what has checked its options; see `graphOf`. */
export function graphFrom(op: string, output: Tensor | readonly Tensor[], options: GraphOptions): Graph {
  const given = Array.isArray(output) ? (output as readonly Tensor[]) : [output as Tensor];
  const roots = [...new Set(Array.from(given, (tensor) => operand(op, tensor)))];
  checkNames(op, options.names);
  const tensors = forwardOrder(roots);
  const asked = new Set(roots);
  const labels = labelsOf(tensors, asked, options.names ?? {});
  const nodes: GraphNode[] = [];
  const frames = new Frames();
  const edges = new Map<Tensor, OpenEdge>();
  tensors.forEach((tensor, index) => {
    const edge: OpenEdge = { index, tensor, ...(labels[index] as Label), maker: null, users: [] };
    edges.set(tensor, edge);
    if (tensor.node === null) return;
    const inputs = tensor.node.inputs.map((input) => edges.get(input) as OpenEdge);
    const node = { index: nodes.length, node: tensor.node, inputs, output: edge, frames: frames.around(tensor.node) };
    edge.maker = node;
    nodes.push(node);
    for (const input of inputs) input.users.push(node);
  });
  return { edges: [...edges.values()], nodes, outputs: roots.map((root) => edges.get(root) as OpenEdge) };
}

function checkNames(op: string, names: unknown): void {
  if (names === undefined) return;
  if (!isRecord(names)) throw new ChainruleError(`${op}: names are a record of tensors, { x, y }, got ${show(names)}`);
  for (const tensor of Object.values(names)) operand(op, tensor as Tensor);
}

/** An edge while its neighbours are being found. */
interface OpenEdge extends GraphEdge {
  maker: GraphNode | null;
  readonly users: GraphNode[];
}

/** All tensors that the roots depend on, each behind those that it was computed from: depth first, inputs in order. */
function forwardOrder(roots: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const met = new Set<Tensor>();
  for (const root of roots) {
    const path: { readonly tensor: Tensor; next: number }[] = [];
    const enter = (tensor: Tensor) => {
      if (met.has(tensor)) return;
      met.add(tensor);
      path.push({ tensor, next: 0 });
    };
    enter(root);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const { node } = step.tensor;
      if (node !== null && step.next < node.arity) enter(node.input(step.next++));
      else {
        order.push(step.tensor);
        path.pop();
      }
    }
  }
  return order;
}

type Label = Pick<GraphEdge, "name" | "label" | "isLiteral">;

function labelsOf(
  tensors: readonly Tensor[],
  asked: ReadonlySet<Tensor>,
  names: Readonly<Record<string, Tensor>>,
): Label[] {
  const given = new Map(Object.entries(names).map(([name, tensor]) => [tensor, name]));
  const nameOf = (tensor: Tensor) => given.get(tensor) ?? tensor.name;
  const taken = new Set(tensors.map(nameOf));
  const seen = new Map<string, number>();
  let unnamed = 0;
  const nextFree = (count: number, form: (count: number) => string): number => {
    let next = count + 1;
    while (taken.has(form(next))) next++;
    return next;
  };
  return tensors.map((tensor) => {
    const name = nameOf(tensor);
    if (name !== undefined) {
      const count = seen.get(name) ?? 0;
      const again = (n: number) => `${name}#${n}`;
      const next = count === 0 ? 1 : nextFree(count, again);
      seen.set(name, next);
      return { name, label: next === 1 ? name : again(next), isLiteral: false };
    }
    if (!tensor.requiresGrad && tensor.rank === 0 && !asked.has(tensor)) {
      return { name, label: formatNumber(tensor.item(), tensor.dtype), isLiteral: true };
    }
    unnamed = nextFree(unnamed, (n) => `t${n}`);
    return { name, label: `t${unnamed}`, isLiteral: false };
  });
}
