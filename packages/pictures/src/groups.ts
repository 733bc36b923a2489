import type { Graph, GraphEdge, GraphFrame, GraphNode } from "@chainrule/core";
import { grouped } from "./grouped.js";

/** A group as it occurs in a picture: a layer that is used twice is two of them. */
export interface Group {
  readonly key: string;
  /** What is written at its frame: the last part of its name. */
  readonly title: string;
  /** The whole name, "block.affine1". */
  readonly name: string;
}

/** A leaf, an op, or a folded group. */
export interface Block {
  /** The leaf; `undefined` for what is made of nodes. */
  readonly leaf: GraphEdge | undefined;
  /** Its nodes: one, or those of a folded group. */
  readonly nodes: readonly GraphNode[];
  /** Which group it is, if it is folded. */
  readonly folded: Group | undefined;
  /** The edges that come into it from outside, one for each use; those that go out of it. */
  readonly inputs: readonly GraphEdge[];
  readonly outputs: readonly GraphEdge[];
  /** The frames around it, the outermost first. */
  readonly path: readonly Group[];
}

/** The names of the groups that a node is in, the outermost first. */
export type NameOf = (node: GraphNode) => readonly string[];

/** The groups around each node, the outermost first. */
export type Paths = ReadonlyMap<GraphNode, readonly Group[]>;

/**
 * The groups of the nodes by their names. What has one name is several groups if it does not hang together, or if a way
 * through the graph leaves it and comes back.
 */
export function pathsOf(graph: Graph, nameOf: NameOf): Paths {
  const names = new Map(graph.nodes.map((node) => [node, nameOf(node)] as const));
  const paths = new Map<GraphNode, readonly Group[]>(graph.nodes.map((node) => [node, []]));
  let count = 0;
  const visit = (nodes: readonly GraphNode[], depth: number) => {
    const byName = grouped(nodes, (node) => names.get(node)?.[depth]);
    for (const [title, named] of byName) {
      if (title === undefined) continue;
      for (const part of connected(graph, named)) {
        const group = {
          key: `g${count++}`,
          title,
          name:
            names
              .get(part[0] as GraphNode)
              ?.slice(0, depth + 1)
              .join(".") ?? title,
        };
        for (const node of part) paths.set(node, [...(paths.get(node) ?? []), group]);
        visit(part, depth + 1);
      }
    }
  };
  visit(graph.nodes, 0);
  return paths;
}

/** Parts that hang together, and into which no way that has left them comes back. */
function connected(graph: Graph, nodes: readonly GraphNode[]): GraphNode[][] {
  const members = new Set(nodes);
  /** How often a way has come back, at most; nothing for what does not depend on the nodes. */
  const returns = new Map<GraphNode, number>();
  for (const node of graph.nodes) {
    const isIn = members.has(node);
    let most = isIn ? 0 : -1;
    for (const { maker } of node.inputs) {
      if (maker === null) continue;
      const before = returns.get(maker) ?? -1;
      most = Math.max(most, before >= 0 && isIn && !members.has(maker) ? before + 1 : before);
    }
    returns.set(node, most);
  }
  const parts: GraphNode[][] = [];
  const met = new Set<GraphNode>();
  for (const first of nodes) {
    if (met.has(first)) continue;
    const part = [first];
    met.add(first);
    for (const node of part) {
      const around = [...node.inputs.map(({ maker }) => maker), ...node.output.users];
      for (const next of around) {
        if (next === null || met.has(next) || !members.has(next) || returns.get(next) !== returns.get(first)) continue;
        met.add(next);
        part.push(next);
      }
    }
    parts.push(part.sort((a, b) => a.index - b.index));
  }
  return parts;
}

/** Ops that begin a layer: they belong to the one that uses what they give. */
const OPENING: ReadonlySet<string> = new Set(["Standardize"]);

/**
 * Layers by the names of their parameters: what takes "affine1.W", or something that was made of it alone, is in "affine1", and
 * so is what lies in between.
 */
export function namesOfLayers(graph: Graph): (node: GraphNode) => string | undefined {
  const names = new Map<GraphNode, string>();
  /** The layer whose parameters alone a tensor is made of. */
  const madeOf = new Map<GraphEdge, string>();
  for (const edge of graph.edges) {
    const { maker, name } = edge;
    const dot = name?.lastIndexOf(".") ?? -1;
    if (maker === null && name !== undefined && dot > 0) madeOf.set(edge, name.slice(0, dot));
    if (maker === null) continue;
    const inputs = maker.inputs.filter(({ isLiteral }) => !isLiteral);
    const layers = inputs.map((input) => madeOf.get(input));
    const layer = layers.find((each) => each !== undefined);
    if (layer === undefined) continue;
    names.set(maker, layer);
    // A number made of them is a penalty, and what it is added to no part of the layer.
    if (edge.tensor.rank > 0 && layers.every((each) => each === layer)) madeOf.set(edge, layer);
  }
  fillGaps(graph, names);
  for (const node of graph.nodes) {
    const { users } = node.output;
    const name = users[0] === undefined ? undefined : names.get(users[0]);
    const isOpening = OPENING.has(node.node.name) && users.every((user) => names.get(user) === name);
    if (isOpening && name !== undefined && !names.has(node)) names.set(node, name);
  }
  return (node) => names.get(node);
}

