import { type Buffer, bytesOf } from "../../../src/compile/ir/buffer.js";
import type { Affine } from "../../../src/compile/ir/expression.js";
import { type Body, readsOf, type Schedule, writesOf } from "../../../src/compile/ir/kernel.js";
import type { Plan } from "../../../src/compile/plan/plan.js";
import { allocate, type TypedArray, viewOf } from "../../../src/dtype.js";

/** The elements of a program's buffers while it is interpreted. */
export interface Memory {
  array(buffer: Buffer): TypedArray;
  /** That of a body, which sees what it shares with this one. */
  inside(body: Body): Memory;
  /** That of another body which shares with this one, and with the one around both. */
  beside(body: Body, around: Memory): Memory;
  /** Called behind each kernel. */
  done(kernel: number): void;
}

/** What a program is given: the elements of the buffers that are there before it runs. */
export type Start = ReadonlyMap<Buffer, TypedArray>;

/** The buffers that a program finds written, and keeps. */
export function givenBuffers({ inputs, captures, generators }: Schedule): Buffer[] {
  return [...new Set([...inputs, ...captures, ...generators.filter((buffer) => buffer !== null)])];
}

/** The buffers that hold the results, in a fixed order: those of the outputs, the new values, the gradients. */
export function resultBuffers({ outputs, assigned, gradients }: Schedule): Buffer[] {
  return [...outputs, ...assigned, ...gradients.filter((buffer) => buffer !== null)];
}

/** Each buffer in an array of its own, but for those that lie in the memory of others. */
export function separateMemory({ aliases }: Schedule, start: Start, elsewhere = noBuffer): Memory {
  const arrays = new Map<Buffer, TypedArray>();
  const array = (buffer: Buffer): TypedArray => {
    const shared = elsewhere(buffer);
    if (shared !== null) return shared;
    const place = aliases.get(buffer);
    if (place !== undefined) return array(place);
    let known = arrays.get(buffer);
    if (known === undefined) {
      known = start.get(buffer)?.slice() ?? allocate(buffer.dtype, buffer.size);
      if (!start.has(buffer)) poison(known);
      arrays.set(buffer, known);
    }
    return known;
  };
  const inside = ({ schedule, shared }: Body) =>
    separateMemory(schedule, new Map(), (buffer) => {
      const outer = shared.get(buffer);
      return outer === undefined ? null : array(outer);
    });
  const beside = ({ schedule, shared }: Body, around: Memory) =>
    separateMemory(schedule, new Map(), (buffer) => {
      const other = shared.get(buffer);
      if (other === undefined) return null;
      return arrays.has(other) ? array(other) : around.array(other);
    });
  return { array, inside, beside, done: () => {} };
}

const noBuffer = (_buffer: Buffer): TypedArray | null => null;

/**
 * All buffers in one memory, where the plan puts them. What nobody has written yet, and what nobody needs any more, is
 * poisoned: to read it shows in the results, or is an error.
 */
