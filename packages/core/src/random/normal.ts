import { logarithm, quantileInCentre, quantileInFarTail, quantileInNearTail } from "../loops/generated.js";

/**
 * The inverse of the standard normal distribution function, to the same bits in every JavaScript engine.
 *
 * ECMAScript leaves the accuracy of Math.log and Math.cos to the engine, so two browsers may disagree in the last bit.
 * Here, and in normal-formulas.ts, stand only operations that IEEE 754 rounds correctly: + - * / and square root.
 */

const view = new DataView(new ArrayBuffer(8));

/** Natural logarithm, with an error under 1 ulp. Zero gives -Infinity, a negative number NaN. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let k = -1023;
  if (x < 2.2250738585072014e-308) {
    // A subnormal number has no leading bit to go by.
    x *= 18014398509481984; // 2^54
    k -= 54;
  }
  view.setFloat64(0, x);
  // Adding 2^20 - (the fraction bits of sqrt(2)) carries into the exponent where the fraction is sqrt(2) or more; the
  // fraction then counts from sqrt(1/2), whose high word is 0x3fe6a09e. No branch: it would be a toss of a coin.
  const high = view.getUint32(0) + 0x95f62;
  k += high >>> 20;
  view.setUint32(0, (high & 0x000fffff) + 0x3fe6a09e);
  return logarithm(view.getFloat64(0) - 1, k);
}

/**
 * The z with P(Z <= z) = p for a standard normal Z, to about 1 part in 10^16. 0 and 1 give -Infinity and Infinity;
 * outside of [0, 1] there is no such z: NaN.
 *
 * Source: Wichura's routine PPND16, see normal-formulas.ts: three rational functions, for |p - 1/2| <= 0.425, for the
 * tails down to p = exp(-25), and beyond.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) return q * quantileInCentre(0.180625 - q * q);
  const tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? q * Infinity : NaN;
  const r = Math.sqrt(-log(tail));
  const z = r <= 5 ? quantileInNearTail(r - 1.6) : quantileInFarTail(r - 5);
  return q < 0 ? -z : z;
}
