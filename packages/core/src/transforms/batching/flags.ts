import type { Traced } from "../../trace/traced.js";
import { FunctionNode } from "../function-node.js";
import type { Program } from "./record.js";

/** Which results differ between the elements of a batch, or may: those that depend on something which does. */
export function flagsOf({ block, operands, order }: Program, given: readonly boolean[]): boolean[] {
  const isBatched = new Set<Traced>();
  const flags = [...given, ...operands.map((operand) => operand.isBatched)];
  block.trace.inputs.forEach((input, i) => {
    if (flags[i] === true) isBatched.add(input);
  });
  for (const value of order) {
    const { source } = value;
    const own = source.kind === "draw" || (source.kind === "node" && source.node instanceof FunctionNode);
    if (own || value.inputs.some((input) => isBatched.has(input))) isBatched.add(value);
  }
  return block.trace.outputs.map((output) => isBatched.has(output));
}
