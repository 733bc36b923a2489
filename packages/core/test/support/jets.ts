import { type Big, compare, difference, exactly, magnitude, negative, Precision } from "./big-float.js";

/** A value with its first and second derivative along a line. */
export interface Jet {
  readonly v: Big;
  readonly d: Big;
  readonly dd: Big;
}

/** The arithmetic that the formulas of elementwise-formulas.ts are written over. */
export class Jets {
  readonly p: Precision;

  constructor(bits: number) {
    this.p = new Precision(bits);
  }

  constant = (v: Big): Jet => ({ v, d: { m: 0n, e: 0 }, dd: { m: 0n, e: 0 } });
  number = (x: number): Jet => this.constant(exactly(x));
  quotient = (x: number, y: number): Jet => this.constant(this.p.div(this.p.whole(x), this.p.whole(y)));
  get pi(): Jet {
    return this.constant(this.p.pi);
  }

  /** f(x) for an f with the derivatives d and dd at x. */
  private chain(x: Jet, v: Big, d: Big, dd: Big): Jet {
    const { p } = this;
    return { v, d: p.mul(d, x.d), dd: p.add(p.mul(dd, p.mul(x.d, x.d)), p.mul(d, x.dd)) };
  }

  add = (x: Jet, y: Jet): Jet => ({ v: this.p.add(x.v, y.v), d: this.p.add(x.d, y.d), dd: this.p.add(x.dd, y.dd) });
  neg = (x: Jet): Jet => ({ v: negative(x.v), d: negative(x.d), dd: negative(x.dd) });
  sub = (x: Jet, y: Jet): Jet => this.add(x, this.neg(y));

  mul(x: Jet, y: Jet): Jet {
    const { p } = this;
    const cross = p.scale(p.mul(x.d, y.d), 1);
    return {
      v: p.mul(x.v, y.v),
      d: p.add(p.mul(x.d, y.v), p.mul(x.v, y.d)),
      dd: p.add(p.add(p.mul(x.dd, y.v), p.mul(x.v, y.dd)), cross),
    };
  }

  inverse(x: Jet): Jet {
    const { p } = this;
    const v = p.div(p.one, x.v);
    const square = p.mul(v, v);
    return this.chain(x, v, negative(square), p.scale(p.mul(square, v), 1));
  }
  div = (x: Jet, y: Jet): Jet => this.mul(x, this.inverse(y));

  sqrt(x: Jet): Jet {
    const { p } = this;
    const v = p.sqrt(x.v);
    const d = p.scale(p.div(p.one, v), -1);
    return this.chain(x, v, d, negative(p.scale(p.div(d, x.v), -1)));
  }

  exp(x: Jet): Jet {
    const v = this.p.exp(x.v);
    return this.chain(x, v, v, v);
  }

  log(x: Jet): Jet {
    const d = this.p.div(this.p.one, x.v);
    return this.chain(x, this.p.log(x.v), d, negative(this.p.mul(d, d)));
  }

  sin(x: Jet): Jet {
    const [s, c] = this.p.circle(x.v);
    return this.chain(x, s, c, negative(s));
  }
  cos = (x: Jet): Jet => {
    const [s, c] = this.p.circle(x.v);
    return this.chain(x, c, negative(s), negative(c));
  };

  atan(x: Jet): Jet {
    const { p } = this;
    const d = p.div(p.one, p.add(p.one, p.mul(x.v, x.v)));
    return this.chain(x, p.atan(x.v), d, negative(p.scale(p.mul(x.v, p.mul(d, d)), 1)));
  }

  erf(x: Jet): Jet {
    const { p } = this;
    const bell = p.scale(p.div(p.exp(negative(p.mul(x.v, x.v))), p.sqrt(p.pi)), 1);
    return this.chain(x, p.erf(x.v), bell, negative(p.scale(p.mul(x.v, bell), 1)));
  }

  isNegative = (x: Jet): boolean => x.v.m < 0n;
  less = (x: Jet, y: Jet): boolean => compare(x.v, y.v) < 0;
}

export type Derivatives = readonly [value: Big, first: Big, second: Big];

const few = { m: 1n, e: -1600 };

/** Whether two results, the latter with so many bits, agree to 70 of them; both next to 0 are 0. */
function agree(x: Big, y: Big, bits: number): boolean {
  const [a, b] = [magnitude(x), magnitude(y)];
  if (compare(a, few) < 0 && compare(b, few) < 0) return bits > 2500;
  return compare(magnitude(difference(x, y)), { m: b.m, e: b.e - 70 }) <= 0;
}

/** The value and the derivatives of `f` to 70 bits, computed with more and more until they agree; `null` outside of its domain. */
export function derivatives(f: (k: Jets) => Jet): Derivatives | null {
  let last: Derivatives | null = null;
  for (const bits of [160, 320, 640, 1280, 2560, 5120, 10240]) {
    const found = attempt(f, bits);
    if (found === null) continue;
    if (last?.every((value, i) => agree(value, found[i] as Big, bits))) return found;
    last = found;
  }
  return null;
}

function attempt(f: (k: Jets) => Jet, bits: number): Derivatives | null {
  try {
    const { v, d, dd } = f(new Jets(bits));
    return [v, d, dd];
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** x as what is differentiated by. */
export function variableJet(x: number, d: number = 1): Jet {
  return { v: exactly(x), d: exactly(d), dd: { m: 0n, e: 0 } };
}
