import type { Buffer } from "../ir/buffer.js";
import { readsInPlace } from "../ir/in-place.js";
import { type Kernel, mayStop, readsOf, writesOf } from "../ir/kernel.js";

/**
 * Lets the kernel that computes the new values of a tensor write them over the old ones, where nobody needs those any
 * more, in the place of a copy at the end of the program.
 *
 * @param kernels the last of which copy new values to the buffers of their tensors
 * @param assigned these buffers
 */
export function updateInPlace(
  kernels: readonly Kernel[],
  assigned: readonly Buffer[],
): { readonly kernels: readonly Kernel[]; readonly aliases: ReadonlyMap<Buffer, Buffer> } {
  const first = kernels.length - assigned.length;
  const copies = kernels.slice(first);
  const work = kernels.slice(0, first);
  const uses = usesOf(work);
  const lastCheck = work.findLastIndex(mayStop);
  const aliases = new Map<Buffer, Buffer>();
  const kept = copies.filter((copy, i) => {
    const [from] = readsOf(copy) as [Buffer];
    const to = assigned[i] as Buffer;
    if (aliases.has(from) || !mayReplace(from, to, work, uses, lastCheck)) return true;
    aliases.set(from, to);
    return false;
  });
  return { kernels: [...work, ...kept], aliases };
}

interface Uses {
  readonly reads: number[];
  readonly writes: number[];
}

function usesOf(kernels: readonly Kernel[]): Map<Buffer, Uses> {
  const uses = new Map<Buffer, Uses>();
  const of = (buffer: Buffer) => {
    const known = uses.get(buffer) ?? { reads: [], writes: [] };
    uses.set(buffer, known);
    return known;
  };
  kernels.forEach((kernel, i) => {
    for (const buffer of readsOf(kernel)) of(buffer).reads.push(i);
    for (const buffer of writesOf(kernel)) of(buffer).writes.push(i);
  });
  return uses;
}

/**
 * Whether `from` can be written over `to`: after all that reads the old values, and after all that may stop the
 * program.
 */
function mayReplace(
  from: Buffer,
  to: Buffer,
  kernels: readonly Kernel[],
  uses: ReadonlyMap<Buffer, Uses>,
  lastCheck: number,
): boolean {
  if (from.role !== "temporary") return false;
  const [write, ...others] = uses.get(from)?.writes ?? [];
  if (write === undefined || others.length > 0 || write < lastCheck) return false;
  const readers = uses.get(to)?.reads ?? [];
  if (readers.some((reader) => reader > write)) return false;
  if (!readers.includes(write)) return true;
  const kernel = kernels[write] as Kernel;
  return kernel.kind === "loop" && readsInPlace(kernel, to, from);
}
