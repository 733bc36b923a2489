/** What an error of a derivative turns out to be. */
export type Verdict = "wrong gradient" | "kink" | "precision" | "not finite";

/** What a function does to either side of a point, by polynomials through points on that side alone. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The slopes on the left and on the right; those of the other for a side without finite values. */
  readonly slopes: readonly [left: number, right: number];
  /** How far rounding and curvature may put these slopes off. */
  readonly uncertainty: number;
}

interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** A function of one number near 0: the step that was really taken, and the value there. */
export type Line = (t: number) => { readonly t: number; readonly y: number };

/** Points on each side. */
const POINTS = 8;
/** The steps that are tried, in units of eps, where eps itself does not tell: from less curvature to less rounding. */
const SCALES = [1 / 256, 1 / 16, 1, 16, 256];
/** By what factor the noise may grow with the step before it is taken for a function that is no parabola. */
const STEADY = 4;
/** How many standard errors count as possible. */
const CONFIDENCE = 6;

/**
 * Why a derivative and a central difference disagree. A quadratic is fitted to the points on each side of 0, those nearer
 * than eps left out, so that a kink between them and 0 does not disturb it; what the points scatter around it is the noise
 * of the function. Sides that disagree beyond noise are a kink or a jump; a derivative that agrees with both is right
 * after all, and the difference was not precise enough.
 *
 * @param rounding what is known of the rounding error of the values: a lower bound for their noise
 */
export function judge(line: Line, derivative: number, eps: number, tolerance: Tolerance, rounding: number): Judgement {
  const best = bestSides(line, eps, tolerance, rounding);
  if (best === null) return { verdict: "not finite", slopes: [Number.NaN, Number.NaN], uncertainty: Number.NaN };
  return { verdict: verdictOf(best, derivative, tolerance), slopes: best.slopes, uncertainty: best.error };
}

function bestSides(line: Line, eps: number, tolerance: Tolerance, rounding: number): Sides | null {
  const own = sides(line, eps, rounding);
  if (own !== null && own.error <= allowed(own.middle, tolerance)) return own;
  let best: Sides | null = null;
  let steady = Number.POSITIVE_INFINITY;
  for (const scale of SCALES) {
    const found = scale === 1 ? own : sides(line, eps * scale, rounding);
    if (found === null) continue;
    if (found.noise > steady) break;
    steady = STEADY * (best === null ? found.noise : Math.min(found.noise, best.noise));
    if (best === null || found.error < best.error) best = found;
  }
  return best;
}

function verdictOf({ slopes, middle, error, jump }: Sides, derivative: number, tolerance: Tolerance): Verdict {
  const [least, most] = [Math.min(...slopes), Math.max(...slopes)];
  const slack = allowed(middle, tolerance) + error;
  if (most - least > slack + error || jump) {
    // At a kink any slope between the two is as good as another; beyond them is none.
    return derivative >= least - slack && derivative <= most + slack ? "kink" : "wrong gradient";
  }
  return Math.abs(derivative - middle) <= slack ? "precision" : "wrong gradient";
}

function allowed(slope: number, { atol, rtol }: Tolerance): number {
  return atol + rtol * Math.abs(slope);
}

interface Sides {
  readonly slopes: readonly [left: number, right: number];
  readonly middle: number;
  readonly error: number;
  readonly noise: number;
  /** Whether the values to the left and to the right do not meet. */
  readonly jump: boolean;
}

function sides(line: Line, h: number, rounding: number): Sides | null {
  const { y: here } = line(0);
  const [left, right] = [-1, 1].map((side) => fit(line, side * h, here, rounding)) as [Fit | null, Fit | null];
  if (left === null && right === null) return null;
  // Of one side alone, as at the border of a domain, nothing can be said about a kink.
  const [l, r] = [left ?? (right as Fit), right ?? (left as Fit)];
  const steepest = Math.max(Math.abs(l.slope), Math.abs(r.slope));
  return {
    slopes: [l.slope, r.slope],
    middle: (l.slope + r.slope) / 2,
    error: Math.max(l.slopeError, r.slopeError),
    noise: Math.max(l.noise, r.noise),
    // Lines that meet at a kink up to h away from here are up to 2 h times their slope apart here.
    jump: Math.abs(l.value - r.value) > l.valueError + r.valueError + 2 * h * Math.max(1, steepest),
  };
}

interface Fit {
  readonly slope: number;
  readonly slopeError: number;
  readonly value: number;
  readonly valueError: number;
  readonly noise: number;
}

/** Least squares of a + b s + c s^2 at s = t / h = 1, 2, ... */
function fit(line: Line, h: number, here: number, rounding: number): Fit | null {
  const points = Array.from({ length: POINTS }, (_, j) => line((j + 1) * h))
    .map(({ t, y }) => ({ s: t / h, y: y - here }))
    // Where rounding leaves no step, or the same as before, there is nothing new.
    .filter(({ s, y }, j, all) => Number.isFinite(y) && s !== 0 && s !== all[j - 1]?.s);
  if (points.length < 5) return null;
  const sum = (f: (s: number, y: number) => number) => points.reduce((total, { s, y }) => total + f(s, y), 0);
  const m = [0, 1, 2, 3, 4].map((power) => sum((s) => s ** power)) as [number, number, number, number, number];
  const inverse = inverse3([
    [m[0], m[1], m[2]],
    [m[1], m[2], m[3]],
    [m[2], m[3], m[4]],
  ]);
  const moments = [0, 1, 2].map((power) => sum((s, y) => s ** power * y));
  const [a, b, c] = inverse.map((row) => row.reduce((total, w, k) => total + w * (moments[k] as number), 0)) as [
    number,
    number,
    number,
  ];
  const squares = sum((s, y) => (y - a - b * s - c * s * s) ** 2);
  const noise = CONFIDENCE * Math.max(Math.sqrt(squares / (points.length - 3)), rounding);
  return {
    slope: b / h,
    slopeError: (noise * Math.sqrt(inverse[1]?.[1] ?? 0)) / Math.abs(h),
    value: a,
    valueError: noise * Math.sqrt(inverse[0]?.[0] ?? 0),
    noise,
  };
}

function inverse3(m: readonly (readonly number[])[]): number[][] {
  const at = (i: number, j: number) => m[i % 3]?.[j % 3] as number;
  const cofactor = (i: number, j: number) => at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1);
  const determinant = [0, 1, 2].reduce((total, j) => total + at(0, j) * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
}
