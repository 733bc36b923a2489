import {
  fromJSON,
  type Graph,
  type GraphEdge,
  type GraphNode,
  graphFromJson,
  type Tensor,
  type TensorJSON,
} from "@chainrule/core";
import type { ClosureData, StepperData } from "../../src/stepper/data.js";
import { lossNodes } from "../../src/stepper/ops.js";
import { type Walk, walkBackward } from "../../src/stepper/walk.js";

/** Where the page stands: before all, at a node on the way forward, at the turn, at a node on the way backward. */
export type Step =
  | { readonly kind: "start" }
  | { readonly kind: "turn" }
  | { readonly kind: "forward" | "backward"; readonly node: GraphNode };

/** A graph with the values and gradients that its inputs give. */
export class Run {
  readonly graph: Graph;
  readonly outputs: readonly Tensor[];
  readonly walk: Walk;
  readonly steps: readonly Step[];
  private readonly data: StepperData;

  constructor(data: StepperData, inputs: ReadonlyMap<number, TensorJSON>) {
    this.data = data;
    // Of what is computed JSON's values give the shape alone.
    const edges = data.graph.edges.map((edge, i) => {
      const { grad: _, ...kept } = edge;
      const value = inputs.get(i);
      return value === undefined ? kept : { ...kept, value };
    });
    const { graph, outputs } = graphFromJson({ ...data.graph, edges }, { ops: lossNodes });
    this.graph = graph;
    this.outputs = outputs;
    this.walk = walkBackward(graph, (node, input, dout) => this.localGradient(node, input, dout));
    graph.edges.forEach(({ tensor }, i) => {
      tensor.grad = this.walk.gradients[i] ?? null;
    });
    this.steps = [
      { kind: "start" },
      ...graph.nodes.map((node) => ({ kind: "forward" as const, node })),
      { kind: "turn" },
      ...graph.nodes.toReversed().map((node) => ({ kind: "backward" as const, node })),
    ];
  }

  closureOf({ index }: GraphNode): (ClosureData & { readonly why: string }) | undefined {
    const why = this.data.graph.nodes[index]?.closure;
    return why === undefined ? undefined : { why, ...this.data.closures[index] };
  }

  localGradient(node: GraphNode, input: number, dout: Tensor): Tensor | null | undefined {
    const closure = this.closureOf(node);
    if (closure === undefined) return node.node.localBackward(dout, input, node.output.tensor);
    // What it gave for one gradient is nothing to conclude others from.
    const { seed, gradients } = closure;
    if (seed === undefined || !isEqual(fromJSON(seed), dout)) return undefined;
    const given = gradients?.[input] ?? null;
    return given === null ? null : fromJSON(given);
  }

  /** The closure that a leaf leads to, if there is one: with other values of the leaf it would have to be computed. */
  closureBehind(leaf: GraphEdge): GraphNode | undefined {
    const met = new Set<GraphEdge>([leaf]);
    for (const edge of met) {
      for (const user of edge.users) {
        if (this.closureOf(user) !== undefined) return user;
        met.add(user.output);
      }
    }
    return undefined;
  }

  /** The first node that made something that is no finite number out of finite ones. */
  get firstNotFinite(): GraphNode | undefined {
    const allFinite = ({ tensor }: GraphEdge) => tensor.data.every(Number.isFinite);
    return this.graph.nodes.find((node) => !allFinite(node.output) && node.inputs.every(allFinite));
  }
}

function isEqual(a: Tensor, b: Tensor): boolean {
  return a.size === b.size && Array.from(a.data).every((value, i) => Object.is(value, b.data[i]));
}

/** How far a run has come when it stands at one of its steps. */
export class Progress {
  private readonly run: Run;
  private readonly position: number;

  constructor(run: Run, position: number) {
    this.run = run;
    this.position = position;
  }

  isForwardDone({ index }: GraphNode): boolean {
    return index < this.position;
  }

  isBackwardDone({ index }: GraphNode): boolean {
    return this.position >= this.run.steps.length - 1 - index;
  }

  hasValue({ maker }: GraphEdge): boolean {
    return maker === null || this.isForwardDone(maker);
  }

  /** Whether all that adds to the gradient has come. */
  hasGradient(edge: GraphEdge): boolean {
    if (this.position <= this.run.graph.nodes.length) return false;
    return edge.users.every((user) => this.isBackwardDone(user));
  }
}
