import { GraphError } from "../errors.js";

/** What runs a function now that may run often, once or not at all, as a loop does its step; `null` where nothing does. */
let running: string | null = null;

/** Runs `f` as a step of `op`. */
export function asStep<R>(op: string, f: () => R): R {
  const before = running;
  running = op;
  try {
    return f();
  } finally {
    running = before;
  }
}

/** Refuses what would be done as often as steps are run eagerly, and once, or at the wrong time, in a program. */
export function refuseInStep(what: string, repair: string): void {
  if (running !== null)
    throw new GraphError(`${what}: not in what ${running} runs, which a program traces once; ${repair}`);
}
