import type { DType } from "../../dtype.js";
import type { Shape } from "../../shape/types.js";
import type { Scalar } from "../../wasm/simd.js";

/** A piece of the program's memory: the elements of one value, row by row without gaps. */
export interface Buffer {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  /** In elements. */
  readonly size: number;
  readonly role: BufferRole;
}

/** Only temporary buffers share memory with others; all else keeps its values between calls. */
export type BufferRole = "input" | "capture" | "output" | "temporary" | "scratch";

export const elementBytes: Readonly<Record<DType, number>> = { float64: 8, float32: 4, int32: 4, bool: 1 };

/** The type of a float in WebAssembly. */
export const scalarOf = ({ dtype }: { readonly dtype: DType }): Scalar => (dtype === "float32" ? "f32" : "f64");

/** Vectors begin at multiples of 16; address 0 is left free, so that a wrong one is seen. */
export const alignment = 16;

/** What a buffer takes of the memory. */
export function bytesOf({ dtype, size }: Buffer): number {
  return Math.max(alignment, Math.ceil((size * elementBytes[dtype]) / alignment) * alignment);
}
