import { emitModule } from "../../../src/compile/emit/module.js";
import type { Buffer } from "../../../src/compile/ir/buffer.js";
import { type Kernel, readsOf, type Schedule, writesOf } from "../../../src/compile/ir/kernel.js";
import { showKernel } from "../../../src/compile/print.js";
import type { ProgramMade, RunObserver } from "../../../src/compile/run/observer.js";
import { type TypedArray, viewOf } from "../../../src/dtype.js";
import { withRecording } from "../../../src/graph/recording.js";
import { eagerly } from "../../../src/graph/tracer.js";
import { withWatcher } from "../../../src/graph/watch.js";
import { webAssembly } from "../../../src/wasm/features.js";
import { Bounds, evaluate, type Given, type Noise } from "./eager.js";
import { runKernel, stepsOf } from "./kernels.js";
import { arenaMemory, givenBuffers, type Memory, resultBuffers, type Start, separateMemory } from "./memory.js";

/** Kernels of more element steps than this are not interpreted: their results are taken from eager mode. */
const mostSteps = 1e6;
/** How many runs of a program are looked at: what a run leaves in the memory is there in the next one. */
const mostRuns = 2;

/** What has been looked at in this process. */
export const counts = { programs: 0, kernels: 0, skipped: 0 };

/**
 * Interprets the first runs of a program: as it is scheduled, after each pass, and over its planned memory. All of these
 * are one to the bit; the first is compared with eager mode, and the last with what the module computed.
 *
 * @throws Error that names the first stage that differs, and the kernel there
 */
export function interpretRuns(program: ProgramMade): RunObserver {
  let runs = 0;
  return () => {
    if (runs === 0) counts.programs++;
    if (runs++ >= mostRuns) return null;
    const start = startOf(program);
    return (failure) => outOfScope(() => new Comparison(program, start).check(failure));
  };
}

/** Without the scopes that the caller may be in. */
function outOfScope(work: () => void): void {
  withWatcher(null, () => withRecording(false, () => eagerly(work)));
}

function viewIn({ plan, memory }: ProgramMade, buffer: Buffer): TypedArray {
  return viewOf(buffer.dtype, memory, plan.addresses.get(buffer) as number, buffer.size);
}

function startOf(program: ProgramMade): Start {
  return new Map(givenBuffers(finalOf(program)).map((buffer) => [buffer, viewIn(program, buffer).slice()]));
}

function finalOf({ schedules }: ProgramMade): Schedule {
  return (schedules[schedules.length - 1] as ProgramMade["schedules"][number]).schedule;
}

/** What a stage computed. */
interface Outcome {
  readonly failure: number;
  readonly results: readonly TypedArray[];
  /** By buffer, what stood there behind the last kernel that wrote it, and that kernel; where it was asked for. */
  readonly written: ReadonlyMap<Buffer, Written>;
  /** Results of which nothing is known, because they depend on kernels that were skipped. */
  readonly unknown: ReadonlySet<Buffer>;
}

/** A stage, and what it computed. */
interface Ran {
  readonly stage: string;
  readonly schedule: Schedule;
  readonly outcome: Outcome;
}

interface Written {
  readonly values: TypedArray;
  readonly kernel: string;
}

class Comparison {
  private readonly program: ProgramMade;
  private readonly start: Start;
  private readonly given: Given;
  private readonly eager: () => readonly TypedArray[];
  private readonly bounds: () => Bounds;
  private readonly valuesByBuffer: () => ReadonlyMap<Buffer, TypedArray>;

  constructor(program: ProgramMade, start: Start) {
    this.program = program;
    this.start = start;
    const { traced } = program;
    const { inputs, captures, generators } = finalOf(program);
    const at = (buffer: Buffer) => start.get(buffer) as TypedArray;
    const given = {
      inputs: inputs.map(at),
      captures: captures.map(at),
      generators: generators.map((buffer) => (buffer === null ? null : at(buffer))),
    };
    this.given = given;
    this.eager = once(() => evaluate(traced, given));
    this.bounds = once(() => new Bounds(this.eager(), (noise) => evaluate(traced, given, noise)));
    this.valuesByBuffer = once(() => this.placedValues(null));
  }

  check(failure: number): void {
    const { schedules, plan } = this.program;
    this.checkEnd(failure);
    let before: Ran | null = null;
    for (const { stage, schedule } of schedules) {
      // A pass that has changed nothing need not be run again.
      if (before !== null && sameWork(before.schedule, schedule)) continue;
      const outcome = this.run(stage, schedule, this.separate(schedule), false);
      this.checkFailure(stage, outcome, failure);
      const now = { stage, schedule, outcome };
      if (failure === 0) {
        if (before === null) this.checkFirst(now);
        else this.checkSame(before, now, () => this.separate(schedule));
      }
      before = now;
    }
    if (before === null) return;
    const { schedule } = before;
    const arena = () => arenaMemory(schedule, plan, this.start);
    const outcome = this.run("planning", schedule, arena(), false);
    this.checkFailure("planning", outcome, failure);
    if (failure !== 0) return;
    this.checkSame(before, { stage: "planning", schedule, outcome }, arena);
    this.checkModule(schedule, outcome);
  }

