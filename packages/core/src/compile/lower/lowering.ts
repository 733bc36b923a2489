import type { DType } from "../../dtype.js";
import type { Shape } from "../../shape/types.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import type { Buffer } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import type { Affine, Expression, ExpressionBuilder } from "../ir/expression.js";
import type { Failure, Kernel, ReductionOp, Schedule } from "../ir/kernel.js";
import type { RoutineName } from "../ir/routine.js";
import type { Place } from "../ir/views.js";

/**
 * How an op uses an input: "inline", element by element, computed where it is used; "matrix", from memory, its own buffer or a view of
 * one; "whole", from a buffer of its own, row by row.
 */
export type Use = "inline" | "matrix" | "whole";

/** How one element of a value is computed inside of the kernel that uses it. */
export interface InlineRule {
  /**
   * Whether it is computed again wherever it is used, as that costs less than to write and read it: a view of its first input, or
   * one operation on that.
   */
  readonly isRecomputed?: boolean;
  /** How it uses input `i`; "inline" unless it says otherwise. */
  readonly uses?: (i: number) => Use;
  /** The element at a place; `null` where the input can only be read out of a buffer in this order. */
  readonly element: (value: Traced, place: Place, k: KernelBody, s: Lowering) => Expression | null;
}

/** A value, and where its elements go in a buffer. */
export interface Piece {
  readonly value: Traced;
  readonly to: Affine;
  /** Whether they are added to what is there. */
  readonly isAdded?: boolean;
}

/** How a value is computed by kernels of its own. */
export interface KernelRule {
  /** Pushes the kernels that write `s.target(value)`. */
  readonly lower: (value: Traced, s: Lowering) => void;
  /**
   * How it uses input `i`; "whole" unless it says otherwise.
   */
  readonly uses?: (i: number) => Use;
  /** Whether its kernel goes through the elements of its first input. */
  readonly reduces?: boolean;
  /** What it puts together, for one that does nothing else: its kernels go through each part once, through those of one shape in one loop. */
  readonly parts?: (value: Traced) => readonly Piece[];
}

/** The body of a kernel that is being written: its axes, and its expressions. */
export interface KernelBody {
  readonly sizes: readonly number[];
  readonly builder: ExpressionBuilder;
  readonly known: Map<string, Expression>;
  /** The number of a kernel of scalars, which has a hundred thousand of them, perhaps: see `Scheduler.element`. */
  readonly group?: number;
}

/** What rules write the kernels of a program with; see `Scheduler`, which does it. */
export interface Lowering {
  /** All elements of a value, row by row; computed now if it has not been. */
  buffer(value: Traced): Buffer;
  /** The buffer for the result of a value, which its kernel rule writes. */
  target(value: Traced): Buffer;
  /** A buffer for what lies between a value and its inputs. */
  temporary(dtype: DType, shape: Shape): Buffer;
  /** Memory that one kernel uses while it runs. */
  scratch(bytes: number): Buffer;
  /** The state of a generator that the program draws from; see `Schedule`. */
  generatorBuffer(index: number): Buffer;
  /** Where a value lies if it is a view of a buffer; computed into a buffer of its own if it is not. */
  strided(value: Traced): { readonly buffer: Buffer; readonly at: Affine };
  /** The buffer in which all elements of a value lie row by row, its own or one that it is a view of. */
  rows(value: Traced): Buffer;
  /** What a value is made of that is written where it stands in another one, and has no buffer; `undefined` for any other. */
  partsOf(value: Traced): readonly Piece[] | undefined;
  /** The body of a new kernel over axes of these sizes. */
  body(sizes: readonly number[]): KernelBody;
  /** An element of a value as an expression of a kernel: loaded, or computed where it is used. */
  element(value: Traced, place: Place, k: KernelBody): Expression;
  /** A loop that writes an expression to a buffer, over the axes of a kernel. */
  loop(name: string, k: KernelBody, value: Expression, target: Buffer, to?: Affine): void;
  /** A loop that reduces an expression over the last axes of a kernel, so many; the others are those of the target. */
  reduce(name: string, k: KernelBody, how: readonly [ReductionOp, number], value: Expression, target: Buffer): void;
  /** A routine that computes a value into the first buffer that it writes; see `Routines`. */
  routine(
    routine: Exclude<RoutineName, "check">,
    value: Traced,
    buffers: readonly [reads: readonly Buffer[], writes: readonly Buffer[]],
    emit: (context: KernelCode) => void,
  ): void;
  /** The values that a value is an input of. */
  usersOf(value: Traced): readonly Traced[];
  /** All values of the graph. */
  readonly order: readonly Traced[];
  /** The schedule of a part of the program that is a trace of its own. */
  schedule(trace: Trace): Schedule;
  /** The same, once for each trace. */
  shared(trace: Trace): Schedule;
  /** Adds a kernel behind those that there are. */
  push(kernel: Kernel): void;
  /** Registers an error that a check may stop the program with; returns the number that it does so with. */
  failure(failure: Failure): number;
  /** Does something at most once in this program. */
  once(key: string, work: () => void): void;
}
