import { formatShape, graphOf, type Tensor } from "@chainrule/core";

/**
 * Where the first NaN or infinity of a graph is, in the order in which it was computed: what is behind it was good, so
 * this is what made the others bad. `null` if there is none.
 */
export function firstBadValue(output: Tensor): string | null {
  for (const { tensor, maker, name } of graphOf(output).edges) {
    const bad = tensor.data.find((value) => !Number.isFinite(value));
    if (bad === undefined) continue;
    if (maker === null) return `${bad} in ${name ?? "a constant"} ${formatShape(tensor.shape)}, before any node`;
    const inputs = maker.inputs.map((input) => `${input.name ?? ""} ${formatShape(input.tensor.shape)}`.trim());
    return `${bad} in the output of node ${maker.index + 1}, ${maker.node.name} of ${inputs.join(" and ")}`;
  }
  return null;
}
