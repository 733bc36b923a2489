/**
 * The inverse of the standard normal distribution function, to the same bits in every JavaScript engine.
 *
 * ECMAScript leaves the accuracy of Math.log and Math.cos to the engine, so two browsers may disagree in the last bit.
 * Here stand only operations that IEEE 754 rounds correctly: + - * / and square root.
 */

const view = new DataView(new ArrayBuffer(8));

/**
 * Natural logarithm, with an error under 1 ulp. Zero gives -Infinity, a negative number NaN.
 *
 * Source: fdlibm's e_log.c (Sun Microsystems, 1993), its formulae and minimax coefficients. With x = 2^k (1 + f),
 * sqrt(1/2) <= 1 + f < sqrt(2), and s = f / (2 + f):
 *
 *     log(1 + f) = log(1 + s) - log(1 - s) = 2s + s R(s^2),   |R - its polynomial| < 2^-58.45
 *     log(x) = k ln2 + log(1 + f)
 *
 * where 2s is written as f - f^2/2 + s f^2/2, so that the leading term, f, carries no rounding error.
 */
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
  const f = view.getFloat64(0) - 1;
  const s = f / (2 + f);
  const z = s * s;
  // Even and odd terms apart: two short chains of multiplications in the time of one.
  const w = z * z;
  const odd = 0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586));
  const even = 0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373);
  const r = z * odd + w * even;
  const halfSquare = 0.5 * f * f;
  // ln2 in two parts: the first has 21 zero bits at its end, so that any k times it is exact.
  const ln2High = 0.6931471803691238;
  const ln2Low = 1.9082149292705877e-10;
  return k * ln2High - (halfSquare - (s * (halfSquare + r) + k * ln2Low) - f);
}

/**
 * The z with P(Z <= z) = p for a standard normal Z, to about 1 part in 10^16. 0 and 1 give -Infinity and Infinity;
 * outside of [0, 1] there is no such z: NaN.
 *
 * Source: M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37
 * (1988), 477-484, routine PPND16: three rational functions, for |p - 1/2| <= 0.425, for the tails down to
 * p = exp(-25), and beyond.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) return q * centre(0.180625 - q * q);
  const tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? q * Infinity : NaN;
  const r = Math.sqrt(-log(tail));
  const z = r <= 5 ? nearTail(r - 1.6) : farTail(r - 5);
  return q < 0 ? -z : z;
}

function centre(r: number): number {
  const top = polynomial(
    r,
    3.3871328727963665,
    133.14166789178438,
    1971.5909503065513,
    13731.69376550946,
    45921.95393154987,
    67265.7709270087,
    33430.57558358813,
    2509.0809287301227,
  );
  const bottom = polynomial(
    r,
    1,
    42.31333070160091,
    687.1870074920579,
    5394.196021424751,
    21213.794301586597,
    39307.89580009271,
    28729.085735721943,
    5226.495278852854,
  );
  return top / bottom;
}

function nearTail(r: number): number {
  const top = polynomial(
    r,
    1.4234371107496835,
    4.630337846156546,
    5.769497221460691,
    3.6478483247632045,
    1.2704582524523684,
    0.2417807251774506,
    0.022723844989269184,
    0.0007745450142783414,
  );
  const bottom = polynomial(
    r,
    1,
    2.053191626637759,
    1.6763848301838038,
    0.6897673349851,
    0.14810397642748008,
    0.015198666563616457,
    0.0005475938084995345,
    1.0507500716444169e-9,
  );
  return top / bottom;
}

function farTail(r: number): number {
  const top = polynomial(
    r,
    6.657904643501103,
    5.463784911164114,
    1.7848265399172913,
    0.29656057182850487,
    0.026532189526576124,
    0.0012426609473880784,
    2.7115555687434876e-5,
    2.0103343992922881e-7,
  );
  const bottom = polynomial(
    r,
    1,
    0.599832206555888,
    0.1369298809227358,
    0.014875361290850615,
    0.0007868691311456133,
    1.8463183175100548e-5,
    1.421511758316446e-7,
    2.0442631033899397e-15,
  );
  return top / bottom;
}

/** c0 + c1 r + ... + c7 r^7, even and odd powers apart: an inverse spends most of its time waiting for these sums. */
function polynomial(
  r: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  c4: number,
  c5: number,
  c6: number,
  c7: number,
): number {
  const w = r * r;
  return c0 + w * (c2 + w * (c4 + w * c6)) + r * (c1 + w * (c3 + w * (c5 + w * c7)));
}
