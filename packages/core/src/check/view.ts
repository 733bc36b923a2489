/** A function of one number near 0: the step that was really taken, and the value there. */
export type Line = (t: number) => { readonly t: number; readonly y: number };

/** What else is to be known of it. */
export interface Measure {
  readonly line: Line;
  /** How large the number is that changes: the scale on which a function of it bends, unless that is larger. */
  readonly size: number;
  /** What is known of the rounding error of the values: a lower bound for their noise. */
  readonly rounding: number;
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
export function viewOf({ line, rounding, size }: Measure, h: number): View | null {
  const { y: here } = line(0);
  const points = [-1, 1].map((side) =>
    POINTS.map((s) => line(side * s * h))
      .map(({ t, y }) => ({ s: t / h, y: y - here }))
      // Where rounding leaves no step, or the same as before, there is nothing new.
      .filter(({ s, y }, j, all) => Number.isFinite(y) && s !== 0 && s !== all[j - 1]?.s),
  ) as [Point[], Point[]];
  const isFlat = points.every((side) => side.every(({ y }) => y === 0));
  const largest = Math.max(...points.flat().map(({ y }) => Math.abs(y + here)), Math.abs(here));
  // What does not change at all may do so in digits that have been lost on the way.
  const floor = Math.max(rounding, largest * 2 ** -53, isFlat ? Math.max(1, size) * 2 ** -52 : 0);
  const fits = points.map((side) => (side.length < 5 ? null : fit(side, 2, floor)));
  const [l, r] = [fits[0] ?? fits[1], fits[1] ?? fits[0]];
  if (l === null || l === undefined || r === null || r === undefined) return null;
  const both = l === r ? l : fit(points.flat(), 4, floor);
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

/** Least squares: a polynomial through the points, its value and slope at 0. */
function fit(points: readonly Point[], degree: number, rounding: number): Fit {
  const powers = Array.from({ length: degree + 1 }, (_, k) => points.map(({ s }) => s ** k));
  // Squares of very large or small values are none.
  const unit = Math.max(...points.map(({ y }) => Math.abs(y))) || 1;
  const y = points.map(({ y }) => y / unit);
  const rest = orthogonal(y, powers);
  const scatter = unit * Math.sqrt(dot(rest, rest) / (points.length - degree - 1));
  const noise = Math.max(scatter, rounding);
  const coefficient = (k: number) => {
    // What the other powers cannot say of this one.
    const own = orthogonal(
      powers[k] as number[],
      powers.filter((_, j) => j !== k),
    );
    return { value: (unit * dot(own, y)) / dot(own, own), error: (CONFIDENCE * noise) / Math.sqrt(dot(own, own)) };
  };
  const [value, slope] = [coefficient(0), coefficient(1)];
  return { value: value.value, valueError: value.error, slope: slope.value, slopeError: slope.error, noise };
}

/** The part of a vector at right angles to others, by Gram and Schmidt. */
function orthogonal(v: readonly number[], others: readonly (readonly number[])[]): number[] {
  const base: number[][] = [];
  const project = (v: readonly number[]) => {
    let rest = [...v];
    // Twice, against rounding.
    for (const direction of [...base, ...base]) {
      const part = dot(rest, direction);
      rest = rest.map((x, i) => x - part * (direction[i] as number));
    }
    return rest;
  };
  for (const other of others) {
    const rest = project(other);
    const length = Math.sqrt(dot(rest, rest));
    base.push(rest.map((x) => x / length));
  }
  return project(v);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}
