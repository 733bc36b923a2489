import type { Node } from "../../graph/node.js";
import { BroadcastTo } from "../../ops/broadcast-to.js";
import { ExpandDims, Reshape, Squeeze } from "../../ops/reshape.js";
import { Transpose } from "../../ops/transpose.js";
import { sameShape } from "../../shape/shape.js";
import type { Trace } from "../../trace/trace.js";
import { type Source, Traced } from "../../trace/traced.js";
import { orderOf, resultsOf } from "./graph.js";

/**
 * The same program with equal values computed once, views that change nothing left out, and nothing that no result
 * needs. Only here are nodes merged: those of the eager graph keep their identity.
 */
export function simplify(trace: Trace): Trace {
  const order = orderOf([...resultsOf(trace), ...trace.inputs, ...trace.captures.map(({ traced }) => traced)]);
  /** By the id of a value: what stands for it. */
  const replaced = new Array<Traced | null>((order[order.length - 1]?.id ?? -1) + 1).fill(null);
  const known = new Map<number | string, Traced>();
  const keys = new Keys(order.length);
  let next = 0;
  const now = (value: Traced) => replaced[value.id] as Traced;

  for (const value of order) {
    const inputs = value.inputs.map(now);
    const same = equivalent(value, inputs);
    if (same !== null) {
      replaced[value.id] = same;
      continue;
    }
    const key = keys.of(value.source, inputs);
    let merged = key === null ? undefined : known.get(key);
    if (merged === undefined) {
      merged = new Traced(next++, value.shape, value.dtype, value.source, inputs);
      if (key !== null) known.set(key, merged);
    }
    replaced[value.id] = merged;
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

/** Another value that is the same without computing anything. */
function equivalent({ source, shape }: Traced, inputs: readonly Traced[]): Traced | null {
  if (source.kind !== "node") return null;
  const { node } = source;
  const [x] = inputs as [Traced];
  if (node instanceof Reshape || node instanceof Squeeze || node instanceof ExpandDims || node instanceof BroadcastTo) {
    return sameShape(shape, x.shape) ? x : null;
  }
  if (node instanceof Transpose) return node.orderOf(x).every((axis, i) => axis === i) ? x : null;
  return null;
}

/** Names what a node computes, equally for equal ones. */
class Keys {
  private readonly classes = new Map<unknown, number>();
  private readonly base: number;

  /** @param values that ids are below */
  constructor(values: number) {
    this.base = values + 1;
  }

  /** `null` for what is no node: literals are merged already, and all else is what it is. */
  of(source: Source, inputs: readonly Traced[]): number | string | null {
    if (source.kind !== "node") return null;
    const { node } = source;
    let op = this.classes.get(node.constructor);
    if (op === undefined) {
      op = this.classes.size;
      this.classes.set(node.constructor, op);
    }
    const settings = settingsOf(node);
    const isPlain = settings === "";
    if (isPlain && inputs.length <= 2) {
      // A graph of scalars has many of these, and numbers are found more quickly than text.
      const [x, y] = inputs;
      const key = (op * this.base + (x === undefined ? 0 : x.id + 1)) * this.base + (y === undefined ? 0 : y.id + 1);
      if (Number.isSafeInteger(key)) return key;
    }
    return `${op}(${inputs.map((input) => input.id).join()})${settings}`;
  }
}

/** The settings of a node as text, the same for equal ones; none where it has none. */
export function settingsOf(node: Node): string {
  const settings = node.attributes();
  return Object.keys(settings).length === 0 ? "" : JSON.stringify(settings, exactNumber);
}

/** JSON has no infinities, and no -0. */
function exactNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)) ? `number ${value}` : value;
}
