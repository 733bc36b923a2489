import type { DType } from "../dtype.js";
import type { Shape } from "../shape/types.js";
import type { BufferRole } from "./ir/buffer.js";

/**
 * What the compiler made of a function, as plain data: its graph, its kernels and where its values lie. Lists refer to one another by
 * numbers, names are those of `program.print`.
 */
export interface ProgramJSON {
  readonly format: "chainrule program";
  readonly version: 1;
  /** The function as it was traced, in front; then what its loops, branches and calls run, each once. */
  readonly traced: readonly ProgramGraph[];
  /** The same when it had been simplified: what kernels compute. */
  readonly simplified: readonly ProgramGraph[];
  /** The kernels of the program, in front; then those that loops, branches and calls run. */
  readonly schedules: readonly ProgramSchedule[];
  /** The memory that the program has, in bytes, and that it would have if no two buffers shared memory. */
  readonly bytes: number;
  readonly bytesWithoutReuse: number;
}

/** The graph of a function, or of a step, a condition, a branch. */
export interface ProgramGraph {
  /** Each behind its inputs. */
  readonly values: readonly ProgramValue[];
  /** The values that it is given, by their ids, in order: arguments, in a part of a program then what that closes over. */
  readonly inputs: readonly number[];
  /** The values that it gives. */
  readonly outputs: readonly number[];
}

/** A value of a graph: what an op gives, a number, an argument, a tensor that the function closes over, random numbers. */
export interface ProgramValue {
  /** Its number in its graph, as `%3` says in print. */
  readonly id: number;
  readonly kind: "op" | "number" | "input" | "capture" | "draw";
  /** The name of the op, the number itself, "input 0". */
  readonly label: string;
  /** The name of the tensor that the function closes over. */
  readonly name?: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The ids of what it is computed from. */
  readonly inputs: readonly number[];
  /** The settings of the op. Numbers that JSON does not have are texts. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What is made of it when the program has run: "result", "w" (new values of w), "w.grad". */
  readonly uses?: readonly string[];
  /** What a loop, a branch or a call runs. Its results are values of their own, ops called Part. */
  readonly blocks?: readonly ProgramBlock[];
  /** Of a Part: which result it is, "carry 0", "result 1". */
  readonly part?: string;
}

/** A graph that a node runs. */
export interface ProgramBlock {
  /** "step", "condition", "branch 0", "function". */
  readonly role: string;
  /** Its place in the list of graphs. */
  readonly graph: number;
  /** For each input of that graph: which input of the node it is, and what it is there: "carry 0", "x 0" (an element of it at each step), "argument 0", "closed over". */
  readonly inputs: readonly { readonly from: number; readonly as: string }[];
  /** What its outputs are: "carry 0", "y 0", "another step", "result 0". */
  readonly outputs: readonly string[];
}

/** Kernels, which run one after the other, and the buffers that they read and write. */
export interface ProgramSchedule {
  /** The place of its graph among the simplified ones. */
  readonly graph: number;
  readonly kernels: readonly ProgramKernel[];
  readonly buffers: readonly ProgramBuffer[];
  /** Where its memory begins, and how large it is, in bytes. */
  readonly address: number;
  readonly bytes: number;
}

/** A kernel: one loop, one product of matrices, one piece of straight-line code; or a loop, a branch, a call of schedules. */
export interface ProgramKernel {
  readonly kind: "loop" | "contraction" | "scalars" | "routine" | "repeat" | "branch" | "call";
  /** The ops that its results are of. */
  readonly name: string;
  /** What it does, as print writes it. */
  readonly text: string;
  /** The axes that it goes through: of a product batch, rows, columns and what is summed over; of a loop of kernels the steps, if they are known. */
  readonly sizes: readonly number[];
  /** How many of them, the last ones, are reduced, and how: "sum", "prod", "max", "min", or "steps" where one follows from the other. */
  readonly reduced: number;
  readonly reduction: string | null;
  /** The ids of the values that it computes, numbers left out. What costs less than a buffer is computed in several kernels. */
  readonly values: readonly number[];
  /** The value that it does a part of, which a later kernel completes. */
  readonly partOf: number | null;
  /** The names of the buffers that it reads and that it writes, memory that it works in among them. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** The schedules that it runs. */
  readonly bodies?: readonly ProgramBody[];
}

export interface ProgramBody {
  /** As in `ProgramBlock`. */
  readonly role: string;
  /** Its place in the list of schedules. */
  readonly schedule: number;
  /** What is copied into its buffers and out of them. */
  readonly copies: readonly ProgramCopy[];
}

export interface ProgramCopy {
  readonly from: string;
  readonly to: string;
  readonly when: "before" | "before each step" | "behind each step" | "behind";
  /** Which of the two has a row for each step. */
  readonly rows?: "from" | "to";
}

/** A piece of the program's memory. */
export interface ProgramBuffer {
  /** The letter of its role, and its number in the program: "t3". */
  readonly name: string;
  /** Only temporary memory, and the scratch memory of one kernel, is shared with others; all else keeps its values between runs. */
  readonly role: BufferRole;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Where it begins, and how much memory it takes. */
  readonly address: number;
  readonly bytes: number;
  /** The ids of the values that stand in it. */
  readonly values: readonly number[];
  /** The name of the tensor that the function closes over. */
  readonly tensor?: string;
  /** The places of the first kernel that uses it and of the last one: `null` for what others may not take the place of. */
  readonly first: number | null;
  readonly last: number | null;
  /** The buffer whose place it takes: new values of a tensor, written over the old ones. */
  readonly over?: string;
  /** The buffer of the schedule around its own that it is: what a loop, a branch or a call reads where it lies. */
  readonly sharedWith?: string;
}
