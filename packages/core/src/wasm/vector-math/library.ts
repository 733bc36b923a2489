import type { Vector } from "../vector.js";

/** The functions for which no single instruction exists; their values at the edges are those of JavaScript's Math. */
export const mathNames = [
  ...(["exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"] as const),
  ...(["asinh", "acosh", "atanh", "erf", "erfc", "erfcx", "sigmoid"] as const),
  ...(["sign", "pow", "atan2", "hypot", "mod", "sigmoidSlope", "tanhSlope"] as const),
] as const;
export type MathName = (typeof mathNames)[number];

const binaryNames: ReadonlySet<MathName> = new Set(["pow", "atan2", "hypot", "mod", "sigmoidSlope", "tanhSlope"]);

/** How many operands the function has. */
export function arityOf(name: MathName): 1 | 2 {
  return binaryNames.has(name) ? 2 : 1;
}

/** The value of another function, over doubles, by a call. */
export type Call = (name: MathName, ...operands: readonly Vector[]) => Vector;
