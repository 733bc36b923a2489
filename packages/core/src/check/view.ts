/** A function of one number near 0: the step that was really taken, and the value there. */
export type Line = (t: number) => { readonly t: number; readonly y: number };

/** What else is to be known of it. */
export interface Measure {
  readonly line: Line;
  /** How large the number is that changes: the scale on which a function of it bends, unless that is larger. */
  readonly size: number;
  /** What is known of the rounding error of the values: a lower bound for their noise. */
  readonly rounding: number;
  /** The rounding that may not show in values that do not change at all, as digits have been lost on the way. */
  readonly hidden: number;
}

/** Where the points stand on each side, in steps: not evenly, so that no period is in step with them. */
const POINTS = [1, 1.8, 2.7, 3.9, 4.8, 5.6, 6.9, 8];
/** By what factor noise may differ between scales. A function that is rough at one scale alone has structure there. */
export const STEADY = 6;
/** How many times what rounding explains is more than that. */
const ROUGH = 16;
/** How many standard errors count as possible. */
const CONFIDENCE = 6;

/** What is seen of a function at one scale. */
export interface View {
  readonly h: number;
  readonly slopes: readonly [left: number, right: number];
  readonly error: number;
  readonly noise: number;
  /** Whether one curve goes through both sides. */
  readonly isSmooth: boolean;
  /** Whether the values to the left and to the right do not meet. */
  readonly jump: boolean;
  /** Whether the curves end in the value at the point itself. */
  readonly isResolved: boolean;
  /** Whether the values scatter more than rounding explains. */
  readonly isRough: boolean;
  readonly isFlat: boolean;
}

/** The function at the scale h, by polynomials around 0; `null` where it has no finite values. */
export function viewOf({ line, rounding, hidden }: Measure, h: number): View | null {
  const { y: here } = line(0);
  const points = [-1, 1].map((side) =>
    POINTS.map((s) => line(side * s * h))
      .map(({ t, y }) => ({ s: t / h, y: y - here }))
      // Where rounding leaves no step, or the same as before, there is nothing new.
      .filter(({ s, y }, j, all) => Number.isFinite(y) && s !== 0 && s !== all[j - 1]?.s),
  ) as [Point[], Point[]];
  const isFlat = points.every((side) => side.every(({ y }) => y === 0));
  const largest = Math.max(...points.flat().map(({ y }) => Math.abs(y + here)), Math.abs(here));
  const floor = Math.max(rounding, largest * 2 ** -53, isFlat ? hidden : 0);
  const [onLeft, onRight] = points.map((side, i) =>
    side.length < 5 ? null : fit(i === 0 ? LEFT : RIGHT, side, floor),
  );
  const [l, r] = [onLeft ?? onRight, onRight ?? onLeft];
  if (l == null || r == null) return null;
  const both = l === r ? l : fit(BOTH, points.flat(), floor);
  const isSmooth = both.noise <= STEADY * Math.max(l.noise, r.noise);
  const [left, right] = isSmooth ? [both, both] : [l, r];
  const noise = Math.max(left.noise, right.noise);
  const steepest = Math.max(Math.abs(l.slope), Math.abs(r.slope));
  return {
    h,
    slopes: [left.slope / h, right.slope / h],
    error: Math.max(left.slopeError, right.slopeError) / h,
    noise,
    isSmooth,
    // Lines that meet at a kink up to h away from here are up to 2 h times their slope apart here.
    jump: Math.abs(left.value - right.value) > l.valueError + r.valueError + 2 * Math.max(h, steepest),
    isResolved: [left, right].every(({ value, valueError }) => Math.abs(value) <= valueError),
    isRough: noise > ROUGH * floor,
    isFlat,
  };
}

interface Point {
  readonly s: number;
  readonly y: number;
}

interface Fit {
  readonly slope: number;
  readonly slopeError: number;
  readonly value: number;
  readonly valueError: number;
  readonly noise: number;
}

/** Least squares: the value and the slope at 0 of a polynomial through points, as sums of their values, each with a weight. */
class Regression {
  private readonly base: readonly number[][];
  private readonly value: readonly number[];
  private readonly slope: readonly number[];
  private readonly freedom: number;

  constructor(s: readonly number[], degree: number) {
    const powers = Array.from({ length: degree + 1 }, (_, k) => s.map((s) => s ** k));
    this.base = orthonormal(powers);
    this.freedom = s.length - degree - 1;
    const weights = (k: number) => {
      // What the other powers cannot say of this one.
      const own = without(powers[k] as number[], orthonormal(powers.filter((_, j) => j !== k)));
      const square = dot(own, own);
      return own.map((x) => x / square);
    };
    this.value = weights(0);
    this.slope = weights(1);
  }

  fit(values: readonly number[], rounding: number): Fit {
    // Squares of very large or small values are none.
    const unit = Math.max(...values.map(Math.abs)) || 1;
    const y = values.map((value) => value / unit);
    const rest = without(y, this.base);
    const noise = Math.max(unit * Math.sqrt(dot(rest, rest) / this.freedom), rounding);
    const error = (weights: readonly number[]) => CONFIDENCE * noise * Math.sqrt(dot(weights, weights));
    return {
      value: unit * dot(this.value, y),
      valueError: error(this.value),
      slope: unit * dot(this.slope, y),
      slopeError: error(this.slope),
      noise,
    };
  }
}

/** Where points are meant to stand, and the regression there, made once. */
interface Pattern {
  readonly s: readonly number[];
  readonly degree: number;
  made: Regression | null;
}

const LEFT: Pattern = { s: POINTS.map((s) => -s), degree: 2, made: null };
const RIGHT: Pattern = { s: POINTS, degree: 2, made: null };
const BOTH: Pattern = { s: [...LEFT.s, ...RIGHT.s], degree: 4, made: null };

function fit(pattern: Pattern, points: readonly Point[], rounding: number): Fit {
  const { s, degree } = pattern;
  const y = points.map(({ y }) => y);
  // Rounding moves them; by so little that it makes no difference.
  if (s.length === points.length && points.every((point, i) => Math.abs(point.s - (s[i] as number)) < 1e-6)) {
    pattern.made ??= new Regression(s, degree);
    return pattern.made.fit(y, rounding);
  }
  const moved = points.map(({ s }) => s);
  return new Regression(moved, degree).fit(y, rounding);
}

/** Vectors of length 1 at right angles to each other that span the same, by Gram and Schmidt. */
function orthonormal(vectors: readonly (readonly number[])[]): number[][] {
  const base: number[][] = [];
  for (const vector of vectors) {
    // Twice, against rounding.
    const rest = without(without(vector, base), base);
    const length = Math.sqrt(dot(rest, rest));
    base.push(rest.map((x) => x / length));
  }
  return base;
}

/** The part of a vector at right angles to all of a base. */
function without(vector: readonly number[], base: readonly (readonly number[])[]): number[] {
  let rest = [...vector];
  for (const direction of base) {
    const part = dot(rest, direction);
    rest = rest.map((x, i) => x - part * (direction[i] as number));
  }
  return rest;
}

/** The sum of the products; what stands beside a 0 may be infinite. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== 0) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