export function arenaMemory(schedule: Schedule, { addresses, regions, bytes }: Plan, start: Start): Memory {
  const memory = new ArrayBuffer(Math.ceil(bytes / 16) * 16);
  poison(new Uint8Array(memory));
  const views = new Map<Buffer, TypedArray>();
  const array = (buffer: Buffer): TypedArray => {
    let view = views.get(buffer);
    if (view === undefined) {
      const address = addresses.get(buffer);
      if (address === undefined) throw new Error(`buffer ${buffer.id} has no place in memory`);
      view = viewOf(buffer.dtype, memory, address, buffer.size);
      views.set(buffer, view);
    }
    return view;
  };
  for (const [buffer, values] of start) array(buffer).set(values);
  /** The memory as a schedule uses it, which keeps its own account of when a buffer is needed, not that of the plan. */
  const of = ({ kernels, buffers, aliases }: Schedule): Memory => {
    const kept = new Set<Buffer>(buffers.filter(({ role }) => role !== "temporary" && role !== "scratch"));
    const first = new Map<Buffer, number>();
    const last = new Map<Buffer, number>();
    kernels.forEach((kernel, i) => {
      for (const buffer of [...readsOf(kernel), ...writesOf(kernel)]) {
        if (kept.has(buffer) || aliases.has(buffer)) continue;
        if (!first.has(buffer)) first.set(buffer, i);
        last.set(buffer, i);
      }
    });
    const [beginning, ending]: [Buffer[][], Buffer[][]] = [kernels.map(() => []), kernels.map(() => [])];
    for (const [buffer, i] of first) beginning[i]?.push(buffer);
    for (const [buffer, i] of last) ending[i]?.push(buffer);
    return {
      array,
      inside: (body) => {
        const { start, bytes } = regions.get(body.schedule) as { start: number; bytes: number };
        poison(new Uint8Array(memory, start, bytes));
        return of(body.schedule);
      },
      beside: ({ schedule }) => of(schedule),
      done: (i) => {
        for (const buffer of ending[i] as Buffer[]) {
          const address = addresses.get(buffer) as number;
          // The memory that another buffer has taken over in this kernel is in use.
          const isTaken = (beginning[i] as Buffer[]).some((heir) => {
            const start = addresses.get(heir) as number;
            return (
              (last.get(heir) as number) > i && start < address + bytesOf(buffer) && address < start + bytesOf(heir)
            );
          });
          if (!isTaken) poison(new Uint8Array(memory, address, bytesOf(buffer)));
        }
      },
    };
  };
  return of(schedule);
}

/** Bytes that are NaN in both floats, a great number as an integer, and no truth value. */
const poisonBytes = [0xf7, 0x7f];

function poison(array: TypedArray): void {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let i = 0; i < bytes.length; i++) bytes[i] = poisonBytes[i % 2] as number;
}

/** An element of a buffer; an error beside it, and for a truth value that is none. */
export function readElement(buffer: Buffer, array: TypedArray, at: number): number {
  const value = array[at];
  if (value === undefined || at >= buffer.size) {
    throw new RangeError(`reads element ${at} of buffer ${buffer.id}, which has ${buffer.size}`);
  }
  if (buffer.dtype === "bool" && value > 1) {
    throw new RangeError(
      `reads ${value} as a truth value, element ${at} of buffer ${buffer.id}: nobody has written it`,
    );
  }
  return value;
}

export function writeElement(buffer: Buffer, array: TypedArray, at: number, value: number): void {
  if (!(at >= 0 && at < buffer.size)) {
    throw new RangeError(`writes element ${at} of buffer ${buffer.id}, which has ${buffer.size}`);
  }
  array[at] = value;
}

/** The values of affine functions while a loop goes through its indices, the last one fastest. */
export class Counter {
  private readonly sizes: readonly number[];
  private readonly index: number[];
  private readonly functions: { value: number; readonly steps: readonly number[] }[] = [];

  constructor(sizes: readonly number[]) {
    this.sizes = sizes;
    this.index = sizes.map(() => 0);
  }

  /** The cell that holds the value of a function at the current indices. */
  follow({ offset, strides }: Affine): { readonly value: number } {
    // What a step on an axis adds, when all axes behind it go back to 0.
    const steps = this.sizes.map((_, axis) =>
      this.sizes.reduce(
        (step, size, j) => (j > axis ? step - (strides[j] ?? 0) * (size - 1) : step),
        strides[axis] ?? 0,
      ),
    );
    const cell = { value: offset, steps };
    this.functions.push(cell);
    return cell;
  }

  /** Goes on to the next indices; false behind the last ones. */
  next(): boolean {
    for (let axis = this.sizes.length - 1; axis >= 0; axis--) {
      const i = (this.index[axis] as number) + 1;
      if (i < (this.sizes[axis] as number)) {
        this.index[axis] = i;
        for (const cell of this.functions) cell.value += cell.steps[axis] as number;
        return true;
      }
      this.index[axis] = 0;
    }
    return false;
  }
}
