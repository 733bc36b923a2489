import type { Traced } from "../../trace/traced.js";
import type { Buffer } from "../ir/buffer.js";
import type { Kernel } from "../ir/kernel.js";
import type { Failure } from "../lower/lowering.js";

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
  /** What a check can stop the program with: the number that it returns is the place in this list, plus 1. */
  readonly failures: readonly Failure[];
  /** The values of the trace that are in a buffer of their own, when it has been written. */
  readonly places: ReadonlyMap<Traced, Buffer>;
}
