import type { ProgramBuffer, ProgramJSON, ProgramKernel, ProgramSchedule } from "@chainrule/core";
import { prefixOf } from "./names.js";

/** A column of the picture: a kernel that runs no other ones. */
export interface Column {
  readonly label: string;
  readonly text: string;
}

/** A buffer that shares memory, and the columns in which it is needed. */
export interface Span {
  readonly buffer: ProgramBuffer;
  /** From the left edge of a column to the right edge of another, in columns: a half where the next buffer takes its place. */
  readonly from: number;
  readonly to: number;
  /** The kernels, as a reader is told. */
  readonly life: string;
}

/** A buffer that keeps its values, and the columns that read and write it. */
export interface Kept {
  readonly buffer: ProgramBuffer;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

/** A loop, a branch, a call, and the columns that it takes. */
interface Stretch {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

export interface Timeline {
  readonly columns: readonly Column[];
  readonly spans: readonly Span[];
  readonly kept: readonly Kept[];
  readonly stretches: readonly Stretch[];
}

/** Which buffers are there when: kernels in their order, those of loops, branches and calls in the place of these. */
export function timelineOf(program: ProgramJSON): Timeline {
  const writer = new Writer(program);
  const main = program.schedules[0] as ProgramSchedule;
  writer.schedule(main, "k");
  return { ...writer, spans: halved(writer.spans), kept: writer.keptOf(main) };
}

class Writer {
  readonly columns: Column[] = [];
  readonly spans: Span[] = [];
  readonly stretches: Stretch[] = [];
  private readonly program: ProgramJSON;
  /** Of the kernels of the program itself: the columns of each. */
  private ranges: readonly (readonly [from: number, to: number])[] = [];

  constructor(program: ProgramJSON) {
    this.program = program;
  }

  /** @param prefix what stands in front of the numbers of its kernels */
  schedule(schedule: ProgramSchedule, prefix: string): void {
    const start = this.columns.length;
    const ranges = schedule.kernels.map((kernel, i) => {
      const from = this.columns.length;
      this.kernel(kernel, `${prefix}${i}`);
      return [from, this.columns.length] as const;
    });
    const isMain = prefix === "k";
    if (isMain) this.ranges = ranges;
    for (const buffer of schedule.buffers) {
      if (buffer.sharedWith !== undefined || buffer.over !== undefined) continue;
      const { first, last } = buffer;
      const [begin, end] = [first === null ? undefined : ranges[first], last === null ? undefined : ranges[last]];
      if (begin !== undefined && end !== undefined) {
        const life = first === last ? `${prefix}${first}` : `${prefix}${first} to ${prefix}${last}`;
        this.spans.push({ buffer, from: begin[0], to: end[1], life });
      } else if (!isMain) {
        // What a body keeps is there as long as it runs.
        this.spans.push({ buffer, from: start, to: this.columns.length, life: prefix.replace(/\.$/, "") });
      }
    }
  }

  private kernel(kernel: ProgramKernel, label: string): void {
    const from = this.columns.length;
    for (const { role, schedule } of kernel.bodies ?? []) {
      const prefix = prefixOf(label, role, kernel.bodies?.length ?? 0);
      this.schedule(this.program.schedules[schedule] as ProgramSchedule, prefix);
    }
    if (this.columns.length === from) this.columns.push({ label, text: kernel.text });
    if (kernel.bodies !== undefined) {
      this.stretches.push({ label: `${label} ${kernel.name}`, from, to: this.columns.length });
    }
  }

  /** The buffers of the program that no others share memory with. */
  keptOf({ buffers, kernels }: ProgramSchedule): Kept[] {
    const kept = buffers.filter(({ first, over }) => first === null && over === undefined);
    return kept.map((buffer) => {
      const own = new Set([buffer, ...buffers.filter(({ over }) => over === buffer.name)].map(({ name }) => name));
      const columns = (names: (kernel: ProgramKernel) => readonly string[]) =>
        kernels.flatMap((kernel, i) => {
          const [from, to] = this.ranges[i] as readonly [number, number];
          const isIn = names(kernel).some((name) => own.has(name));
          return isIn ? Array.from({ length: to - from }, (_, k) => from + k) : [];
        });
      return { buffer, reads: columns(({ reads }) => reads), writes: columns(({ writes }) => writes) };
    });
  }
}

/** Where a buffer takes the place of one that is read for the last time just then, they meet in the middle of the column. */
function halved(spans: readonly Span[]): Span[] {
  const made = spans.map((span) => ({ ...span }));
  for (const older of made) {
    for (const newer of made) {
      const meets = older !== newer && older.from < newer.from && older.to === newer.from + 1;
      if (!meets || !overlap(older.buffer, newer.buffer)) continue;
      older.to = newer.from + 0.5;
      newer.from += 0.5;
    }
  }
  return made;
}

const overlap = (a: ProgramBuffer, b: ProgramBuffer) =>
  a.address < b.address + b.bytes && b.address < a.address + a.bytes;
