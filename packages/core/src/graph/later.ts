import type { Values } from "../dtype.js";
import type { Edge } from "./edge.js";
import { withReads } from "./reads.js";
import { asValues, Deferred, deferredIn, tracer, withTracer } from "./tracer.js";

/** Whether ops on what is computed later are computed later themselves: a scope, like that of the recording. */
let on = false;

/**
 * Runs `f` with all that is made of this edge left to be computed when somebody reads it. Of a transpose only the graph is wanted: it is
 * linear in its cotangent, so that no derivative by that needs the values that it happens to have.
 */
export function puttingOff<R>(edge: Edge, f: () => R): R {
  if (tracer() !== null) return f();
  const { values } = edge;
  edge.values = asValues(new Later([], () => values));
  return withPuttingOff(true, f);
}

function withPuttingOff<R>(value: boolean, f: () => R): R {
  const before = on;
  on = value;
  try {
    return f();
  } finally {
    on = before;
  }
}

export function putsOff(): boolean {
  return on;
}

/** Whether the values of an edge are left to be computed. */
export function isPutOff({ values }: Edge): boolean {
  return deferredIn(values) instanceof Later;
}

/** The values that `compute` makes of these inputs, once they are read. */
export function later(inputs: readonly Edge[], compute: () => Values): Values {
  return asValues(new Later(inputs, compute));
}

class Later extends Deferred {
  private inputs: readonly Edge[];
  private compute: (() => Values) | null;
  private made: Values | null = null;

  constructor(inputs: readonly Edge[], compute: () => Values) {
    super();
    this.inputs = inputs;
    this.compute = compute;
  }

  /** What it is made of comes first, so that a chain of any length needs no recursion. */
  override read(): Values {
    const open: Later[] = [this];
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const input = last.unread();
      if (input !== null) open.push(input);
      else {
        last.finish();
        open.pop();
      }
    }
    return this.made as Values;
  }

  private unread(): Later | null {
    for (const { values } of this.inputs) {
      const input = deferredIn(values);
      if (input instanceof Later && input.made === null) return input;
    }
    return null;
  }

  private finish(): void {
    const { compute } = this;
    if (compute === null) return;
    this.made = withPuttingOff(false, () => withTracer(null, () => withReads(null, compute)));
    this.compute = null;
    this.inputs = [];
  }
}
