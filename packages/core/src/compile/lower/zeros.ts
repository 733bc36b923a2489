import type { Code } from "../../wasm/encoder.js";
import { type Buffer, elementBytes } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";

/** Fills memory with zeros. */
export function zeroFill(code: Code, address: number, bytes: number): void {
  code.i32(address).i32(0).i32(bytes).memoryFill();
}

/** Fills memory with ones, bit by bit. */
export function onesFill(code: Code, address: number, bytes: number): void {
  code.i32(address).i32(0xff).i32(bytes).memoryFill();
}

/** Makes all elements of a buffer 0. */
export function clear({ code, address }: KernelCode, buffer: Buffer): void {
  if (buffer.size > 0) zeroFill(code, address(buffer), buffer.size * elementBytes[buffer.dtype]);
}
