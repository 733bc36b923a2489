import { ChainruleError, GraphError } from "../errors.js";

/**
 * What nodes are made in: a loop, one of its steps, a call of a function. What runs a function that may run often, once or not at all is
 * one while it does.
 */
export class Frame {
  /** What runs it. */
  readonly op: string;
  /** What pictures write at it. */
  readonly title: string;
  readonly outer: Frame | null;
  /** What an error calls it, of a step. */
  readonly said: string | null;

  constructor(op: string, title: string, outer: Frame | null, said: string | null) {
    this.op = op;
    this.title = title;
    this.outer = outer;
    this.said = said;
  }
}

let running: Frame | null = null;

/** What runs now. */
export function currentFrame(): Frame | null {
  return running;
}

/** A loop, or a call of a function, that begins here. */
export function frameOf(op: string, title = op): Frame {
  return new Frame(op, title, running, null);
}

/** Errors that say already in which step they were thrown, or which is the innermost one. */
const told = new WeakSet<Error>();

/** Runs `f` in a frame, as one of its steps, if these have numbers; an error says which one. */
export function asStep<R>(frame: Frame, step: number | null, f: () => R): R {
  const before = running;
  const { op } = frame;
  running = step === null ? frame : new Frame(op, `step ${step}`, frame, `step ${step} of ${op}`);
  try {
    return f();
  } catch (error) {
    if (step !== null && error instanceof ChainruleError && !told.has(error)) {
      told.add(error);
      error.message += `\n  in ${saidOf(running)}`;
    }
    throw error;
  } finally {
    running = before;
  }
}

/** The steps that a frame is in, the innermost first, as text; empty for none. */
function saidOf(frame: Frame | null): string {
  const said: string[] = [];
  for (let each = frame; each !== null; each = each.outer) if (each.said !== null) said.push(each.said);
  return said.join(", in ");
}

/** Refuses what would be done as often as steps are run eagerly, and once, or at the wrong time, in a program or for a batch. */
export function refuseInStep(what: string, repair: string): void {
  if (running === null) return;
  const why = running.op === "vmap" ? "which runs once for all elements of the batch" : "which a program traces once";
  throw new GraphError(`${what}: not in what ${running.op} runs, ${why}; ${repair}`);
}

/** In which step a node was made, as text; `null` for none. */
export function stepOf({ frame }: { readonly frame: Frame | null }): string | null {
  return saidOf(frame) || null;
}
