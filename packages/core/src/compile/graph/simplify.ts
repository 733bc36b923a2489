import { Elementwise } from "../../graph/elementwise.js";
import { BroadcastTo } from "../../ops/broadcast-to.js";
import { ExpandDims, Reshape, Squeeze } from "../../ops/reshape.js";
import { Transpose } from "../../ops/transpose.js";
import { sameShape } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Block } from "../../trace/block.js";
import { KnownValues } from "../../trace/known-values.js";
import type { Trace } from "../../trace/trace.js";
import type { Source, Traced } from "../../trace/traced.js";
import { BlockNode } from "../../transforms/control/block-node.js";
import { neededBy, opsIn } from "./graph.js";
import { rewritten } from "./rewrite.js";

/**
 * The same program with views that change nothing left out, and what is equal without them computed once.
 */
export function simplify(trace: Trace): Trace {
  // Equal values are one already when they are recorded: what is new is equal to another behind a view that goes.
  const isSimple = neededBy(trace).every((value) => equivalent(value.source, value.shape, value.inputs) === null);
  if (isSimple && !hasBlocks(trace)) return trace;
  const known = new KnownValues();
  return rewritten(trace, ({ source, shape, inputs: operands }, now, make) => {
    const inputs = operands.map(now);
    const again = () => make(withBlocks(source, simplify), inputs);
    // Literals are merged already, and all else but nodes is what it is.
    return (
      equivalent(source, shape, inputs) ?? (source.kind === "node" ? known.of(source.node, inputs, again) : again())
    );
  });
}

export function hasBlocks(trace: Trace): boolean {
  return [...opsIn(trace)].some(({ prototype }) => prototype instanceof BlockNode);
}

export function isBlock({ source }: Traced): boolean {
  return source.kind === "node" && source.node instanceof BlockNode;
}

/** What a value comes from, with other programs in its blocks. */
export function withBlocks(source: Source, by: (trace: Trace) => Trace): Source {
  if (source.kind !== "node" || !(source.node instanceof BlockNode)) return source;
  const { node } = source;
  return { kind: "node", node: node.withBlocks(node.blocks.map((block) => changedBlock(block, by))) };
}

/** By what changes them: what became of blocks. One that several calls have stays one. */
const changedBlocks = new WeakMap<(trace: Trace) => Trace, WeakMap<Block, Block>>();

function changedBlock(block: Block, by: (trace: Trace) => Trace): Block {
  const known = changedBlocks.get(by) ?? new WeakMap<Block, Block>();
  changedBlocks.set(by, known);
  const changed = known.get(block) ?? { ...block, trace: by(block.trace), made: null };
  known.set(block, changed);
  return changed;
}

/** Another value that is the same without computing anything. */
function equivalent(source: Source, shape: Shape, inputs: readonly Traced[]): Traced | null {
  if (source.kind !== "node") return null;
  const { node } = source;
  if (node instanceof Elementwise) return null;
  const [x] = inputs as [Traced];
  if (node instanceof Reshape || node instanceof Squeeze || node instanceof ExpandDims || node instanceof BroadcastTo) {
    return sameShape(shape, x.shape) ? x : null;
  }
  if (node instanceof Transpose) return node.orderOf(x).every((axis, i) => axis === i) ? x : null;
  return null;
}
