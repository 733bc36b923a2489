/**
 * Philox4x32-10: a counter-based random function. Where other generators carry a state from number to number, this one
 * maps a counter and a key to four random words, so that any element of any draw can be computed by itself, in any order.
 *
 * Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC '11,
 * 2011, section 3.3 (rounds, multipliers and key schedule). It passes TestU01's BigCrush.
 */

/**
 * High 32 bits of the 64-bit product of two uint32, as an int32 (apply `>>> 0` for the unsigned value).
 *
 * The operands are split into halves of 16 bits, since a double cannot hold the whole product; each partial sum below
 * stays under 2^32.
 */
export function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/**
 * Writes `blocks` consecutive Philox4x32-10 blocks to the front of `out`: block j is the function of `counter + j`.
 *
 * The counter is four words, least significant first. Counting carries from word 0 into word 1 and no further: words 2
 * and 3 name a stream, and a stream never runs into its neighbour.
 *
 * @param counter four uint32; left as it is
 * @param key two uint32
 * @param out at least `4 * blocks` long
 */
export function philox4x32(counter: Uint32Array, key: Uint32Array, out: Uint32Array, blocks = 1): void {
  // The constants stand inside: a bundler may turn those of a module into variables, which halves the speed.
  const multiplier0 = 0xd2511f53;
  const multiplier1 = 0xcd9e8d57;
  // The key goes up by the golden ratio and by sqrt(3) - 1, as fractions of 2^32.
  const weyl0 = 0x9e3779b9;
  const weyl1 = 0xbb67ae85;
  // `| 0` keeps the words in integer registers: an engine takes a uint32 above 2^31 for a double.
  let position0 = (counter[0] as number) | 0;
  let position1 = (counter[1] as number) | 0;
  const stream0 = (counter[2] as number) | 0;
  const stream1 = (counter[3] as number) | 0;
  const key0 = (key[0] as number) | 0;
  const key1 = (key[1] as number) | 0;
  const end = 4 * blocks;
  for (let at = 0; at < end; at += 4) {
    let x0 = position0;
    let x1 = position1;
    let x2 = stream0;
    let x3 = stream1;
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const high0 = mulHigh(x0, multiplier0);
      const low0 = Math.imul(x0, multiplier0);
      const high1 = mulHigh(x2, multiplier1);
      const low1 = Math.imul(x2, multiplier1);
      x0 = high1 ^ x1 ^ k0;
      x1 = low1;
      x2 = high0 ^ x3 ^ k1;
      x3 = low0;
      k0 = (k0 + weyl0) | 0;
      k1 = (k1 + weyl1) | 0;
    }
    out[at] = x0;
    out[at + 1] = x1;
    out[at + 2] = x2;
    out[at + 3] = x3;
    position0 = (position0 + 1) | 0;
    if (position0 === 0) position1 = (position1 + 1) | 0;
  }
}
