import type { Tape } from "./tape.js";
import type { Tensor } from "./tensor.js";

/**
 * Leaves in a tape only the edges on a way from its root to an edge that is wanted, and counts their uses anew. Linear
 * in the number of edges, and iterative.
 */
export function prune(tape: Tape, wanted: ReadonlySet<Tensor>): void {
  const { edges } = tape;
  const leads = leadingTo(wanted, tape);
  tape.edges = [];
  for (let at = 0; at < edges.length; at++) if (leads[at] === 1) tape.add(edges[at] as Tensor);
  for (const edge of tape.edges) {
    if (wanted.has(edge)) continue;
    for (let i = 0; i < edge.arity; i++) {
      const input = edge.inputAt(i);
      if (tape.has(input)) tape.uses[input.slot] = (tape.uses[input.slot] as number) + 1;
    }
  }
}

/** For each edge, 1 if a wanted edge is behind it: decided for an edge's inputs before the edge itself. */
function leadingTo(wanted: ReadonlySet<Tensor>, tape: Tape): Uint8Array {
  const { edges } = tape;
  const leads = new Uint8Array(edges.length);
  const left = tape.uses.slice(0, edges.length);
  const usersFirst = new Int32Array(edges.length);
  for (let next = 0, known = 1; next < known; next++) {
    const edge = edges[usersFirst[next] as number] as Tensor;
    if (wanted.has(edge)) leads[edge.slot] = 1;
    else {
      for (let i = 0; i < edge.arity; i++) {
        const input = edge.inputAt(i);
        if (!tape.has(input)) continue;
        const uses = (left[input.slot] as number) - 1;
        left[input.slot] = uses;
        if (uses === 0) usersFirst[known++] = input.slot;
      }
    }
  }
  for (let next = edges.length - 1; next >= 0; next--) {
    const at = usersFirst[next] as number;
    if (leads[at] === 1) continue;
    const edge = edges[at] as Tensor;
    for (let i = 0; i < edge.arity; i++) {
      const input = edge.inputAt(i);
      if (tape.has(input) && leads[input.slot] === 1) leads[at] = 1;
    }
  }
  return leads;
}
