/** Numbers of float16, by their bits, and the nearest one. */

/** The number of 16 bits: a sign, 5 of the exponent, 10 of the fraction (IEEE 754-2019, 3.4). */
export function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 === 1 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const positive = Array.from({ length: 0x7c00 }, (_, bits) => half(bits));

/** By search: of the two neighbours the nearer one, or that with even bits. */
export function nearestHalf(x: number): number {
  const size = Math.abs(x);
  if (!(size < 65520)) return x * Number.POSITIVE_INFINITY;
  let [below, above] = [0, 0x7c00];
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if ((positive[middle] as number) <= size) below = middle;
    else above = middle;
  }
  const rest = size - (positive[below] as number);
  const gap = (positive[above] ?? 65536) - size;
  const bits = rest < gap || (rest === gap && below % 2 === 0) ? below : above;
  return (Object.is(Math.sign(x), -0) || x < 0 ? -1 : 1) * (positive[bits] as number);
}
