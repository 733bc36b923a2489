/*
 * Floating-point numbers of any precision, for references: m * 2^e with whole numbers m, cut off to a number of bits after
 * each operation. Functions by their series; nothing here is shared with the engine.
 */

export interface Big {
  readonly m: bigint;
  readonly e: number;
}

export const zero: Big = { m: 0n, e: 0 };

const abs = (m: bigint) => (m < 0n ? -m : m);

/** The number of bits; one more where a double is rounded up to the next power of 2. */
function bitLength(m: bigint): number {
  if (m === 0n) return 0;
  const size = Math.abs(Number(m));
  return size < Infinity ? Math.floor(Math.log2(size)) + 1 : 1000 + bitLength(m >> 1000n);
}

/** The double as it is. */
export function exactly(x: number): Big {
  if (!Number.isFinite(x)) throw new RangeError(`${x} is no finite number`);
  if (x === 0) return zero;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))) - 60, -1074);
  // In two steps: a power of 2 may leave the range where the product does not.
  const half = Math.trunc(exponent / 2);
  return { m: BigInt(x * 2 ** -half * 2 ** (half - exponent)), e: exponent };
}

/** -1, 0 or 1 as x is less than, equal to or greater than y. */
export function compare(x: Big, y: Big): number {
  const { m } = difference(x, y);
  return m < 0n ? -1 : m > 0n ? 1 : 0;
}

export const negative = ({ m, e }: Big): Big => ({ m: -m, e });
export const magnitude = ({ m, e }: Big): Big => ({ m: abs(m), e });

/** x - y without rounding. */
export function difference(x: Big, y: Big): Big {
  const e = Math.min(x.e, y.e);
  return { m: (x.m << BigInt(x.e - e)) - (y.m << BigInt(y.e - e)), e };
}

/** The nearest double, the even one of two. */
export function toNumber({ m, e }: Big): number {
  const extra = Math.max(bitLength(m) - 60, -1080 - e);
  if (extra <= 0) return Number(m) * 2 ** Math.trunc(e / 2) * 2 ** (e - Math.trunc(e / 2));
  // What is cut off counts as one more bit, so that no tie is made.
  const size = abs(m);
  const sticky = (size >> BigInt(extra)) | ((size & ((1n << BigInt(extra)) - 1n)) === 0n ? 0n : 1n);
  const exponent = e + extra;
  if (exponent > 1100) return m < 0n ? -Infinity : Infinity;
  // Below the least normal number the last bit stands at 2^-1074.
  const lost = Math.max(bitLength(sticky) - 53, -1074 - exponent, 0);
  const unit = 1n << BigInt(lost);
  const rest = sticky & (unit - 1n);
  const floor = sticky >> BigInt(lost);
  const rounded = 2n * rest > unit || (2n * rest === unit && floor % 2n === 1n) ? floor + 1n : floor;
  const value =
    Number(rounded) *
    2 ** Math.trunc((exponent + lost) / 2) *
    2 ** (exponent + lost - Math.trunc((exponent + lost) / 2));
  return m < 0n ? -value : value;
}

/** Arithmetic with `bits` bits and some more. */
export class Precision {
  readonly bits: number;
  #pi: Big | null = null;
  #ln2: Big | null = null;

  constructor(bits: number) {
    this.bits = bits;
  }

  cut({ m, e }: Big): Big {
    const extra = bitLength(m) - this.bits - 32;
    return extra > 0 ? { m: m >> BigInt(extra), e: e + extra } : { m, e };
  }

  add(x: Big, y: Big): Big {
    if (x.m === 0n) return y;
    if (y.m === 0n) return x;
    const [top, least] = x.e + bitLength(x.m) > y.e + bitLength(y.m) ? [x, y] : [y, x];
    // Too small to count, and too far away for its zeros to be written out.
    if (top.e - (least.e + bitLength(least.m)) > 2 * this.bits + 64) return top;
    return this.cut(difference(x, negative(y)));
  }

  sub = (x: Big, y: Big): Big => this.add(x, negative(y));
  mul = (x: Big, y: Big): Big => this.cut({ m: x.m * y.m, e: x.e + y.e });

  div(x: Big, y: Big): Big {
    if (y.m === 0n) throw new RangeError("division by 0");
    const shift = Math.max(0, this.bits + 32 + bitLength(y.m) - bitLength(x.m));
    return this.cut({ m: (x.m << BigInt(shift)) / y.m, e: x.e - y.e - shift });
  }

  /** x 2^n */
  scale = ({ m, e }: Big, n: number): Big => ({ m, e: e + n });

  sqrt(x: Big): Big {
    if (x.m < 0n) throw new RangeError("the root of a negative number");
    if (x.m === 0n) return zero;
    let shift = Math.max(0, 2 * this.bits + 64 - bitLength(x.m));
    if ((x.e - shift) % 2 !== 0) shift++;
    const n = x.m << BigInt(shift);
    let root = 1n << BigInt(Math.ceil(bitLength(n) / 2));
    for (let next = (root + n / root) >> 1n; next < root; next = (root + n / root) >> 1n) root = next;
    return this.cut({ m: root, e: (x.e - shift) / 2 });
  }

