import type { Trace } from "./backward.js";
import type { Tensor } from "./tensor.js";

/**
 * Leaves in a trace only the edges on a way from its root to an edge that is wanted, and counts their uses anew. Linear
 * in the number of edges, and iterative.
 */
export function prune(trace: Trace, wanted: ReadonlySet<Tensor>): void {
  const { edges } = trace;
  const leads = leadingTo(wanted, trace);
  trace.edges = [];
  trace.uses = [];
  edges.forEach((edge, at) => {
    if (leads[at] === 1) trace.add(edge);
  });
  for (const edge of trace.edges) {
    if (wanted.has(edge)) continue;
    const node = edge.node;
    for (let i = 0; node !== null && i < node.arity; i++) {
      const input = node.input(i);
      if (trace.has(input)) trace.uses[input.slot] = (trace.uses[input.slot] as number) + 1;
    }
  }
}

/** For each edge, 1 if a wanted edge is behind it: decided for an edge's inputs before the edge itself. */
function leadingTo(wanted: ReadonlySet<Tensor>, trace: Trace): Uint8Array {
  const { edges } = trace;
  const left = trace.uses.slice();
  const usersFirst = [0];
  const inputsOf = (at: number): readonly Tensor[] => {
    const edge = edges[at] as Tensor;
    return edge.node === null || wanted.has(edge) ? [] : edge.node.inputs.filter((input) => trace.has(input));
  };
  for (let next = 0; next < usersFirst.length; next++) {
    for (const { slot } of inputsOf(usersFirst[next] as number)) {
      left[slot] = (left[slot] as number) - 1;
      if (left[slot] === 0) usersFirst.push(slot);
    }
  }
  const leads = new Uint8Array(edges.length);
  for (let next = usersFirst.length - 1; next >= 0; next--) {
    const at = usersFirst[next] as number;
    if (wanted.has(edges[at] as Tensor) || inputsOf(at).some(({ slot }) => leads[slot] === 1)) leads[at] = 1;
  }
  return leads;
}
