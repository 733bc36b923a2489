import { ChainruleError, GraphError } from "../errors.js";
import type { Vertex } from "./edge.js";

/** What runs a function now that may run often, once or not at all, as a loop does its step. */
interface Running {
  readonly op: string;
  /** The number of the step, where there are numbers. */
  readonly step: number | null;
  readonly outer: Running | null;
}

let running: Running | null = null;

/** Errors that say already in which step they were thrown, or which is the innermost one. */
const told = new WeakSet<Error>();

/** Runs `f` as a step of `op`; an error says which one. */
export function asStep<R>(op: string, step: number | null, f: () => R): R {
  const outer = running;
  running = { op, step, outer };
  try {
    return f();
  } catch (error) {
    if (step !== null && error instanceof ChainruleError && !told.has(error)) {
      told.add(error);
      error.message += `\n  in ${nameOf(running)}`;
    }
    throw error;
  } finally {
    running = outer;
  }
}

function nameOf({ op, step, outer }: Running): string {
  const own = step === null ? null : `step ${step} of ${op}`;
  const around = outer === null ? null : nameOf(outer);
  return [own, around].filter((name) => name !== null).join(", in ");
}

/** Refuses what would be done as often as steps are run eagerly, and once, or at the wrong time, in a program or for a batch. */
export function refuseInStep(what: string, repair: string): void {
  if (running === null) return;
  const why = running.op === "vmap" ? "which runs once for all elements of the batch" : "which a program traces once";
  throw new GraphError(`${what}: not in what ${running.op} runs, ${why}; ${repair}`);
}

/** The steps in which nodes were made, while somebody wants to know. */
const labels = new WeakMap<Vertex, Running>();
let isLabelling = false;

/** A node has been made. */
export function noteStep(node: Vertex): void {
  if (isLabelling && running !== null) labels.set(node, running);
}

/** Whether somebody wants to know. */
export function labelsSteps(): boolean {
  return isLabelling;
}

/** Runs `f`, and notes of the nodes made in it in which step they were. */
export function withStepLabels<R>(f: () => R): R {
  const before = isLabelling;
  isLabelling = true;
  try {
    return f();
  } finally {
    isLabelling = before;
  }
}

/** In which step a node was made, as text; `null` for none, or where nobody wanted to know. */
export function stepOf(node: Vertex): string | null {
  const made = labels.get(node);
  return made === undefined ? null : nameOf(made) || null;
}
