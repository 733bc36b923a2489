import type { MathName } from "./library.js";

/**
 * The largest errors, in units of the last place of the exact value (for denormal results of the least number), with and
 * without fused multiply-adds: what was measured on millions of arguments from the whole range, rounded up. Where floats go by way of doubles
 * the result is the exact one rounded, but for ties.
 */
export const accuracy: Readonly<Record<MathName, { readonly f32: number; readonly f64: number }>> = {
  exp: { f32: 1.1, f64: 1.1 },
  expm1: { f32: 0.51, f64: 2.2 },
  log: { f32: 1, f64: 1 },
  log1p: { f32: 0.51, f64: 1.5 },
  sin: { f32: 1.7, f64: 1.6 },
  cos: { f32: 1.7, f64: 1.6 },
  tan: { f32: 0.51, f64: 3.1 },
  asin: { f32: 0.51, f64: 2.2 },
  acos: { f32: 0.51, f64: 1.3 },
  atan: { f32: 0.51, f64: 1.9 },
  sinh: { f32: 0.51, f64: 1.8 },
  cosh: { f32: 0.51, f64: 1.5 },
  tanh: { f32: 1.6, f64: 1.5 },
  asinh: { f32: 0.51, f64: 1.9 },
  acosh: { f32: 0.51, f64: 2.4 },
  atanh: { f32: 0.51, f64: 2.1 },
  erf: { f32: 0.51, f64: 1.1 },
  erfc: { f32: 0.51, f64: 2.6 },
  erfcx: { f32: 0.51, f64: 2.6 },
  sigmoid: { f32: 2.4, f64: 2.6 },
  sigmoidSlope: { f32: 4, f64: 4 },
  tanhSlope: { f32: 5, f64: 5 },
  sign: { f32: 0, f64: 0 },
  pow: { f32: 0.51, f64: 1.2 },
  atan2: { f32: 0.51, f64: 2.4 },
  hypot: { f32: 0.51, f64: 1.3 },
  mod: { f32: 0.51, f64: 0.51 },
};
