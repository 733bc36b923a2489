import type { Trace } from "../../trace/trace.js";
import { type Source, Traced } from "../../trace/traced.js";
import { orderOf, resultsOf } from "./graph.js";

type Form = Pick<Traced, "shape" | "dtype">;

/** Makes a value of the shape and dtype of the one that it stands for, unless it is given others. */
export type Make = (source: Source, inputs: readonly Traced[], form?: Form) => Traced;

/** What has to be there of a trace. */
export function rootsOf(trace: Trace): Traced[] {
  return [...resultsOf(trace), ...trace.inputs, ...trace.captures.map(({ traced }) => traced)];
}

/**
 * A program with other values in the place of its own.
 *
 * @param by what stands for a value, given what stands for those before it, and a function that makes one
 * @param order all that there shall be, each value behind what stands for it is made of; all inputs and captures are among it
 */
export function rewritten(
  trace: Trace,
  by: (value: Traced, now: (value: Traced) => Traced, make: Make) => Traced,
  order: readonly Traced[] = orderOf(rootsOf(trace)),
): Trace {
  /** By the id of a value: what stands for it. */
  const replaced = new Array<Traced | null>(order.reduce((most, { id }) => Math.max(most, id + 1), 0)).fill(null);
  let next = 0;
  const now = (value: Traced) => replaced[value.id] as Traced;
  for (const value of order) {
    const make: Make = (source, inputs, { shape, dtype } = value) => new Traced(next++, shape, dtype, source, inputs);
    replaced[value.id] = by(value, now, make);
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

/**
 * The trace of a block that is given other inputs: fewer, more, or values that it computed up to now.
 *
 * @param given the inputs, each a value of the block that it is from now on, or one of another block, whose form it has
 * @param same by further values of the block: the one given that they are
 */
export function withInputs(
  trace: Trace,
  given: readonly Traced[],
  same: ReadonlyMap<Traced, Traced> = new Map(),
): Trace {
  const made = new Map<Traced, Traced>();
  let next = 0;
  const make = ({ shape, dtype }: Traced, source: Source, inputs: readonly Traced[]) =>
    new Traced(next++, shape, dtype, source, inputs);
  const now = (value: Traced) => made.get(value) as Traced;
  const inputs = given.map((value, index) => {
    const input = make(value, { kind: "input", index }, []);
    made.set(value, input);
    return input;
  });
  for (const [value, one] of same) made.set(value, now(one));
  for (const value of orderOf(trace.outputs))
    if (!made.has(value)) made.set(value, make(value, value.source, value.inputs.map(now)));
  return { ...trace, inputs, outputs: trace.outputs.map(now), size: next };
}
