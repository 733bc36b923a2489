import { CompileError } from "../../errors.js";
import { alignment, type Buffer, bytesOf, elementBytes } from "../ir/buffer.js";
import { readsInPlace } from "../ir/in-place.js";
import { type Body, bodiesOf, type Kernel, readsOf, type Schedule, writesOf } from "../ir/kernel.js";
import { Arena } from "./arena.js";

/** Where each buffer lies in the memory of the program, those of its bodies among them. */
export interface Plan {
  readonly addresses: ReadonlyMap<Buffer, number>;
  /** The memory of the schedules inside of kernels. */
  readonly regions: ReadonlyMap<Schedule, Region>;
  /** The memory that the program needs. */
  readonly bytes: number;
  /** What it would need if no two buffers shared memory. */
  readonly bytesWithoutReuse: number;
}

export interface Region {
  readonly start: number;
  readonly bytes: number;
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
  const addresses = new Map<Buffer, number>();
  const regions = new Map<Schedule, Region>();
  const { end, all } = place(schedule, { start: alignment, shared: new Map(), addresses, regions });
  share(schedule, addresses);
  // A vector may be loaded from the last element on.
  const bytes = end + alignment;
  if (bytes > mostBytes) {
    throw new CompileError(
      `compile: the program needs ${Math.ceil(bytes / 2 ** 20)} MiB, and WebAssembly has 4095; take a smaller batch, or call ` +
        "the function without compile",
    );
  }
  return { addresses, regions, bytes, bytesWithoutReuse: all + alignment };
}

/** Where a schedule is placed. */
interface Places {
  readonly start: number;
  /** Buffers that lie elsewhere. */
  readonly shared: ReadonlyMap<Buffer, Buffer>;
  readonly addresses: Map<Buffer, number>;
  readonly regions: Map<Schedule, Region>;
}

/** Gives addresses to the buffers of a schedule, and of the bodies in it. */
function place(schedule: Schedule, { start, shared, addresses, regions }: Places): { end: number; all: number } {
  const { kernels, buffers } = schedule;
  let end = start;
  for (const buffer of buffers) {
    if (buffer.role === "temporary" || buffer.role === "scratch" || shared.has(buffer)) continue;
    addresses.set(buffer, end);
    end += bytesOf(buffer);
  }
  let all = end;
  // What is called from many places has a place for good.
  for (const kernel of kernels) {
    if (kernel.kind !== "call" || regions.has(kernel.body.schedule)) continue;
    const made = placeBody(
      kernel.body,
      (bytes) => {
        end += bytes;
        return end - bytes;
      },
      { addresses, regions },
    );
    all += made.bytes;
  }
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
    const bodies = (kernel.kind === "call" ? [] : bodiesOf(kernel)).map((body) => {
      const { region, bytes } = placeBody(body, (size) => arena.allocate(size), { addresses, regions });
      all += bytes;
      return region;
    });
    for (const { start, bytes } of bodies) arena.free(start, bytes);
    for (const buffer of ending[i] as Buffer[]) {
      if (!taken.has(buffer)) arena.free(addresses.get(buffer) as number, bytesOf(buffer));
    }
  });
  return { end: arena.end, all };
}

/** The memory of a body is its own while its kernel runs. Also returns what it would need if no two of its buffers shared memory. */
function placeBody(
  { schedule, shared }: Body,
  allocate: (bytes: number) => number,
  { addresses, regions }: Pick<Places, "addresses" | "regions">,
) {
  const inner = new Map<Buffer, number>();
  const within = new Map<Schedule, Region>();
  const { end, all } = place(schedule, { start: 0, shared, addresses: inner, regions: within });
  const bytes = Math.max(end, alignment);
  const start = allocate(bytes);
  for (const [buffer, at] of inner) addresses.set(buffer, start + at);
  for (const [own, region] of within) regions.set(own, { ...region, start: start + region.start });
  const region = { start, bytes };
  regions.set(schedule, region);
  return { region, bytes: all };
}

/** What bodies share with the schedules around them lies where it lies there. */
function share({ kernels }: Schedule, addresses: Map<Buffer, number>): void {
  for (const kernel of kernels) {
    for (const { schedule, shared } of bodiesOf(kernel)) {
      for (const [buffer, outer] of shared) addresses.set(buffer, addresses.get(outer) as number);
      share(schedule, addresses);
    }
  }
}

/** A buffer that dies in a loop which reads each of its elements just before it writes the one in the same place. */
function inheritable(
  kernel: Kernel,
  target: Buffer,
  dying: readonly Buffer[],
  taken: ReadonlySet<Buffer>,
): Buffer | null {
  if (kernel.kind !== "loop") return null;
  for (const buffer of dying) {
    if (buffer === target || taken.has(buffer) || buffer.role !== "temporary") continue;
    if (bytesOf(buffer) !== bytesOf(target) || elementBytes[buffer.dtype] !== elementBytes[target.dtype]) continue;
    if (readsInPlace(kernel, buffer, target)) return buffer;
  }
  return null;
}
