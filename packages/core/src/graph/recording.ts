import { GraphError } from "../errors.js";

/** Whether ops record the graph that `backward` walks; a scope, not a flag to set. */
let on = true;

export function isRecording(): boolean {
  return on;
}

/** Runs `f` with the recording of graphs on or off, and puts back what was, also when `f` throws. */
export function withRecording<R>(value: boolean, f: () => R): R {
  const before = on;
  on = value;
  try {
    return f();
  } finally {
    on = before;
  }
}

/** Whether a function has given what is to be awaited: a promise, of this realm or another, or what acts as one. */
export function isThenable(result: unknown): boolean {
  return typeof (result as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/**
 * Runs `f` and records no graph: what it computes has no gradient and holds no memory but its values.
 *
 * @example
 * const w = variable(3);
 * noGrad(() => w.mul(2)).requiresGrad; // false
 *
 * @throws GraphError when `f` is asynchronous: the scope would end before its work does.
 */
export function noGrad<R>(f: () => R): R {
  const result = withRecording(false, f);
  if (isThenable(result)) {
    throw new GraphError("noGrad: the function returned a promise; use noGrad around each synchronous part instead");
  }
  return result;
}
