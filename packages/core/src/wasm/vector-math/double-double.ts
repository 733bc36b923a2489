import type { Vector } from "../vector.js";

/** A sum of two doubles, of which the second is at most half a last bit of the first. */
export interface Pair {
  readonly high: Vector;
  readonly low: Vector;
}

// The sums and products without error of T. J. Dekker, "A floating-point technique for extending the available
// precision", Numerische Mathematik 18 (1971), p. 224, and D. E. Knuth, The Art of Computer Programming, vol. 2, 4.2.2.

/** x + y, for x at least as large as y in size. */
export function fastSum(x: Vector, y: Vector): Pair {
  const high = x.add(y);
  return { high, low: y.sub(high.sub(x)) };
}

/** x + y. */
export function exactSum(x: Vector, y: Vector): Pair {
  const high = x.add(y);
  const back = high.sub(x);
  return { high, low: x.sub(high.sub(back)).add(y.sub(back)) };
}

/** Two halves of a double below 2^996, of 26 bits. */
function halves(x: Vector): Pair {
  const spread = x.mul(2 ** 27 + 1);
  const high = spread.sub(spread.sub(x));
  return { high, low: x.sub(high) };
}

/** x * y. */
export function exactProduct(x: Vector, y: Vector): Pair {
  const high = x.mul(y);
  const [a, b] = [halves(x), halves(y)];
  const cross = a.high.mul(b.high).sub(high).add(a.high.mul(b.low)).add(a.low.mul(b.high));
  return { high, low: cross.add(a.low.mul(b.low)) };
}

/** x + y for a larger pair x, to about 2^-104. */
export function pairSum(x: Pair, y: Pair): Pair {
  const sum = exactSum(x.high, y.high);
  return fastSum(sum.high, sum.low.add(x.low.add(y.low)));
}

/** x * y, to about 2^-102. */
export function pairProduct(x: Pair, y: Pair): Pair {
  const product = exactProduct(x.high, y.high);
  return fastSum(product.high, product.low.add(x.high.mul(y.low).add(x.low.mul(y.high))));
}
