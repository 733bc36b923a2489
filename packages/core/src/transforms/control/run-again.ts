import { Argument } from "../../graph/argument.js";
import type { Node } from "../../graph/node.js";
import { Part } from "../../graph/part.js";
import { withRecording } from "../../graph/recording.js";
import { asTensor, type Tensor } from "../../graph/tensor.js";
import { deferredIn } from "../../graph/tracer.js";
import type { Traced } from "../../trace/traced.js";
import { partOf, Solved } from "./block-node.js";
import { inputsFirst, type Made, neededBy, withoutGraph } from "./made.js";

/** One more run: edges with a graph are made by the nodes of the graph, others by how their values came about. */
export class Run {
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

  private edge(root: Tensor): Tensor {
    const { edges } = this;
    inputsFirst(
      root,
      (edge) => edges.has(edge),
      (edge) => this.inputsOf(edge),
      (edge) => edges.set(edge, this.madeAgain(edge)),
    );
    return edges.get(root) as Tensor;
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
    const { values } = this;
    inputsFirst(
      root,
      (value) => values.has(value),
      ({ inputs }) => inputs,
      (value) => values.set(value, this.valueAgain(value)),
    );
    return values.get(root) as Tensor;
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
