/** What vectors of 128 bits have in them, and the names of their instructions by the type of their lanes. */
import type { Code, Local } from "./encoder.js";

export type Scalar = "f32" | "f64";

export const vectorBytes = 16;
/** Bytes of an element, and elements of a vector. */
export const scalarBytes = { f32: 4, f64: 8 } as const;
export const lanesOf = { f32: 4, f64: 2 } as const;

/** No more terms than these are added up in float32, or in a lane of it; partial sums of so many are added up in doubles. */
export const partialTerms = 4096;
/** After so many vectors a dot product goes to a double: the longer it grows, the more each term loses. */
export const partialVectors = 512;

/** The vectors with such lanes, as instructions name them; and those with integers as wide. */
export const vectorOf = { f32: "f32x4", f64: "f64x2", i32: "i32x4", i64: "i64x2" } as const;
export const integersOf = { f32: "i32x4", f64: "i64x2" } as const;

/** The load of one element into all lanes. */
export const splatLoad = { f32: "v128.load32_splat", f64: "v128.load64_splat" } as const;

/** Shuffles: of two vectors the first halves; of one, named twice, the second half before the first. */
export const firstHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23] as const;
export const halvesSwapped = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7] as const;

/** The bytes of every other element of two vectors, from element 0 or 1 on. */
export const everyOther = (bytes: number, parity: 0 | 1 = 0): number[] =>
  Array.from({ length: vectorBytes }, (_, i) => (2 * Math.floor(i / bytes) + parity) * bytes + (i % bytes));

/** The bytes of the elements of two vectors by turns, from the first half or the second half of each. */
export const inTurns = (bytes: number, half: 0 | 1): number[] =>
  Array.from({ length: vectorBytes }, (_, i) => {
    const element = Math.floor(i / bytes);
    return half * 8 + Math.floor(element / 2) * bytes + (element % 2) * vectorBytes + (i % bytes);
  });

export const align = (bytes: number, unit: number = vectorBytes): number => Math.ceil(bytes / unit) * unit;

/** Adds to the vector `sum` the product of the two that `push` pushes, rounded once with relaxed SIMD, else twice. */
export function multiplyAdd(code: Code, scalar: Scalar, relaxed: boolean, sum: Local, push: () => void): void {
  if (!relaxed) code.get(sum);
  push();
  if (relaxed) code.get(sum).op(`${vectorOf[scalar]}.relaxed_madd`);
  else code.op(`${vectorOf[scalar]}.mul`).op(`${vectorOf[scalar]}.add`);
  code.set(sum);
}
