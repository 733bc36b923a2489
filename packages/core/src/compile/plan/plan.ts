import { CompileError } from "../../errors.js";
import { alignment, type Buffer, bytesOf, elementBytes } from "../ir/buffer.js";
import { readsInPlace } from "../ir/in-place.js";
import { type Kernel, readsOf, storesEach, writesOf } from "../ir/kernel.js";
import type { Schedule } from "../schedule/schedule.js";
import { Arena } from "./arena.js";

/** Where each buffer lies in the memory of the program. */
export interface Plan {
  readonly addresses: ReadonlyMap<Buffer, number>;
  /** The memory that the program needs. */
  readonly bytes: number;
  /** What it would need if no two buffers shared memory. */
  readonly bytesWithoutReuse: number;
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

/** Addresses have 32 bits. */
const mostBytes = 2 ** 32 - 2 ** 16;

/** @throws CompileError when the program needs more memory than there are addresses */
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
  const bytes = arena.end + alignment;
  if (bytes > mostBytes) {
    throw new CompileError(
      `compile: the program needs ${Math.ceil(bytes / 2 ** 20)} MiB, and WebAssembly has 4095; take a smaller batch, or call ` +
        "the function without compile",
    );
  }
  return { addresses, bytes, bytesWithoutReuse: all + alignment };
}

/** A buffer that dies in a loop which reads each of its elements just before it writes the one in the same place. */
function inheritable(
  kernel: Kernel,
  target: Buffer,
  dying: readonly Buffer[],
  taken: ReadonlySet<Buffer>,
): Buffer | null {
  if (kernel.kind !== "loop" || !storesEach(kernel)) return null;
  for (const buffer of dying) {
    if (buffer === target || taken.has(buffer) || buffer.role !== "temporary") continue;
    if (bytesOf(buffer) !== bytesOf(target) || elementBytes[buffer.dtype] !== elementBytes[target.dtype]) continue;
    if (readsInPlace(kernel, buffer, target)) return buffer;
  }
  return null;
}
