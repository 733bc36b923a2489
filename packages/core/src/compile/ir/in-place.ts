import type { Buffer } from "./buffer.js";
import { type Affine, type Expression, visitExpressions } from "./expression.js";
import { isRecurrence, type LoopKernel, type Store, storesOfEach, valuesOf } from "./kernel.js";
import { sameAffine } from "./views.js";

/**
 * Whether a loop may write `target` over `buffer`: it reads that one only at the place where it writes, and not after
 * it has written.
 */
export function readsInPlace(kernel: LoopKernel, buffer: Buffer, target: Buffer): boolean {
  const each = storesOfEach(kernel);
  const at = each.findIndex((store) => store.target === target);
  const reads = readsBy(kernel).get(buffer);
  if (at === -1) return false;
  const { to } = each[at] as Store;
  return (
    reads === undefined || (reads.store <= at && reads.places.every((place) => place !== null && sameAffine(place, to)))
  );
}

interface Reads {
  /** The last store for which the buffer is read: a value that is used again is kept, and not read again. */
  store: number;
  /** `null` for a place that depends on a value. */
  readonly places: (Affine | null)[];
}

const known = new WeakMap<LoopKernel, ReadonlyMap<Buffer, Reads>>();

function readsBy(kernel: LoopKernel): ReadonlyMap<Buffer, Reads> {
  const found = known.get(kernel);
  if (found !== undefined) return found;
  const reads = new Map<Buffer, Reads>();
  const values = valuesOf(kernel);
  const [begins, before] = isRecurrence(kernel.reduction)
    ? [kernel.reduction.carries.length, values.length - kernel.stores.length]
    : [0, 0];
  const visited = new Set<Expression>();
  let at = 0;
  visitExpressions(values, (e) => {
    while (visited.has(values[at] as Expression)) at++;
    visited.add(e);
    if (e.op !== "load") return;
    const store = Math.max(0, at - before);
    const own = reads.get(e.buffer) ?? { store, places: [] };
    own.store = store;
    // What a state begins with is read before all steps, not where one of them writes.
    own.places.push(e.index === null && at >= begins ? e.at : null);
    reads.set(e.buffer, own);
  });
  known.set(kernel, reads);
  return reads;
}
