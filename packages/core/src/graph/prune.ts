import type { Tensor } from "./tensor.js";
import type { Trace } from "./trace.js";

/**
 * Leaves in a trace only the edges on a way from its root to an edge that is wanted, and counts their uses anew. Linear
 * in the number of edges, and iterative.
 */
export function prune(trace: Trace, wanted: ReadonlySet<Tensor>): void {
  const { edges } = trace;
  const leads = leadingTo(wanted, trace);
  trace.edges = [];
  trace.uses = [];
  for (let at = 0; at < edges.length; at++) if (leads[at] === 1) trace.add(edges[at] as Tensor);
  for (const edge of trace.edges) {
    const node = edge.node;
    if (node === null || wanted.has(edge)) continue;
    for (let i = 0; i < node.arity; i++) {
      const input = node.input(i);
      if (trace.has(input)) trace.uses[input.slot] = (trace.uses[input.slot] as number) + 1;
    }
  }
}

/** For each edge, 1 if a wanted edge is behind it: decided for an edge's inputs before the edge itself. */
function leadingTo(wanted: ReadonlySet<Tensor>, trace: Trace): Uint8Array {
  const { edges } = trace;
  const leads = new Uint8Array(edges.length);
  const left = Int32Array.from(trace.uses);
  const usersFirst = new Int32Array(edges.length);
  for (let next = 0, known = 1; next < known; next++) {
    const edge = edges[usersFirst[next] as number] as Tensor;
    if (wanted.has(edge)) leads[edge.slot] = 1;
    else if (edge.node !== null) {
      for (let i = 0; i < edge.node.arity; i++) {
        const input = edge.node.input(i);
        if (!trace.has(input)) continue;
        const uses = (left[input.slot] as number) - 1;
        left[input.slot] = uses;
        if (uses === 0) usersFirst[known++] = input.slot;
      }
    }
  }
  for (let next = edges.length - 1; next >= 0; next--) {
    const at = usersFirst[next] as number;
    const node = (edges[at] as Tensor).node;
    if (node === null || leads[at] === 1) continue;
    for (let i = 0; i < node.arity; i++) {
      const input = node.input(i);
      if (trace.has(input) && leads[input.slot] === 1) leads[at] = 1;
    }
  }
  return leads;
}
