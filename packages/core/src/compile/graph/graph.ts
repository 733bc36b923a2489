import type { Node } from "../../graph/node.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";

/** A traced function as the compiler sees it: the values that its results need, each behind what it is made of. */
export interface Graph {
  readonly order: readonly Traced[];
  /** By value: those that it is an input of, once for each use. */
  readonly users: { get(value: Traced): readonly Traced[] };
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

/** The class of an op. */
export type Op = abstract new (...settings: never) => Node;

interface Needed {
  readonly order: readonly Traced[];
  readonly ops: ReadonlySet<Op>;
}

/** By the trace: looked for once, as several stages go through them. */
const needed = new WeakMap<Trace, Needed>();

function neededIn(trace: Trace): Needed {
  let known = needed.get(trace);
  if (known === undefined) {
    const order = orderOf(resultsOf(trace));
    const ops = new Set<Op>();
    for (const { source } of order) if (source.kind === "node") ops.add(source.node.constructor as Op);
    known = { order, ops };
    needed.set(trace, known);
  }
  return known;
}

/** All values that the results of a trace need, in such an order. */
export const neededBy = (trace: Trace): readonly Traced[] => neededIn(trace).order;

/** The ops that these are of: most programs have none of those that a stage is for. */
export const opsIn = (trace: Trace): ReadonlySet<Op> => neededIn(trace).ops;

export function graphOf(trace: Trace): Graph {
  const order = neededBy(trace);
  const given = new Set([...trace.outputs, ...trace.gradients.flatMap(({ value }) => value ?? [])]);
  return { order, users: new Users(order), results: new Set(resultsOf(trace)), given };
}

const none: readonly Traced[] = [];

const idOf = (values: readonly Traced[], i: number) => (values[i] as Traced).id;

/** Those of all values in one list, as scalars come by the hundred thousand. */
class Users {
  private readonly list: readonly Traced[];
  /** By the id of a value: where its users begin; they end where those of the next begin. */
  private readonly starts: Int32Array;

  constructor(order: readonly Traced[]) {
    const ends = new Int32Array((order[order.length - 1]?.id ?? -1) + 2);
    // Counted loops: this runs once, and slowly where each of the short lists has an iterator.
    for (const { inputs } of order) {
      for (let i = 0; i < inputs.length; i++) ends[idOf(inputs, i) + 1] = (ends[idOf(inputs, i) + 1] as number) + 1;
    }
    for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
    const list = new Array<Traced>(ends[ends.length - 1] as number);
    this.starts = ends.slice();
    for (const value of order) {
      for (let i = 0; i < value.inputs.length; i++) {
        const id = idOf(value.inputs, i);
        const at = ends[id] as number;
        list[at] = value;
        ends[id] = at + 1;
      }
    }
    this.list = list;
  }

  get({ id }: Traced): readonly Traced[] {
    const end = this.starts[id + 1];
    return end === undefined ? none : this.list.slice(this.starts[id], end);
  }
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
