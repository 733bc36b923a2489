/** A point on a line, `t` times the direction from its beginning: the value of the function, its slope along the line, its gradient. */
export interface LinePoint {
  readonly t: number;
  readonly value: number;
  readonly slope: number;
  readonly gradient: Float64Array;
}

/** How much of the decrease that the slope promises is asked for, and how much of the slope may be left. */
const [ENOUGH, FLAT] = [1e-4, 0.9];

/** How often the function is evaluated at most. */
const MOST = 25;

/**
 * A point that satisfies the strong Wolfe conditions, or the lowest that was found: J. Nocedal and S. Wright, "Numerical
 * optimization" (2nd edition, 2006), algorithms 3.5 and 3.6, with cubic interpolation (eq. 3.59). Where the function is not finite
 * it counts as too high.
 *
 * @param at evaluates the function at a point of the line
 * @param start the beginning, `t` 0, where the slope is negative
 * @param first the first `t` that is tried
 * @param least the search ends when the part of the line that it is about is no longer than this
 */
export function strongWolfe(at: (t: number) => LinePoint, start: LinePoint, first: number, least: number): LinePoint {
  let left = MOST;
  const isTooHigh = (p: LinePoint) => !(p.value <= start.value + ENOUGH * p.t * start.slope);
  const isFlat = (p: LinePoint) => Math.abs(p.slope) <= -FLAT * start.slope;

  /** Between the lowest point so far, from which the function falls towards the other one, and that one. */
  const zoom = (lowest: LinePoint, other: LinePoint): LinePoint => {
    let [low, high] = [lowest, other];
    while (left > 0 && Math.abs(high.t - low.t) > least) {
      left--;
      const margin = 0.1 * Math.abs(high.t - low.t);
      const [begin, end] = low.t < high.t ? [low.t, high.t] : [high.t, low.t];
      const p = at(lowestOfCubic(low, high, begin + margin, end - margin));
      if (isTooHigh(p) || p.value >= low.value) high = p;
      else {
        if (isFlat(p)) return p;
        if (p.slope * (high.t - low.t) >= 0) high = low;
        low = p;
      }
    }
    return low;
  };

  let before = start;
  let t = first;
  while (left > 0) {
    left--;
    const p = at(t);
    if (isTooHigh(p) || (before !== start && p.value >= before.value)) return zoom(before, p);
    if (isFlat(p)) return p;
    if (p.slope >= 0) return zoom(p, before);
    // The slope is hardly less than at first: the lowest point is far away.
    t = lowestOfCubic(before, p, t + 1.1 * (t - before.t), 10 * t);
    before = p;
  }
  return before;
}

/**
 * Where, between two bounds, the cubic through two points and their slopes is lowest; in the middle where it is nowhere, or they are
 * not finite.
 */
function lowestOfCubic(a: LinePoint, b: LinePoint, least: number, most: number): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.t - b.t);
  const d2 = Math.sign(b.t - a.t) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  const t = b.t - ((b.t - a.t) * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2);
  return Number.isFinite(t) ? Math.min(Math.max(t, least), most) : (least + most) / 2;
}
