import type { Edge } from "./edge.js";

/**
 * The tensors in a graph whose values the function of a transform has read (by `item()`, `data` and the like; not ops, and not
 * for a text): what is made of these numbers has no gradient. A scope, like that of the recording; `null` where nobody asks.
 */
let current: Set<Edge> | null = null;

/** Whether somebody asks, so that an op has to say that its own reads do not count. */
export function isNoting(): boolean {
  return current !== null;
}

/** A value has been read. */
export function noteRead(tensor: Edge): void {
  if (current !== null && tensor.node !== null) current.add(tensor);
}

/** Runs `f` with its reads noted, or not noted; what those of an inner scope mean for the outer one is the caller's to say. */
export function withReads<R>(reads: Set<Edge> | null, f: () => R): R {
  const before = current;
  current = reads;
  try {
    return f();
  } finally {
    current = before;
  }
}
