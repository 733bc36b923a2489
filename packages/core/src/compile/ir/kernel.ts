import type { Traced } from "../../trace/traced.js";
import type { MatrixOperand } from "../../wasm/gemm-emit.js";
import type { Buffer } from "./buffer.js";
import type { KernelCode } from "./context.js";
import { type Affine, type Expression, visitExpressions } from "./expression.js";
import type { RoutineName, Routines } from "./routine.js";
import type { ScalarPlan } from "./scalar-plan.js";

export type ReductionOp = "sum" | "prod" | "max" | "min";

/**
 * One loop over `sizes`, the last `reduced` axes of which are reduced: a target gets an element for each of the others.
 */
export interface LoopKernel {
  readonly kind: "loop";
  readonly name: string;
  readonly sizes: readonly number[];
  readonly reduced: number;
  readonly reduction: ReductionOp | Recurrence | null;
  /** What is written for each element, in this order, or behind the last one of those that are reduced. */
  readonly stores: readonly Store[];
  /** What a reduction that is no recurrence writes for each element that it goes through, before it adds it up. */
  readonly each?: readonly Store[];
}

/**
 * A reduction whose order counts: states go from one step along the reduced axes (the last of them the fastest) to the next,
 * each a function of the states before the step and of its elements. Stores are of the states behind the last step; or, in a scan,
 * of those before each step and its elements, `next` among them.
 */
export interface Recurrence {
  readonly carries: readonly Carry[];
  readonly isScan: boolean;
}

interface Carry {
  /** Over the axes that are not reduced. */
  readonly initial: Expression;
  readonly next: Expression;
}

export const isRecurrence = (reduction: LoopKernel["reduction"]): reduction is Recurrence =>
  reduction !== null && typeof reduction !== "string";

/** All stores of a loop. */
export const allStores = ({ each = [], stores }: LoopKernel): readonly Store[] => [...each, ...stores];

/** Whether all that a loop stores it stores for each of its elements. */
export const storesEach = ({ reduction }: LoopKernel): boolean =>
  reduction === null || (isRecurrence(reduction) && reduction.isScan);

/** What a loop stores for each of its elements. */
export const storesOfEach = (kernel: LoopKernel): readonly Store[] =>
  storesEach(kernel) ? kernel.stores : (kernel.each ?? []);

/** The values of a loop, in the order in which they are computed. */
export function valuesOf({ reduction, each = [], stores }: LoopKernel): readonly Expression[] {
  const carries = isRecurrence(reduction) ? reduction.carries : [];
  return [
    ...carries.map(({ initial }) => initial),
    ...carries.map(({ next }) => next),
    ...each.map(({ value }) => value),
    ...stores.map(({ value }) => value),
  ];
}

export interface Store {
  readonly value: Expression;
  readonly target: Buffer;
  /** Where an element goes; over the axes that are not reduced, in a scan, and for each element, over all. */
  readonly to: Affine;
}

/** A product of matrices, for each index of a batch. Operands say where they begin in elements. */
export interface ContractionKernel {
  readonly kind: "contraction";
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly target: Buffer;
  readonly scratch: Buffer | null;
  /** Whether zeros of `a` are skipped in runs where most of it is zeros. */
  readonly skipsZeros: boolean;
  /** The products one after another: where each begins in a, b and the target, in elements. */
  readonly batch: readonly (readonly [a: number, b: number, target: number])[];
}

export interface Matrix extends Omit<MatrixOperand, "address" | "base"> {
  readonly buffer: Buffer;
}

/** Scalars, computed one after the other without a loop. */
export interface ScalarKernel {
  readonly kind: "scalars";
  readonly name: string;
  readonly stores: readonly ScalarStore[];
  /** How the code is cut into functions. */
  readonly plan: ScalarPlan;
  /** For values on their way from one function to another: 8 bytes for each slot of the plan. */
  readonly scratch: Buffer | null;
}

/** A target may be none of the buffers that the kernel's values are loaded from. */
export interface ScalarStore {
  readonly value: Expression;
  readonly target: Buffer;
}

