import { Elementwise } from "../../graph/elementwise.js";
import { BroadcastTo } from "../../ops/broadcast-to.js";
import { Cast } from "../../ops/cast.js";
import { broadcastShapes, scalarShape, sizeOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { graphOf, opsIn } from "./graph.js";
import { rewritten } from "./rewrite.js";
import { hasBlocks, withBlocks } from "./simplify.js";

/**
 * The same program in which a value of several uses that is alike along an axis, being made of what is broadcast along it, is computed
 * before that: it is stored, and what is broadcast is not. Gradients of sums along an axis are such. (Newton's step for the distances
 * of 10^4 points from 100 centroids in 8 dimensions: 42 ms with the gradient in full, which is 64 MB; 11 ms so.)
 */
export function computeAlikeOnce(trace: Trace): Trace {
  const alike = opsIn(trace).has(BroadcastTo) ? alikeIn(trace) : new Map<Traced, Shape>();
  if (alike.size === 0 && !hasBlocks(trace)) return trace;
  const before = new Map<Traced, Traced>();
  return rewritten(trace, (value, now, make) => {
    const shape = alike.get(value);
    const { source, inputs, dtype } = value;
    if (shape === undefined) {
      const made = make(withBlocks(source, computeAlikeOnce), inputs.map(now));
      if (isBroadcast(value)) before.set(value, made.inputs[0] as Traced);
      return made;
    }
    const core = make(
      source,
      inputs.map((input) => before.get(input) ?? now(input)),
      { shape, dtype },
    );
    before.set(value, core);
    return make({ kind: "node", node: new BroadcastTo(value.shape) }, [core]);
  });
}

/** By value that is to be computed before it is broadcast: its shape then. */
function alikeIn(trace: Trace): ReadonlyMap<Traced, Shape> {
  const { order, users, results } = graphOf(trace);
  const shapes = new Map<Traced, Shape>();
  for (const value of order) {
    const { source, shape, inputs } = value;
    if (isBroadcast(value)) shapes.set(value, (inputs[0] as Traced).shape);
    else if (isElementwise(value) && inputs.some((input) => shapes.has(input))) {
      const own = inputs.reduce<Shape>(
        (sum, input) => broadcastShapes(source.kind, sum, shapes.get(input) ?? input.shape),
        scalarShape,
      );
      if (sizeOf(own) < sizeOf(shape)) shapes.set(value, own);
    }
  }
  const wanted = new Map<Traced, Shape>();
  for (const value of order.toReversed()) {
    const own = shapes.get(value);
    if (own === undefined || !isElementwise(value)) continue;
    const uses = users.get(value);
    const isStored = !results.has(value) && uses.some((user) => user !== uses[0]);
    if (isStored || uses.some((user) => wanted.has(user))) wanted.set(value, own);
  }
  return wanted;
}

const isBroadcast = ({ source }: Traced): boolean => source.kind === "node" && source.node instanceof BroadcastTo;

/** Whether an element of a value is computed from those of its inputs in the same place. */
const isElementwise = ({ source }: Traced): boolean =>
  source.kind === "node" && (source.node instanceof Elementwise || source.node instanceof Cast);
