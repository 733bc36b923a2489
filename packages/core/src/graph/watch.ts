import type { Edge, Vertex } from "./edge.js";
import { putsOff } from "./later.js";
import { tracer } from "./tracer.js";

/** One who looks on at what the graph computes, forward and backward, and may stop it by an error: see `detectAnomaly`. */
export interface Watcher {
  /** An op has been applied; it is in a graph if `output.node` is not null. */
  applied(node: Vertex, output: Edge, inputs: readonly Edge[]): void;
  /** The gradient of an edge has come from outside: the seed of a walk, or the result of a hook. */
  given(from: "seed" | "hook", edge: Edge, gradient: Edge): void;
  /** A walk has come to the node that made an edge; `pass` hands the edge's gradient on to the node's inputs. */
  walked(edge: Edge, node: Vertex, tape: object, pass: () => void): void;
}

/** A scope, not a flag to set, like that of the recording. */
let current: Watcher | null = null;

export function watcher(): Watcher | null {
  return current;
}

/** Whether ops must take the long way, on which somebody looks on or records them. */
export function isObserved(): boolean {
  return current !== null || tracer() !== null || putsOff();
}

/** Runs `f` under the eyes of a watcher, and puts back what was, also when `f` throws. */
export function withWatcher<R>(watcher: Watcher | null, f: () => R): R {
  const before = current;
  current = watcher;
  try {
    return f();
  } finally {
    current = before;
  }
}
