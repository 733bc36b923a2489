import { type Affine, type Expression, visitExpressions } from "./expression.js";
import { type Buffer, elementBytes, type Kernel, type LoopKernel, readsOf, type Store, writesOf } from "./kernel.js";
import type { Schedule } from "./schedule.js";
import { sameAffine } from "./views.js";

/** Where each buffer lies in the memory of the program. */
export interface Plan {
  readonly addresses: ReadonlyMap<Buffer, number>;
  /** The memory that the program needs. */
  readonly bytes: number;
  /** What it would need if no two buffers shared memory. */
  readonly bytesWithoutReuse: number;
}

/** Vectors begin at multiples of 16; address 0 is left free, so that a wrong one is seen. */
const alignment = 16;

export function bytesOf({ dtype, size }: Buffer): number {
  return Math.max(alignment, Math.ceil((size * elementBytes[dtype]) / alignment) * alignment);
}

/** From the kernel that first writes a buffer to the last one that uses it. */
interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/** The lifetimes of the buffers that share memory: those that nobody needs before the run or after it. */
export function lifetimesOf({ kernels }: Pick<Schedule, "kernels">): Map<Buffer, Lifetime> {
  const lifetimes = new Map<Buffer, Lifetime>();
  kernels.forEach((kernel, i) => {
    for (const buffer of [...readsOf(kernel), ...writesOf(kernel)]) {
      if (buffer.role !== "temporary" && buffer.role !== "scratch") continue;
      lifetimes.set(buffer, { first: lifetimes.get(buffer)?.first ?? i, last: i });
    }
  });
  return lifetimes;
}

export function plan(schedule: Schedule): Plan {
  const { kernels, buffers } = schedule;
  const addresses = new Map<Buffer, number>();
  let end = alignment;
  for (const buffer of buffers) {
    if (buffer.role === "temporary" || buffer.role === "scratch") continue;
    addresses.set(buffer, end);
    end += bytesOf(buffer);
  }
  let all = end;
  const lifetimes = lifetimesOf(schedule);
  for (const [buffer, place] of schedule.aliases) {
    addresses.set(buffer, addresses.get(place) as number);
    lifetimes.delete(buffer);
  }
  const ending: Buffer[][] = kernels.map(() => []);
  for (const [buffer, { last }] of lifetimes) {
    ending[last]?.push(buffer);
    all += bytesOf(buffer);
  }
  const arena = new Arena(end);
  /** Buffers whose memory another one has taken over. */
  const taken = new Set<Buffer>();
  kernels.forEach((kernel, i) => {
    for (const buffer of writesOf(kernel)) {
      if (addresses.has(buffer)) continue;
      const heir = inheritable(kernel, buffer, ending[i] as Buffer[], taken);
      if (heir !== null && addresses.has(heir)) {
        taken.add(heir);
        addresses.set(buffer, addresses.get(heir) as number);
      } else addresses.set(buffer, arena.allocate(bytesOf(buffer)));
    }
    for (const buffer of ending[i] as Buffer[]) {
      if (!taken.has(buffer)) arena.free(addresses.get(buffer) as number, bytesOf(buffer));
    }
  });
  // A vector may be loaded from the last element on.
  return { addresses, bytes: arena.end + alignment, bytesWithoutReuse: all + alignment };
}

/** A buffer that dies in a loop which reads each of its elements just before it writes the one in the same place. */
function inheritable(
  kernel: Kernel,
  target: Buffer,
  dying: readonly Buffer[],
  taken: ReadonlySet<Buffer>,
): Buffer | null {
  if (kernel.kind !== "loop" || kernel.reduction !== null) return null;
  for (const buffer of dying) {
    if (buffer === target || taken.has(buffer) || buffer.role !== "temporary") continue;
    if (bytesOf(buffer) !== bytesOf(target) || elementBytes[buffer.dtype] !== elementBytes[target.dtype]) continue;
    if (readsInPlace(kernel, buffer, target)) return buffer;
  }
  return null;
}

/**
 * Whether a loop may write `target` over `buffer`: it reads that one only at the place where it writes, and not after
 * it has written.
 */
export function readsInPlace(kernel: LoopKernel, buffer: Buffer, target: Buffer): boolean {
  const at = kernel.stores.findIndex((store) => store.target === target);
  const reads = readsBy(kernel).get(buffer);
  if (at === -1) return false;
  const { to } = kernel.stores[at] as Store;
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
  const values = kernel.stores.map(({ value }) => value);
  const visited = new Set<Expression>();
  let store = 0;
  visitExpressions(values, (e) => {
    while (visited.has(values[store] as Expression)) store++;
    visited.add(e);
    if (e.op !== "load") return;
    const own = reads.get(e.buffer) ?? { store, places: [] };
    own.store = store;
    own.places.push(e.index === null ? e.at : null);
    reads.set(e.buffer, own);
  });
  known.set(kernel, reads);
  return reads;
}

/**
 * Free memory behind the buffers that keep their place: the smallest gap that is large enough, else more at the end.
 */
class Arena {
  end: number;
  private readonly gaps: { start: number; size: number }[] = [];

  constructor(start: number) {
    this.end = start;
  }

  allocate(bytes: number): number {
    let best = -1;
    this.gaps.forEach(({ size }, i) => {
      if (size >= bytes && (best === -1 || size < (this.gaps[best]?.size as number))) best = i;
    });
    const gap = this.gaps[best];
    if (gap !== undefined) {
      const { start } = gap;
      gap.start += bytes;
      gap.size -= bytes;
      if (gap.size === 0) this.gaps.splice(best, 1);
      return start;
    }
    // A gap at the end grows.
    const last = this.gaps[this.gaps.length - 1];
    const start = last !== undefined && last.start + last.size === this.end ? last.start : this.end;
    if (start !== this.end) this.gaps.pop();
    this.end = start + bytes;
    return start;
  }

  free(start: number, size: number): void {
    let at = this.gaps.findIndex((gap) => gap.start > start);
    if (at === -1) at = this.gaps.length;
    const [before, after] = [this.gaps[at - 1], this.gaps[at]];
    const joinsBefore = before !== undefined && before.start + before.size === start;
    const joinsAfter = after !== undefined && start + size === after.start;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      this.gaps.splice(at, 1);
    } else if (joinsBefore) before.size += size;
    else if (joinsAfter) {
      after.start = start;
      after.size += size;
    } else this.gaps.splice(at, 0, { start, size });
  }
}