/** What is none of these: one of the routines, which writes its own code. */
interface RoutineOf<R extends RoutineName> {
  readonly kind: "routine";
  readonly routine: R;
  readonly name: string;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  /** Appends the code; addresses come from the context. */
  readonly emit: (context: KernelCode) => void;
  readonly work: Routines[R];
}

export type RoutineKernel = { readonly [R in RoutineName]: RoutineOf<R> }[RoutineName];

/** Makes the error out of what stands in a buffer. */
export interface Failure {
  readonly buffer: Buffer;
  readonly error: (values: Int32Array) => Error;
}

/** A program as a list of kernels, which run one after the other, and the buffers that they read and write. */
export interface Schedule {
  readonly kernels: readonly Kernel[];
  readonly buffers: readonly Buffer[];
  readonly inputs: readonly Buffer[];
  readonly captures: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  /** For each assignment of the trace the buffer of the captured tensor, which has its new values after the run. */
  readonly assigned: readonly Buffer[];
  readonly gradients: readonly (Buffer | null)[];
  /** By generator: six words that are written before each run: key, stream and position, the low word first. */
  readonly generators: readonly (Buffer | null)[];
  /** Buffers that lie in the memory of others: new values of a tensor that are written over the old ones. */
  readonly aliases: ReadonlyMap<Buffer, Buffer>;
  /** What a check can stop the program with: the number that it returns is the place in this list, plus 1. Bodies have that of the program. */
  readonly failures: readonly Failure[];
  /** The values of the trace that are in a buffer of their own, when it has been written. */
  readonly places: ReadonlyMap<Traced, Buffer>;
}

/** A schedule that a kernel runs as a whole. Its buffers have memory of their own, but for those that are `shared`. */
export interface Body {
  readonly schedule: Schedule;
  /** By buffer of the body: the one that it is, of the schedule around it. */
  readonly shared: ReadonlyMap<Buffer, Buffer>;
  /** The generators that it draws from: the state in the body, made of one around it. */
  readonly draws: readonly BodyDraws[];
}

interface BodyDraws {
  readonly from: Buffer;
  readonly to: Buffer;
  /** By how many blocks it is moved on before the first run, and by each. */
  readonly start: number;
  readonly blocks: number;
}

/** One buffer into another one of the same size. */
export interface Copy {
  readonly from: Buffer;
  readonly to: Buffer;
}

/**
 * A loop whose body is a schedule. Its carries are the captures of the body, to which it assigns. Copies of rows are those between a
 * buffer of the body and row number i, in step i, of one that has a row for each step.
 */
export interface RepeatKernel {
  readonly kind: "repeat";
  readonly name: string;
  /** How many steps there are, at most. */
  readonly length: number;
  /** Whether the steps count down. */
  readonly reverse: boolean;
  readonly body: Body;
  /** What is to be true for another step, and the failure that the program stops with where it still is behind the last one. */
  readonly test: { readonly body: Body; readonly result: Buffer; readonly failure: number } | null;
  /** Where the number of steps stands that there are; `null` for all. */
  readonly count: Buffer | null;
  /** Where to put how many steps there were. */
  readonly counted: Buffer | null;
  /** Before the first step. */
  readonly enter: readonly Copy[];
  /** Before each step: rows into the body. */
  readonly rowsIn: readonly Copy[];
  /** Before each step, too: the carries into rows. */
  readonly carriesOut: readonly Copy[];
  /** Behind each step: results into rows. */
  readonly rowsOut: readonly Copy[];
  /** Behind the last step. */
  readonly leave: readonly Copy[];
}

/** A choice among schedules. */
export interface BranchKernel {
  readonly kind: "branch";
  readonly name: string;
  /** Where the number of the one that runs stands. */
  readonly index: Buffer;
  readonly branches: readonly { readonly body: Body; readonly leave: readonly Copy[] }[];
}

/** A call of a schedule that other kernels may call as well; it keeps nothing from call to call. */
export interface CallKernel {
  readonly kind: "call";
  readonly name: string;
  readonly body: Body;
  readonly enter: readonly Copy[];
  readonly leave: readonly Copy[];
}

export type Kernel =
  | LoopKernel
  | ContractionKernel
  | ScalarKernel
  | RoutineKernel
  | RepeatKernel
  | BranchKernel
  | CallKernel;