  /** The sum of terms from the first on, each of the last and its number, until they count no more. */
  series(first: Big, next: (term: Big, n: number) => Big): Big {
    let sum = first;
    let term = first;
    for (let n = 1; term.m !== 0n; n++) {
      term = next(term, n);
      if (sum.m !== 0n && term.e + bitLength(term.m) < sum.e + bitLength(sum.m) - this.bits - 32) break;
      sum = this.add(sum, term);
    }
    return sum;
  }

  get one(): Big {
    return { m: 1n, e: 0 };
  }

  whole = (n: number): Big => ({ m: BigInt(n), e: 0 });

  /** The whole number nearest to x. */
  nearest(x: Big): bigint {
    if (x.e >= 0) return x.m << BigInt(x.e);
    return (x.m + (1n << BigInt(-x.e - 1))) >> BigInt(-x.e);
  }

  get ln2(): Big {
    // 2 atanh(1/3)
    this.#ln2 ??= this.scale(this.oddSeries(this.div(this.one, this.whole(3)), 1), 1);
    return this.#ln2;
  }

  get pi(): Big {
    // J. Machin: 16 atan(1/5) - 4 atan(1/239)
    const arc = (n: number) => this.oddSeries(this.div(this.one, this.whole(n)), -1);
    this.#pi ??= this.sub(this.scale(arc(5), 4), this.scale(arc(239), 2));
    return this.#pi;
  }

  /** x + s x^3 / 3 + x^5 / 5 + s x^7 / 7 ...: atanh for s = 1, atan for s = -1. */
  private oddSeries(x: Big, s: 1 | -1): Big {
    const square = this.mul(x, this.mul(x, this.whole(s)));
    let power = x;
    let sum = x;
    for (let n = 3; ; n += 2) {
      power = this.mul(power, square);
      const term = this.div(power, this.whole(n));
      if (term.m === 0n || term.e + bitLength(term.m) < sum.e + bitLength(sum.m) - this.bits - 32) return sum;
      sum = this.add(sum, term);
    }
  }

  exp(x: Big): Big {
    const k = this.nearest(this.div(x, this.ln2));
    if (bitLength(k) > 40) throw new RangeError("out of any range");
    const r = this.sub(x, this.mul({ m: k, e: 0 }, this.ln2));
    const halvings = Math.ceil(Math.sqrt(this.bits) / 2);
    const small = this.scale(r, -halvings);
    let power = this.series(this.one, (term, n) => this.div(this.mul(term, small), this.whole(n)));
    for (let i = 0; i < halvings; i++) power = this.mul(power, power);
    return this.scale(power, Number(k));
  }

  log(x: Big): Big {
    if (x.m <= 0n) throw new RangeError("the logarithm of what is not positive");
    const exponent = x.e + bitLength(x.m);
    const m = { m: x.m, e: x.e - exponent };
    let y = exactly(Math.log(toNumber(m)));
    // Each step of Halley's has three times the digits.
    for (let right = 45; right < this.bits + 32; right *= 3) {
      const power = this.exp(y);
      y = this.add(y, this.scale(this.div(this.sub(m, power), this.add(m, power)), 1));
    }
    return this.add(y, this.mul(this.whole(exponent), this.ln2));
  }

  /** [sin x, cos x] */
  circle(x: Big): readonly [Big, Big] {
    const quarter = this.scale(this.pi, -1);
    const k = this.nearest(this.div(x, quarter));
    if (bitLength(k) > this.bits / 2) throw new RangeError("too few digits for so large an angle");
    const r = this.sub(x, this.mul({ m: k, e: 0 }, quarter));
    const square = negative(this.mul(r, r));
    const at = (first: Big, from: number) =>
      this.series(first, (term, n) =>
        this.div(this.mul(term, square), this.whole((2 * n + from - 1) * (2 * n + from))),
      );
    const [s, c] = [at(r, 1), at(this.one, 0)];
    const turn = Number(((k % 4n) + 4n) % 4n);
    return [
      [s, c],
      [c, negative(s)],
      [negative(s), negative(c)],
      [negative(c), s],
    ][turn] as unknown as readonly [Big, Big];
  }

  atan(x: Big): Big {
    const halvings = Math.ceil(Math.sqrt(this.bits) / 4) + 2;
    let small = x;
    for (let i = 0; i < halvings; i++) {
      small = this.div(small, this.add(this.one, this.sqrt(this.add(this.one, this.mul(small, small)))));
    }
    return this.scale(this.oddSeries(small, -1), halvings);
  }

  /** 2 / sqrt(pi) e^(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...), all terms of one sign. */
  erf(x: Big): Big {
    const square = this.scale(this.mul(x, x), 1);
    const sum = this.series(x, (term, n) => this.div(this.mul(term, square), this.whole(2 * n + 1)));
    const bell = this.div(this.exp(negative(this.mul(x, x))), this.sqrt(this.pi));
    return this.scale(this.mul(bell, sum), 1);
  }
}