  private separate(schedule: Schedule): Memory {
    return separateMemory(schedule, this.start);
  }

  /** A program stops where eager mode throws, and only there. */
  private checkEnd(failure: number): void {
    let error: unknown = null;
    try {
      this.eager();
    } catch (thrown) {
      error = thrown;
    }
    if ((error !== null) === (failure !== 0)) return;
    const eager = error === null ? "does not stop" : `throws: ${String(error)}`;
    throw new Error(`compile: interpreter: the module ends with failure ${failure}, eager mode ${eager}`);
  }

  private checkFailure(stage: string, { failure }: Outcome, actual: number): void {
    if (failure === actual) return;
    throw new Error(
      `compile: interpreter: after ${stage} the program ends with failure ${failure}, the module with ${actual}`,
    );
  }

  /** The first element of a result that is not within `times` the bounds, which are found as far as they are needed; -1 for none. */
  private firstBeyond(r: number, actual: TypedArray, expected: TypedArray, times: number) {
    let at = firstDifference(actual, expected, null);
    if (at === -1) return { at, bound: null };
    let bound: Float64Array;
    do {
      bound = this.bounds()
        .of(r)
        .map((own) => times * own);
      at = firstDifference(actual, expected, bound);
    } while (at !== -1 && this.bounds().widen());
    return { at, bound };
  }

  /** The schedule as the rules made it, against eager mode. */
  private checkFirst({ stage, schedule, outcome: { results, unknown } }: Ran): void {
    resultBuffers(schedule).forEach((buffer, r) => {
      const [actual, expected] = [results[r] as TypedArray, this.eager()[r] as TypedArray];
      if (unknown.has(buffer)) return;
      const { at, bound } = this.firstBeyond(r, actual, expected, 1);
      if (at === -1) return;
      const values = this.valuesByBuffer();
      const buffers = [...values.keys()];
      const limits = new Bounds([...values.values()], (noise) => {
        const noisy = this.placedValues(noise);
        return buffers.map((own) => noisy.get(own) as TypedArray);
      });
      while (limits.widen());
      const { written } = this.run(stage, schedule, this.separate(schedule), true);
      const culprit = [...written].find(([own, { values: array }]) => {
        const value = values.get(own);
        return value !== undefined && firstDifference(array, value, limits.of(buffers.indexOf(own))) !== -1;
      });
      throw difference({ stage, than: "eager mode", buffer, r, at, actual, expected, bound }, culprit?.[1].kernel);
    });
  }

  /** A pass, against the stage before it. */
  private checkSame(before: Ran, now: Ran, memory: () => Memory): void {
    const { stage, schedule, outcome } = now;
    resultBuffers(schedule).forEach((buffer, r) => {
      if (before.outcome.unknown.has(buffer) || outcome.unknown.has(buffer)) return;
      const [actual, expected] = [outcome.results[r] as TypedArray, before.outcome.results[r] as TypedArray];
      const at = firstDifference(actual, expected, null);
      if (at === -1) return;
      const known = this.run(before.stage, before.schedule, this.separate(before.schedule), true).written;
      const { written } = this.run(stage, schedule, memory(), true);
      const culprit = [...written].find(([own, { values }]) => {
        const value = known.get(own);
        return value !== undefined && firstDifference(values, value.values, null) !== -1;
      });
      const than = `after ${before.stage}`;
      throw difference({ stage, than, buffer, r, at, actual, expected, bound: null }, culprit?.[1].kernel);
    });
  }

  /** What the module left in its memory, against the interpreter. */
  private checkModule(schedule: Schedule, { results, unknown }: Outcome): void {
    resultBuffers(schedule).forEach((buffer, r) => {
      const [actual, expected] = [viewIn(this.program, buffer), results[r] as TypedArray];
      if (unknown.has(buffer)) return;
      const { at, bound } = this.firstBeyond(r, actual, expected, 2);
      if (at === -1) return;
      const culprit = this.emittedCulprit(schedule);
      throw difference({ stage: "emitting", than: "the interpreter", buffer, r, at, actual, expected, bound }, culprit);
    });
    for (const [buffer, values] of this.start) {
      const isAssigned = schedule.assigned.includes(buffer);
      if (!isAssigned && firstDifference(viewIn(this.program, buffer), values, null) !== -1) {
        throw new Error(`compile: interpreter: the module has changed buffer ${buffer.id}, which it was given`);
      }
    }
  }

