import type { Trace } from "../trace/trace.js";
import type { Traced } from "../trace/traced.js";
import type { Buffer } from "./ir/buffer.js";
import { type Kernel, readsOf, type Schedule, writesOf } from "./ir/kernel.js";
import { inlineRuleOf } from "./lower/inline.js";

/** What a kernel computes of the graph that a schedule was made of. */
export interface Computed {
  /** In the order of the graph. What costs less than a buffer is computed in several kernels. */
  readonly values: readonly Traced[];
  /** The value that a kernel does a part of, which a later one completes: `null` for one that leaves values of its own. */
  readonly partOf: Traced | null;
}

/**
 * By kernel, in their order: what it computes. Nothing of this is written down when kernels are made: it follows from where values
 * lie. A kernel computes what it leaves in buffers, and all on the way there from what it reads.
 *
 * @param order the values of the graph
 * @param ends the values that stand in buffers when the schedule is done, such as the new ones of a tensor
 */
export function computedBy(
  order: readonly Traced[],
  schedule: Schedule,
  ends: ReadonlyMap<Buffer, Traced>,
): readonly Computed[] {
  return new Places(order, schedule, ends).computed;
}

/** Where the results of a program stand. */
export function endsOf(trace: Trace, { outputs, assigned, gradients }: Schedule): Map<Buffer, Traced> {
  const ends = new Map<Buffer, Traced>();
  trace.outputs.forEach((value, i) => {
    ends.set(outputs[i] as Buffer, value);
  });
  trace.gradients.forEach(({ value }, i) => {
    const buffer = gradients[i];
    if (buffer && value !== null) ends.set(buffer, value);
  });
  trace.assignments.forEach(({ value }, i) => {
    ends.set(assigned[i] as Buffer, value);
  });
  return ends;
}

/** Whether a value is given to a program, and not computed by it. */
const isGiven = ({ source: { kind } }: Traced): boolean => kind === "input" || kind === "capture" || kind === "literal";

/** Kernels that work on the same values together: the parts of one sum, the pieces of one tensor. */
interface Team {
  readonly members: readonly number[];
  readonly reads: ReadonlySet<Buffer>;
}

class Places {
  readonly computed: readonly Computed[];
  private readonly schedule: Schedule;
  /** By buffer: the values that stand in it, and the kernels that write it. */
  private readonly standing = new Map<Buffer, Traced[]>();
  private readonly writers = new Map<Buffer, number[]>();
  private readonly reads: readonly ReadonlySet<Buffer>[];

  constructor(order: readonly Traced[], schedule: Schedule, ends: ReadonlyMap<Buffer, Traced>) {
    const { kernels, places } = schedule;
    this.schedule = schedule;
    this.reads = kernels.map((kernel) => new Set(readsOf(kernel)));
    kernels.forEach((kernel, i) => {
      for (const buffer of new Set(writesOf(kernel))) add(this.writers, buffer, i);
    });
    const needed = new Set(order);
    for (const [value, buffer] of [...places, ...[...ends].map(([buffer, value]) => [value, buffer] as const)]) {
      const known = this.standing.get(buffer) ?? [];
      if (needed.has(value) && !isGiven(value) && !known.includes(value)) add(this.standing, buffer, value);
    }
    const made: Computed[] = kernels.map(() => ({ values: [], partOf: null }));
    for (const team of this.teams(kernels)) this.distribute(team, made);
    this.computed = made;
  }

  /** Kernels that hand on something that is no value of the graph, or write one buffer, belong together. */
  private teams(kernels: readonly Kernel[]): Team[] {
    const leaders = kernels.map((_, i) => i);
    const leader = (i: number): number => {
      let at = i;
      while (leaders[at] !== at) at = leaders[at] as number;
      return at;
    };
    const readers = new Map<Buffer, number[]>();
    this.reads.forEach((buffers, i) => {
      for (const buffer of buffers) add(readers, buffer, i);
    });
    for (const [buffer, writers] of this.writers) {
      const isUnknown = !this.standing.has(buffer) && buffer.role === "temporary";
      const [first, ...others] = isUnknown ? [...writers, ...(readers.get(buffer) ?? [])] : writers;
      for (const other of others) leaders[leader(other)] = leader(first as number);
    }
    const members = new Map<number, number[]>();
    kernels.forEach((_, i) => {
      add(members, leader(i), i);
    });
    return [...members.values()].map((list) => ({
      members: list,
      reads: new Set(list.flatMap((i) => [...(this.reads[i] as ReadonlySet<Buffer>)])),
    }));
  }

