import type { Shape } from "../../shape/types.js";
import type { Trace } from "../../trace/trace.js";
import { type Source, Traced } from "../../trace/traced.js";
import { orderOf, resultsOf } from "./graph.js";

/** Makes a value of the dtype of the one that it stands for, and of its shape unless it says otherwise. */
export type Make = (source: Source, inputs: readonly Traced[], shape?: Shape) => Traced;

/**
 * A program with other values in the place of its own.
 *
 * @param by what stands for a value, given what stands for those before it, and a function that makes one
 */
export function rewritten(
  trace: Trace,
  by: (value: Traced, now: (value: Traced) => Traced, make: Make) => Traced,
): Trace {
  const order = orderOf([...resultsOf(trace), ...trace.inputs, ...trace.captures.map(({ traced }) => traced)]);
  /** By the id of a value: what stands for it. */
  const replaced = new Array<Traced | null>((order[order.length - 1]?.id ?? -1) + 1).fill(null);
  let next = 0;
  const now = (value: Traced) => replaced[value.id] as Traced;
  for (const value of order) {
    const { shape, dtype } = value;
    replaced[value.id] = by(value, now, (source, inputs, as = shape) => new Traced(next++, as, dtype, source, inputs));
  }
  return {
    ...trace,
    inputs: trace.inputs.map(now),
    captures: trace.captures.map(({ tensor, traced }) => ({ tensor, traced: now(traced) })),
    outputs: trace.outputs.map(now),
    assignments: trace.assignments.map(({ tensor, value }) => ({ tensor, value: now(value) })),
    gradients: trace.gradients.map(({ tensor, value }) => ({ tensor, value: value === null ? null : now(value) })),
    size: next,
  };
}
