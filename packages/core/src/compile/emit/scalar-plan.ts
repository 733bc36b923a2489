import { type Expression, operandsOf } from "../expression.js";
import type { Buffer, ScalarKernel } from "../kernel.js";

/**
 * How the straight-line code of a scalar kernel is cut into functions. A value that another function than its own needs goes
 * through a slot of 8 bytes in memory, all others live and die in locals.
 */
export interface ScalarPlan {
  readonly functions: readonly ScalarFunction[];
  /** By the id of an expression: its slot, or -1. */
  readonly slots: Int32Array;
  readonly slotCount: number;
  /** By the id of an expression: the buffers that its value is written to. */
  readonly targets: ReadonlyMap<number, readonly Buffer[]>;
}

export interface ScalarFunction {
  /** What it computes, each behind what it is made of. */
  readonly values: readonly Expression[];
  /** Constants and elements of buffers that it only copies. */
  readonly copies: readonly Expression[];
}

/**
 * How many operations a function has at most. The engine's optimiser takes about as long for each of them up to some
 * thousands, and longer beyond; of small functions more values cross from one to another, and code that runs once a call is
 * optimised only after many calls, the sooner the more of it a function has.
 */
export const operationLimit = 2000;

/** Whether a value is not computed: each use writes the constant or the load itself, which costs no register. */
export function isLeaf(e: Expression): boolean {
  return e.op === "constant" || e.op === "index" || (e.op === "load" && e.index === null);
}

/** The bytes of memory that `emitScalars` needs for a kernel's values on their way between functions. */
export function scalarScratch(plan: ScalarPlan): number {
  return 8 * plan.slotCount;
}

export function planScalars(stores: ScalarKernel["stores"], limit: number = operationLimit): ScalarPlan {
  const ordered = orderOf(stores.map(({ value }) => value));
  const targets = new Map<number, Buffer[]>();
  for (const { value, target } of stores) {
    const known = targets.get(value.id);
    if (known === undefined) targets.set(value.id, [target]);
    else known.push(target);
  }
  const computed = ordered.filter((e) => !isLeaf(e));
  const copies = ordered.filter((e) => isLeaf(e) && targets.has(e.id));
  const functions: ScalarFunction[] = [];
  for (let i = 0; i < computed.length; i += limit) functions.push({ values: computed.slice(i, i + limit), copies: [] });
  for (let i = 0; i < copies.length; i += limit) functions.push({ values: [], copies: copies.slice(i, i + limit) });
  return { functions, targets, ...assignSlots(functions, ordered) };
}

/** Everything that some expressions are made of, in the order of their ids: an expression is made after its operands. */
function orderOf(roots: readonly Expression[]): readonly Expression[] {
  const met: (Expression | undefined)[] = new Array(roots.reduce((most, { id }) => Math.max(most, id), -1) + 1).fill(
    undefined,
  );
  const stack = [...roots];
  for (let e = stack.pop(); e !== undefined; e = stack.pop()) {
    if (met[e.id] !== undefined) continue;
    met[e.id] = e;
    for (const operand of operandsOf(e)) stack.push(operand);
  }
  return met.filter((e) => e !== undefined);
}

/** Slots are taken over by other values when the last function that reads them is done. */
function assignSlots(functions: readonly ScalarFunction[], ordered: readonly Expression[]) {
  const size = (ordered[ordered.length - 1]?.id ?? -1) + 1;
  const lastUse = new Int32Array(size).fill(-1);
  functions.forEach(({ values }, f) => {
    for (const value of values) for (const operand of operandsOf(value)) lastUse[operand.id] = f;
  });
  const slots = new Int32Array(size).fill(-1);
  const ending: number[][] = functions.map(() => []);
  const free: number[] = [];
  let slotCount = 0;
  functions.forEach(({ values }, f) => {
    for (const { id } of values) {
      const last = lastUse[id] as number;
      if (last <= f) continue;
      const slot = free.pop() ?? slotCount++;
      slots[id] = slot;
      ending[last]?.push(slot);
    }
    free.push(...(ending[f] as number[]));
  });
  return { slots, slotCount };
}