  /** Runs the emitted code of one kernel at a time over the memory of the interpreter: the first that writes something else. */
  private emittedCulprit(schedule: Schedule): string | undefined {
    const { plan, target } = this.program;
    const memory = arenaMemory(schedule, plan, this.start);
    const api = webAssembly();
    if (api === undefined) return undefined;
    for (const [i, kernel] of schedule.kernels.entries()) {
      const alone = new api.Module(emitModule({ ...schedule, kernels: [kernel] }, plan, target));
      const { memory: own, run } = new api.Instance(alone).exports as {
        readonly memory: { readonly buffer: ArrayBuffer };
        readonly run: () => number;
      };
      const view = (buffer: Buffer) =>
        viewOf(buffer.dtype, own.buffer, plan.addresses.get(buffer) as number, buffer.size);
      for (const [buffer, address] of plan.addresses) if (address !== undefined) view(buffer).set(memory.array(buffer));
      run();
      runKernel(kernel, memory);
      for (const buffer of writesOf(kernel)) {
        if (buffer.role === "scratch") continue;
        const [expected, actual] = [memory.array(buffer), view(buffer)];
        const limit = Float64Array.from(
          expected,
          (x) => 1e3 * Math.abs(x) * (buffer.dtype === "float32" ? 2 ** -24 : 2 ** -53),
        );
        if (firstDifference(actual, expected, limit) !== -1) return `${i} ${showKernel(kernel)}`;
      }
      memory.done(i);
    }
    return undefined;
  }

  private run(stage: string, schedule: Schedule, memory: Memory, keeps: boolean): Outcome {
    const { kernels } = schedule;
    const written = new Map<Buffer, Written>();
    const unknown = new Set<Buffer>();
    for (const [i, kernel] of kernels.entries()) {
      counts.kernels++;
      let failure = 0;
      const isLong = stepsOf(kernel) > mostSteps;
      if (isLong) counts.skipped++;
      if (isLong || readsOf(kernel).some((buffer) => unknown.has(buffer))) this.skip(kernel, schedule, memory, unknown);
      else {
        try {
          failure = runKernel(kernel, memory);
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          throw new Error(`compile: interpreter: after ${stage}: ${why}\nkernel ${i} ${showKernel(kernel)}`, {
            cause: error,
          });
        }
      }
      if (failure !== 0) return { failure, results: [], written, unknown };
      if (keeps) {
        for (const buffer of writesOf(kernel)) {
          written.delete(buffer);
          written.set(buffer, { values: memory.array(buffer).slice(), kernel: `${i} ${showKernel(kernel)}` });
        }
      }
      memory.done(i);
    }
    return {
      failure: 0,
      results: resultBuffers(schedule).map((buffer) => memory.array(buffer).slice()),
      written,
      unknown,
    };
  }

  /** Takes the result of a kernel from eager mode; where that has no name for it, nothing is known of it. */
  private skip(kernel: Kernel, schedule: Schedule, memory: Memory, unknown: Set<Buffer>): void {
    for (const buffer of writesOf(kernel)) {
      const values = this.valuesByBuffer().get(buffer);
      if (values !== undefined) memory.array(buffer).set(values);
      else unknown.add(buffer).add(schedule.aliases.get(buffer) ?? buffer);
    }
  }

  /** The values of eager mode that are in buffers of their own. */
  private placedValues(noise: Noise | null): ReadonlyMap<Buffer, TypedArray> {
    const { places } = finalOf(this.program);
    const values = new Map<Buffer, TypedArray>();
    evaluate(this.program.simplified, this.given, noise, (value, array) => {
      const buffer = places.get(value);
      if (buffer !== undefined) values.set(buffer, array);
    });
    return values;
  }
}

interface Difference {
  readonly stage: string;
  readonly than: string;
  readonly buffer: Buffer;
  /** The number of the result, and of the element that differs. */
  readonly r: number;
  readonly at: number;
  readonly actual: TypedArray;
  readonly expected: TypedArray;
  readonly bound: Float64Array | null;
}

function difference({ stage, than, buffer, r, at, actual, expected, bound }: Difference, kernel?: string): Error {
  const allowed = bound === null ? "to the bit" : `to ${bound[at]}`;
  return new Error(
    `compile: interpreter: ${stage} differs from ${than}: result ${r}, ${buffer.dtype} of shape [${buffer.shape.join(", ")}], element ` +
      `${at} is ${actual[at]}, not ${expected[at]} (${allowed})\nkernel ${kernel ?? "unknown: each writes what it should"}`,
  );
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

/** Whether two schedules are the same kernels over the same memory. */
function sameWork(a: Schedule, b: Schedule): boolean {
  return (
    a.aliases.size === b.aliases.size &&
    a.kernels.length === b.kernels.length &&
    a.kernels.every((kernel, i) => kernel === b.kernels[i])
  );
}

/**
 * The first element that is not the expected one to within a bound, or to the bit; any NaN is the same as any other, and so
 * is, within a bound, 0 of any sign. -1 for none.
 */
function firstDifference(actual: TypedArray, expected: TypedArray, bound: Float64Array | null): number {
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] as number, expected[i] as number];
    if (Object.is(a, b)) continue;
    if (bound === null) return i;
    const limit = bound[i] as number;
    if (a === b || limit === Number.POSITIVE_INFINITY || Math.abs(a - b) <= limit) continue;
    return i;
  }
  return -1;
}
