import { gradientOf } from "../graph/node.js";
import { withRecording } from "../graph/recording.js";
import type { Tensor } from "../graph/tensor.js";
import { shortValues } from "../inspect/describe.js";
import { type GraphNode, graphFrom } from "../inspect/graph.js";
import type { Evaluation, Subject } from "./subject.js";

/** Where a NaN or an infinity began. */
export interface GradcheckOrigin {
  /** The name of the op that made it; `null` where it was given. */
  readonly op: string | null;
  readonly text: string;
}

/** The first node in forward order that made a NaN (or else an infinity) out of inputs without; or the leaf that is one. */
export function forwardOrigin(outputs: Evaluation["outputs"]): GradcheckOrigin | null {
  const graph = graphFrom("gradcheck", outputs, {});
  for (const isBad of [Number.isNaN, (value: number) => !Number.isFinite(value)]) {
    const first = graph.edges.find(({ tensor }) => tensor.array.some(isBad));
    if (first === undefined) continue;
    if (first.maker === null) {
      return {
        op: null,
        text: `${first.isLiteral ? "the constant" : "the leaf"} ${first.label} is not finite: ${shortValues(first.tensor)}`,
      };
    }
    return { op: first.maker.node.name, text: `${first.maker.node.name} made the first one: ${describe(first.maker)}` };
  }
  return null;
}

/** The first node in the order of the walk whose local backward made a value that is not finite of gradients that are. */
export function backwardOrigin(subject: Subject, seed: Float64Array): GradcheckOrigin | null {
  const nodes = graphFrom("gradcheck", subject.inside.outputs, {}).nodes.toReversed();
  for (const tape of subject.walks(seed, false, subject.inside)) {
    const onPath = new Set(tape.edges);
    for (const node of nodes) {
      const { node: op } = node;
      const output = node.output.tensor;
      const dout = onPath.has(output) ? tape.gradient(output) : undefined;
      if (dout === undefined || !allFinite(dout)) continue;
      for (const [i, input] of op.inputs.entries()) {
        if (!onPath.has(input)) continue;
        const gradient = withRecording(false, () =>
          op.fastBackward === undefined ? op.localBackward(dout, i, output) : op.fastBackward(dout, i, output),
        );
        if (gradient === null || allFinite(gradientOf(op, i, gradient))) continue;
        const { name } = op;
        return { op: name, text: `the backward of ${name} made the first one, for its input ${i}: ${describe(node)}` };
      }
    }
  }
  return null;
}

function allFinite({ array }: Tensor): boolean {
  return array.every(Number.isFinite);
}

function describe({ node, inputs, output }: GraphNode): string {
  const call = `${node.name}(${inputs.map(({ label }) => label).join(", ")})`;
  const values = inputs
    .filter(({ isLiteral }) => !isLiteral)
    .map(({ label, tensor, maker }) => {
      const made = maker !== null && !allFinite(tensor) ? `, made by ${maker.node.name}` : "";
      return `${label} = ${shortValues(tensor)}${made}`;
    });
  return `${output.label} = ${call} = ${shortValues(output.tensor)}${values.length > 0 ? `, with ${values.join(", ")}` : ""}`;
}