/** The schedules inside of a kernel. */
export function bodiesOf(kernel: Kernel): readonly Body[] {
  switch (kernel.kind) {
    case "repeat":
      return kernel.test === null ? [kernel.body] : [kernel.body, kernel.test.body];
    case "branch":
      return kernel.branches.map(({ body }) => body);
    case "call":
      return [kernel.body];
    default:
      return [];
  }
}

/** A kernel with other schedules inside. */
export function withBodies(kernel: Kernel, change: (schedule: Schedule) => Schedule): Kernel {
  const changed = (body: Body): Body => ({ ...body, schedule: change(body.schedule) });
  switch (kernel.kind) {
    case "repeat": {
      const { body, test } = kernel;
      return { ...kernel, body: changed(body), test: test && { ...test, body: changed(test.body) } };
    }
    case "branch":
      return { ...kernel, branches: kernel.branches.map(({ body, leave }) => ({ body: changed(body), leave })) };
    case "call":
      return { ...kernel, body: changed(kernel.body) };
    default:
      return kernel;
  }
}

/** A kernel that does nothing but look whether to stop the program. */
export const isCheck = (kernel: Kernel): kernel is RoutineOf<"check"> =>
  kernel.kind === "routine" && kernel.routine === "check";

/** Whether a kernel may stop the program. */
export const mayStop = (kernel: Kernel): boolean =>
  isCheck(kernel) ||
  (kernel.kind === "repeat" && kernel.test !== null && kernel.length < Number.POSITIVE_INFINITY) ||
  bodiesOf(kernel).some(({ schedule }) => schedule.kernels.some(mayStop));

/** The buffers that a kernel reads. */
export function readsOf(kernel: Kernel): readonly Buffer[] {
  switch (kernel.kind) {
    case "loop":
      return loadedBy(valuesOf(kernel));
    case "contraction":
      return [kernel.a.buffer, kernel.b.buffer];
    case "scalars":
      return kernel.plan.reads;
    case "routine":
      return kernel.reads;
    case "repeat": {
      const { body, test, enter, rowsIn, count } = kernel;
      const read = [...enter, ...rowsIn, ...body.draws].map(({ from }) => from);
      // The test shares the carries with the body.
      const inTest = [...(test?.body.shared.values() ?? [])].filter(
        (buffer) => !body.schedule.captures.includes(buffer),
      );
      return [...new Set([...read, ...body.shared.values(), ...inTest, ...(count === null ? [] : [count])])];
    }
    case "branch": {
      const read = kernel.branches.flatMap(({ body }) => [
        ...body.draws.map(({ from }) => from),
        ...body.shared.values(),
      ]);
      return [...new Set([kernel.index, ...read])];
    }
    case "call": {
      const { body, enter } = kernel;
      const read = [...enter, ...body.draws].map(({ from }) => from);
      return [...new Set([...read, ...body.shared.values()])];
    }
    default:
      return kernel satisfies never;
  }
}

/** The buffers that a kernel writes, its scratch memory among them. */
export function writesOf(kernel: Kernel): readonly Buffer[] {
  switch (kernel.kind) {
    case "loop":
      return allStores(kernel).map(({ target }) => target);
    case "contraction":
      return kernel.scratch === null ? [kernel.target] : [kernel.target, kernel.scratch];
    case "scalars":
      return [...kernel.stores.map(({ target }) => target), ...(kernel.scratch === null ? [] : [kernel.scratch])];
    case "routine":
      return kernel.writes;
    case "repeat":
      return [
        ...[...kernel.carriesOut, ...kernel.rowsOut, ...kernel.leave].map(({ to }) => to),
        ...(kernel.counted === null ? [] : [kernel.counted]),
      ];
    case "branch":
      return [...new Set(kernel.branches.flatMap(({ leave }) => leave.map(({ to }) => to)))];
    case "call":
      return kernel.leave.map(({ to }) => to);
    default:
      return kernel satisfies never;
  }
}

function loadedBy(values: readonly Expression[]): Buffer[] {
  const loaded = new Set<Buffer>();
  visitExpressions(values, (e) => {
    if (e.op === "load") loaded.add(e.buffer);
  });
  return [...loaded];
}
