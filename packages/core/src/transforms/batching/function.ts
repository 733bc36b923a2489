import { gradientOf, type Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import { FunctionNode } from "../function-node.js";
import { type Batched, expanded } from "./batched.js";
import type { Run } from "./run.js";

/** A function node for a batch; the first input is what the function gives. */
export function batchedFunction(node: FunctionNode, [value, ...inputs]: readonly Batched[], run: Run): Batched {
  const result = expanded(value as Batched, run.size);
  const batch = new BatchedFunction(node, inputs, run);
  return {
    tensor: batch.record(
      result,
      inputs.map(({ tensor }) => tensor),
    ),
    isBatched: true,
  };
}

/** A node that is composed of other ops and has a backward of its own, for a batch. */
export function batchedComposition(node: Node, inputs: readonly Batched[], run: Run): Tensor {
  const tensors = inputs.map(({ tensor }) => tensor);
  return new BatchedFunction(node, inputs, run).apply(...tensors);
}

/** A node with a backward of its own, whose backward is that for all elements at once. */
class BatchedFunction extends FunctionNode {
  override readonly name: string;
  private readonly node: Node;
  private readonly isBatched: readonly boolean[];
  private readonly run: Run;

  constructor(node: Node, inputs: readonly Batched[], run: Run) {
    const isBatched = inputs.map((input) => input.isBatched);
    super((...tensors) => {
      const given = tensors.map((tensor, i) => ({ tensor, isBatched: isBatched[i] as boolean }));
      const [made] = run.forBatch(node.name, given, (...elements) => [resultOf(node, elements)]);
      return expanded(made as Batched, run.size);
    });
    this.name = node.name;
    this.node = node;
    this.isBatched = isBatched;
    this.run = run;
  }

  override get digest(): string {
    return this.node instanceof FunctionNode ? this.node.digest : "";
  }

  override attributes() {
    return this.node.attributes();
  }

  override localBackward(dout: Tensor, i: number, output: Tensor): Tensor | null {
    const { size } = this.run;
    const all = (tensor: Tensor) => ({ tensor, isBatched: true });
    const inputs = this.inputs.map((tensor, k) => ({ tensor, isBatched: this.isBatched[k] as boolean }));
    const backward = (...[dout, output, ...elements]: readonly Tensor[]) => {
      const node = this.node.connectedTo(elements);
      const gradient = node.localBackward(dout as Tensor, i, output as Tensor);
      return gradient === null ? [] : [gradientOf(node, i, gradient)];
    };
    const [gradient] = this.run.forBatch(this.name, [all(dout), all(output), ...inputs], backward);
    if (gradient === undefined) return null;
    const whole = expanded(gradient, size);
    return this.isBatched[i] === true ? whole : whole.sum(0);
  }
}

function resultOf(node: Node, inputs: readonly Tensor[]): Tensor {
  if (node instanceof FunctionNode) return node.again().apply(...inputs);
  const shape = node.shapeRule(...inputs);
  return node.composition(shape, node.dtypeRule(...inputs), inputs) as Tensor;
}
