import type { Buffer } from "./buffer.js";
import type { Expression } from "./expression.js";

/**
 * How the straight-line code of a scalar kernel is cut into functions. A value that another function than its own needs
 * goes through a slot of 8 bytes in memory; all others live and die in locals.
 */
export interface ScalarPlan {
  readonly functions: readonly ScalarFunction[];
  /** By the id of an expression: its slot, or -1. */
  readonly slots: Int32Array;
  readonly slotCount: number;
  /** By the id of an expression: the buffers that its value is written to. */
  readonly targets: ReadonlyMap<number, readonly Buffer[]>;
  /** The buffers that values are loaded from. */
  readonly reads: readonly Buffer[];
}

/** What a function computes, each value behind what it is made of. Leaves stand in it where they are only copied. */
export type ScalarFunction = readonly Expression[];

/**
 * Whether a value is not computed once: each use writes the constant or the load, which costs no register in between.
 */
export function isLeaf(e: Expression): boolean {
  return e.op === "constant" || e.op === "index" || (e.op === "load" && e.index === null);
}
