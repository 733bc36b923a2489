/*
 * Numbers to thousands of binary places: whole multiples of 2^-places. What a double is, and what squares, quotients and roots
 * of doubles are, fits with hundreds of places to spare, at both ends of the range.
 */

const places = 2400n;

export type Exact = bigint;

export function exact(x: number): Exact {
  if (x === 0) return 0n;
  let exponent = 0;
  let mantissa = x;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent--;
  }
  return BigInt(mantissa) << (places + BigInt(exponent));
}

/** The nearest double, or nearly so below the normal ones. */
export function toNumber(x: Exact): number {
  const magnitude = x < 0n ? -x : x;
  const excess = BigInt(Math.max(0, magnitude.toString(16).length * 4 - 64));
  const scaled = Number(magnitude >> excess);
  const exponent = Number(excess - places);
  const half = Math.trunc(exponent / 2);
  const value = scaled * 2 ** half * 2 ** (exponent - half);
  return x < 0n ? -value : value;
}

export const times = (x: Exact, y: Exact): Exact => (x * y) >> places;
export const over = (x: Exact, y: Exact): Exact => (x << places) / y;
export const total = (list: readonly Exact[]): Exact => list.reduce((sum, x) => sum + x, 0n);
export const dot = (x: readonly Exact[], y: readonly Exact[]): Exact =>
  total(x.map((value, i) => times(value, y[i] as Exact)));

/** The root, by Newton's iteration from above. */
export function root(x: Exact): Exact {
  if (x <= 0n) return 0n;
  const square = x << places;
  let guess = 1n << BigInt((square.toString(2).length / 2 + 1) | 0);
  for (;;) {
    const next = (guess + square / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}
