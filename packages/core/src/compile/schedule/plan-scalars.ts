import type { Buffer } from "../ir/buffer.js";
import { type Expression, operandsOf } from "../ir/expression.js";
import type { ScalarStore } from "../ir/kernel.js";
import { isLeaf, type ScalarFunction, type ScalarPlan } from "../ir/scalar-plan.js";

/**
 * The size of a function: an estimate of the virtual registers that the engine's optimiser needs for it. From 8192 on
 * V8 11 (Node 20) allocates registers by a quick method, and long before its order of instructions spills more of them.
 * A graph of 10^5 scalar nodes, forward and backward, took 0.29 ms there with functions of size 5000 or less, 0.46 with
 * 9000, 0.6 with 20000 and 1.5 with 40000; in V8 13 (Node 24) 0.2 to 0.3 with any of them. Small functions hand more
 * values on to one another.
 */
const functionSize = 5000;

/** An access to memory needs registers for its address, too. */
const accessRegisters = 4;

/** @param size of a function; see {@link functionSize} */
export function planScalars(stores: readonly ScalarStore[], size: number = functionSize): ScalarPlan {
  const targets = new Map<number, Buffer[]>();
  for (const { value, target } of stores) {
    const known = targets.get(value.id);
    if (known === undefined) targets.set(value.id, [target]);
    else known.push(target);
  }
  const ids = stores.reduce((most, { value }) => Math.max(most, value.id + 1), 0);
  const values = valuesOf(stores, ids);
  const reads = new Set<Buffer>();
  for (const e of values) if (e.op === "load") reads.add(e.buffer);
  const written = values.filter((e) => !isLeaf(e) || targets.has(e.id));
  const functions = cut(written, ids, size);
  return { functions, targets, reads: [...reads], ...assignSlots(functions, ids) };
}

/** All that is stored and what it is made of, in the order of the ids: an expression is made after its operands. */
function valuesOf(stores: readonly ScalarStore[], ids: number): readonly Expression[] {
  const met = new Array<Expression | null>(ids).fill(null);
  const stack = stores.map(({ value }) => value);
  for (let e = stack.pop(); e !== undefined; e = stack.pop()) {
    if (met[e.id] !== null) continue;
    met[e.id] = e;
    for (const operand of operandsOf(e)) if (met[operand.id] === null) stack.push(operand);
  }
  return met.filter((e) => e !== null);
}

function cut(values: readonly Expression[], ids: number, size: number): readonly ScalarFunction[] {
  const functions: Expression[][] = [];
  const functionOf = new Int32Array(ids).fill(-1);
  let registers = Number.POSITIVE_INFINITY;
  for (const value of values) {
    // The value itself, and the access that stores it.
    let own = 1 + accessRegisters;
    for (const { id } of operandsOf(value)) if (functionOf[id] !== functions.length - 1) own += accessRegisters;
    if (registers + own > size) {
      functions.push([]);
      registers = 0;
    }
    registers += own;
    functionOf[value.id] = functions.length - 1;
    (functions[functions.length - 1] as Expression[]).push(value);
  }
  return functions;
}

/** A slot is free for another value when the last function that reads it is done. */
function assignSlots(functions: readonly ScalarFunction[], ids: number) {
  const lastUse = new Int32Array(ids).fill(-1);
  functions.forEach((values, f) => {
    for (const value of values) for (const { id } of operandsOf(value)) lastUse[id] = f;
  });
  const slots = new Int32Array(ids).fill(-1);
  const released: number[][] = functions.map(() => []);
  const free: number[] = [];
  let slotCount = 0;
  functions.forEach((values, f) => {
    for (const value of values) {
      const last = lastUse[value.id] as number;
      if (last <= f || isLeaf(value)) continue;
      const slot = free.pop() ?? slotCount++;
      slots[value.id] = slot;
      released[last]?.push(slot);
    }
    for (const slot of released[f] ?? []) free.push(slot);
  });
  return { slots, slotCount };
}
