import type { Node } from "../../graph/node.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";

/** A traced function as the compiler sees it: the values that its results need, each behind what it is made of. */
export interface Graph {
  readonly order: readonly Traced[];
  /** By value: those that it is an input of, once for each use. */
  readonly users: Pick<ReadonlyMap<Traced, readonly Traced[]>, "get">;
  /** Values that are there after the program's run: those that it gives, and the new ones of tensors. */
  readonly results: ReadonlySet<Traced>;
  /** Those among them that it gives. */
  readonly given: ReadonlySet<Traced>;
}

/** All values that some roots need, in an order in which each comes behind its inputs. */
export function orderOf(roots: Iterable<Traced>): Traced[] {
  const stack = [...roots];
  // A value is made after its inputs, and numbered when it is made.
  const met = new Array<Traced | null>(stack.reduce((most, { id }) => Math.max(most, id + 1), 0)).fill(null);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (met[next.id] !== null) continue;
    met[next.id] = next;
    for (const input of next.inputs) if (met[input.id] === null) stack.push(input);
  }
  return met.filter((value) => value !== null);
}

export function resultsOf({ outputs, assignments, gradients }: Trace): Traced[] {
  return [
    ...outputs,
    ...assignments.map(({ value }) => value),
    ...gradients.flatMap(({ value }) => (value === null ? [] : [value])),
  ];
}

export function graphOf(trace: Trace): Graph {
  const results = new Set(resultsOf(trace));
  const order = orderOf(results);
  // By id, which is quicker than a map where the values are scalars by the hundred thousand.
  const users = new Array<Traced[] | undefined>((order[order.length - 1]?.id ?? -1) + 1).fill(undefined);
  for (const value of order) {
    for (const input of value.inputs) {
      const known = users[input.id];
      if (known === undefined) users[input.id] = [value];
      else known.push(value);
    }
  }
  const given = new Set([...trace.outputs, ...trace.gradients.flatMap(({ value }) => value ?? [])]);
  return { order, users: { get: ({ id }) => users[id] }, results, given };
}

/** A name for pictures: that of the op, or of what stands in its place. */
export function nameOf({ source }: Traced): string {
  switch (source.kind) {
    case "node":
      return source.node.name;
    case "literal":
      return String(source.value);
    case "input":
      return `input ${source.index}`;
    case "capture":
      return `capture ${source.index}`;
    case "draw":
      return `draw ${source.draw.method}`;
    default:
      return source satisfies never;
  }
}

/** The node of a value that an op gives. */
export function nodeOf<N extends Node>({ source }: Traced): N {
  if (source.kind !== "node") throw new Error(`a value from ${source.kind} has no node`);
  return source.node as N;
}
