import { BroadcastTo } from "../../ops/broadcast-to.js";
import { ExpandDims, Reshape, Squeeze } from "../../ops/reshape.js";
import { Transpose } from "../../ops/transpose.js";
import { sameShape } from "../../shape/shape.js";
import { KnownValues } from "../../trace/known-values.js";
import type { Trace } from "../../trace/trace.js";
import { type Source, Traced } from "../../trace/traced.js";
import { BlockNode } from "../../transforms/control/block-node.js";
import { orderOf, resultsOf } from "./graph.js";

/**
 * The same program with views that change nothing left out, and what is equal without them computed once.
 */
export function simplify(trace: Trace): Trace {
  const order = orderOf([...resultsOf(trace), ...trace.inputs, ...trace.captures.map(({ traced }) => traced)]);
  // Equal values are one already when they are recorded: what is new is equal to another behind a view that goes.
  if (order.every((value) => equivalent(value, value.inputs) === null && !isBlock(value))) return trace;
  /** By the id of a value: what stands for it. */
  const replaced = new Array<Traced | null>((order[order.length - 1]?.id ?? -1) + 1).fill(null);
  const known = new KnownValues();
  let next = 0;
  const now = (value: Traced) => replaced[value.id] as Traced;
  for (const value of order) {
    const { shape, dtype, source } = value;
    const inputs = value.inputs.map(now);
    const make = () => new Traced(next++, shape, dtype, within(source), inputs);
    // Literals are merged already, and all else but nodes is what it is.
    replaced[value.id] =
      equivalent(value, inputs) ?? (source.kind === "node" ? known.of(source.node, inputs, make) : make());
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

export function isBlock({ source }: Traced): boolean {
  return source.kind === "node" && source.node instanceof BlockNode;
}

/** What a value comes from, with simplified blocks. */
function within(source: Source): Source {
  if (source.kind !== "node" || !(source.node instanceof BlockNode)) return source;
  const { node } = source;
  return {
    kind: "node",
    node: node.withBlocks(node.blocks.map((block) => ({ ...block, trace: simplify(block.trace) }))),
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