  /** The kernels that write the buffer of a value; none for a value that is computed where it is used. */
  private writersOf(value: Traced): readonly number[] {
    const buffer = this.schedule.places.get(value);
    return (buffer && this.writers.get(buffer)) ?? [];
  }

  /** What a kernel leaves: but for what it only copies, and what another kernel completes. */
  private left(kernel: number): Traced[] {
    const { kernels, places } = this.schedule;
    const values = writesOf(kernels[kernel] as Kernel).flatMap((buffer) =>
      this.writers.get(buffer)?.at(-1) === kernel ? (this.standing.get(buffer) ?? []) : [],
    );
    return values.filter((value) => {
      const own = places.get(value);
      const writers = this.writersOf(value);
      return writers.length === 0 ? own === undefined || !isGivenBuffer(own) : writers.includes(kernel);
    });
  }

  private distribute({ members, reads }: Team, made: Computed[]): void {
    const left = new Map(members.map((i) => [i, this.left(i)]));
    const own = new Set([...left.values()].flat());
    /** By value on the way: the buffers that it is computed from. */
    const inner = new Map<Traced, Set<Buffer>>();
    const waiting = [...own];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      for (const input of value.inputs) {
        if (own.has(input) || inner.has(input) || this.isRead(input, reads)) continue;
        inner.set(input, new Set());
        waiting.push(input);
      }
    }
    const values = new Map(members.map((i) => [i, new Set(left.get(i))]));
    const last = members.findLast((i) => left.get(i)?.length !== 0) ?? (members.at(-1) as number);
    for (const value of [...inner.keys()].toSorted((a, b) => a.id - b.id)) {
      const home = members.length === 1 ? members : this.homesOf(value, inner, members);
      for (const i of home.length === 0 ? [last] : home) values.get(i)?.add(value);
    }
    for (const i of members) {
      const next = members.find((other) => other > i && left.get(other)?.length !== 0);
      const isPart = left.get(i)?.length === 0 && next !== undefined;
      made[i] = {
        values: [...(values.get(i) as Set<Traced>)].toSorted((a, b) => a.id - b.id),
        partOf: isPart ? (left.get(next)?.at(-1) ?? null) : null,
      };
    }
  }

  /** Whether a value stands in a buffer that is read, or has no part in this at all. */
  private isRead(value: Traced, reads: ReadonlySet<Buffer>): boolean {
    if (isGiven(value)) return true;
    if (this.writersOf(value).length === 0) {
      // A view of what is given lies where that lies.
      const buffer = this.schedule.places.get(value);
      return buffer !== undefined && isGivenBuffer(buffer);
    }
    return reads.has(this.schedule.places.get(value) as Buffer) || inlineRuleOf(value)?.isRecomputed !== true;
  }

  /** The kernels of a team that read all that a value on the way is computed from, else the first that reads some of it. */
  private homesOf(value: Traced, inner: ReadonlyMap<Traced, Set<Buffer>>, members: readonly number[]): number[] {
    const from = inner.get(value) as Set<Buffer>;
    for (const input of value.inputs) {
      const buffer = this.schedule.places.get(input);
      for (const each of inner.get(input) ?? (buffer === undefined ? [] : [buffer])) from.add(each);
    }
    if (from.size === 0) return [];
    const reads = (i: number, buffer: Buffer) => this.reads[i]?.has(buffer) === true;
    const all = members.filter((i) => [...from].every((buffer) => reads(i, buffer)));
    const some = members.filter((i) => [...from].some((buffer) => reads(i, buffer)));
    return all.length > 0 ? all : some.slice(0, 1);
  }
}

/** Whether something stands in a buffer before the first kernel. */
const isGivenBuffer = ({ role }: Buffer) => role === "input" || role === "capture";

function add<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
