import * as assert from "uvu/assert";
import type { Module } from "../../src/wasm/encoder.js";
import { relaxedSimd, simd, webAssembly } from "../../src/wasm/features.js";
import { type Scalar, scalarBytes } from "../../src/wasm/simd.js";

/** A small generator of its own, of numbers from 0 to 1: the same in each run. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / (1 << 24);
  };
}

/** Both types of elements, without and with relaxed SIMD: the latter where the engine has it. */
export function forEachKind(visit: (scalar: Scalar, relaxed: boolean, name: string) => void): void {
  for (const scalar of ["f32", "f64"] as const) {
    visit(scalar, false, `${scalar}, mul and add`);
    const name = `${scalar}, relaxed multiply-add`;
    if (relaxedSimd().available) visit(scalar, true, name);
    else console.log(`skipped, ${name}: ${relaxedSimd().why}`);
  }
}

/** Elements around every region that nothing may write; NaN, so that a sum that reads them shows it, too. */
export const guard = 8;

/**
 * How far a sum of k products may be from one in float64, as a part of the sum of the absolute terms. In any order of
 * summation, fused or not, it is off by at most k u / (1 - k u), u the unit roundoff (Higham, Accuracy and Stability of
 * Numerical Algorithms, section 3.1); one addend more, and the reference is off by as much in float64.
 */
export function boundOf(scalar: Scalar, k: number): number {
  return (k + 2) * 2 * (scalar === "f32" ? 2 ** -24 : 2 ** -53);
}

/** Where a product may write: elements of its result, and its scratch in bytes. */
export interface Written {
  readonly isResult: (at: number) => boolean;
  readonly scratch: number;
  readonly scratchBytes: number;
}

/** The memory of a module, all NaN at first, and its function `run`. */
export class Instance {
  readonly view: Float32Array | Float64Array;
  readonly run: () => number;
  private readonly scalar: Scalar;

  constructor(module: Module, scalar: Scalar, bytes: number) {
    const api = webAssembly();
    assert.ok(api !== undefined && simd().available, simd().why);
    const encoded = module.encode(Math.ceil(bytes / 65536));
    const exports = new api.Instance(new api.Module(encoded)).exports as {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly run: () => number;
    };
    this.scalar = scalar;
    this.view = new (scalar === "f32" ? Float32Array : Float64Array)(exports.memory.buffer).fill(Number.NaN);
    this.run = exports.run;
  }

  /** Fails where anything differs from before the run that may not. */
  checkUntouched(
    before: Float32Array | Float64Array,
    { isResult, scratch, scratchBytes }: Written,
    what: string,
  ): void {
    const size = scalarBytes[this.scalar];
    this.view.forEach((value, at) => {
      const inScratch = at >= scratch / size && at < (scratch + scratchBytes) / size;
      if (inScratch || isResult(at) || Object.is(value, before[at])) return;
      assert.unreachable(`${what}: wrote ${value} at element ${at}, outside the result and the scratch`);
    });
  }
}