/** Gives what lies between the nodes of one name, and has none, that name: in a loop between those of one step. */
function fillGaps(graph: Graph, names: Map<GraphNode, string>): void {
  const reach = (nodes: readonly GraphNode[], around: (node: GraphNode) => readonly (GraphNode | null)[]) => {
    /** By frame, the names that are reached in it. */
    const reached = new Map<GraphNode, ReadonlyMap<string, readonly [frame: GraphFrame | undefined, name: string]>>();
    for (const node of nodes) {
      const found = new Map<string, readonly [frame: GraphFrame | undefined, name: string]>();
      for (const next of around(node)) {
        if (next === null) continue;
        const name = names.get(next);
        const frame = next.frames.at(-1);
        if (name !== undefined) found.set(JSON.stringify([frame?.name, name]), [frame, name]);
        else for (const [key, each] of reached.get(next) ?? []) found.set(key, each);
      }
      reached.set(node, found);
    }
    return reached;
  };
  const before = reach(graph.nodes, (node) => node.inputs.map(({ maker }) => maker));
  const behind = reach(graph.nodes.toReversed(), (node) => node.output.users);
  for (const node of graph.nodes) {
    const common = [...(before.get(node) ?? [])].flatMap(([key, [frame, name]]) =>
      frame === node.frames.at(-1) && behind.get(node)?.has(key) ? [name] : [],
    );
    if (!names.has(node) && common.length === 1) names.set(node, common[0] as string);
  }
}

/** The blocks of a picture in forward order; a folded group is one, with the parameters that it alone uses. */
export function blocksOf(graph: Graph, paths: Paths, isFolded: (group: Group) => boolean): Block[] {
  const unfolded = new Set<Group>();
  for (;;) {
    const folds = (node: GraphNode) => paths.get(node)?.find((group) => isFolded(group) && !unfolded.has(group));
    const { blocks, waiting } = inOrder(blocksFrom(graph, paths, folds));
    if (waiting.length === 0) return blocks;
    // Two groups that each need something of the other cannot be one box each.
    for (const { folded } of waiting) if (folded !== undefined) unfolded.add(folded);
  }
}

function blocksFrom(graph: Graph, paths: Paths, foldOf: (node: GraphNode) => Group | undefined): Block[] {
  const outputs = new Set(graph.outputs);
  const frames = (path: readonly Group[], folded: Group | undefined) =>
    folded === undefined ? path : path.slice(0, path.indexOf(folded));
  const byBlock = grouped(graph.nodes, (node) => foldOf(node) ?? node);
  const blocks: Block[] = [];
  for (const nodes of byBlock.values()) {
    const [first] = nodes;
    if (first === undefined) continue;
    const folded = foldOf(first);
    const inside = new Set(nodes);
    const inputs = nodes.flatMap((node) => node.inputs.filter(({ maker }) => maker === null || !inside.has(maker)));
    const made = nodes.map(({ output }) => output);
    blocks.push({
      leaf: undefined,
      nodes,
      folded,
      inputs:
        folded === undefined
          ? inputs
          : [...new Set(inputs)].filter((edge) => !isOwn(edge, inside) || outputs.has(edge)),
      outputs: made.filter(
        (edge) => outputs.has(edge) || edge.users.length === 0 || edge.users.some((user) => !inside.has(user)),
      ),
      path: frames(paths.get(first) ?? [], folded),
    });
  }
  const hidden = new Set<GraphEdge>();
  for (const { folded, nodes } of blocks) {
    if (folded === undefined) continue;
    const inside = new Set(nodes);
    for (const node of nodes)
      for (const edge of node.inputs) if (isOwn(edge, inside) && !outputs.has(edge)) hidden.add(edge);
  }
  for (const edge of graph.edges) {
    if (edge.maker !== null || hidden.has(edge)) continue;
    // A leaf stands outside of the frame, so that the line into an op goes straight through it.
    blocks.push({ leaf: edge, nodes: [], folded: undefined, inputs: [], outputs: [edge], path: [] });
  }
  return blocks;
}

/** Whether a leaf belongs to some nodes: a parameter or a number that nothing else uses. */
function isOwn({ maker, tensor, isLiteral, users }: GraphEdge, nodes: ReadonlySet<GraphNode>): boolean {
  return maker === null && (tensor.isVariable || isLiteral) && users.every((user) => nodes.has(user));
}

/** Each block behind those that it needs, else in the order of the graph; what is left in circles waits. */
function inOrder(blocks: readonly Block[]): { blocks: Block[]; waiting: Block[] } {
  const place = ({ outputs }: Block) => Math.max(...outputs.map(({ index }) => index));
  const waiting = blocks.toSorted((a, b) => place(a) - place(b));
  const made = new Set<GraphEdge>();
  const done: Block[] = [];
  const ready = ({ inputs }: Block) => inputs.every((edge) => made.has(edge));
  for (let at = waiting.findIndex(ready); at >= 0; at = waiting.findIndex(ready)) {
    const [block] = waiting.splice(at, 1) as [Block];
    for (const edge of block.outputs) made.add(edge);
    done.push(block);
  }
  return { blocks: done, waiting };
}
