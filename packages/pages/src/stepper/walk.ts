import {
  type Graph,
  type GraphEdge,
  type GraphNode,
  noGrad,
  ones,
  type Shape,
  type Tensor,
  zeros,
} from "@chainrule/core";

/** What one use of a tensor adds to its gradient. */
export interface Use {
  readonly node: GraphNode;
  /** Which input of the node the tensor is. */
  readonly input: number;
  /** `undefined` where it cannot be known. */
  readonly gradient: Tensor | undefined;
}

/** The gradients of all tensors of a graph, and what they are the sums of. */
export interface Walk {
  /** Of each edge, in its place; `undefined` where it cannot be known, `null` where there is none: that of a constant. */
  readonly gradients: readonly (Tensor | null | undefined)[];
  /** The uses of each edge, in its place, in the order in which the walk comes by. */
  readonly uses: readonly (readonly Use[])[];
}

/** The gradient of an input, in the shape of the result or of the input; `null` where it is 0, `undefined` where it cannot be known. */
export type LocalGradient = (node: GraphNode, input: number, dout: Tensor) => Tensor | null | undefined;

/**
 * The walk backward through a graph, from gradients of 1 at its outputs, that keeps what each use gives. It does what `backward` does,
 * node by node and in the open.
 */
export function walkBackward(graph: Graph, localGradient: LocalGradient): Walk {
  const uses: Use[][] = graph.edges.map(() => []);
  const gradients: (Tensor | null | undefined)[] = graph.edges.map(() => null);
  const outputs = new Set(graph.outputs);
  const settle = (edge: GraphEdge) => {
    const { shape, dtype, requiresGrad } = edge.tensor;
    if (!requiresGrad) return;
    const parts = (uses[edge.index] as Use[]).map(({ gradient }) => gradient);
    if (outputs.has(edge)) parts.unshift(ones(shape, { dtype }));
    gradients[edge.index] = parts.reduce<Tensor | undefined>(
      (sum, part) => (sum === undefined || part === undefined ? undefined : sum.add(part)),
      zeros(shape, { dtype }),
    );
  };
  noGrad(() => {
    for (const node of graph.nodes.toReversed()) {
      settle(node.output);
      const dout = gradients[node.output.index];
      node.inputs.forEach((edge, input) => {
        if (!edge.tensor.requiresGrad) return;
        const { shape, dtype } = edge.tensor;
        const given = dout === undefined || dout === null ? undefined : localGradient(node, input, dout);
        const gradient = given === null ? zeros(shape, { dtype }) : given && summedTo(given, shape);
        (uses[edge.index] as Use[]).push({ node, input, gradient });
      });
    }
    for (const edge of graph.edges) if (edge.maker === null) settle(edge);
  });
  return { gradients, uses };
}

/** Added up over the axes that broadcasting repeated. */
function summedTo(gradient: Tensor, shape: Shape): Tensor {
  const extra = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < extra || (shape[axis - extra] === 1 && size !== 1) ? [axis] : [],
  );
  const sum = axes.length === 0 ? gradient : gradient.sum({ axis: axes });
  return sum.size === shape.reduce((size, n) => size * n, 1) ? sum.reshape([...shape]) : sum.broadcastTo([...shape]);
}
