import { allocate } from "../dtype.js";
import { Tensor } from "../graph/tensor.js";
import { tracer } from "../graph/tracer.js";
import { arange } from "../ops/arange.js";
import { concat, stack } from "../ops/concat.js";
import type { Arguments } from "./arguments.js";
import { forBatch } from "./batching/for-batch.js";

/** Below so many rows, eager walks one after the other take less time than to trace one for all. */
const FEW = 6;
/** Elements of the largest tensor that one eager walk for many rows has: its memory, and what fits a cache. */
const MOST = 1 << 20;

/**
 * The gradients of `root` by each edge of the arguments, for every element of it: of shape [elements, ...shape of the edge]. In a program it
 * is one walk for all of them; in eager mode a few walks, each for many.
 */
export function pulledByElement(op: string, args: Arguments, root: Tensor): Tensor[] {
  const { size } = root;
  const largest = Math.max(size, ...args.edges.map((edge) => edge.size));
  const rows = tracer() === null ? Math.max(FEW, Math.floor(MOST / largest)) : size;
  const parts: Tensor[][] = [];
  for (let from = 0; from < size; from += rows) {
    parts.push(pulledBySeeds(op, args, root, unitVectors(root, from, Math.min(rows, size - from))));
  }
  const [first] = parts as [Tensor[]];
  return parts.length === 1 ? first : first.map((_, i) => concat(parts.map((part) => part[i] as Tensor)));
}

/** The same for any seeds: [seeds, ...shape of the root], the gradients being [seeds, ...shape of the edge]. */
export function pulledBySeeds(op: string, args: Arguments, root: Tensor, seeds: Tensor): Tensor[] {
  const count = seeds.shape[0] as number;
  const pull = (seed: Tensor) => args.pull(root, seed).gradients;
  const isBatch = count > 1 && (count >= FEW || tracer() !== null);
  const made = isBatch ? forBatch(op, [seeds], (seed) => pull(seed as Tensor)) : null;
  if (made !== null) return made;
  const all = Array.from({ length: count }, (_, i) => pull(seeds.slice([i]) as Tensor));
  return args.edges.map((_, k) => stack(all.map((gradients) => gradients[k] as Tensor)) as Tensor);
}

/** For each of so many elements, a tensor of this form that is 1 there and 0 elsewhere. */
function unitVectors({ shape, dtype, size }: Tensor, from: number, count: number): Tensor {
  const form = [count, ...shape];
  if (tracer() !== null) {
    const numbers = (start: number, n: number) => arange(start, start + n, { dtype: "int32" }) as Tensor;
    const own = numbers(from, count).reshape([count, 1]).equal(numbers(0, size));
    return own.cast(dtype).reshape(form);
  }
  const array = allocate(dtype, count * size);
  for (let i = 0; i < count; i++) array[i * size + from + i] = 1;
  return new Tensor(form, dtype, array, null, false);
}
