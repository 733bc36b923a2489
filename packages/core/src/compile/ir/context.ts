import type { Code, Local, Module } from "../../wasm/encoder.js";
import type { GemmEmitter } from "../../wasm/gemm-emit.js";
import type { Target } from "../../wasm/gemm-tile.js";
import type { VectorMath } from "../../wasm/vector-math/index.js";
import type { Buffer } from "./buffer.js";

/** The module of a program that is being written, and where its buffers are. */
export interface ModuleContext extends Target {
  readonly module: Module;
  readonly math: VectorMath;
  readonly gemm: GemmEmitter;
  /** The address of a buffer's first element, a multiple of 16. */
  readonly address: (buffer: Buffer) => number;
}

/** A kernel's own function. */
export interface KernelCode extends ModuleContext {
  readonly code: Code;
  /** What is added to the address of a buffer: it differs between kernels that have this function; `null` for nothing. */
  readonly base: (buffer: Buffer) => Local | null;
}
