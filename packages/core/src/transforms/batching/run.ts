import type { Tensor } from "../../graph/tensor.js";
import type { Called, Callee } from "../control/call-node.js";
import type { Batched } from "./batched.js";
import type { Randomness } from "./draws.js";
import type { Program, Scope } from "./record.js";

/** A function for a batch, and which of its results differ between the elements. */
export interface BatchedCallee {
  readonly callee: Callee;
  readonly isBatched: readonly boolean[];
}

/** A run of a program for a batch, as the nodes see it that hold functions of their own. */
export interface Run extends Scope {
  readonly size: number;
  readonly randomness: Randomness;
  /** Functions that are called, as those for a batch, by what they are called with. */
  readonly callees: WeakMap<Called, Map<string, BatchedCallee>>;
  /** Runs a program that may close over what stands in this one. */
  replay(program: Program, inputs: readonly Batched[]): Batched[];
  /** Traces a function that may close over what stands in this one, and runs it. */
  forBatch(op: string, inputs: readonly Batched[], f: (...elements: readonly Tensor[]) => readonly Tensor[]): Batched[];
}
