/**
 * What the quantile of the normal distribution is made of: the build prints these formulas as functions of numbers, since
 * the speed hangs on their constants standing in the code; the compiler writes them over vectors. The operations are
 * the same in the same order, and so are the bits.
 */

/** A number stands for a constant. */
interface Arithmetic<T> {
  add(x: T, y: T | number): T;
  sub(x: T, y: T | number): T;
  mul(x: T, y: T | number): T;
  div(x: T, y: T): T;
}

type Eight = readonly [number, number, number, number, number, number, number, number];

/** c0 + c1 r + ... + c7 r^7, even and odd powers apart: an inverse spends most of its time waiting for these sums. */
function polynomial<T>(k: Arithmetic<T>, r: T, [c0, c1, c2, c3, c4, c5, c6, c7]: Eight): T {
  const w = k.mul(r, r);
  const inSquares = (a: number, b: number, c: number, d: number) =>
    k.add(k.mul(w, k.add(k.mul(w, k.add(k.mul(w, d), c)), b)), a);
  return k.add(inSquares(c0, c2, c4, c6), k.mul(r, inSquares(c1, c3, c5, c7)));
}

/** One polynomial by another. */
const rational = <T>(k: Arithmetic<T>, r: T, top: Eight, bottom: Eight): T =>
  k.div(polynomial(k, r, top), polynomial(k, r, bottom));

/**
 * The three rational functions of routine PPND16: M. J. Wichura, "Algorithm AS 241: the percentage points of the normal
 * distribution", Applied Statistics 37 (1988), 477-484. The first is of 0.180625 - q^2, q = p - 1/2; the others, less 1.6
 * and less 5, of sqrt(-log(p)).
 */
export function quantileInCentre<T>(k: Arithmetic<T>, r: T): T {
  return rational(
    k,
    r,
    [
      3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
      67265.7709270087, 33430.57558358813, 2509.0809287301227,
    ],
    [
      1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
      28729.085735721943, 5226.495278852854,
    ],
  );
}

export function quantileInNearTail<T>(k: Arithmetic<T>, r: T): T {
  return rational(
    k,
    r,
    [
      1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
      0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
    ],
    [
      1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
      0.0005475938084995345, 1.0507500716444169e-9,
    ],
  );
}

export function quantileInFarTail<T>(k: Arithmetic<T>, r: T): T {
  return rational(
    k,
    r,
    [
      6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
      0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
    ],
    [
      1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
      1.421511758316446e-7, 2.0442631033899397e-15,
    ],
  );
}

/**
 * The logarithm of 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), with an error under 1 ulp.
 *
 * Source: fdlibm's e_log.c (Sun Microsystems, 1993), its formulae and minimax coefficients. With s = f / (2 + f):
 *
 *     log(1 + f) = log(1 + s) - log(1 - s) = 2s + s R(s^2),   |R - its polynomial| < 2^-58.45
 *     log(x) = k ln2 + log(1 + f)
 *
 * where 2s is written as f - f^2/2 + s f^2/2, so that the leading term, f, carries no rounding error.
 */
export function logarithm<T>(a: Arithmetic<T>, f: T, k: T): T {
  const s = a.div(f, a.add(f, 2));
  const z = a.mul(s, s);
  const w = a.mul(z, z);
  // Even and odd terms apart: two short chains of multiplications in the time of one.
  const thirds = a.add(a.mul(w, 0.14798198605116586), 0.1818357216161805);
  const odd = a.add(a.mul(w, a.add(a.mul(w, thirds), 0.2857142874366239)), 0.6666666666666735);
  const even = a.add(a.mul(w, a.add(a.mul(w, 0.15313837699209373), 0.22222198432149784)), 0.3999999999940942);
  const r = a.add(a.mul(z, odd), a.mul(w, even));
  const halfSquare = a.mul(a.mul(f, 0.5), f);
  // ln2 in two parts: the first has 21 zero bits at its end, so that any k times it is exact.
  const [ln2High, ln2Low] = [0.6931471803691238, 1.9082149292705877e-10];
  const small = a.add(a.mul(s, a.add(halfSquare, r)), a.mul(k, ln2Low));
  return a.sub(a.mul(k, ln2High), a.sub(a.sub(halfSquare, small), f));
}
