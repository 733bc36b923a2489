import { type Source, Traced } from "../graph/tracing.js";
import { BroadcastTo } from "../ops/broadcast-to.js";
import { ExpandDims, Reshape, Squeeze } from "../ops/reshape.js";
import { Transpose } from "../ops/transpose.js";
import { sameShape } from "../shape/shape.js";
import { orderOf, resultsOf } from "./graph.js";
import type { Trace } from "./trace.js";

/**
 * The same program with equal values computed once, views that change nothing left out, and nothing that no result needs.
 * Only here are nodes merged: those of the eager graph keep their identity.
 */
export function simplify(trace: Trace): Trace {
  const order = orderOf([...resultsOf(trace), ...trace.inputs, ...trace.captures.map(({ traced }) => traced)]);
  const replaced = new Map<Traced, Traced>();
  const known = new Map<string, Traced>();
  const classes = new Map<unknown, number>();
  let next = 0;
  const now = (value: Traced) => replaced.get(value) as Traced;

  for (const value of order) {
    const inputs = value.inputs.map(now);
    const same = equivalent(value, inputs);
    if (same !== null) {
      replaced.set(value, same);
      continue;
    }
    const key = keyOf(value.source, inputs, value, classes);
    let merged = known.get(key);
    if (merged === undefined) {
      merged = new Traced(next++, value.shape, value.dtype, value.source, inputs);
      known.set(key, merged);
    }
    replaced.set(value, merged);
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

function keyOf(source: Source, inputs: readonly Traced[], value: Traced, classes: Map<unknown, number>): string {
  if (source.kind !== "node") {
    // Literals are equal already; all else is what it is.
    return `${source.kind} ${value.id}`;
  }
  const { node } = source;
  let op = classes.get(node.constructor);
  if (op === undefined) {
    op = classes.size;
    classes.set(node.constructor, op);
  }
  const settings = node.attributes();
  const text = Object.keys(settings).length === 0 ? "" : JSON.stringify(settings, exactNumber);
  return `${op}(${inputs.map((input) => input.id).join()})${text}`;
}

/** JSON has no infinities, and no -0. */
function exactNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)) ? `number ${value}` : value;
}
